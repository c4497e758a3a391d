"""The tests of one part, which are Otter's: run them, and say what the student may know of the result."""

import importlib
import re

OTTER = "otter.test_files.exception_test"  # takes seconds to load, and the grader starts itself twice: so late


def tests_of(path):
    """Read the tests of one part."""
    return importlib.import_module(OTTER).ExceptionTestFile.from_file(str(path))


def marks(path, environment):
    """Run the tests of one part on what a notebook has defined; return the points and what the student is told."""
    file = tests_of(path)
    file.run(environment)
    results = [{"points": result.test_case.points, "passed": result.passed,
                "message": "" if result.passed else explain(result.message)} for result in file.test_case_results]
    return {"points": sum(result["points"] for result in results if result["passed"]), "tests": results}


def explain(message):
    """Keep the last line of Otter's message, the error; the test's own code stays hidden."""
    last = message.strip().splitlines()[-1].removeprefix("AssertionError: ")
    missing = re.fullmatch(r"KeyError: '?(\w+)'?", last)
    return f"{missing[1]} is not defined" if missing else last[:500]
