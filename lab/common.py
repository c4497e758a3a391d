"""What the attacks share: records with a stamp, a clone to attack, a command that ends in time."""

import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tools.execute import write

ROOT = Path(__file__).resolve().parent.parent
RECORDS, OUT = ROOT / "lab" / "records", ROOT / "lab" / "out"
KILLED = -signal.SIGKILL
STAMP = ("date", "commit", "machine")


def processor():
    """Return the processor's name where the system tells it."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return platform.processor() or platform.machine()


def stamp(packages=(), tree=ROOT):
    """Say when, on which commit and on what machine a measurement is made."""
    commit = subprocess.check_output(["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=tree, text=True)
    return {"date": date.today().isoformat(), "commit": commit.strip(),
            "machine": {"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version(),
                        **{name: version(name) for name in packages}}}


def record(name, results, own_stamp, publish=False, kept=()):
    """Store results by name, those named in `kept` with the stamp of their own run; return the path."""
    path = (RECORDS if publish else OUT) / f"{name}.json"
    merged = {}
    if kept and path.exists():
        old = json.loads(path.read_text(encoding="utf-8"))
        merged = {key: {**{part: old[part] for part in STAMP}, **result}
                  for key, result in old["results"].items() if key in kept}
    merged.update(results)
    path.parent.mkdir(exist_ok=True)
    write(path, json.dumps({**own_stamp, "results": merged}, indent=1, ensure_ascii=False) + "\n")
    return path


def clone(folder, source=ROOT):
    """Clone the last commit into a folder, so that the checkout is never touched."""
    tree = Path(folder) / "course"
    subprocess.run(["git", "clone", "-q", source, tree], check=True)
    return tree


def run(command, cwd, limit=None, **environment):
    """Run a command; return its exit code (KILLED after `limit` seconds, with its group), its output, its seconds."""
    # A variable that is None is taken out of the environment.
    variables = {key: value for key, value in {**os.environ, **environment}.items() if value is not None}
    start = time.perf_counter()
    # A file and not a pipe: whoever outlives the group, as a kernel does for a second, would keep a pipe open.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=variables, start_new_session=True,
                                   stdout=printed, stderr=subprocess.STDOUT)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(limit)
        finally:  # an interrupt from the keyboard too leaves nothing running behind
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        printed.seek(0)
        return process.returncode, printed.read(), time.perf_counter() - start


def command_line(description, names):
    """Read what to try, nothing for everything, and whether to replace the published record."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}; all if none is given")
    parser.add_argument("--publish", action="store_true", help="replace the published record in lab/records")
    found = parser.parse_args()
    if unknown := set(found.names) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    return found


def attack_each(name, options, targets, attack, own_stamp):
    """Attack one target after the other, and record each as soon as it is done; return what came out, by name."""
    results = {}
    for key in options.names or targets:
        results[key] = attack(targets[key])
        print(f"{key}: {results[key]}", flush=True)
        record(name, results, own_stamp, options.publish, kept=targets if options.names else ())
    return results


def mnist_itself():
    """Load MNIST; end here where only the stand-in is to be had."""
    from helpers.mnist import is_mnist, load_mnist  # it takes seconds, and the attacks on cells do without

    train_set, test_set = load_mnist()
    if not is_mnist(train_set):
        sys.exit("This is measured on MNIST itself: set MNIST_ROOT and run again.")
    return train_set, test_set
