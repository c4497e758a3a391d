const LIMIT = 3.5,
  UNIT = 300 / (2 * LIMIT),
  LEFT = 36,
  TOP = 12;
const LINE = "display:flex;flex-wrap:wrap;align-items:center;margin:0;"; // a theme lays its own hands on class "row"
const across = x1 => LEFT + (x1 + LIMIT) * UNIT,
  down = x2 => TOP + (LIMIT - x2) * UNIT;
const index = m => "₁₂₃"[m];

const scores = (W, b, x) => W.map((w, m) => w[0] * x[0] + w[1] * x[1] + b[m]);
const argmax = values => values.indexOf(Math.max(...values));

// The part of a convex polygon where `value`, linear in x, is positive; a tie belongs to it or does not.
function clip(corners, value, ties) {
  const inside = v => v > 0 || (ties && v === 0);
  return corners.flatMap((p, i) => {
    const q = corners[(i + 1) % corners.length],
      atP = value(p),
      atQ = value(q);
    const kept = inside(atP) ? [p] : [];
    if (inside(atP) === inside(atQ)) return kept;
    const t = atP / (atP - atQ);
    return [...kept, p.map((from, k) => from + t * (q[k] - from))];
  });
}

// Where class c has the largest score: the square, cut once for each other class.
function region(W, b, c) {
  const square = [
    [-LIMIT, -LIMIT],
    [LIMIT, -LIMIT],
    [LIMIT, LIMIT],
    [-LIMIT, LIMIT],
  ];
  const lead = j => x => {
    const z = scores(W, b, x);
    return z[c] - z[j];
  };
  return W.reduce((corners, _, j) => (j === c ? corners : clip(corners, lead(j), c < j)), square);
}

// Class c's marker around a centre, as path data: circle, triangle or square.
function marker(c, [x, y], r) {
  if (c === 0) return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  const shape =
    c === 1
      ? [
          [0, -1.2],
          [1.15, 0.8],
          [-1.15, 0.8],
        ]
      : [
          [-0.9, -0.9],
          [0.9, -0.9],
          [0.9, 0.9],
          [-0.9, 0.9],
        ];
  return `M${shape.map(([dx, dy]) => `${x + r * dx} ${y + r * dy}`).join("L")}z`;
}

function icon(parent, c) {
  const style = "vertical-align:-1px";
  const svg = make("svg", { viewBox: "0 0 14 14", width: 14, "aria-hidden": true, style }, parent);
  make("path", { d: marker(c, [7, 7], 5.5), fill: `var(--c${c + 1})` }, svg);
}

const shiftedTo = x => x.map(value => Math.round(100 * Math.min(LIMIT, Math.max(-LIMIT, value))) / 100);

function axes(svg) {
  const grey = { stroke: "currentColor", "stroke-opacity": 0.6 };
  for (const tick of [-3, -2, -1, 0, 1, 2, 3]) {
    make("line", { x1: across(tick), x2: across(tick), y1: TOP + 300, y2: TOP + 304, ...grey }, svg);
    make("line", { x1: LEFT - 4, x2: LEFT, y1: down(tick), y2: down(tick), ...grey }, svg);
    if (tick % 3) continue;
    const name = `${tick}`.replace("-", "\u2212");
    make("text", { x: across(tick), y: TOP + 319, "text-anchor": "middle" }, svg, name);
    make("text", { x: LEFT - 8, y: down(tick) + 5, "text-anchor": "end" }, svg, name);
  }
  make("text", { x: across(1.5), y: TOP + 319, "text-anchor": "middle" }, svg, "x₁");
  make("text", { x: LEFT - 8, y: down(1.5) + 5, "text-anchor": "end" }, svg, "x₂");
}

// The tinted regions, each named in its outermost corner; returns the function that draws them for W and b.
function tints(parent) {
  const polygons = [0, 1, 2].map(c =>
    make(
      "polygon",
      {
        class: "region",
        fill: `var(--c${c + 1})`,
        "fill-opacity": 0.17,
        stroke: "currentColor",
        "stroke-width": 1,
        "vector-effect": "non-scaling-stroke",
        transform: `translate(${across(0)} ${down(0)}) scale(${UNIT} ${-UNIT})`,
      },
      parent,
    ),
  );
  const names = [0, 1, 2].map(c => {
    const g = make("g", {}, parent);
    make("path", { d: marker(c, [-8, 0], 6), fill: `var(--c${c + 1})`, stroke: "currentColor" }, g);
    make("text", { x: 4, y: 5, style: "font-weight:700" }, g, c);
    return g;
  });
  return (W, b) =>
    polygons.forEach((polygon, c) => {
      const corners = region(W, b, c);
      polygon.setAttribute("points", corners.join(" "));
      names[c].setAttribute("visibility", corners.length ? "visible" : "hidden");
      if (!corners.length) return;
      const middle = [0, 1].map(k => corners.reduce((sum, p) => sum + p[k], 0) / corners.length);
      const lengths = corners.map(p => Math.hypot(...p)),
        far = corners[argmax(lengths.map(v => Math.round(1e6 * v)))];
      const [x1, x2] = far.map((value, k) => value + 0.13 * (middle[k] - value));
      const within = (value, start, room) => Math.min(start + 300 - room, Math.max(start + room, value));
      names[c].setAttribute("transform", `translate(${within(across(x1), LEFT, 22)} ${within(down(x2), TOP, 16)})`);
    });
}

// Mouse: press anywhere in the square. Touch: drag the point, or tap, so that a swipe still scrolls the page.
function letDrag(field, handle, model) {
  const go = event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(field.getScreenCTM().inverse());
    put(model, "x", shiftedTo([(at.x - LEFT) / UNIT - LIMIT, LIMIT - (at.y - TOP) / UNIT]));
  };
  let tap = false;
  field.addEventListener("mousedown", event => event.preventDefault()); // else the focus leaves the point
  const press = event => {
    tap = event.pointerType === "touch" && !handle.contains(event.target);
    if (tap) return false;
    handle.focus({ preventScroll: true });
    go(event);
    return true;
  };
  drag(field, press, go);
  field.addEventListener("click", event => tap && go(event));
  handle.addEventListener("keydown", event => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    put(model, "x", shiftedTo(model.get("x").map((value, k) => value + (event.shiftKey ? 0.5 : 0.1) * step[k])));
  });
}

function plane(parent, model) {
  const svg = make(
    "svg",
    {
      viewBox: "0 0 348 336",
      width: 348,
      role: "group",
      "aria-label": "plane of x1 and x2",
      style: "user-select:none;overflow:hidden",
    },
    parent,
  );
  axes(svg);
  const field = make("g", {}, svg),
    drawn = make("g", { "aria-hidden": true }, field);
  const tint = tints(drawn);
  const clouds = [0, 1, 2].map(c => make("path", { class: "cloud", fill: `var(--c${c + 1})`, opacity: 0.75 }, drawn));
  const handle = make(
    "g",
    {
      class: "drag",
      tabindex: 0,
      role: "slider",
      "aria-label": "point x; arrow keys move it, Shift moves it further",
      "aria-roledescription": "point in the plane",
      "aria-valuemin": -LIMIT,
      "aria-valuemax": LIMIT,
    },
    field,
  );
  make("circle", { r: 20, fill: "transparent" }, handle);
  make("path", { d: "M0 -9L9 0L0 9L-9 0z", fill: "currentColor", stroke: "#888", "stroke-width": 1 }, handle);
  const name = make("text", { style: "font-weight:700" }, handle, "x");
  letDrag(field, handle, model);
  return {
    tint,
    scatter: points =>
      points.forEach((cloud, c) =>
        clouds[c].setAttribute("d", cloud.map(([x1, x2]) => marker(c, [across(x1), down(x2)], 3)).join("")),
      ),
    move(x, a) {
      handle.setAttribute("transform", `translate(${across(x[0])} ${down(x[1])})`);
      handle.setAttribute("aria-valuenow", x[0]);
      const [p, q, ...rest] = [...x, ...a].map(value => value.toFixed(2));
      handle.setAttribute("aria-valuetext", `x1 ${p}, x2 ${q}; a ${rest.join(", ")}`);
      name.setAttribute("x", x[0] > 3.1 ? -17 : 9);
      name.setAttribute("y", x[1] > 3.1 ? 18 : -9);
    },
  };
}

// Two fields for the coordinates; returns the function that writes a point into them.
function coordinates(parent, model) {
  const row = make("div", { style: `${LINE}gap:.5rem 1rem` }, parent);
  const inputs = [0, 1].map(k => {
    const field = make("label", { style: "margin:0" }, row, `x${index(k)} `);
    const input = make(
      "input",
      {
        type: "number",
        min: -LIMIT,
        max: LIMIT,
        step: 0.01,
        "aria-label": `x${k + 1}`,
        style:
          "width:5em;font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:.3rem;" +
          "padding:.15rem .3rem",
      },
      field,
    );
    input.addEventListener("change", () => {
      const x = model.get("x");
      if (input.value)
        put(
          model,
          "x",
          x.map((old, j) => (j === k ? shiftedTo([Number(input.value)])[0] : old)),
        );
      input.value = model.get("x")[k].toFixed(2);
    });
    return input;
  });
  return x => inputs.forEach((input, k) => (input.value = x[k].toFixed(2)));
}

function choice(parent, model) {
  const row = make("div", { role: "group", "aria-label": "label", style: `${LINE}gap:.4rem` }, parent);
  make("span", {}, row, "label");
  const buttons = [0, 1, 2].map(c => {
    const node = button(row, "", () => put(model, "true_label", c));
    node.setAttribute("aria-label", `label ${c}`);
    icon(node, c);
    node.append(` ${c}`);
    return node;
  });
  return label =>
    buttons.forEach((node, c) => {
      node.setAttribute("aria-pressed", c === label);
      node.style.boxShadow = c === label ? "inset 0 0 0 2px currentColor" : "";
    });
}

// A cell with a name and a number; returns the node of the number.
function cell(row, name, kind, width) {
  const td = make("td", { style: "border:0;padding:.3rem .35rem;white-space:nowrap" }, row, `${name} `);
  return make("span", { class: kind, style: `display:inline-block;min-width:${width}em` }, td);
}

function line(body, c) {
  const row = make("tr", {}, body);
  const head = make("th", { scope: "row", style: "border:0;padding:.3rem .35rem;white-space:nowrap" }, row);
  icon(head, c);
  head.append(` ${c}`);
  const z = cell(row, `z${index(c)}`, "score", 3.4);
  const svg = make(
    "svg",
    { viewBox: "0 0 92 24", "aria-hidden": true, style: "width:72px;display:block" },
    make("td", { style: "border:0;padding:0 .3rem" }, row),
  );
  make("line", { x1: 2, x2: 2, y1: 0, y2: 24, stroke: "currentColor" }, svg);
  const bar = make("rect", { x: 2, y: 6, height: 12, fill: `var(--c${c + 1})` }, svg);
  const target = make(
    "rect",
    { x: 2, y: 2, height: 20, fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "4 2" },
    svg,
  );
  const a = cell(row, `a${index(c)}`, "probability", 2.6),
    y = cell(row, `y${index(c)}`, "target", 0.6);
  return { row, z, bar, target, a, y };
}

// z, a and y, one class to a row, with the sums of a and y; returns the function that fills it.
function answer(parent) {
  const sheet = make(
    "table",
    {
      "aria-label": "scores z, probabilities a, one-hot label y",
      style: "border:0;color:inherit;table-layout:auto",
    },
    parent,
  );
  const rows = [0, 1, 2].map(c => line(sheet, c));
  const foot = make("tr", { style: "border-top:1px solid var(--line)" }, sheet);
  make("th", { scope: "row", colspan: 3, style: "border:0;text-align:right" }, foot, "Σ");
  const sums = [cell(foot, "", "sum", 2.6), cell(foot, "", "sum", 0.6)];
  const named = make("p", { class: "named", "aria-live": "polite", style: "margin:0" }, parent);
  return (z, a, label) => {
    const winner = argmax(z),
      y = rows.map((_, c) => Number(c === label));
    const total = values => values.reduce((sum, value) => sum + value);
    rows.forEach((row, c) => {
      show(row.z, z[c], 2);
      show(row.a, a[c]);
      show(row.y, y[c], 0);
      row.bar.setAttribute("width", 88 * a[c]);
      row.target.setAttribute("width", 88 * y[c]);
      row.row.style.background = c === winner ? "var(--soft)" : "";
    });
    show(sums[0], total(a));
    show(sums[1], total(y), 0);
    const text = `argmax a = ${winner} ${winner === label ? "✓" : "✗"}`;
    if (named.textContent !== text) named.textContent = text;
  };
}

const answers = ({ W, b, x }) => softmax(scores(W, b, x));

// Where all three scores are equal, if there is such a point; `along` moves it on the line between classes 0 and 1,
// away from class 2.
function tie({ W, b }, along = 0) {
  const [[p, q, e], [r, s, f]] = [1, 2].map(c => [W[0][0] - W[c][0], W[0][1] - W[c][1], b[c] - b[0]]);
  const step = (Math.sign(p * s - q * r) * along) / Math.hypot(p, q);
  return shiftedTo([(e * s - q * f) / (p * s - q * r) - q * step, (p * f - e * r) / (p * s - q * r) + p * step]);
}

const GUIDE = {
  en: {
    title: "A point in three regions",
    todo: "Drag the point. Where do two regions tie, and where do all three?",
    tries: ["All three tie", "Two tie", "Sure, and wrong"],
  },
  vi: {
    title: "Một điểm giữa ba vùng",
    todo: "Kéo điểm x. Ở đâu hai vùng ngang nhau, ở đâu cả ba?",
    tries: ["Cả ba ngang nhau", "Hai lớp ngang nhau", "Chắc chắn mà sai"],
  },
  tries: [
    { state: model => ({ x: tie(model) }), holds: now => Math.max(...answers(now)) < 0.35 },
    { state: model => ({ x: tie(model, 2) }), holds: now => Math.min(answers(now)[0], answers(now)[1]) > 0.48 },
    { state: { x: [2.5, -2], true_label: 0 }, holds: now => answers(now)[0] < 0.001 },
  ],
  traits: {
    x: numbers(2, -LIMIT, LIMIT),
    true_label: numbers(0, 0, 2),
  },
  needs: ["W", "b"],
};

function render({ model, el }) {
  const row = make("div", { style: `${LINE}gap:.75rem` }, stage(el, model, GUIDE));
  const { tint, scatter, move } = plane(row, model);
  const side = make("div", { style: "display:grid;gap:.7rem;justify-items:start;min-width:0" }, row);
  const write = coordinates(side, model),
    press = choice(side, model),
    fill = answer(side);
  const undo = [
    follow(model, ["points"], () => scatter(model.get("points"))),
    follow(model, ["W", "b"], () => tint(model.get("W"), model.get("b"))),
    follow(model, ["x", "true_label", "W", "b"], () => {
      const x = model.get("x"),
        label = model.get("true_label"),
        z = scores(model.get("W"), model.get("b"), x);
      const a = softmax(z);
      move(x, a);
      write(x);
      press(label);
      fill(z, a, label);
    }),
  ];
  return () => undo.forEach(stop => stop());
}

export default { render };
