"""What the build of the book adds to Jupyter Book. `site` is the extension; the rest can be used without Sphinx."""
