const sigmoid = z => 1 / (1 + Math.exp(-z));

// One panel of three bars with a sum below; returns the function that draws probabilities into it.
function bars(parent, name) {
  const figure = make("figure", {}, parent);
  const svg = make("svg", { viewBox: "0 0 300 130", width: 300, role: "img" }, figure);
  make("line", { x1: 36, x2: 36, y1: 4, y2: 126, stroke: "currentColor" }, svg);
  const rows = [0, 1, 2].map(i => {
    make("text", { x: 28, y: 30 + 42 * i, "text-anchor": "end" }, svg, `a${"₁₂₃"[i]}`);
    const bar = make("rect", { x: 36, y: 10 + 42 * i, height: 28, fill: `var(--c${i + 1})` }, svg);
    return { bar, value: make("text", { y: 30 + 42 * i }, svg) };
  });
  const caption = make("figcaption", {}, figure, `${name}, sum `);
  const sum = make("output", {}, caption);
  return a => {
    a.forEach((value, i) => {
      rows[i].bar.setAttribute("width", 200 * value);
      rows[i].value.setAttribute("x", 42 + 200 * value);
      show(rows[i].value, value);
    });
    show(
      sum,
      a.reduce((s, value) => s + value),
    );
    svg.setAttribute("aria-label", `${name}: ${rows.map(row => row.value.textContent).join(", ")}`);
  };
}

const GUIDE = {
  en: {
    title: "Softmax beside three sigmoids",
    todo: "Move one score. Which of the two sums stays 1?",
    tries: ["Equal scores", "z + 3: softmax stays", "τ = 0.1: nearly argmax"],
  },
  vi: {
    title: "Softmax bên cạnh ba sigmoid",
    todo: "Đổi một điểm số z. Tổng nào trong hai tổng vẫn bằng 1?",
    tries: ["Ba z bằng nhau", "z + 3: softmax như cũ", "τ = 0.1: gần như argmax"],
  },
  tries: [
    { state: { z: [0, 0, 0], temperature: 1 } },
    { state: ({ z }) => ({ z: z.map(value => value + 3) }) },
    { state: { z: [2, 1, -1], temperature: 0.1 } },
  ],
  traits: {
    z: numbers(3, -999, 999),
    temperature: numbers(3, 0.05, 100),
  },
};

function render({ model, el }) {
  const box = stage(el, model, GUIDE);
  const controls = make("div", { class: "line" }, box);
  const sliders = [0, 1, 2].map(i =>
    slider(controls, `z${"₁₂₃"[i]}`, { min: -8, max: 8, step: 0.1, label: `score z${i + 1}` }, value => {
      put(
        model,
        "z",
        model.get("z").map((old, j) => (i === j ? value : old)),
      );
    }),
  );
  const tau = slider(controls, "τ", { min: 0.1, max: 5, step: 0.1, label: "temperature tau" }, value =>
    put(model, "temperature", value),
  );
  const shift = by => () =>
    put(
      model,
      "z",
      model.get("z").map(z => z + by),
    );
  const buttons = make("div", { class: "line" }, box);
  button(buttons, "z + 1", shift(1)).setAttribute("aria-label", "add 1 to all scores");
  button(buttons, "z − 1", shift(-1)).setAttribute("aria-label", "subtract 1 from all scores");
  const panels = make("div", { class: "line" }, box);
  const left = bars(panels, "softmax(z/τ)"),
    right = bars(panels, "σ(z)");
  return follow(model, ["z", "temperature"], () => {
    const z = model.get("z"),
      temperature = model.get("temperature");
    z.forEach((value, i) => sliders[i].set(value));
    tau.set(temperature);
    left(softmax(z.map(value => value / temperature)));
    right(z.map(sigmoid));
  });
}

export default { render };
