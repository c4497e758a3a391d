const STYLE = `
.jacobian-explorer .line { gap: .75rem 1rem; align-items: flex-start; }
.jacobian-explorer .sliders { display: grid; gap: .25rem; }
.jacobian-explorer .slider .name { min-width: 2em; }
.jacobian-explorer .slider output { min-width: 3.6em; }
.jacobian-explorer .shifts { display: flex; flex-wrap: wrap; gap: .5rem; align-content: flex-start; }
.jacobian-explorer [aria-disabled="true"] { opacity: .45; cursor: not-allowed; }
.jacobian-explorer th { text-align: center; font-weight: 600; border-color: transparent; }
.jacobian-explorer th small { display: block; font-size: .85em; font-weight: 400; font-variant-numeric: tabular-nums; }
.jacobian-explorer td { text-align: center; box-sizing: border-box; min-width: 3.2rem; height: 44px; padding: .2rem; }
.jacobian-explorer .slope { cursor: pointer; }
.jacobian-explorer .slope[aria-selected="true"] { outline: 3px solid currentColor; outline-offset: -3px; }
.jacobian-explorer .slope:focus-visible { outline: 3px solid var(--ring); outline-offset: 1px; }
.jacobian-explorer .lit { font-weight: 700; }
.jacobian-explorer th.lit { text-decoration: underline; text-underline-offset: 3px; }
.jacobian-explorer .entry { margin: 0; font-size: .9em; font-variant-numeric: tabular-nums; }
.jacobian-explorer .answer { margin: 0; font-weight: 700; min-height: 1.4em; }
.jacobian-explorer .common .column-sum { font-weight: 700; text-decoration: underline; text-underline-offset: 3px; }
.jacobian-explorer .arrow { stroke: var(--line); }
.jacobian-explorer .arrow.lit { stroke: currentColor; stroke-width: 4; }
.jacobian-explorer .node { fill: none; stroke: var(--line); }
.jacobian-explorer .node.lit { stroke: currentColor; stroke-width: 3; }
.jacobian-explorer .sum { font-size: .9em; border-color: transparent; min-width: 0; }
.jacobian-explorer .up { fill: var(--c1); stroke: var(--c1); }
.jacobian-explorer .down { fill: var(--c3); stroke: var(--c3); }
.jacobian-explorer rect.linear { fill: none; }
.jacobian-explorer svg .tick { font-size: 12px; }
.jacobian-explorer figcaption { display: flex; flex-wrap: wrap; gap: .1rem .8rem; max-width: 390px; padding: 0; }
.jacobian-explorer .panels { gap: .75rem; min-width: 0; }
.jacobian-explorer .panels .sliders { width: 390px; max-width: 100%; }`;

const INDEX = [..."₁₂₃"];
const ANSWER = {
  en: "Nothing moved: each column sums to 0.",
  vi: "Không gì thay đổi: mỗi cột có tổng bằng 0.",
};
const HEARD = {
  en: {
    score: "score z",
    step: "change of score z",
    add: "add 1 to all of delta z",
    subtract: "subtract 1 from all of delta z",
    halve: "halve delta z",
    table: "Jacobian: a row for each score, a column for each probability; Enter shows where an entry comes from",
    rowSum: "row sum",
    columnSum: "column sum",
    largest: "largest difference",
    bars: (m, i, pairs) =>
      `The arrow from z${m} to a${i} is lit. Change of the probabilities, true and linear: ` +
      pairs.map(pair => pair.join(" and ")).join("; "),
  },
  vi: {
    score: "điểm số z",
    step: "độ thay đổi của điểm số z",
    add: "cộng 1 vào mọi phần tử của delta z",
    subtract: "trừ mọi phần tử của delta z đi 1",
    halve: "chia đôi delta z",
    table: "Ma trận Jacobi: mỗi điểm số một hàng, mỗi xác suất một cột; Enter cho biết một phần tử từ đâu ra",
    rowSum: "tổng hàng",
    columnSum: "tổng cột",
    largest: "chênh lệch lớn nhất",
    bars: (m, i, pairs) =>
      `Mũi tên từ z${m} đến a${i} được tô đậm. Độ thay đổi của các xác suất, thật và tuyến tính: ` +
      pairs.map(pair => pair.join(" và ")).join("; "),
  },
};
// With δz within its limit a linear change stays within ±1, the last of the scales.
const LARGEST_SLOPE = 0.25;
const SCALES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const add = (u, v) => u.map((value, i) => value + v[i]);
const subtract = (u, v) => u.map((value, i) => value - v[i]);
const jacobian = a => a.map((am, m) => a.map((ai, i) => am * ((i === m ? 1 : 0) - ai)));
const columns = matrix => matrix[0].map((_, i) => matrix.map(row => row[i]));
const rowTimes = (v, matrix) => columns(matrix).map(column => total(column.map((value, m) => v[m] * value)));

function showSigned(node, value, digits) {
  show(node, value, digits, value >= 0.5 * 10 ** -digits ? "+" : "");
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
  const fits = v => v.every(value => Math.abs(value) <= DZ_LIMIT);
  const nodes = [1, -1].map(by => {
    const node = button(row, `δz ${by > 0 ? "+" : "−"} 1`, () => fits(moved(by)) && put(model, "dz", moved(by)));
    node.setAttribute("aria-label", HEARD[language()][by > 0 ? "add" : "subtract"]);
    return { node, by };
  });
  button(row, "δz ÷ 2", () =>
    put(
      model,
      "dz",
      model.get("dz").map(value => value / 2),
    ),
  ).setAttribute("aria-label", HEARD[language()].halve);
  // Not `disabled`: that would take the focus away from a reader at the keyboard.
  return () => nodes.forEach(({ node, by }) => node.setAttribute("aria-disabled", !fits(moved(by))));
}

// A matrix in colour with its sums in the margins; `choose` is called with the place of an entry that is clicked, or
// reached with the arrow keys and entered. Returns the function that fills it.
function matrixTable(parent, choose) {
  const heard = HEARD[language()],
    node = make("table", { role: "grid", "aria-label": heard.table }, parent);
  make("caption", {}, node, "∂a/∂z");
  const head = make("tr", {}, make("thead", {}, node));
  const body = make("tbody", {}, node);
  make("td", { class: "sum" }, head);
  const names = [0, 1, 2].map(i => make("th", { scope: "col" }, head, `a${INDEX[i]}`)),
    tops = names.map(name => make("small", {}, name));
  make("th", { scope: "col", class: "sum", "aria-label": heard.rowSum }, head, "Σ");
  const cells = [0, 1, 2].map(m => {
    const row = make("tr", {}, body);
    names.push(make("th", { scope: "row" }, row, `z${INDEX[m]}`));
    return [0, 1, 2, 3].map(i => make("td", { class: i < 3 ? "slope" : "sum row-sum" }, row));
  });
  const slopes = cells.flatMap(row => row.slice(0, 3));
  slopes.forEach((cell, place) => {
    cell.addEventListener("click", () => choose(place));
    cell.addEventListener("keydown", event => {
      const [m, i] = [Math.floor(place / 3), place % 3];
      const to = { ArrowLeft: [m, i - 1], ArrowRight: [m, i + 1], ArrowUp: [m - 1, i], ArrowDown: [m + 1, i] }[
        event.key
      ];
      if (event.key === "Enter" || event.key === " ") choose(place);
      else if (!to) return;
      else if (to.every(n => n in INDEX)) enter(3 * to[0] + to[1]).focus();
      event.preventDefault();
    });
  });
  // One of the nine is in the tab order.
  const enter = place => {
    slopes.forEach((cell, p) => cell.setAttribute("tabindex", p === place ? 0 : -1));
    return slopes[place];
  };
  const foot = make("tr", {}, body);
  make("th", { scope: "row", class: "sum", "aria-label": heard.columnSum }, foot, "Σ");
  const bottoms = [0, 1, 2].map(() => make("td", { class: "sum column-sum" }, foot));
  make("td", { class: "sum" }, foot);
  let chosen = null;
  return (a, matrix, entry) => {
    if (entry !== chosen) enter((chosen = entry));
    slopes.forEach((cell, place) => cell.setAttribute("aria-selected", place === entry));
    names.forEach((name, n) => name.classList.toggle("lit", n === entry % 3 || n === 3 + Math.floor(entry / 3)));
    a.forEach((value, i) => show(tops[i], value));
    matrix.forEach((row, m) => {
      row.forEach((value, i) => {
        const part = Math.abs(value) / LARGEST_SLOPE;
        const colour = value > 0 ? "up" : "down";
        cells[m][i].style.background = `rgb(var(--${colour}) / calc(var(--depth) * ${part}))`;
        showSigned(cells[m][i], value, 3);
      });
      show(cells[m][3], total(row));
    });
    columns(matrix).forEach((column, i) => show(bottoms[i], total(column)));
  };
}

// The chosen entry as a formula with its numbers; returns the function that writes it.
function formula(parent) {
  const line = make("p", { class: "entry" }, parent);
  const [name, rule, first, times, second, end, value] = "b span span span span span b"
    .split(" ")
    .map(tag => make(tag, {}, line));
  let written = null;
  return (a, entry) => {
    const [m, i] = [Math.floor(entry / 3), entry % 3],
      [am, ai] = [a[m], a[i]];
    if (written !== entry) {
      name.textContent = `∂a${INDEX[i]}/∂z${INDEX[m]}`;
      rule.textContent = m === i ? ` = a${INDEX[i]}(1 − a${INDEX[i]}) = ` : ` = −a${INDEX[m]} a${INDEX[i]} = −`;
      times.textContent = m === i ? " · (1 − " : " · ";
      end.textContent = m === i ? ") = " : " = ";
    }
    written = entry;
    show(first, am);
    show(second, ai);
    showSigned(value, m === i ? ai * (1 - ai) : -am * ai, 3);
  };
}

const ZERO = 232;
const HALF = 86;
const BOTTOM = 150;

// The part of the computation graph from z to a, whose arrows are the nine slopes; returns the function that lights
// one of them, between its two nodes.
function graph(svg) {
  const at = n => 28 + 48 * n;
  const arrows = [0, 1, 2].flatMap(m =>
    [0, 1, 2].map(i => make("line", { class: "arrow", x1: 30, x2: 104, y1: at(m), y2: at(i) }, svg)),
  );
  const nodes = ["z", "a"].map((name, k) =>
    [0, 1, 2].map(n => {
      const x = [16, 118][k];
      make("text", { x, y: at(n) + 5, "text-anchor": "middle" }, svg, name + INDEX[n]);
      return make("circle", { class: "node", cx: x, cy: at(n), r: 14 }, svg);
    }),
  );
  const value = make("text", { class: "lit", x: 67, y: BOTTOM + 17, "text-anchor": "middle" }, svg);
  return (matrix, entry) => {
    const ends = [Math.floor(entry / 3), entry % 3];
    arrows.forEach((arrow, place) => arrow.classList.toggle("lit", place === entry));
    nodes.forEach((column, k) => column.forEach((node, n) => node.classList.toggle("lit", n === ends[k])));
    showSigned(value, matrix[ends[0]][ends[1]], 3);
  };
}

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
  const svg = make("svg", { viewBox: "0 0 390 172", width: 390, role: "img" }, figure);
  const light = graph(svg),
    label = axis(svg);
  const rows = [0, 1, 2].map(i => {
    return ["true", "linear"].map((kind, k) => {
      const y = 8 + 48 * i + 19 * k;
      const bar = make("rect", { y, height: 15, "stroke-width": 1.5 }, svg);
      return { kind, bar, value: make("text", { class: kind, x: 388, y: y + 13, "text-anchor": "end" }, svg) };
    });
  });
  const caption = make("figcaption", {}, figure);
  make("span", {}, caption, "■ a(z + δz) − a(z)");
  make("span", {}, caption, "□ δzᵀ ∂a/∂z");
  const gap = make("span", {}, caption, "max |■ − □| = ");
  const largest = make("output", { class: "largest", "aria-label": HEARD[language()].largest }, gap);
  return (change, linear, matrix, entry) => {
    light(matrix, entry);
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
    const told = rows.map((row, i) => row.map(({ value }, k) => (k ? "" : `a${i + 1} `) + value.textContent));
    svg.setAttribute("aria-label", HEARD[language()].bars(Math.floor(entry / 3) + 1, (entry % 3) + 1, told));
  };
}

const GUIDE = {
  en: {
    title: "The softmax Jacobian",
    todo: "Click a slope: where does it come from? Change δz: when do hollow bars miss?",
    tries: ["Saturated: nearly flat", "All scores + 1", "Large step: a₃ errs"],
  },
  vi: {
    title: "Ma trận Jacobi của softmax",
    todo: "Bấm một ô để xem nó từ đâu ra. Đổi δz: khi nào thanh rỗng lệch khỏi thanh đặc?",
    tries: ["Bão hoà: gần phẳng", "Mọi điểm số + 1", "Bước lớn: a₃ sai dấu"],
  },
  tries: [
    { state: { z: [6, -6, -6], dz: [0, 0.5, 0] } },
    { state: { z: [1.34, 0.61, -0.56], dz: [1, 1, 1] } },
    { state: { z: [1.34, 0.61, -0.56], dz: [-2, 2, 0] } },
  ],
  called: { vi: "Ma trận Jacobi của softmax, và độ thay đổi thật của các xác suất bên độ thay đổi tuyến tính" },
  traits: {
    z: numbers(3, -Z_LIMIT, Z_LIMIT),
    dz: numbers(6, -DZ_LIMIT, DZ_LIMIT),
    entry: numbers(0, 0, 8),
  },
};

function render({ model, el }) {
  const box = stage(el, model, GUIDE);
  box.classList.add("jacobian-explorer");
  make("style", {}, box, STYLE);
  const controls = make("div", { class: "line" }, box),
    heard = HEARD[language()];
  const scores = sliders(controls, model, "z", "z", heard.score, { min: -6, max: 6, step: 0.1 }, 2);
  const right = make("div", { class: "sliders" }, controls);
  const steps = sliders(right, model, "dz", "δz", heard.step, { min: -DZ_LIMIT, max: DZ_LIMIT, step: 0.05 }, 3);
  const room = shifts(right, model);
  const panels = make("div", { class: "line panels" }, box);
  const speech = speaker(box);
  const fill = matrixTable(panels, place => {
    put(model, "entry", place);
    speech.say(side.querySelector(".entry").textContent);
  });
  const side = make("div", { class: "sliders" }, panels);
  const write = formula(side);
  const draw = pairs(side);
  const answer = make("p", { class: "answer", role: "status" }, side);
  const undo = follow(model, ["z", "dz", "entry"], () => {
    const z = model.get("z");
    const dz = model.get("dz");
    const a = softmax(z);
    const matrix = jacobian(a);
    const entry = model.get("entry");
    const common = dz[0] !== 0 && dz.every(value => value === dz[0]);
    scores(z);
    steps(dz);
    room();
    fill(a, matrix, entry);
    write(a, entry);
    draw(subtract(softmax(add(z, dz)), a), rowTimes(dz, matrix), matrix, entry);
    answer.textContent = common ? ANSWER[language()] : "";
    panels.classList.toggle("common", common);
  });
  return () => {
    speech.stop();
    undo();
  };
}

export default { render };
