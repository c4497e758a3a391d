"""The question bank is what Moodle's XML format asks for."""

from xml.etree import ElementTree as ET

from course_book.tables import question_bank

from helpers.interactive.question import all_questions


def test_every_question_with_its_answers_fractions_and_feedback():
    found = ET.fromstring(question_bank(all_questions())).findall("question[@type='multichoice']")
    questions = all_questions()
    names = [node.findtext("name/text") for node in found]
    assert names == sorted(questions, key=lambda key: questions[key]["chapter"])
    for node in found:
        options = questions[node.findtext("name/text")]["options"]
        assert [answer.get("fraction") for answer in node.findall("answer")] == [
            "100" if option["right"] else "0" for option in options]
        assert [answer.findtext("feedback/text") for answer in node.findall("answer")] == [o["why"] for o in options]
        assert node.findtext("single") == "true" and node.find("questiontext").get("format") == "html"


def test_each_chapter_has_its_category():
    categories = [node.findtext("category/text") for node in ET.fromstring(question_bank(all_questions())) if
                  node.get("type") == "category"]
    asked = sorted({question["chapter"] for question in all_questions().values()})  # 0 is the page in a hurry
    assert set(asked) >= set(range(1, 8))
    assert categories == [f"$course$/top/Softmax regression/Chapter {k}" for k in asked]
