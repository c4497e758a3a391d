const STYLE = `
.course-question fieldset { border: 1px solid var(--line); border-radius: .3rem; padding: .5rem .9rem .7rem; margin: 0;
  display: grid; gap: .35rem; min-width: 0; }
.course-question legend { float: left; width: 100%; padding: 0; margin: 0 0 .3rem; font-size: 1em; font-weight: 600;
  border: 0; color: inherit; }
.course-question label { display: flex; gap: .6rem; align-items: baseline; margin: 0; padding: .2rem .3rem;
  border-radius: .3rem; min-height: 1.9rem; cursor: pointer; clear: both; }
.course-question label:hover { background: var(--soft); }
.course-question .verdict { margin: 0; padding: .1rem .3rem .1rem .9rem; border-left: 3px solid var(--line); }
.course-question .verdict:empty { display: none; }
.course-question :is(sub, sup) { line-height: 0; }
@media (width < 600px), (pointer: coarse) { .course-question label { align-items: center; } }`;
const HEARD = {
  en: { question: "Question", right: "✓ Right.", wrong: "✗ Not so." },
  vi: { question: "Câu hỏi", right: "✓ Đúng.", wrong: "✗ Chưa đúng." },
};
let questions = 0;

// The texts are the course's own (questions.json); their only tags are sub, sup, i and code.
function written(tag, attributes, parent, html) {
  const node = make(tag, attributes, parent);
  node.innerHTML = html;
  return node;
}

function render({ model, el }) {
  const words = HEARD[language()],
    box = make("div", { class: "course-question" }, stage(el));
  el.setAttribute("aria-label", words.question);
  make("style", {}, box, STYLE);
  const form = make("fieldset", {}, box);
  written("legend", {}, form, model.get("text"));
  const group = `question-${(questions += 1)}-${Math.random().toString(36).slice(2)}`;
  const inputs = model.get("options").map((option, k) => {
    const label = make("label", {}, form);
    const input = make("input", { type: "radio", name: group, value: k }, label);
    written("span", {}, label, option.text);
    input.addEventListener("change", () => put(model, "chosen", k));
    return input;
  });
  const verdict = make("p", { class: "verdict", "aria-live": "polite" }, form);
  return follow(model, ["chosen"], () => {
    const option = model.get("options")[model.get("chosen")];
    inputs.forEach((input, k) => {
      input.checked = k === model.get("chosen");
    });
    verdict.innerHTML = option ? `<strong>${words[option.right ? "right" : "wrong"]}</strong> ${option.why}` : "";
  });
}

export default { render };
