"""What the attacks share: records that say where they come from, a limit that ends all children."""

import json
import subprocess
import sys
import time

import pytest

from lab import common

HERE = {"date": "2026-01-02", "commit": "abc", "machine": {"processor": "one"}}
THERE = {"date": "2026-01-03", "commit": "def", "machine": {"processor": "other"}}


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(common, "OUT", tmp_path / "out")
    return tmp_path


def test_a_measurement_replaces_the_published_record_only_when_told(places):
    common.record("cells", {"01": {"tried": 1}}, HERE, publish=True)
    common.record("cells", {"01": {"tried": 2}}, THERE)
    published = json.loads((places / "records" / "cells.json").read_text())
    assert published == {**HERE, "results": {"01": {"tried": 1}}}
    assert json.loads((places / "out" / "cells.json").read_text()) == {**THERE, "results": {"01": {"tried": 2}}}


def test_what_was_not_measured_again_keeps_its_own_stamp(places):
    common.record("cells", {"01": {"tried": 1}, "02": {"tried": 2}, "gone": {"tried": 9}}, HERE)
    for tried in (3, 4):
        path = common.record("cells", {"02": {"tried": tried}}, THERE, kept=("01", "02"))
    assert json.loads(path.read_text()) == {**THERE, "results": {"01": {**HERE, "tried": 1}, "02": {"tried": 4}}}


def test_a_limit_ends_a_command_and_its_children(tmp_path):
    child = "import time; time.sleep(3); open('late', 'w')"
    parent = f"import subprocess, sys; print('started', flush=True); subprocess.run([sys.executable, '-c', {child!r}])"
    code, output, seconds = common.run([sys.executable, "-c", parent], tmp_path, limit=1, PYTHONPATH=None)
    assert code == common.KILLED and output == "started\n" and seconds < 2.5
    time.sleep(3)
    assert not (tmp_path / "late").exists()


def test_a_clone_has_the_last_commit_and_the_stamp_says_which(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a").write_text("committed")
    for command in ("init -q", "add .", "-c user.name=n -c user.email=e commit -qm m"):
        subprocess.run(["git", *command.split()], cwd=source, check=True)
    (source / "a").write_text("edited")
    tree = common.clone(tmp_path, source)
    assert (tree / "a").read_text() == "committed"
    assert common.stamp(tree=source)["commit"] == common.stamp(tree=tree)["commit"] + "-dirty"
    machine = common.stamp(("numpy",))["machine"]
    assert set(machine) == {"processor", "cores", "python", "numpy"} and all(machine.values())


def test_every_published_record_says_when_on_which_commit_and_where():
    for path in common.RECORDS.glob("*.json"):
        stored = json.loads(path.read_text(encoding="utf-8"))
        assert set(stored) == {*common.STAMP, "results"} and all(stored.values()), path.name
