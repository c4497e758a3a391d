"""What comes out: the table of marks, and a page for each student."""

import csv
import re
from html import escape

STYLE = ("body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto } td, th { text-align: left; "
         "vertical-align: top; padding: .2rem 1rem .2rem 0 } ul { margin: 0; padding-left: 1.2rem }")


def write(results, into):
    """Write the table of marks and the pages of feedback. Half a character in an error message must not stop them."""
    into.mkdir(parents=True, exist_ok=True)
    for result in results:
        path = into / f"{result['student']}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(result), encoding="utf-8", errors="replace")
    parts = next((list(result["parts"]) for result in results if result["parts"]), [])
    with (into / "marks.csv").open("w", newline="", encoding="utf-8-sig", errors="replace") as file:  # for spreadsheets
        writer = csv.writer(file)
        writer.writerow(["student", *parts, "total", "possible", "notes"])
        for result in results:
            harmless = re.sub(r"^(?=[=+\-@\t\r])", "'", result["student"])  # a spreadsheet would take it for a formula
            writer.writerow([harmless, *(result["parts"].get(part, {}).get("points", 0) for part in parts),
                             result["total"], result["possible"], "; ".join(result["notes"])])


def page(result):
    """Return the page that a student gets."""
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{part["points"]} / {part["possible"]}</td>'
                   f"<td>{items(why_points_are_missing(part) or ['all checks passed'])}</td></tr>"
                   for name, part in result["parts"].items())
    student = escape(result["student"])
    notes = f"<h2>While your notebook ran</h2>{items(result['notes'])}" if result["notes"] else ""
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{student}</title>'
            f'<style>{STYLE}</style><h1>{student}: {result["total"]} of {result["possible"]} points</h1>'
            "<p>Parts in words are marked by hand and are not in this sum.</p>"
            '<table><tr><th scope="col">part</th><th scope="col">points</th><th scope="col">checks</th></tr>'
            f"{rows}</table>{notes}</html>")


def why_points_are_missing(part):
    """Return what a student is told of one part."""
    return [test["message"] for test in part.get("tests", []) if not test["passed"]] + (
        [part["failed"]] if "failed" in part else [])


def items(lines):
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
