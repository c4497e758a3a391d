const WIDTH = 360;
const HEIGHT = 336;
const SIGN = 104; // as wide as the text beside a handle may become
const AREA_SIDE = 54;
const CORNERS = [
  [46, 288],
  [314, 288],
  [180, 288 - 134 * Math.sqrt(3)],
];
const STYLE = `
  .figure-likelihood .panels { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: center; }
  .figure-likelihood .triangle { flex: 1 1 18rem; min-width: 0; max-width: min(22.5rem, 100%); }
  .figure-likelihood .side { display: grid; gap: .75rem; justify-items: start; }
  .figure-likelihood th, .figure-likelihood td { padding: .15rem .45rem; }
  .figure-likelihood thead th { font-weight: 400; text-align: right; }
  .figure-likelihood tfoot th { font-weight: 400; text-align: left; }
  .figure-likelihood td.true { font-weight: 700; box-shadow: inset 0 -3px var(--mark); }
  .figure-likelihood th svg { display: block; }
  .figure-likelihood sub { line-height: 0; }
  .figure-likelihood td.loss { min-width: 3.5em; }
  .figure-likelihood tfoot tr:first-child > * { border-top: 2px solid var(--line); }
  .figure-likelihood svg text.level { font-size: 13px; opacity: .9; }
  .figure-likelihood svg text.sign { font-weight: 700; font-size: 13px; pointer-events: none; }
  .figure-likelihood .drag:active { cursor: grabbing; }
  .figure-likelihood .drag .ring { fill: none; stroke: none; }
  .figure-likelihood .drag.chosen .ring { stroke: currentColor; }
  .figure-likelihood .drag:focus-visible .ring { stroke: var(--ring); stroke-width: 3px; }
  @media (max-width: 480px) {
    .figure-likelihood table { font-size: .85rem; }
    .figure-likelihood th, .figure-likelihood td { padding: .15rem .25rem; }
  }`;
const HEARD = {
  en: {
    triangle: "triangle of probabilities",
    point: i => `point ${i}`,
    handle: i => `point ${i}, true class ${i}`,
  },
  vi: {
    triangle: "tam giác các xác suất",
    point: i => `điểm ${i}`,
    handle: i => `điểm ${i}, lớp đúng ${i}`,
  },
};
// What a key adds to the probabilities. Left and right keep the third, up and down keep the difference of the others.
const STEPS = {
  ArrowLeft: [1, -1, 0],
  ArrowRight: [-1, 1, 0],
  ArrowUp: [-0.5, -0.5, 1],
  ArrowDown: [0.5, 0.5, -1],
};

const place = a => [0, 1].map(axis => a.reduce((sum, value, j) => sum + value * CORNERS[j][axis], 0));

// The inverse of `place`; outside the triangle a coordinate is negative.
function coordinates([x, y]) {
  const [left, bottom] = CORNERS[0];
  const right = CORNERS[1][0];
  const top = CORNERS[2][1];
  const third = (bottom - y) / (bottom - top);
  const second = (x - left) / (right - left) - third / 2;
  return [1 - second - third, second, third];
}

// The point of the triangle nearest to `v`: subtract the same from every coordinate, cut at 0, so that the sum is 1.
function nearestProbabilities(v) {
  let sum = 0;
  let shift = 0;
  [...v]
    .sort((p, q) => q - p)
    .forEach((value, k) => {
      sum += value;
      if (value > (sum - 1) / (k + 1)) shift = (sum - 1) / (k + 1);
    });
  return v.map(value => Math.max(0, value - shift));
}

// Whole thousandths that sum to 1000; what rounding leaves over goes to the largest, so that a 0 stays a 0.
function inThousandths(a) {
  const counts = a.map(value => Math.round(1000 * value));
  counts[counts.indexOf(Math.max(...counts))] += 1000 - counts[0] - counts[1] - counts[2];
  return counts.map(count => count / 1000);
}

// Where a_t has a given value: the ends of a line from side to side, parallel to the side opposite corner t.
function level(t, value) {
  const others = [0, 1, 2].filter(j => j !== t);
  return others.map(other => place([0, 1, 2].map(j => (j === t ? value : j === other ? 1 - value : 0))));
}

function showLoss(node, value) {
  show(node, value);
  if (!Number.isFinite(value)) node.textContent = value < 0 ? "\u2212∞" : "∞";
}

// A probability too small for three digits, as floats are printed.
function showProbability(node, value) {
  show(node, value);
  if (value > 0 && value < 0.0005) node.textContent = value.toExponential(1).replace("-", "\u2212");
}

function mark(parent, i, attributes = {}) {
  return make(
    "path",
    { d: marker(i, [0, 0], 8), fill: `var(--c${i + 1})`, stroke: "currentColor", ...attributes },
    parent,
  );
}

// The triangle with its corners; an empty marker at a corner says whose prediction would be best there.
function corners(svg) {
  make("polygon", { points: CORNERS.join(" "), fill: "none", stroke: "currentColor", "stroke-width": 1.5 }, svg);
  const names = CORNERS.map(([x, y], j) => {
    const transform = `translate(${x} ${y})`;
    mark(svg, j, { fill: "none", stroke: `var(--c${j + 1})`, "stroke-width": 2, transform });
    return make("text", { x, y: y + (j === 2 ? -22 : 36), "text-anchor": "middle" }, svg);
  });
  return t =>
    names.forEach((name, j) => {
      name.textContent = `a${subscript(j + 1)} = 1${j === t ? ", L = 0" : ""}`;
    });
}

// Where the text goes at the side opposite corner t.
function farSide(t) {
  const [x, y] = place([0, 1, 2].map(j => (j === t ? -0.07 : 0.535)));
  return { x, y: y + (t === 2 ? 20 : 5), "text-anchor": ["start", "end", "middle"][t] };
}

// Lines of equal loss, each with its loss at one end; returns the function that draws those of point t.
function levels(svg) {
  const lines = make("g", {}, svg);
  const texts = make("g", { "aria-hidden": "true" }, svg);
  const rows = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(tenths => ({
    value: tenths / 10,
    line: make("line", { opacity: 0.6 }, lines),
    loss: make("text", { class: "level" }, texts),
  }));
  const own = make("line", { "stroke-width": 2.5, "stroke-dasharray": "7 4" }, lines);
  const opposite = make("text", {}, texts);
  return (t, a) => {
    lines.setAttribute("stroke", `var(--c${t + 1})`);
    for (const { value, line, loss } of rows) {
      const [start, end] = level(t, value);
      setAll(line, { x1: start[0], y1: start[1], x2: end[0], y2: end[1] });
      setAll(loss, { x: end[0] + (t === 0 ? -8 : 8), y: end[1] + 4, "text-anchor": t === 0 ? "end" : "start" });
      show(loss, -Math.log(value), 2);
    }
    const [start, end] = level(t, a[t]);
    setAll(own, { x1: start[0], y1: start[1], x2: end[0], y2: end[1] });
    setAll(opposite, farSide(t));
    opposite.textContent = `a${subscript(t + 1)} = 0, L = ∞`;
  };
}

// Where the text of each handle goes: the first place beside it that is free of texts and handles, and in the picture.
// Of the labels those at the lines of equal loss of point t are in the way, and those at the corners.
function beside(places, t) {
  const tries = [-14, 5, -34, -54, 30].flatMap(dy => [
    [18, dy, "start"],
    [-18, dy, "end"],
  ]);
  const taken = places.map(([x, y]) => [x - 12, y - 12, x + 12, y + 12]);
  CORNERS.forEach(([x, y], j) => taken.push([x - 55, y + (j === 2 ? -34 : 24), x + 55, y + (j === 2 ? -18 : 40)]));
  const far = farSide(t);
  const left = far.x - [0, 92, 46][t];
  taken.push([left, far.y - 12, left + 92, far.y + 5]);
  for (const tenths of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const [x, y] = level(t, tenths / 10)[1];
    taken.push(t === 0 ? [x - 38, y - 8, x - 8, y + 4] : [x + 8, y - 8, x + 38, y + 4]);
  }
  const free = ([left, top, right, bottom]) =>
    left > -4 && right < WIDTH + 4 && taken.every(([l, t, r, b]) => right < l || left > r || bottom < t || top > b);
  return places.map(([x, y]) => {
    const spots = tries.map(([dx, dy, anchor]) => {
      const left = x + dx - (anchor === "end" ? SIGN : 0);
      return { x: x + dx, y: y + dy, anchor, room: [left, y + dy - 12, left + SIGN, y + dy + 3] };
    });
    const spot = spots.find(({ room }) => free(room)) ?? spots[0];
    taken.push(spot.room);
    return spot;
  });
}

// −log a beside each handle; returns what writes them.
function signs(svg) {
  const texts = [0, 1, 2].map(() => make("text", { class: "sign", "aria-hidden": "true" }, svg));
  return (a, t) =>
    beside(a.map(place), t).forEach(({ x, y, anchor }, i) => {
      const loss = -Math.log(a[i][i]) + 0; // not −0
      setAll(texts[i], { x, y, "text-anchor": anchor });
      showLoss(texts[i], loss);
      texts[i].prepend(`\u2212log a${subscript(i + 1)} = `);
    });
}

// The likelihood as an area: a square of area 1, of which each point leaves its a, in one direction and then the other.
function areas(parent) {
  const svg = make("svg", { viewBox: "0 0 308 112", width: 308, role: "img" }, parent);
  const squares = [0, 1, 2, 3].map(n => {
    const left = 26 + 74 * n;
    if (n) mark(svg, n - 1, { transform: `translate(${left - 9.5} 28) scale(0.7)` });
    make(
      "rect",
      { x: left, y: 1, width: AREA_SIDE, height: AREA_SIDE, fill: "none", stroke: "currentColor", opacity: 0.6 },
      svg,
    );
    const last = { fill: n ? `var(--c${n})` : "currentColor", "fill-opacity": 0.45, stroke: "currentColor" };
    const area = make("rect", { class: "area", x: left, ...last }, svg);
    const [product, sum] = [78, 98].map(y =>
      make("text", { x: left + AREA_SIDE / 2, y, "text-anchor": "middle" }, svg),
    );
    return { area, product, sum };
  });
  make("text", { x: 0, y: 78 }, svg, "ℒ");
  make("text", { x: 0, y: 98 }, svg, "J");
  return factors =>
    squares.forEach(({ area, product, sum }, n) => {
      const used = factors.slice(0, n),
        side = kind => used.reduce((length, factor, k) => (k % 2 === kind ? length * factor : length), AREA_SIDE);
      const left = used.reduce((all, factor) => all * factor, 1);
      setAll(area, { width: side(0), height: side(1), y: 1 + AREA_SIDE - side(1) });
      area.dataset.value = left;
      showProbability(product, left);
      showLoss(sum, total(used.map(factor => -Math.log(factor))) + 0);
      if (n === 3) svg.setAttribute("aria-label", `ℒ = ${product.textContent}, J = ${sum.textContent}`);
    });
}

// The handles; `choose` is told which one is used, `move` where it should go. Returns what draws them.
function handles(svg, model, choose, move) {
  const nodes = [0, 1, 2].map(i => {
    const node = make(
      "g",
      {
        class: "drag",
        tabindex: 0,
        role: "slider",
        "aria-valuemin": 0,
        "aria-valuemax": 1,
        "aria-label": HEARD[language()].handle(i + 1),
      },
      svg,
    );
    make("circle", { r: 25, fill: "transparent" }, node);
    make("circle", { class: "ring", r: 14 }, node);
    mark(node, i);
    node.addEventListener("focus", () => choose(i));
    node.addEventListener("keydown", event => {
      const step = keyStep(event, i);
      if (!step) return;
      event.preventDefault();
      move(
        i,
        model.get("a")[i].map((value, j) => value + step[j]),
      );
    });
    return node;
  });
  draggable(
    svg,
    nodes,
    () => model.get("a").map(place),
    (i, point) => move(i, coordinates(point)),
  );
  return nodes;
}

// Home and End go to the smallest and the largest a_t: far out, and the nearest probabilities do the rest.
function keyStep(event, t) {
  if (event.key === "Home" || event.key === "End") {
    return [0, 1, 2].map(j => (j === t ? (event.key === "End" ? 2 : -2) : 0));
  }
  return STEPS[event.key]?.map(value => value * (event.shiftKey ? 0.1 : 0.01));
}

// Handles may lie on top of each other, so the nearest one is taken, and it keeps its distance from the pointer.
function draggable(svg, nodes, places, drop) {
  let held, offset;
  const position = event => {
    const box = svg.getBoundingClientRect();
    return [((event.clientX - box.left) * WIDTH) / box.width, ((event.clientY - box.top) * HEIGHT) / box.height];
  };
  const press = event => {
    if (!event.target.closest(".drag")) return false;
    event.preventDefault();
    const [x, y] = position(event);
    const offsets = places().map(([left, top]) => [left - x, top - y]);
    const distances = offsets.map(each => Math.hypot(...each));
    held = distances.indexOf(Math.min(...distances));
    offset = offsets[held];
    nodes[held].focus({ preventScroll: true, focusVisible: false });
    return true;
  };
  const move = event =>
    drop(
      held,
      position(event).map((value, axis) => value + offset[axis]),
    );
  drag(svg, press, move);
}

// The table of predictions and losses, with the product and the sums below; returns what fills it in.
function losses(parent) {
  const table = make("table", {}, parent);
  const head = make("tr", {}, make("thead", {}, table));
  make("td", {}, head);
  for (const name of ["a₁", "a₂", "a₃", "", "L"]) make("th", { scope: "col" }, head, name);
  head.children[4].append("a", make("sub", {}, null, "t"));
  const body = make("tbody", {}, table);
  const foot = make("tfoot", {}, table);
  const rows = [0, 1, 2].map(i => {
    const row = make("tr", { style: `--mark: var(--c${i + 1})` }, body);
    const icon = make(
      "svg",
      { viewBox: "-10 -10 20 20", width: 18, role: "img", "aria-label": HEARD[language()].point(i + 1) },
      make("th", { scope: "row" }, row),
    );
    mark(icon, i);
    return [0, 1, 2, 3, 4].map(k => make("td", { class: k === i ? "true" : k === 4 ? "loss" : "" }, row));
  });
  const totals = ["ℒ = ∏ a", "log ℒ", "J = Σ L = −log ℒ"].map((name, k) => {
    const row = make("tr", {}, foot);
    const heading = make("th", { scope: "row", colspan: 5 }, row, name);
    if (k === 0) make("sub", {}, heading, "t");
    return make("td", {}, row);
  });
  return a => {
    const each = a.map((row, i) => -Math.log(row[i]));
    const J = each.reduce((sum, loss) => sum + loss);
    a.forEach((row, i) => {
      [...row, row[i]].forEach((value, k) => showProbability(rows[i][k], value));
      showLoss(rows[i][4], each[i]);
    });
    showProbability(
      totals[0],
      a.reduce((product, row, i) => product * row[i], 1),
    );
    showLoss(totals[1], -J);
    showLoss(totals[2], J);
    return rows.map(cells => {
      const words = cells.map(cell => cell.textContent);
      return `a = ${words.slice(0, 3).join(", ")}; L = ${words[4]}; J = ${totals[2].textContent}`;
    });
  };
}

// Rows of an address hold thousandths; after rounding they sum to 1 nearly.
const whole = a =>
  a.every(row => Math.abs(total(row) - 1) < 0.0025)
    ? a.map(row => inThousandths(nearestProbabilities(row)))
    : undefined;
const GUIDE = {
  en: {
    title: "Three predictions and their likelihood",
    todo: "Drag a marker. Which of its probabilities changes its loss?",
    tries: ["Perfect: J = 0", "No idea: a = ⅓", "One sure mistake"],
  },
  vi: {
    title: "Ba dự đoán và hàm hợp lý",
    todo: "Kéo một dấu. Xác suất nào của nó làm đổi mất mát?",
    tries: ["Hoàn hảo: J = 0", "Không biết gì: a = ⅓", "Một lỗi rất chắc chắn"],
  },
  tries: [
    {
      state: {
        a: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
      },
    },
    {
      state: {
        a: [
          [0.334, 0.333, 0.333],
          [0.333, 0.334, 0.333],
          [0.333, 0.333, 0.334],
        ],
      },
    },
    {
      state: {
        a: [
          [0.9, 0.1, 0],
          [0.1, 0.8, 0.1],
          [0.98, 0.01, 0.01],
        ],
      },
    },
  ],
  called: { vi: "Ba dự đoán trong tam giác các xác suất, cùng hàm hợp lý và mất mát của chúng" },
  traits: {
    a: numbers(3, 0, 1, whole),
  },
};

function render({ model, el }) {
  const box = stage(el, model, GUIDE);
  box.classList.add("figure-likelihood");
  make("style", {}, box, STYLE);
  const panels = make("div", { class: "panels" }, box);
  const svg = make(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "triangle",
      role: "group",
      "aria-label": HEARD[language()].triangle,
    },
    panels,
  );
  let chosen = 0;
  const drawLevels = levels(svg);
  const drawCorners = corners(svg);
  const choose = i => {
    chosen = i;
    drawLevels(chosen, model.get("a")[chosen]);
    drawCorners(chosen);
    sign(model.get("a"), chosen);
    nodes.forEach((node, k) => node.classList.toggle("chosen", k === chosen));
  };
  const move = (i, a) =>
    put(
      model,
      "a",
      model.get("a").map((old, k) => (k === i ? inThousandths(nearestProbabilities(a)) : old)),
    );
  const sign = signs(svg);
  const nodes = handles(svg, model, choose, move);
  const side = make("div", { class: "side" }, panels);
  const fill = losses(side),
    shrink = areas(side);
  return follow(model, ["a"], () => {
    const a = model.get("a");
    const texts = fill(a);
    shrink(a.map((row, i) => row[i]));
    nodes.forEach((node, i) =>
      setAll(node, {
        transform: `translate(${place(a[i]).join(" ")})`,
        "aria-valuenow": a[i][i],
        "aria-valuetext": texts[i],
      }),
    );
    choose(chosen);
  });
}

export default { render };
