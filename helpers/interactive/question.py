"""A multiple-choice question that answers every choice, also the wrong ones."""

import json
from pathlib import Path

import traitlets

from helpers.interactive.figure import LANGUAGE, Figure

__all__ = ["Question", "all_questions"]


def all_questions():
    """Read the questions of the course from ``questions.json``, in the language of the notebook.

    Returns
    -------
    dict of str to dict
        By key: ``chapter``, ``text``, and ``options``, each with its ``text``, whether it is ``right``, and ``why``.
        Texts are HTML with no other tags than ``sub``, ``sup``, ``i`` and ``code``.

    Examples
    --------
    >>> all_questions()["adding-a-constant"]["chapter"]
    2
    """
    here = Path(__file__)
    questions = json.loads(here.with_name("questions.json").read_text(encoding="utf-8"))
    if LANGUAGE == "vi":
        for key, own in json.loads(here.with_name("questions.vi.json").read_text(encoding="utf-8")).items():
            questions[key]["text"] = own["text"]
            questions[key]["options"] = [old | new for old, new in zip(questions[key]["options"], own["options"],
                                                                       strict=True)]
    return questions


class Question(Figure):
    """One question of the course: click an answer and read what is right or wrong about it.

    Parameters
    ----------
    key : str
        Its name in ``questions.json``.

    Attributes
    ----------
    text : str
        The question.
    options : list of dict
        The answers, each with ``text``, ``right`` and ``why``.
    chosen : int
        The position of the answer chosen last, from 0; -1 before the first.

    Raises
    ------
    ValueError
        If there is no question of that name: the message lists those there are.

    Examples
    --------
    >>> [option["right"] for option in Question("adding-a-constant").options]
    [False, True, False]
    """

    label = "Question"
    text = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)

    def __init__(self, key, **kwargs):
        questions = all_questions()
        if key not in questions:
            raise ValueError(f"key must be one of {sorted(questions)}; got {key!r}")
        super().__init__(text=questions[key]["text"], options=questions[key]["options"], **kwargs)

    @traitlets.validate("chosen")
    def _is_an_option(self, proposal):
        if not -1 <= proposal.value < len(self.options):
            raise ValueError(f"chosen must lie in -1..{len(self.options) - 1}; got {proposal.value}")
        return proposal.value

    def fallback(self):
        """Return the question with its answers folded away."""
        listed = "".join(f"<li>{option['text']}</li>" for option in self.options)
        answers = "".join(f"<li>{'✓' if option['right'] else '✗'} {option['why']}</li>" for option in self.options)
        summary = "Lời giải" if LANGUAGE == "vi" else "Answer"
        return (f'<p>{self.text}</p><ol type="A">{listed}</ol>'
                f'<details><summary>{summary}</summary><ol type="A">{answers}</ol></details>')
