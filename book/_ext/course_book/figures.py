"""The figures' scripts, once for the whole book: one classic script, which works from a folder too, and one style."""

import json
from pathlib import Path

from sphinx.errors import ConfigError

EXPORT = "export default { render };\n"

# The questions of a page remember what was chosen, and the page's summary counts them.
QUIZ = """\
  const questions = [];
  const kept = (name, value) => {
    try { // a browser may refuse to keep anything
      if (value !== undefined) localStorage.setItem(name, value);
      return localStorage.getItem(name);
    } catch { return null; }
  };
  const count = () => {
    const place = document.getElementById("summary");
    if (!place || !questions.length) return;
    const told = document.querySelector(".course-quiz-score") || place.appendChild(
      Object.assign(document.createElement("p"), { className: "course-quiz-score" }));
    const right = questions.filter(q => q.get("options")[q.get("chosen")]?.right).length;
    const open = questions.filter(q => q.get("chosen") < 0).length;
    told.textContent = document.documentElement.lang === "vi"
      ? `Câu hỏi của trang này: đúng ${right} trên ${questions.length}${open ? `, ${open} câu chưa trả lời` : ""}.`
      : `Questions on this page: ${right} of ${questions.length} right${open ? `, ${open} not answered yet` : ""}.`;
  };
  const remember = (model, state) => {
    const name = `question: ${state.text}`, chosen = Number(kept(name) ?? -1);
    if (state.options[chosen]) state.chosen = chosen;
    questions.push(model);
    model.on("change:chosen", () => { kept(name, model.get("chosen")); count(); });
  };
"""
# Stands in for the widget's model on a page without a kernel: the part of anywidget's interface that figures use.
START = """\
  const shown = {};
  for (const root of document.querySelectorAll(".course-figure-root")) {
    const el = root.querySelector(".course-figure");
    const state = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const handlers = {}, name = root.dataset.figure, place = shown[name] = (shown[name] || 0) + 1;
    const model = {
      address: place > 1 ? `${name}-${place}` : name, // what the figure is called in the page's address
      get: name => state[name],
      set(name, value) {
        if (state[name] === value) return;
        state[name] = value;
        (handlers[`change:${name}`] || []).forEach(handler => handler(model, value));
      },
      on(event, handler) { (handlers[event] ||= []).push(handler); },
      off(event, handler) { handlers[event] = (handlers[event] || []).filter(other => other !== handler); },
      save_changes() {},
      kept, // what the browser keeps for the reader
    };
    if (name === "Question") remember(model, state);
    figures[name]({ model, el });
  }
  count();
"""


def without_export(folder, stem):
    """Return a figure's script, which may be in two files, without its export: only a module can have one."""
    parts = [*sorted(folder.glob(f"{stem}.*.js")), folder / f"{stem}.js"]
    text = "".join(part.read_text(encoding="utf-8") for part in parts)
    if not text.endswith(EXPORT):
        raise ConfigError(f"{stem}.js must end with {EXPORT!r}; it ends with {text[-40:]!r}")
    return text.removesuffix(EXPORT)


def shared(folder):
    """Return what every figure's script sees: the constants that Python knows too, and `common.js`."""
    constants = json.loads((folder / "constants.json").read_text(encoding="utf-8"))
    lines = [f"const {name} = {json.dumps(value)};" for name, value in constants.items()]
    return "\n".join([*lines, (folder / "common.js").read_text(encoding="utf-8")])


def script(folder):
    """Return the script that starts every figure of a page.

    Parameters
    ----------
    folder : Path
        Where each figure's own script lies, beside `common.js`, which all of them see.
    """
    common = shared(folder)
    parts = ['(() => {\n  const figures = {};\n  const LABEL = "", SPOKEN = ""; // the page says them', common]
    for path in sorted(folder.glob("*.js")):
        if path.name != "common.js" and "." not in path.stem:  # descent.drawing.js belongs to descent.js
            name = "".join(word.capitalize() for word in path.stem.split("_"))
            parts.append(f"figures.{name} = (() => {{\n{without_export(folder, path.stem)}return render;\n}})();")
    return "\n".join([*parts, QUIZ + START + "})();\n"])


def write(folder, static):
    """Write the script and the style into the book's static files."""
    Path(static).mkdir(parents=True, exist_ok=True)
    (Path(static) / "course-figures.js").write_text(script(folder), encoding="utf-8")
    (Path(static) / "course-figures.css").write_bytes((folder / "common.css").read_bytes())
