"""Write the clickable questions as a bank that Moodle imports: python tools/question_bank.py.

The format is Moodle XML, because it keeps a feedback for each answer: docs.moodle.org, "Moodle XML format".
"""

from pathlib import Path
from xml.etree import ElementTree as ET

from helpers.interactive.question import all_questions

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "book" / "_static" / "question-bank.xml"


def text(parent, tag, html, **attributes):
    """Add an element that holds HTML as Moodle wants it: inside a <text>, escaped."""
    node = ET.SubElement(parent, tag, attributes)
    ET.SubElement(node, "text").text = html
    return node


def category(quiz, name):
    question = ET.SubElement(quiz, "question", type="category")
    text(question, "category", f"$course$/top/Softmax regression/{name}")


def multichoice(quiz, key, question):
    node = ET.SubElement(quiz, "question", type="multichoice")
    text(node, "name", key)
    text(node, "questiontext", f"<p>{question['text']}</p>", format="html")
    for tag, value in {"defaultgrade": "1.0", "penalty": "0.3333333", "hidden": "0", "single": "true",
                       "shuffleanswers": "true", "answernumbering": "abc"}.items():
        ET.SubElement(node, tag).text = value
    for option in question["options"]:
        answer = text(node, "answer", option["text"], fraction="100" if option["right"] else "0", format="html")
        text(answer, "feedback", option["why"], format="html")


def bank():
    """Return the whole bank as text."""
    quiz, questions = ET.Element("quiz"), all_questions()
    for chapter in sorted({question["chapter"] for question in questions.values()}):
        category(quiz, f"Chapter {chapter}")
        for key, question in questions.items():
            if question["chapter"] == chapter:
                multichoice(quiz, key, question)
    ET.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(quiz, encoding="unicode") + "\n"


if __name__ == "__main__":
    TARGET.write_text(bank(), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(all_questions())} questions")
