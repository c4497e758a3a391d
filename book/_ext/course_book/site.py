"""What the build adds to Jupyter Book: derived pages, what a page says of itself, files no larger than needed.

Each part is a Sphinx event:

- ``config-inited``: the site's address, from the repository's; templates; the hours of the whole course.
- ``builder-inited``: the tables of ``_generated`` (`tables`).
- ``html-collect-pages``: the entrance, and pages that have moved.
- ``html-page-context``: descriptions and cards; the figures' script where there are figures; scripts that wait for the
  page.
- ``build-finished``: smaller files (`files`).
"""

import json
import subprocess
import tomllib
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.errors import ConfigError
from sphinx.util import logging
from sphinxext.opengraph import make_tag

from . import asked, cells, figures, files, first, formulas, links, live, measures, search, tables, terms, twins

ROOT = Path(__file__).resolve().parents[3]
GENERATED = ROOT / "book" / "_generated"
PLACEHOLDER = "OWNER/NAME"  # what tools/retarget.py replaces
SEARCH = "Search the whole book on softmax regression: its chapters, formulas, program code, notation and glossary."
# A script that the others, and those written into the page, use at once.
AT_ONCE = "documentation_options.js"
# Old addresses, and the pages that took their place: the first that the book has.
MOVED = {"book/checked": ("book/about", "book/index"),
         "book/speed": ("notebooks/further/how_fast", "book/index")}


def address(repository):
    """Return where GitHub Pages publishes a repository, given as https://github.com/owner/name."""
    owner, name = repository.rstrip("/").split("/")[-2:]
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def site_of_code(config):
    """Return the address of the repository that the configuration names."""
    return config.html_theme_options["repository_url"]


def unlink_placeholders(app, doctree, page):
    """Leave of a link to the repository its words, as long as the repository has no address."""
    for link in list(doctree.findall(nodes.reference)):
        if PLACEHOLDER in link.get("refuri", ""):
            link.replace_self(nodes.inline("", "", *link.children, classes=["no-address-yet"]))


def configure(app, config):
    """Derive what the configuration does not state, and refuse a build from another folder than the root."""
    if Path(app.srcdir) != ROOT:
        raise ConfigError("this book is built from the root of its repository. There run `make book`, or\n"
                          "  jupyter-book build . --config book/_config.yml --toc book/_toc.yml --path-output book")
    twins.configure(app, config, GENERATED)
    site = address(site_of_code(config)) + (f"{twins.LANGUAGE}/" if config.language == twins.LANGUAGE else "")
    config.html_theme_options["repository_branch"] = tables.published(ROOT)
    if PLACEHOLDER in site_of_code(config):  # until `make retarget` these would lead nowhere
        config.html_theme_options.update(use_repository_button=False, use_issues_button=False, launch_buttons={})
    config.html_baseurl = config.ogp_site_url = site
    config.ogp_site_name = config.html_title
    config.notfound_urls_prefix = urlsplit(site).path
    config.notfound_context = {"title": "No such page", "built_below": config.notfound_urls_prefix}
    static(config).mkdir(parents=True, exist_ok=True)  # Sphinx looks for it before it is filled
    config.html_static_path = [*config.html_static_path, str(static(config).relative_to(ROOT))]
    config.sitemap_excludes = [*config.sitemap_excludes, *(f"{old}.html" for old in MOVED)]
    config.templates_path = [str(Path(__file__).parent / "templates"), *config.templates_path]
    config.html_theme_options["extra_footer"] = config.html_theme_options.get("extra_footer", "") + edition(
        config.language)
    hours = sum(chapter.minutes for chapter in tables.chapters(ROOT)) / 60
    config.myst_substitutions = {**config.myst_substitutions, "hours": f"{hours:.0f}"}


def static(config):
    """Return where the derived static files of an edition stand: two may be built at once."""
    return GENERATED / twins.folder(config.language) / "static"


def generate(app):
    """Write what is derived, before Sphinx reads the pages that include it and copies the static files."""
    road = tables.write(ROOT, app.config.language)
    measured = "\n".join(measures.of_the_road(ROOT))
    Path(app.outdir).with_name("measures.txt").write_text(f"{measured}\n", encoding="utf-8")  # `make book` shows it
    figures.write(ROOT / "helpers" / "interactive", static(app.config))
    first.write(ROOT, road, static(app.config))
    live.write(ROOT, [page for page in tables.pages(ROOT) if page.startswith("notebooks/")],
               static(app.config))


def extra_pages(app):
    """Yield the pages that no source stands behind."""
    yield "index", {"title": app.config.html_title, "target": app.config.root_doc}, "moved.html"
    for old, places in MOVED.items():
        target = next(place for place in places if place in app.env.all_docs)
        yield old, {"title": app.env.titles[target].astext(), "target": target}, "moved.html"


def description(app, pagename):
    """Return what a page's front matter, or a notebook's metadata, say about it in one line."""
    said = app.env.metadata[app.config.root_doc if pagename == "index" else pagename]
    return json.loads(said["course"]).get("description") if "course" in said else said.get("description")


def describe(app, pagename, templatename, context, doctree):
    """Hand a page's description to search engines, and to `sphinxext.opengraph`, which makes cards of it."""
    if pagename in MOVED or pagename == "404":
        return
    summary = SEARCH if pagename == "search" else description(app, pagename)
    if not summary:
        logging.getLogger(__name__).warning("it has no description, in its front matter or in its metadata: `course: "
                                            "{description: …}`", location=pagename)
        return
    kind = "website" if pagename in ("index", app.config.root_doc) else "article"
    card = {"og:description": summary, "og:type": kind}
    context["metatags"] = f'{context.get("metatags", "")}\n<meta name="description" content="{escape(summary)}" />\n'
    if doctree is None:  # such pages opengraph passes over
        card |= {"og:title": context.get("title") or "Search", "og:site_name": app.config.html_title}
        context["metatags"] += "\n".join([*(make_tag(key, escape(value)) for key, value in card.items()),
                                          *app.config.ogp_custom_meta_tags])
    else:
        context["meta"] = {**context["meta"], **card}


def place(app, pagename, templatename, context, doctree):
    """Tell a page its neighbours' label, and the script how many minutes a notebook takes, exercises apart."""
    context["neighbours"] = "Trang trước và trang sau" if app.config.language == "vi" else "Previous and next page"
    if pagename.startswith("notebooks/"):
        minutes = tables.chapter(ROOT, pagename).minutes
        context["metatags"] = f'{context.get("metatags", "")}\n<meta name="course-minutes" content="{minutes}" />\n'


def edition(language):
    """Return the version and, where git tells it, the day of the last change, for the foot of every page."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    asked = ["git", "log", "-1", "--format=%cs"]
    try:
        day = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # a copy without its history
        day = ""
    if language == twins.LANGUAGE:
        return f"<p>Phiên bản {version}{f', sửa lần cuối ngày {day}' if day else ''}.</p>"
    return f"<p>Version {version}{f', last changed on {day}' if day else ''}.</p>"


def add_figures(app, pagename, templatename, context, doctree):
    """Load the figures' script and style on the pages that show a figure, and the first page's own."""
    if "course-figure-root" in context.get("body", ""):
        app.add_js_file("course-figures.js")
        app.add_css_file("course-figures.css")
    if "first-screen" in context.get("body", ""):
        for script in ("first-data.js", "first.js"):
            app.add_js_file(script)
        app.add_css_file("course-figures.css")


def defer_scripts(app, pagename, templatename, context, doctree):
    """Let every script file but one wait until the page is read."""
    for script in context.get("script_files", []):
        if script.filename and AT_ONCE not in str(script.filename):
            script.attributes["defer"] = "defer"


def setup(app):
    """Connect all of it."""
    formulas.setup(app)
    cells.setup(app)
    live.setup(app)
    links.setup(app)
    search.setup(app)
    asked.setup(app)
    twins.setup(app)
    terms.setup(app)
    app.connect("config-inited", configure, priority=100)  # before the table of contents is read
    app.connect("builder-inited", generate)
    app.connect("doctree-resolved", unlink_placeholders)
    app.connect("html-collect-pages", extra_pages)
    app.connect("html-page-context", describe, priority=400)  # before opengraph's
    app.connect("html-page-context", place, priority=450)
    app.connect("html-page-context", add_figures)
    app.connect("html-page-context", defer_scripts, priority=900)  # after whatever adds a script
    app.connect("build-finished", files.finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
