const STYLE = `
.jacobian-explorer .line { gap: .75rem 1rem; align-items: flex-start; }
.jacobian-explorer .sliders { display: grid; gap: .25rem; }
.jacobian-explorer .slider .name { min-width: 2em; }
.jacobian-explorer .slider output { min-width: 3.6em; }
.jacobian-explorer .shifts { display: flex; flex-wrap: wrap; gap: .5rem; align-content: flex-start; }
.jacobian-explorer [aria-disabled="true"] { opacity: .45; cursor: not-allowed; }
.jacobian-explorer th { text-align: center; font-weight: 600; border-color: transparent; }
.jacobian-explorer th small { display: block; font-size: .85em; font-weight: 400; font-variant-numeric: tabular-nums; }
.jacobian-explorer td { text-align: center; min-width: 3.3rem; padding: .5rem .35rem; }
.jacobian-explorer .sum { font-size: .9em; border-color: transparent; }
.jacobian-explorer .up { fill: var(--c1); stroke: var(--c1); }
.jacobian-explorer .down { fill: var(--c3); stroke: var(--c3); }
.jacobian-explorer rect.linear { fill: none; }
.jacobian-explorer svg .tick { font-size: 12px; }
.jacobian-explorer figcaption { display: grid; gap: .1rem; max-width: 340px; }`;

const INDEX = "₁₂₃";
const LIMIT = 2; // of each δz; with it a linear change stays within ±1, the last of the scales
const LARGEST_SLOPE = 0.25;
const SCALES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const add = (u, v) => u.map((value, i) => value + v[i]);
const subtract = (u, v) => u.map((value, i) => value - v[i]);
const sum = v => v.reduce((total, value) => total + value, 0);
const jacobian = a => a.map((am, m) => a.map((ai, i) => am * ((i === m ? 1 : 0) - ai)));
const columns = matrix => matrix[0].map((_, i) => matrix.map(row => row[i]));
const rowTimes = (v, matrix) => columns(matrix).map(column => sum(column.map((value, m) => v[m] * value)));

function showSigned(node, value, digits) {
  show(node, value, digits);
  if (value >= 0.5 * 10 ** -digits) node.textContent = `+${node.textContent}`;
}

// Three sliders for the entries of one trait; returns the function that sets them.
function sliders(parent, model, trait, name, label, limits, digits) {
  const group = make("div", { class: "sliders" }, parent);
  const all = [0, 1, 2].map(i =>
    slider(group, name + INDEX[i], { ...limits, digits, label: `${label}${i + 1}` }, value =>
      put(
        model,
        trait,
        model.get(trait).map((old, j) => (i === j ? value : old)),
      ),
    ),
  );
  return v => v.forEach((value, i) => all[i].set(value));
}

// The buttons that change all of δz at once; returns the function that says which of them has room.
function shifts(parent, model) {
  const row = make("div", { class: "shifts" }, parent);
  const moved = by => model.get("dz").map(value => Math.round((value + by) * 1e6) / 1e6);
  const fits = v => v.every(value => Math.abs(value) <= LIMIT);
  const nodes = [1, -1].map(by => {
    const node = button(row, `δz ${by > 0 ? "+" : "−"} 1`, () => fits(moved(by)) && put(model, "dz", moved(by)));
    node.setAttribute("aria-label", by > 0 ? "add 1 to all of delta z" : "subtract 1 from all of delta z");
    return { node, by };
  });
  button(row, "δz ÷ 2", () =>
    put(
      model,
      "dz",
      model.get("dz").map(value => value / 2),
    ),
  ).setAttribute("aria-label", "halve delta z");
  // Not `disabled`: that would take the focus away from a reader at the keyboard.
  return () => nodes.forEach(({ node, by }) => node.setAttribute("aria-disabled", !fits(moved(by))));
}

// A matrix in colour with its sums in the margins; returns the function that fills it.
function matrixTable(parent) {
  const node = make("table", { "aria-label": "Jacobian: a row for each score, a column for each probability" }, parent);
  make("caption", {}, node, "∂a/∂z");
  const head = make("tr", {}, make("thead", {}, node));
  const body = make("tbody", {}, node);
  make("td", { class: "sum" }, head);
  const tops = [0, 1, 2].map(i => make("small", {}, make("th", { scope: "col" }, head, `a${INDEX[i]}`)));
  make("th", { scope: "col", class: "sum", "aria-label": "row sum" }, head, "Σ");
  const cells = [0, 1, 2].map(m => {
    const row = make("tr", {}, body);
    make("th", { scope: "row" }, row, `z${INDEX[m]}`);
    return [0, 1, 2, 3].map(i => make("td", { class: i < 3 ? "slope" : "sum row-sum" }, row));
  });
  const foot = make("tr", {}, body);
  make("th", { scope: "row", class: "sum", "aria-label": "column sum" }, foot, "Σ");
  const bottoms = [0, 1, 2].map(() => make("td", { class: "sum column-sum" }, foot));
  make("td", { class: "sum" }, foot);
  return (a, matrix) => {
    a.forEach((value, i) => show(tops[i], value));
    matrix.forEach((row, m) => {
      row.forEach((value, i) => {
        const part = Math.abs(value) / LARGEST_SLOPE;
        const colour = value > 0 ? "up" : "down";
        cells[m][i].style.background = `rgb(var(--${colour}) / calc(var(--depth) * ${part}))`;
        showSigned(cells[m][i], value, 3);
      });
      show(cells[m][3], sum(row));
    });
    columns(matrix).forEach((column, i) => show(bottoms[i], sum(column)));
  };
}

const ZERO = 156;
const HALF = 112;
const BOTTOM = 150;

// The grid of the bars: lines at zero and at the ends of the scale; returns the function that labels it.
function axis(svg) {
  for (const part of [-1, -0.5, 0.5, 1]) {
    const x = ZERO + part * HALF;
    make("line", { x1: x, x2: x, y1: 2, y2: BOTTOM, stroke: "var(--soft)" }, svg);
  }
  make("line", { x1: ZERO, x2: ZERO, y1: 2, y2: BOTTOM, stroke: "currentColor" }, svg);
  const ticks = [-1, 0, 1].map(side =>
    make("text", { class: "tick", x: ZERO + side * HALF, y: BOTTOM + 17, "text-anchor": "middle" }, svg),
  );
  return scale =>
    ticks.forEach((tick, i) => {
      tick.textContent = ["−", "", "+"][i] + (i === 1 ? 0 : scale);
    });
}

// Pairs of bars, filled for the true change and hollow for the linear one; returns the function that draws them.
function pairs(parent) {
  const figure = make("figure", {}, parent);
  const svg = make("svg", { viewBox: "0 0 340 172", width: 340, role: "img" }, figure);
  const label = axis(svg);
  const rows = [0, 1, 2].map(i => {
    make("text", { x: 2, y: 32 + 48 * i }, svg, `a${INDEX[i]}`);
    return ["true", "linear"].map((kind, k) => {
      const y = 8 + 48 * i + 19 * k;
      const bar = make("rect", { y, height: 15, "stroke-width": 1.5 }, svg);
      return { kind, bar, value: make("text", { class: kind, x: 338, y: y + 13, "text-anchor": "end" }, svg) };
    });
  });
  const caption = make("figcaption", {}, figure);
  make("span", {}, caption, "■ a(z + δz) − a(z)");
  make("span", {}, caption, "□ δzᵀ ∂a/∂z");
  const gap = make("span", {}, caption, "max |■ − □| = ");
  const largest = make("output", { class: "largest", "aria-label": "largest difference" }, gap);
  return (change, linear) => {
    const scale = SCALES.find(s => s >= Math.max(...[...change, ...linear].map(Math.abs))) ?? 1;
    label(scale);
    rows.forEach((row, i) =>
      row.forEach(({ kind, bar, value }, k) => {
        const number = [change, linear][k][i];
        const width = (HALF * Math.abs(number)) / scale;
        bar.setAttribute("class", `${kind} ${number < 0 ? "down" : "up"}`);
        bar.setAttribute("x", number < 0 ? ZERO - width : ZERO);
        bar.setAttribute("width", width);
        bar.setAttribute("visibility", Math.abs(number) < 1e-12 ? "hidden" : "visible"); // rounding has no sign
        showSigned(value, number, 4);
      }),
    );
    show(largest, Math.max(...subtract(change, linear).map(Math.abs)), 5);
    svg.setAttribute(
      "aria-label",
      "Change of the probabilities, true and linear: " +
        rows.map((row, i) => `a${i + 1} ${row.map(({ value }) => value.textContent).join(" and ")}`).join("; "),
    );
  };
}

const GUIDE = {
  en: {
    title: "The softmax Jacobian",
    todo: "Change δz. When do the hollow bars miss the filled ones?",
    tries: ["Saturated: nearly flat", "Same δz: no change", "Large step: a₃ errs"],
  },
  vi: {
    title: "Ma trận Jacobi của softmax",
    todo: "Đổi δz. Khi nào các thanh rỗng lệch khỏi các thanh đặc?",
    tries: ["Bão hoà: gần phẳng", "δz như nhau: không đổi", "Bước lớn: a₃ sai dấu"],
  },
  tries: [
    { state: { z: [6, -6, -6], dz: [0, 0.5, 0] } },
    { state: { z: [1.34, 0.61, -0.56], dz: [1, 1, 1] } },
    { state: { z: [1.34, 0.61, -0.56], dz: [-2, 2, 0] } },
  ],
  traits: {
    z: numbers(3, -6, 6),
    dz: numbers(6, -LIMIT, LIMIT),
  },
};

function render({ model, el }) {
  const box = stage(el, model, GUIDE);
  box.classList.add("jacobian-explorer");
  make("style", {}, box, STYLE);
  const controls = make("div", { class: "line" }, box);
  const scores = sliders(controls, model, "z", "z", "score z", { min: -6, max: 6, step: 0.1 }, 2);
  const right = make("div", { class: "sliders" }, controls);
  const steps = sliders(right, model, "dz", "δz", "change of score z", { min: -LIMIT, max: LIMIT, step: 0.05 }, 3);
  const room = shifts(right, model);
  const panels = make("div", { class: "line" }, box);
  const fill = matrixTable(panels);
  const draw = pairs(panels);
  return follow(model, ["z", "dz"], () => {
    const z = model.get("z");
    const dz = model.get("dz");
    const a = softmax(z);
    const matrix = jacobian(a);
    scores(z);
    steps(dz);
    room();
    fill(a, matrix);
    draw(subtract(softmax(add(z, dz)), a), rowTimes(dz, matrix));
  });
}

export default { render };
