"""The Vietnamese notebooks run: each cell shows in its own kernel what the page of the Vietnamese book shows."""

import json
import subprocess
import sys

import pytest
from course_book import twins

from tests.notebooks.test_twins import NOTEBOOKS
from tools import translate

QUESTIONS = translate.ROOT / "helpers" / "interactive" / "questions.vi.json"


@pytest.mark.wide
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", NOTEBOOKS)
def test_a_twin_runs_strictly_on_the_outputs_that_its_page_shows(page, tmp_path):
    english, twin, questions = (json.loads(path.read_text(encoding="utf-8")) for path in (
        translate.file_of(page), translate.file_of(page, twin=True), QUESTIONS))
    own_code = {cell["id"]: cell["source"] for cell in twin["cells"]}
    whole = twins.merged(english, twin, questions)
    for cell in whole["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = own_code[cell["id"]]
    path = tmp_path / "twin.ipynb"
    path.write_text(json.dumps(whole), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "--nbval",
                           "--nbval-current-env", "--nbval-cell-timeout=180", "--timeout=0", "--rootdir",
                           translate.ROOT, "-c", translate.ROOT / "pyproject.toml", path],
                          cwd=translate.ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-5000:] + done.stderr[-2000:]
