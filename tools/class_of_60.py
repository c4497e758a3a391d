"""Grade a class of 60, made up of right and wrong answers, two at a time: python tools/class_of_60.py

All three sets in turn, as `make grade` does it. What was measured is kept in book/_static/checks/class.json, and
book/_class.md, a part of the instructors' guide, is written from it. It needs Linux, and what `make release` makes.

The memory is that of all processes together: twice a second their proportional sets (Linux's Pss, in which a page that
two processes share counts half for each) are added up, and the largest sum is kept.
"""

import contextlib
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from tools.execute_notebooks import processor

from assignments.wrong_answers import WRONG, write_class

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "book" / "_static" / "checks" / "class.json"
PAGE = ROOT / "book" / "_class.md"
SIZE = 60


def held(pid):
    """Return the kilobytes that a process and all that it has started hold together."""
    total, folder = 0, Path(f"/proc/{pid}")
    with contextlib.suppress(OSError):  # it has ended since
        total += int(re.search(r"^Pss: +(\d+) kB", (folder / "smaps_rollup").read_text(), re.M)[1])
        for thread in (folder / "task").iterdir():
            total += sum(map(held, (thread / "children").read_text().split()))
    return total


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def grade_class(name, folder):
    """Grade a class that handed in one set; return what it took."""
    write_class(name, SIZE, folder / "submitted")
    start, used, peak = time.perf_counter(), processor_seconds(), 0
    tool = subprocess.Popen([sys.executable, ROOT / "tools" / "grade.py", folder / "submitted",
                             "--into", folder / "grades", "--jobs", "2"])
    while tool.poll() is None:
        peak = max(peak, held(tool.pid))
        time.sleep(0.5)
    with (folder / "grades" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        marks = [float(row["total"]) for row in csv.DictReader(file)]
    assert tool.returncode == 0 and len(marks) == SIZE
    return {"set": name, "seconds": round(time.perf_counter() - start), "processor": round(processor_seconds() - used),
            "gigabytes": round(peak / 2**20, 1), "mean": round(sum(marks) / SIZE, 1)}


def page(result):
    """Return what the guide says, as Markdown."""
    rows = [f"| {entry['set'][3:]} | {entry['seconds']} | {entry['processor']} | {entry['gigabytes']:.1f} | "
            f"{entry['mean']:.1f} |" for entry in result["sets"]]
    return "\n".join(["| set | seconds | processor seconds | memory of all processes together, GB | mean mark |",
                      "|---:|---:|---:|---:|---:|", *rows, "",
                      f"{SIZE} notebooks a set, two at a time, on {result['date']}; {result['machine']}, "
                      f"{result['cores']} cores.", ""])


def main():
    sets = []
    for name in WRONG:
        with tempfile.TemporaryDirectory(prefix="class-") as folder:
            sets.append(grade_class(name, Path(folder)))
    result = {"sets": sets, "date": date.today().isoformat(), "machine": processor(), "cores": os.cpu_count()}
    STORE.parent.mkdir(exist_ok=True)
    STORE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(result), encoding="utf-8")


if __name__ == "__main__":
    main()
