"""How the five kinds of code cell are folded on a page (DESIGN, "What a notebook is here").

MyST-NB folds by the tags hide-input and hide-cell, always with the same words. This gives checks their slim line, takes
away code that is one call for a question, and says what each fold holds.
"""

from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import Name, Punctuation, Text, Whitespace
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms import SphinxTransform

PROMPTS = {"en": {"check": "✓ checked", "figure": "Show the code of this figure", "code": "Show the code",
                  "setup": "Imports", "solution": "A solution", "answer": "Show the answer"},
           "vi": {"check": "✓ đã kiểm tra", "figure": "Xem mã của hình này", "code": "Xem mã",
                  "setup": "Các thư viện", "solution": "Một lời giải", "answer": "Xem kết quả"}}


def prompt(classes, source, draws):
    """Return what the fold of a cell says; None for a cell that is to be read."""
    if "tag_check" in classes:
        return "check"
    if "tag_hide-input" in classes:
        return "figure" if draws else "code"
    if "tag_hide-cell" in classes:
        first = source.lstrip().partition("\n")[0]
        return "setup" if first.startswith(("import ", "from ")) else "solution" if first.startswith(
            ("def ", "class ", "@")) else "answer"
    return None


class FoldCells(SphinxTransform):
    """Mark every folded cell with its kind, and MyST-NB does the folding."""

    default_priority = 400

    def apply(self, **kwargs):
        """Go through the code cells of the document."""
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code" or not cell.children:
                continue
            source = cell.children[0]
            kind = prompt(cell["classes"], source.astext(), draws=len(cell.children) > 1)
            if not kind:
                continue
            if source.astext().startswith("Question("):
                cell.remove(source)
                cell.attributes.pop("hide_mode", None)
                continue
            if kind == "check":
                cell["hide_mode"] = "input"
                shown = source.astext().removeprefix("# @title ✓\n")
                for block in source.findall(nodes.literal_block):
                    block.replace_self(nodes.literal_block(shown, shown, **block.attributes))
            cell["classes"].append(f"folded-{kind}")
            cell["prompt_show"] = cell["prompt_hide"] = PROMPTS[self.config.language][kind]


class FewSpans(HtmlFormatter):
    """Give no span to what has the colour of all code: such spans were half of a chapter's nodes."""

    def _get_css_classes(self, ttype):
        return "" if ttype in (Name, Name.Namespace, Punctuation, Text, Whitespace) else super()._get_css_classes(ttype)


def setup(app):
    """Connect it."""
    app.add_transform(FoldCells)
    PygmentsBridge.html_formatter = FewSpans
