// Descent's second file: the model's loss, and all that is drawn of a descent.
const LOWEST = -10; // the power of ten at which the loss curve is cut off
const SYMBOLS = "●▲■";
const LEVELS = [0.003, 0.015, 0.04, 0.08, 0.14, 0.22, 0.35, 0.55, 0.85, 1.3, 2, 3];
const RUNS = [
  { class: "now", stroke: "currentColor", "stroke-width": 1.6 },
  { class: "pinned", stroke: "var(--ring)", "stroke-width": 1.8, "stroke-dasharray": "5 3" },
];
function dot(u, v) {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i] * v[i];
  return sum;
}

// The model W, two weights and a bias to a row, on the points `which`: its mean loss, how many it gets right, and the
// gradient for the next step. In loops that make no lists, since a run on a phone calls it a thousand times a frame.
function measure({ points, labels }, W, which) {
  const slope = W.map(() => [0, 0, 0]),
    N = which.length,
    z = [0, 0, 0];
  let loss = 0,
    right = 0;
  for (let n = 0; n < N; n++) {
    const x1 = points[which[n]][0],
      x2 = points[which[n]][1],
      label = labels[which[n]];
    let winner = 0,
      sum = 0;
    for (let m = 0; m < 3; m++) {
      z[m] = W[m][0] * x1 + W[m][1] * x2 + W[m][2];
      if (z[m] > z[winner]) winner = m;
    }
    const largest = z[winner];
    loss += (largest - z[label]) / N;
    if (winner === label) right += 1;
    for (let m = 0; m < 3; m++) sum += z[m] = Math.exp(z[m] - largest);
    loss += Math.log(sum) / N;
    for (let m = 0; m < 3; m++) {
      const dz = (z[m] / sum - (m === label ? 1 : 0)) / N;
      slope[m][0] += dz * x1;
      slope[m][1] += dz * x2;
      slope[m][2] += dz;
    }
  }
  return { W, loss, right, slope };
}

// The plane with the points; returns the function that draws a model's regions.
function plane(parent, { points, labels }) {
  const svg = make("svg", { viewBox: "0 0 264 262", width: 264, role: "img" }, parent);
  const px = ([x1, x2]) => [146 + 33 * x1, 121 - 33 * x2];
  const inner = make("g", { transform: "translate(146 121) scale(33 -33)", "stroke-width": 1.3 }, svg);
  const look = { "fill-opacity": 0.2, stroke: "currentColor", "vector-effect": "non-scaling-stroke" };
  const regions = [1, 2, 3].map(m => make("polygon", { fill: `var(--c${m})`, ...look }, inner));
  make("rect", { x: 30.5, y: 5.5, width: 231, height: 231, fill: "none", stroke: "var(--line)" }, svg);
  for (const tick of [-2, 0, 2]) {
    const name = String(tick).replace("-", "\u2212"),
      [x, y] = px([tick, tick]);
    make("text", { x, y: 254, "text-anchor": "middle" }, svg, name);
    make("text", { x: 24, y: y + 5, "text-anchor": "end" }, svg, name);
  }
  make("text", { x: 261, y: 254, "text-anchor": "end" }, svg, "x₁");
  make("text", { x: 24, y: 17, "text-anchor": "end" }, svg, "x₂");
  [0, 1, 2].forEach(m => {
    const places = points.filter((_, i) => labels[i] === m).map(point => marker(m, px(point), 3.5));
    make("path", { d: places.join(""), fill: `var(--c${m + 1})`, stroke: "currentColor", "stroke-width": 0.7 }, svg);
  });
  const scores = W => x => W.map(row => dot(row, [...x, 1]));
  return ({ W }) => regions.forEach((node, m) => node.setAttribute("points", region(scores(W), m).join(" ")));
}

// Where f has the height `level`, as path data: in each cell of the grid that the level crosses, a straight piece.
function contour(grid, level) {
  const pieces = [];
  for (let j = 1; j < grid.length; j++) {
    for (let i = 1; i < grid[0].length; i++) {
      const corners = [grid[j - 1][i - 1], grid[j - 1][i], grid[j][i], grid[j][i - 1]];
      const ends = corners.flatMap((p, n) => {
        const q = corners[(n + 1) % 4],
          t = (level - p.height) / (q.height - p.height);
        return p.height > level === q.height > level ? [] : [`${p.s + t * (q.s - p.s)} ${p.t + t * (q.t - p.t)}`];
      });
      if (ends.length) pieces.push(`M${ends.join("L")}`);
    }
  }
  return pieces.join("");
}

// The map: the loss on the plane through 0 and the optimum that is upright where the loss is most curved. Returns
// the function that draws the paths of the runs up to epoch k.
function map(parent, data, lowest) {
  const figure = make("figure", {}, parent);
  const svg = make("svg", { viewBox: "0 0 410 232", width: 410, role: "img" }, figure);
  // It cuts off what leaves the map.
  const frame = make("svg", { x: 0.5, y: 0.5, width: 409, height: 229, style: "overflow:hidden" }, svg);
  const inner = make("g", { transform: "translate(42 116) scale(28 -28)" }, frame);
  const range = (low, high) => Array.from({ length: 38 }, (_, n) => low + ((high - low) * n) / 37);
  const grid = range(-4.2, 4.2).map(t =>
    range(-1.6, 13.2).map(s => ({ s, t, height: measure(data, data.model(s, t), data.everyone).loss - lowest })),
  );
  for (const level of LEVELS) {
    make("path", { class: "level", d: contour(grid, level), "vector-effect": "non-scaling-stroke" }, inner);
  }
  make("rect", { x: 0, y: 0, width: 409, height: 229, fill: "none", stroke: "var(--line)" }, frame);
  make("text", { x: 34 + 28 * data.far, y: 102 }, frame, "Ŵ");
  make("text", { x: 34, y: 136 }, frame, "0");
  make("text", { x: 8, y: 20 }, frame, "↑ μ");
  const paths = RUNS.map(look => [
    make("path", { ...look, class: `path ${look.class}` }, inner),
    make("path", { class: "dots", stroke: look.stroke, "vector-effect": "non-scaling-stroke" }, inner),
    make("circle", { class: look.class, r: 5, fill: look.stroke, stroke: "var(--pst-color-background, #fff)" }, frame),
  ]);
  make("path", { d: `M${42 + 28 * data.far} 109v14m-7 -7h14`, class: "optimum" }, frame);
  make("figcaption", { class: "hint" }, figure, NAMES[language()].map);
  return (all, k) =>
    paths.forEach(([line, dots, here], n) => {
      here.setAttribute("visibility", all[n] ? "visible" : "hidden");
      const [start, ...rest] = all[n]?.slice(0, k + 1) ?? [],
        few = Math.ceil(450 / (rest[0]?.steps.length ?? 1)); // of a long run the first epochs and the last ones
      const parts = rest.length > 2 * few ? [rest.slice(0, few), rest.slice(-few)] : [rest];
      const texts = parts.map(part =>
        part.flatMap(({ steps }) => steps).map(([s, t]) => `${s.toFixed(3)} ${t.toFixed(3)}`),
      );
      if (start) texts[0].unshift(start.steps[0].join(" "));
      line.style.strokeWidth = rest[0]?.steps.length > 9 ? 0.7 : "";
      line.setAttribute("d", start ? texts.map(text => `M${text.join("L")}`).join("") : "");
      dots.setAttribute(
        "d",
        start
          ? texts[0]
              .slice(0, 60)
              .map(text => `M${text}h0`)
              .join("")
          : "",
      );
      if (!start) return;
      const [s, t] = all[n][k].steps.at(-1);
      here.setAttribute("cx", 42 + 28 * s);
      here.setAttribute("cy", 116 - 28 * t);
    });
}

// The epochs to draw: all, or of each block the lowest and the highest, so that a bouncing loss stays a band.
function chosen(heights) {
  const block = Math.ceil(heights.length / 300),
    epochs = [];
  if (block < 3) return [...heights.keys()];
  for (let k = 0; k < heights.length; k += block) {
    const part = heights.slice(k, k + block),
      ends = [Math.min(...part), Math.max(...part)];
    epochs.push(...ends.map(height => k + part.indexOf(height)).sort((a, b) => a - b));
  }
  return [...epochs, heights.length - 1];
}

const raised = power => [...String(power)].map(c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");

// The grid and the ticks of the loss curve, for epochs up to `last` and powers of ten from `bottom` to `top`.
function axes(group, last, bottom, top, place) {
  group.replaceChildren();
  const [left, floor] = place(0, bottom),
    [right] = place(last, bottom),
    every = Math.ceil((top - bottom) / 6);
  for (let power = bottom; power <= top; power += every) {
    const y = place(0, power)[1],
      name = `${power > LOWEST ? "" : "≤"}10${raised(power)}`;
    make("line", { x1: left, x2: right, y1: y, y2: y, stroke: "var(--soft)" }, group);
    make("text", { x: left - 6, y: y + 5, "text-anchor": "end" }, group, name);
  }
  for (const k of [0, last / 2, last]) {
    make("text", { x: place(k, bottom)[0], y: floor + 18, "text-anchor": "middle" }, group, String(k));
  }
}

// The loss above its minimum against the epoch; returns the function that draws it for the losses of each run.
function curve(parent, lowest) {
  const svg = make("svg", { viewBox: "0 0 336 190", width: 336, role: "img" }, parent);
  const grid = make("g", {}, svg),
    inner = make("g", {}, svg);
  make("text", { x: 0, y: 13 }, svg, "J̄ − J̄ₘᵢₙ");
  make("text", { x: 250, y: 184, "text-anchor": "middle" }, svg, "k");
  const lines = RUNS.map(look => make("polyline", look, inner)),
    dots = RUNS.map(look => make("circle", { class: look.class, r: 4, fill: look.stroke }, svg));
  let drawn = "";
  return (runs, k) => {
    const heights = runs.map(run =>
      run?.slice(0, k + 1).map(({ loss }) => Math.log10(Math.max(loss - lowest, 10 ** LOWEST))),
    );
    const last = [50, 100, 200, 500, 1000, 2000, 5000, LAST_EPOCH].find(end => end >= k),
      extreme = pick => heights.flat().reduce((a, b) => (b === undefined ? a : pick(a, b)));
    const top = Math.ceil(extreme(Math.max)),
      bottom = Math.min(top - 2, Math.floor(extreme(Math.min)));
    const right = 264 / last,
      up = 128 / (top - bottom);
    const place = (epoch, height) => [52 + right * epoch, 36 + up * (top - height)];
    if (drawn !== `${last} ${bottom} ${top}`) axes(grid, last, bottom, top, place);
    drawn = `${last} ${bottom} ${top}`;
    inner.setAttribute("transform", `translate(52 ${36 + up * top}) scale(${right} ${-up})`);
    lines.forEach((line, n) => {
      const points = heights[n] ? chosen(heights[n]).map(epoch => `${epoch},${heights[n][epoch]}`) : [],
        [x, y] = place(k, heights[n]?.[k] ?? 0);
      line.setAttribute("points", points.join(" "));
      dots[n].setAttribute("visibility", heights[n] ? "visible" : "hidden");
      dots[n].setAttribute("cx", x);
      dots[n].setAttribute("cy", y);
    });
  };
}

// W and b with their column sums, now and at the start, and that these agree; returns the function that fills it in.
function parameters(parent) {
  const side = make("div", { style: "display:grid;gap:.4rem;justify-items:start" }, parent),
    table = make("table", {}, side),
    head = make("tr", {}, make("thead", {}, table)),
    body = make("tbody", {}, table);
  make("th", { scope: "col" }, head, "m");
  for (const [name, index] of ["w m,1", "w m,2", "b m"].map(text => text.split(" "))) {
    make("sub", {}, make("th", { scope: "col", style: "text-align:right" }, head, name), index);
  }
  const rows = [1, 2, 3, "k", "0"].map((name, i) => {
    const row = make("tr", i === 3 ? { style: "border-top:2px solid var(--line)" } : {}, body);
    const heading = make("th", { scope: "row" }, row, i < 3 ? `${name} ` : "Σ");
    if (i < 3) make("span", { style: `color:var(--c${name})`, "aria-hidden": "true" }, heading, SYMBOLS[i]);
    else make("sup", {}, heading, `[${name}]`);
    return [0, 1, 2].map(() => make("td", { style: "min-width:4.6em" }, row));
  });
  const badge = make("span", { class: "conserved" }, side);
  const sums = W => [0, 1, 2].map(n => total(W.map(w => w[n])));
  return ({ W }, start) => {
    const [now, then] = [sums(W), sums(start.W)];
    [...W, now, then].forEach((row, i) => row.forEach((value, n) => show(rows[i][n], value)));
    badge.dataset.value = Math.max(...now.map((value, n) => Math.abs(value - then[n])));
    badge.textContent = `${badge.dataset.value < 1e-9 ? "✓ Σᵏ = Σ⁰: " : "≠ "}${NAMES[language()].conserved}`;
  };
}
