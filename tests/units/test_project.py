"""The project around the course: its pins, its address, its workflows, its style."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from course_book import tables
from packaging.requirements import Requirement
from packaging.version import Version

from tools import check_platform, retarget

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def pins(name="requirements.txt"):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_every_version_is_pinned_once_and_inside_the_ranges():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups, pinned = settings["dependency-groups"], {p.name: str(p.specifier) for p in pins()}
    assert len(pinned) == len(pins()), "one version of each package serves every platform"
    assert all(re.fullmatch(r"==[\w.]+", version) for version in pinned.values())
    for line in [*settings["project"]["dependencies"], *groups["book"], *groups["dev"]]:
        if isinstance(line, str):  # the other is the group that dev includes
            wanted = Requirement(line)
            assert wanted.specifier.contains(Version(pinned[wanted.name].removeprefix("=="))), f"{line}: `make lock`"


def test_the_book_has_a_small_set_of_its_own_at_the_same_versions():
    everything, book = ({(p.name, str(p.specifier)) for p in pins(name)}
                        for name in ("requirements.txt", "requirements-book.txt"))
    assert book < everything, book - everything
    assert not {name for name, _ in book} & {"torch", "torchvision", "scipy", "jupyterlab"}


def test_what_is_installed_is_what_is_pinned():
    cuda = re.compile((ROOT / ".binder" / "cuda-packages").read_text(encoding="utf-8").strip())
    for pin in pins():
        # CPU=1 leaves CUDA's packages out, or to torch where an index has no other torch.
        if cuda.match(pin.name) or (pin.marker and not pin.marker.evaluate()):
            continue
        installed = Version(metadata.version(pin.name)).public
        assert pin.specifier.contains(installed), f"{pin} but {installed} is installed"


@pytest.fixture
def copy(tmp_path):
    """A copy of what `make retarget` may change."""
    for part in ("book", "notebooks", "assignments", "README.md", "CITATION.cff"):
        source, target = ROOT / part, tmp_path / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("_build", "_generated"))
        else:
            shutil.copy(source, target)
    return tmp_path


def test_the_address_is_the_same_everywhere():
    found = retarget.addresses(ROOT)
    assert len(found) >= 8 + 1 + 5, found
    assert len(set(found.values())) == 1, found


def test_retarget_writes_the_address_everywhere_and_nothing_else(copy):
    kinds = (".ipynb", ".md", ".yml", ".cff")
    before = {p: p.read_text(encoding="utf-8") for p in copy.rglob("*") if p.suffix in kinds}
    old = next(iter(retarget.addresses(copy).values()))
    retarget.retarget(copy, "a-teacher/softmax.2027")
    assert set(retarget.addresses(copy).values()) == {"a-teacher/softmax.2027"}
    assert not any(old in p.read_text(encoding="utf-8") for p in before)
    guide = (copy / "book" / "instructors.md").read_text(encoding="utf-8")
    assert f"%2Fa-teacher%2Fsoftmax.2027&branch={tables.published(ROOT)}&urlpath=lab%2Ftree%2Fsoftmax.2027%2F" in guide
    for path, text in before.items():
        if path.suffix == ".ipynb":  # outputs, ids and layout stay: the bootstrap cell alone changes
            assert path.read_text(encoding="utf-8") == text.replace(f'\\"{old}\\"', '\\"a-teacher/softmax.2027\\"')
    retarget.retarget(copy, old)
    assert {p: p.read_text(encoding="utf-8") for p in before} == before


@pytest.mark.parametrize("wrong", ["", "owner", "https://github.com/a/b", "a/b/c", "a b/c"])
def test_retarget_refuses_what_is_no_address(copy, wrong):
    with pytest.raises(ValueError, match="must be owner/name; got"):
        retarget.retarget(copy, wrong)


def test_all_workflows_are_there():
    assert [p.name for p in WORKFLOWS] == ["ci.yml", "pages.yml", "weekly.yml"]
    for workflow in WORKFLOWS:
        assert yaml.safe_load(workflow.read_text(encoding="utf-8"))["permissions"] == {}


def test_the_external_links_are_asked_every_week():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "weekly.yml").read_text(encoding="utf-8"))
    assert jobs[True]["schedule"], "YAML reads `on` as true"
    assert any("--builder linkcheck" in step.get("run", "") for step in jobs["jobs"]["links"]["steps"])


def test_the_readme_has_a_colab_badge_for_every_notebook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in {*(ROOT / "notebooks").rglob("[!.]*.ipynb")} - {*(ROOT / "notebooks" / "vi").glob("*")}:
        link = rf"colab\.research\.google\.com/github/{retarget.NAME}/blob/[\w.]+/{path.relative_to(ROOT)}"
        assert re.search(link, readme), path.name


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split()
    pages = [*ROOT.glob("*.md"), *ROOT.glob("book/*.md"), *ROOT.glob("assignments/*/*.md")]
    said = " ".join(re.sub(r"\s+", " ", page.read_text(encoding="utf-8")) for page in pages)
    assert len(targets) <= 14
    for target in targets:
        assert f"make {target} " in shown
        assert target == "help" or re.search(rf"make (\w+=\S+ )?{target}\b", said), f"no page speaks of `make {target}`"
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=True)


@pytest.mark.parametrize(("platform", "word"), [
    (((3, 11), "Linux", "x86_64", ""), None), (((3, 14), "Linux", "aarch64", ""), None),
    (((3, 12), "Darwin", "arm64", "14.0"), None), (((3, 13), "Windows", "AMD64", ""), None),
    (((3, 10), "Linux", "x86_64", ""), "this is 3.10"), (((3, 15), "Linux", "x86_64", ""), "this is 3.15"),
    (((3, 12), "Darwin", "x86_64", "15.1"), "not for Darwin on x86_64"), (((3, 12), "Darwin", "arm64", "13.7"), "13.7"),
    (((3, 12), "Windows", "ARM64", ""), "ARM64"), (((3, 12), "Linux", "armv7l", ""), "armv7l"),
    (((3, 12), "FreeBSD", "amd64", ""), "FreeBSD")])
def test_a_machine_without_wheels_is_told_before_anything_is_fetched(platform, word):
    problem = check_platform.problem(*platform)
    assert problem is None if word is None else word in problem
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert makefile.index("\t@$(PYTHON) tools/check_platform.py") < makefile.index("-m pip install --quiet")


@pytest.mark.parametrize(("given", "made"), [
    ("", ""), ("/a/b c", "/a/b c"), ("~/dữ liệu", f"{Path.home()}/dữ liệu"), ("it's here", f"{ROOT}/it's here"),
    ("../x", f"{ROOT.parent}/x"), ("a  b/", f"{ROOT}/a  b")])
def test_make_takes_any_path_to_mnist(given, made):
    show = ["make", "-s", "--eval", "show: ; @printf %s \"$$MNIST_ROOT\"", "show"]
    environment = {**os.environ, "MNIST_ROOT": given, "PYTHONUTF8": "1"}
    for arguments in ([f"MNIST_ROOT={given}"], []):
        done = subprocess.run([*show, *arguments], cwd=ROOT, capture_output=True, text=True, check=True,
                              env=environment)
        assert done.stdout == made


def test_a_checkout_on_windows_has_the_bytes_of_the_repository(tmp_path):
    """git turns line ends into CRLF there, unless the repository says that it must not."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    subprocess.run(["git", "-c", "core.autocrlf=true", "clone", "-q", ROOT, tmp_path / "clone"], check=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=tmp_path / "clone", capture_output=True, text=True,
                             check=True).stdout.split("\0")
    texts = {name: content for name in filter(None, tracked)
             if b"\0" not in (content := (tmp_path / "clone" / name).read_bytes())}
    assert [name for name, content in texts.items() if b"\r\n" in content] == [] != list(texts)


def test_how_the_tests_were_called_changes_no_make_that_they_start():
    """As it could through `make -C folder test`, or `make MNIST_ROOT=/x test`."""
    called = {**os.environ, "MAKEFLAGS": "w -- MNIST_ROOT=/other", "MAKELEVEL": "1", "MFLAGS": "-w"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider", __file__,
                           "-k", "takes_any_path or leave_out_the_assertions"], cwd=ROOT, env=called,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "7 passed" in done.stdout, done.stdout[-2000:]


def test_make_lets_no_variable_leave_out_the_assertions():
    """Stored outputs, measurements and mutants all rest on them."""
    probe = "include Makefile\nprobe:\n\t@printenv PYTHONOPTIMIZE || echo unset\n"
    shown = subprocess.run(["make", "-s", "-f", "-", "probe"], cwd=ROOT, env={**os.environ, "PYTHONOPTIMIZE": "1"},
                           input=probe, capture_output=True, text=True, check=True).stdout
    assert shown == "unset\n"


def test_no_data_set_and_no_build_is_committed():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [f for f in tracked if re.search(r"ubyte|\.gz$|_build/|\.venv/|__pycache__", f)]
    assert sum((ROOT / f).stat().st_size for f in tracked if (ROOT / f).exists()) < 30e6


def test_version_notebooks_changelog_and_tag_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    paths = [*(ROOT / "notebooks").rglob("*.ipynb"), ROOT / "assignments" / "set3.ipynb"]
    pattern = re.compile(r'REPOSITORY, VERSION = \\"[^"]*\\", \\"([^"]*)\\"')
    said = {str(path.relative_to(ROOT)): pattern.search(path.read_text(encoding="utf-8"))[1] for path in paths}
    assert set(said.values()) == {version}, f"run `make notebooks`: {said}"
    for name in ("README.md", "book/index.md", "book/vi/index.md", "book/instructors.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        links = re.findall(r"(?:mybinder\.org/v2/gh/[^/]+/[^/]+/|&branch=|/blob/)([\w.]+)", text)
        assert links and set(links) == {tables.published(ROOT)}, f"run `make notebooks`: {name} opens {links}"
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)( \(not yet published\))?", changes, re.M)
    assert version == newest[1] + (".dev0" if newest[2] else ""), "CHANGELOG.md and pyproject.toml differ"
    tags = subprocess.run(["git", "tag", "--points-at", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    assert not re.findall(r"^v", tags, re.M) or f"v{version}" in tags.split(), f"{tags} at version {version}"
