"""A process of its own for each run of a submission, with limits on its time and memory."""

import builtins
import contextlib
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass

from assignments.grading import parts
from assignments.grading.jupyter import CELL, Jupyter


@dataclass(frozen=True)
class Limits:
    """What one submission may take."""

    cell_seconds: int = 60
    part_seconds: int = 20
    all_seconds: int = 300  # then each cell and part that is left gets one second
    grace_seconds: int = 3  # between the polite end of a cell or a part and the impolite one
    memory: int = 4 * 2**30
    largest_file: int = 2**30

    def seconds(self, step):
        return self.cell_seconds if step.kind == "cell" else self.part_seconds


@dataclass(frozen=True)
class Step:
    """A cell to run or a part to test."""

    kind: str  # "cell" or "part"
    key: int | str  # the cell's number, or the part's name
    content: str  # the cell's code, or where the part's tests are


class TimeUp(BaseException):
    """Not an Exception, so that neither a test nor a student's `except Exception` catches it."""


def time_up(*_):
    raise TimeUp


# What watches.


def run_confined(steps, limits):
    """Run steps in order, and all again without the one that killed the process, until none does.

    Return what became of each that was reached, by its place: `failed`, or the marks of a part.
    """
    outcomes, deadly, last_moment = {}, {}, time.monotonic() + limits.all_seconds
    while death := run_once(steps, deadly, limits, last_moment, outcomes):
        deadly |= death
    return outcomes | deadly


def run_once(steps, deadly, limits, last_moment, outcomes):
    """Run the steps that are not deadly in a forked process, and note what comes out.

    Return the step at which the process died or had to be killed and what is said of it; {} where there is none.
    """
    reader, writer = multiprocessing.Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        reader.close()
        be_the_submission(steps, deadly, limits, last_moment, writer)
    writer.close()
    running, reason = None, "it crashed"
    try:
        while reader.poll((limits.cell_seconds if running is None else limits.seconds(steps[running])) +
                          limits.grace_seconds):
            place, outcome = json.loads(reader.recv_bytes())
            running = place if outcome is None else None
            if outcome is not None:
                outcomes[place] = outcome
            if place is None:
                return {}
        reason = "it did not end in time"
    except (EOFError, OSError):  # the end of the pipe, also in the middle of a message
        pass
    finally:
        kill(pid)
        reader.close()
    return {} if running is None else {running: {"failed": reason}}


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


# What runs in the process of a submission.


def be_the_submission(steps, deadly, limits, last_moment, writer):
    """Run the steps, telling the watcher [place, None] before and [place, outcome] after each; never return."""
    try:
        confine(limits)
        jupyter, numpy, pid = Jupyter(), NumpyAsItWas(), os.getpid()
        for place, step in enumerate(steps):
            if place not in deadly:
                writer.send_bytes(json.dumps([place, None]).encode())
                outcome = attempt(step, jupyter, numpy, limits.seconds(step) if time.monotonic() < last_moment else 1)
                if os.getpid() != pid:  # a cell has forked, and this is the copy
                    break
                writer.send_bytes(json.dumps([place, outcome]).encode())
        else:
            writer.send_bytes(b"[null, null]")
    finally:
        os._exit(0)


def attempt(step, jupyter, numpy, seconds):
    """Run a cell or test a part, and return what became of it, whatever it does."""
    try:
        signal.alarm(seconds)
        if step.kind == "cell":
            jupyter.run_cell(step.content, step.key)
            return {}
        numpy.restore()
        return parts.marks(step.content, jupyter.names)
    except TimeUp:
        return {"failed": "it did not end in time"}
    except MemoryError:
        return {"failed": "it asked for too much memory"}
    except BaseException as error:  # SystemExit and KeyboardInterrupt, too, are the student's
        uncompiled = isinstance(error, SyntaxError) and error.filename == CELL  # not of an eval in the cell
        return {"failed": f"{type(error).__name__}: {error}"[:500], "uncompiled": uncompiled}
    finally:
        signal.alarm(0)


def confine(limits):
    """Set the limits, and send what the student prints to nowhere; it must not mix with our own messages."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.largest_file, limits.largest_file))
    signal.signal(signal.SIGALRM, time_up)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ["MPLBACKEND"] = "agg"
    multiprocessing.current_process().daemon = False  # a student's DataLoader may have workers


class NumpyAsItWas:
    """What the tests need, however a submission has bent it."""

    def __init__(self):
        modules = [builtins, *(sys.modules[name] for name in ("numpy", "numpy.random", "numpy.linalg"))]
        self.intact = [(module, dict(vars(module))) for module in modules]

    def restore(self):
        for module, names in self.intact:
            vars(module).update(names)
