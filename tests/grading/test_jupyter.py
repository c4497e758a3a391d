"""What is valid in Jupyter, or in Colab, costs no points; what is not is an error here too."""

import copy
import subprocess
import sys

import pytest

from assignments.grading.made_up_class import with_answer
from assignments.grading.sandbox import Limits, Step, run_confined
from tests.grading.conftest import code_of, full

pytestmark = pytest.mark.timeout(240)
WITH_MORE_BEHIND = [
    "np.exp?\n", "??np.exp\n", "*exp*?\n", "files = !ls\nfiles.n, len(files)\n", "!!ls\n", "%time x = 3\nx + 1\n",
    "t = %timeit -o -n 3 np.exp(1)\nround(1000 * t.average, 3), f'{t.best:.2e}', str(t)\n",
    "import asyncio\nasync with asyncio.Lock():\n    x = await asyncio.sleep(0, 3)\nassert x == 3\n",
    "%%time\n", "%%capture\n!ls\n", "%%capture out --no-stderr\n", "%%prun -s cumulative\n", "%%capture\n%%time\n",
    "x = %time 2 + 1\nassert x == 3\n", "%prun -l 5 x = 3\nassert x == 3\n", "   \n\n%%time\n", ">>> x = 1\n",
    "def f(w):\n    v = %time w + 1\n    !ls {w}\n    return v\nassert f(2) == 3\n",
    "here = %pwd\n%cd ..\n", "%load_ext autoreload\n%autoreload 2\n",
    "from IPython import get_ipython\nget_ipython().run_line_magic('matplotlib', 'inline')\n",
    "from IPython.display import HTML, display\ndisplay(HTML('x'), display_id=True)\n", "display(1, clear=True)\n",
    "import matplotlib.pyplot as plt\n%matplotlib inline\nplt.plot([1])\nplt.show()\n",
    "get_ipython().events.register('post_run_cell', print)\n'google.colab' in str(get_ipython())\n",
    "!pip install x\n", "%pip install x\n", "!pip install x && echo ok\n", "%%capture\n!pip install x\n",
    "import sys\n!{sys.executable} -m pip install x\n", "%conda install -y x\n", "%%time\n%pip install \\\n  x\n",
    "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'no-such-package'])\n",
    "try:\n    import x\nexcept ImportError:\n    !pip install x\n"]
ALONE = ["pip install x", "%%capture\npip install x", "ls", "matplotlib inline", "time softmax(np.eye(2))",
         "%%bash\necho it's", "%%writefile x.py\ndef softmax(z):", "%%html\n<b>", "%%javascript\nlet x",
         "%%timeit\nsoftmax = None", "%timeit -n 1 softmax = None", "%reset -f", "%run x.py"]


def opened(notebook, code, start):
    """Return a notebook with some code in front of that of the cell that starts so."""
    changed = copy.deepcopy(notebook)
    cell = next(cell for cell in changed["cells"] if "".join(cell["source"]).startswith(start))
    cell["source"] = code + "".join(cell["source"])
    return changed


def ends(*cells):
    """Run cells; return how each that fails ended."""
    outcomes = run_confined([Step("cell", number, code) for number, code in enumerate(cells, 1)], Limits())
    return [outcomes[place]["failed"] for place in range(len(cells)) if outcomes[place]]


@pytest.mark.wide
def test_what_only_jupyter_understands_costs_nothing(solved, graded):
    """Neither the rest of its cell, be it the import of NumPy, nor what other cells have defined."""
    nb = solved("set1")
    every = opened(nb, "reached = 0\n", "import numpy")
    for code in [*(code + "reached += 1" for code in WITH_MORE_BEHIND), *ALONE,
                 f"assert reached == {len(WITH_MORE_BEHIND)}, reached"]:
        every = with_answer(every, code)
    pylab = opened(nb, "pylab inline #", "import numpy")
    assert graded("set1", {"every": opened(every, "!pip install numpy\n", "reached"), "pylab": pylab}) == {
        "every": (full("set1"), ""), "pylab": (full("set1"), "")}


def test_what_jupyter_does_not_understand_is_an_error_here_too():
    found = ends("x = 1\npip install x\n", "%%bash\nx = 1", "x", "%time 1 / 0\nx = 2", "def softmax(z) return z",
                 "%%time\n1 / 0")
    assert [end.split(":")[0] for end in found] == [
        "SyntaxError", "NameError", "ZeroDivisionError", "SyntaxError", "ZeroDivisionError"]


def test_an_answer_may_use_what_jupyter_remembers(solved, graded):
    """The value of the last cells, by `_` and by number, and their code."""
    nb = solved("set1")
    number = len(code_of(nb))
    for code in ("", "3", f"assert _ + Out[{number + 1}] == 6", "def log_softmax(z):\n    return 0",
                 f"exec(In[{number - 7}])\n_i"):
        nb = with_answer(nb, code)
    assert "def log_softmax" in code_of(nb)[number - 8]
    assert graded("set1", {"Lan": nb}) == {"Lan": (full("set1"), "")}


def test_what_jupyter_remembers_and_what_it_does_not():
    """As in IPython itself, which is run beside this."""
    cells = (
        "assert (_, __, ___, _i, Out) == ('', '', '', '', {})", "3", "_ + 1",
        "assert (_, __, _2, Out[3], _oh[2], _i, _ii, _i2, In[2]) == (4, 3, 3, 4, 3, '_ + 1', '3', '3', '3')",
        "5;", "None", "x = 6", "assert _ == 4 and list(Out) == [2, 3]",  # not shown, so not kept
        "%time 7", "x = 1\nawait __import__('asyncio').sleep(0, 8)", "assert (_, __, In[10][0]) == (8, 7, 'x')",
        "for _ in range(2):\n    pass", "9", "assert _ == 1 and _13 == Out[13] == 9",  # the student's own name stays
        "del _", "10", "assert _ == 10", "!ls", "%load_ext autoreload", "_?", "%timeit -n 1 1", "assert _ == 10",
        "%timeit -n 1 -o 1", "assert _.average")
    assert not ends(*cells)
    subprocess.run([sys.executable, "-c", IN_IPYTHON.format(cells=cells)], check=True, stdout=subprocess.DEVNULL)


IN_IPYTHON = """
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell(config=config)
for cell in {cells!r}:
    shell.run_cell(cell, store_history=True).raise_error()
"""


DRIVE = "from google.colab import drive\ndrive.mount('/content/drive')\n"
IN_COLAB_ONLY = [DRIVE, "import google.colab\n", "import google.colab.output as output\noutput.clear()\n",
                 "from google import colab\ncolab.files.upload()\n",
                 "from google.colab import drive, files, userdata\nuserdata.get('x')\nfiles.download('x')\n",
                 "from google.colab.patches import cv2_imshow\ncv2_imshow(None)\n"]
GUARDED = ["try:\n    from google.colab import drive\nexcept ImportError:\n    here = True\n",
           "import sys\nif 'google.colab' in sys.modules:\n    from google.colab import drive\nhere = True\n",
           "import sys\nhere = 'google.colab' not in sys.modules\n"]


def test_what_only_colab_has_costs_nothing(solved, graded):
    found = graded("set1", {"Lan": opened(solved("set1"), DRIVE + "%cd /content/drive/MyDrive\n", "import numpy")})
    assert found == {"Lan": (full("set1"), "")}


@pytest.mark.parametrize("code", IN_COLAB_ONLY)
def test_an_import_from_colab_gives_what_takes_any_call(code):
    assert not ends(code + "reached = True", "assert reached", "import numpy")


@pytest.mark.parametrize("code", GUARDED)
def test_a_notebook_that_can_do_without_colab_does(code):
    assert not ends(code, "assert here")


def test_a_cell_that_does_not_compile_is_told_which_python_the_grader_has(solved, graded):
    """Unless the notebook was saved by a Python that is no newer; and an error while it runs is another thing."""
    nb, here = solved("set1"), "Python {}.{}".format(*sys.version_info)

    def saved_by(python, code):
        info = {"language_info": {"name": "python", "version": python}} if python else {}
        return {**opened(nb, code, "def best"), "metadata": info}

    newer = "def newer[T](x: T) -> T:\n    return x = 1\n"  # the second line is for no Python
    found = graded("set1", {
        "newer": saved_by("3.99.1", newer), "silent": saved_by("", newer), "older": saved_by("3.9.1", newer),
        "magic": saved_by("3.99.0rc1", "%%time\n" + newer), "evaluates": saved_by("3.99.1", "eval('1 +')\n"),
        "fine": saved_by("3.99.1", "")})
    for student, (_, notes) in found.items():
        told = student in ("newer", "silent", "magic")
        assert (here in notes) == told and ("3.99" in notes) == (told and student != "silent"), (student, notes)
        assert ("SyntaxError" in notes) == (student != "fine"), (student, notes)
