"""Build the HTML book from nothing if anything changed, warnings as errors, and pack it as one zip to read offline."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "book" / "_build"
HTML = BUILD / "html"
ZIP = HTML / "softmax-regression-book.zip"
BUILT_FROM = BUILD / "built_from"  # written last, so that a build which was killed counts as none
INPUTS = ("notebooks", "book", "helpers/interactive", "helpers/slides_model.json", "lab/records", "assignments",
          "pyproject.toml", "CHANGELOG.md", "requirements-book.txt", "tools/build_book.py")
NOT_INPUTS = {"_build", "_generated", "__pycache__", ".ipynb_checkpoints"}
VIETNAMESE = BUILD / "vi"


def state():
    """Return a fingerprint of the names and contents of all that goes into the book."""
    files = sorted(file for place in INPUTS for file in ((ROOT / place).rglob("*") if (ROOT / place).is_dir() else
                                                         [ROOT / place])
                   if file.is_file() and not NOT_INPUTS & set(file.relative_to(ROOT).parts))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(ROOT).as_posix()}\n{file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def alone():
    """Wait until no other build is at work. The lock goes with the process that holds it, however that ends."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("a") as file:
        try:
            import fcntl
        except ImportError:  # Windows, where two builds at once are not worth more code
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another build is running; this one waits for it.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def jupyter_book(output):
    """Return the command that builds an edition."""
    return (Path(sys.executable).with_name("jupyter-book"), "build", ".", "--config", "book/_config.yml", "--toc",
            "book/_toc.yml", "--path-output", output, "-W", "-n", "--keep-going", "--quiet")


def run(command, edition):
    """Run Jupyter Book, and end with what it said if it fails: warnings are one reason, and not the only one."""
    # A path may hold any letters, whatever the console can write.
    settings = {"COURSE_EDITION": edition, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    if done.returncode:
        print(done.stdout)
        sys.exit("The book has warnings (above), and warnings are errors." if "WARNING:" in done.stdout else
                 "The book could not be built: the reason stands above.")


def join_sitemaps(whole, part):
    """Put the addresses of one edition into the sitemap of the other: a site has one."""
    if part.exists():
        addresses = part.read_text(encoding="utf-8").partition("<url>")
        text = whole.read_text(encoding="utf-8").removesuffix("</urlset>")
        whole.write_text(f"{text}{addresses[1]}{addresses[2]}", encoding="utf-8")
        part.unlink()


def main():
    sys.stdout.reconfigure(errors="replace")
    start = time.perf_counter()
    with alone():
        now = state()
        if BUILT_FROM.exists() and BUILT_FROM.read_text() == now and ZIP.exists():
            print(f"Nothing changed. Open {HTML / 'index.html'}")
            return
        BUILT_FROM.unlink(missing_ok=True)
        # Old pages keep an old navigation.
        for part in (HTML, VIETNAMESE, BUILD / ".doctrees", BUILD / "jupyter_execute"):
            shutil.rmtree(part, ignore_errors=True)
        print("Building the book ...", flush=True)
        with ThreadPoolExecutor() as both:
            list(both.map(run, (jupyter_book("book"), jupyter_book(VIETNAMESE)), ("en", "vi")))
        shutil.move(VIETNAMESE / "_build" / "html", HTML / "vi")
        join_sitemaps(HTML / "sitemap.xml", HTML / "vi" / "sitemap.xml")
        scratch = shutil.make_archive(str(BUILD / ZIP.stem), "zip", HTML)
        shutil.move(scratch, ZIP)
        BUILT_FROM.write_text(now)
        if (BUILD / "measures.txt").exists():
            print((BUILD / "measures.txt").read_text(encoding="utf-8"))
        print(f"Built in {time.perf_counter() - start:.1f} s. Open {HTML / 'index.html'}")


if __name__ == "__main__":
    main()
