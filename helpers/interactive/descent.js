const LIMIT = 10000;
const LOWEST = -10; // the power of ten at which the loss curve is cut off
const SYMBOLS = "●▲■";
const MARKERS = [
  ([x, y]) => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z`,
  ([x, y]) => `M${x} ${y - 5}l4.8 8.4h-9.6z`,
  ([x, y]) => `M${x - 3.6} ${y - 3.6}h7.2v7.2h-7.2z`,
];

// The model (W, b) on all points: its mean loss, how many it gets right, and the gradient for the next step.
function measure(points, labels, W, b) {
  const dW = W.map(() => [0, 0]),
    db = W.map(() => 0),
    N = points.length;
  let loss = 0,
    right = 0;
  points.forEach(([x1, x2], i) => {
    const z = W.map((w, m) => w[0] * x1 + w[1] * x2 + b[m]),
      largest = Math.max(...z);
    if (z.indexOf(largest) === labels[i]) right += 1;
    const exponentials = z.map(value => Math.exp(value - largest));
    const sum = exponentials.reduce((s, value) => s + value);
    loss += (largest + Math.log(sum) - z[labels[i]]) / N;
    exponentials.forEach((value, m) => {
      const dz = (value / sum - (m === labels[i] ? 1 : 0)) / N;
      dW[m][0] += dz * x1;
      dW[m][1] += dz * x2;
      db[m] += dz;
    });
  });
  return { W, b, loss, right, dW, db };
}

// A function of k that returns the states 0 to k or further. It keeps what it has computed, so that the next
// frame of the animation costs one step and not k.
function descent(points, labels, W, rate) {
  const states = [measure(points, labels, W, [0, 0, 0])];
  return k => {
    while (states.length <= k) {
      const { W, b, dW, db } = states[states.length - 1];
      states.push(
        measure(
          points,
          labels,
          W.map((w, m) => w.map((value, n) => value - rate * dW[m][n])),
          b.map((value, m) => value - rate * db[m]),
        ),
      );
    }
    return states;
  };
}

// The part of a convex polygon where the function f, linear, is positive.
function clip(polygon, f) {
  return polygon.flatMap((p, i) => {
    const q = polygon[(i + 1) % polygon.length],
      fp = f(p),
      fq = f(q),
      t = fp / (fp - fq);
    const crossing = fp > 0 === fq > 0 ? [] : [p.map((value, n) => value + t * (q[n] - value))];
    return fp > 0 ? [p, ...crossing] : crossing;
  });
}

// Where class m has the largest score: the square, cut by one straight line for each other class.
function region(W, b, m) {
  const square = [
    [-3.5, -3.5],
    [3.5, -3.5],
    [3.5, 3.5],
    [-3.5, 3.5],
  ];
  return [0, 1, 2]
    .filter(j => j !== m)
    .reduce(
      (polygon, j) => clip(polygon, x => (W[m][0] - W[j][0]) * x[0] + (W[m][1] - W[j][1]) * x[1] + b[m] - b[j]),
      square,
    );
}

// The plane with the points; returns the function that draws a model's regions.
function plane(parent, points, labels) {
  const svg = make("svg", { viewBox: "0 0 336 330", width: 336, role: "img" }, parent);
  const px = ([x1, x2]) => [180 + 43 * x1, 155 - 43 * x2];
  const inner = make("g", { transform: "translate(180 155) scale(43 -43)" }, svg);
  const regions = [1, 2, 3].map(m =>
    make(
      "polygon",
      {
        fill: `var(--c${m})`,
        "fill-opacity": 0.2,
        stroke: "currentColor",
        "stroke-width": 1.3,
        "vector-effect": "non-scaling-stroke",
      },
      inner,
    ),
  );
  make("rect", { x: 29.5, y: 4.5, width: 301, height: 301, fill: "none", stroke: "var(--line)" }, svg);
  for (const tick of [-2, 0, 2]) {
    const name = String(tick).replace("-", "\u2212"),
      [x, y] = px([tick, tick]);
    make("text", { x, y: 322, "text-anchor": "middle" }, svg, name);
    make("text", { x: 24, y: y + 5, "text-anchor": "end" }, svg, name);
  }
  make("text", { x: 330, y: 322, "text-anchor": "end" }, svg, "x₁");
  make("text", { x: 24, y: 16, "text-anchor": "end" }, svg, "x₂");
  MARKERS.forEach((marker, m) => {
    const d = points
      .filter((_, i) => labels[i] === m)
      .map(point => marker(px(point)))
      .join("");
    make("path", { d, fill: `var(--c${m + 1})`, stroke: "currentColor", "stroke-width": 0.7 }, svg);
  });
  return ({ W, b }) => regions.forEach((node, m) => node.setAttribute("points", region(W, b, m).join(" ")));
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

// The loss above its minimum against the epoch; returns the function that draws it for a list of losses.
function curve(parent, lowest) {
  const svg = make("svg", { viewBox: "0 0 336 212", width: 336, role: "img" }, parent);
  const grid = make("g", {}, svg),
    inner = make("g", {}, svg);
  make("text", { x: 0, y: 13 }, svg, "J̄ − J̄ₘᵢₙ");
  make("text", { x: 250, y: 204, "text-anchor": "middle" }, svg, "k");
  const line = make(
    "polyline",
    {
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 1.6,
      "stroke-linejoin": "round",
      "vector-effect": "non-scaling-stroke",
    },
    inner,
  );
  const dot = make("circle", { r: 4, fill: "currentColor" }, svg);
  let drawn = "";
  return losses => {
    const heights = losses.map(loss => Math.log10(Math.max(loss - lowest, 10 ** LOWEST))),
      k = losses.length - 1;
    const last = [50, 100, 200, 500, 1000, 2000, 5000, LIMIT].find(end => end >= k);
    const top = Math.ceil(heights.reduce((a, b) => Math.max(a, b)));
    const bottom = Math.min(top - 2, Math.floor(heights.reduce((a, b) => Math.min(a, b))));
    const right = 264 / last,
      up = 150 / (top - bottom);
    const place = (epoch, height) => [52 + right * epoch, 36 + up * (top - height)];
    if (drawn !== `${last} ${bottom} ${top}`) axes(grid, last, bottom, top, place);
    drawn = `${last} ${bottom} ${top}`;
    inner.setAttribute("transform", `translate(52 ${36 + up * top}) scale(${right} ${-up})`);
    line.setAttribute(
      "points",
      chosen(heights)
        .map(epoch => `${epoch},${heights[epoch]}`)
        .join(" "),
    );
    const [x, y] = place(k, heights[k]);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
  };
}

// W and b with their column sums, now and at the start; returns the function that fills the numbers in.
function parameters(parent) {
  const table = make("table", {}, parent),
    head = make("tr", {}, make("thead", {}, table));
  const body = make("tbody", {}, table),
    flat = { style: "line-height:0" }; // an index makes no row taller
  make("th", { scope: "col" }, head, "m");
  for (const [name, index] of [
    ["w", "m,1"],
    ["w", "m,2"],
    ["b", "m"],
  ]) {
    make("sub", flat, make("th", { scope: "col", style: "text-align:right" }, head, name), index);
  }
  const rows = [1, 2, 3, "k", "0"].map((name, i) => {
    const row = make("tr", i === 3 ? { style: "border-top:2px solid var(--line)" } : {}, body);
    const heading = make("th", { scope: "row" }, row, i < 3 ? `${name} ` : "Σ");
    if (i < 3) make("span", { style: `color:var(--c${name})`, "aria-hidden": "true" }, heading, SYMBOLS[i]);
    else make("sup", flat, heading, `[${name}]`);
    return [0, 1, 2].map(() => make("td", { style: "min-width:4.6em" }, row));
  });
  const sums = ({ W, b }) => [...[0, 1].map(n => W[0][n] + W[1][n] + W[2][n]), b[0] + b[1] + b[2]];
  return (state, start) => {
    const numbers = [...state.W.map((w, m) => [...w, state.b[m]]), sums(state), sums(start)];
    numbers.forEach((row, i) => row.forEach((value, n) => show(rows[i][n], value)));
  };
}

// The three numbers of an epoch, and a sentence for screen readers, which hear it at rest and not at each frame.
function summary(parent, count) {
  const row = make("div", { class: "line", style: "column-gap:.75rem" }, parent);
  const look = "display:inline-block;font-variant-numeric:tabular-nums;min-width:";
  const number = (parent, text, width) => {
    parent.append(text);
    return make("span", { style: look + width }, parent);
  };
  const [first, second, third] = [1, 2, 3].map(() => make("span", {}, row));
  const epoch = number(first, "k = ", "2.4em"),
    loss = number(second, "J̄ = ", "3.2em");
  const right = number(third, "✓ ", "1.7em"),
    accuracy = number(third, ` / ${count} = `, "2.6em");
  const spoken = make(
    "div",
    {
      "aria-live": "polite",
      style: "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)",
    },
    row,
  );
  return (k, state, moving) => {
    show(epoch, k, 0);
    show(loss, state.loss, 4);
    show(right, state.right, 0);
    show(accuracy, state.right / count);
    if (moving) return;
    spoken.textContent = `Epoch ${k}: mean loss ${loss.textContent}, ${state.right} of ${count} points right.`;
  };
}

// All that is drawn; returns the function that shows the state at epoch k, with the losses up to it.
function panels(box, model) {
  const row = make("div", { class: "line", style: "align-items:flex-start;column-gap:.75rem" }, box);
  const [left, right] = [1, 2].map(() => make("div", { style: "display:grid;gap:.6rem;min-width:0" }, row));
  const points = model.get("points");
  const drawPlane = plane(left, points, model.get("labels")),
    drawSummary = summary(left, points.length);
  const drawCurve = curve(right, model.get("lowest_loss")),
    drawParameters = parameters(right);
  const [map, chart] = row.querySelectorAll("svg");
  return (states, k, moving) => {
    drawPlane(states[k]);
    drawCurve(states.slice(0, k + 1).map(state => state.loss));
    drawParameters(states[k], states[0]);
    drawSummary(k, states[k], moving);
    if (moving) return;
    map.setAttribute("aria-label", `${points.length} points and the regions of three classes at epoch ${k}`);
    chart.setAttribute("aria-label", `loss above its minimum, epochs 0 to ${k}, logarithmic`);
  };
}

// A slider for the learning rate on a logarithmic scale with 2 on a tick, and a list of starts.
function settings(box, model) {
  const row = make("div", { class: "line" }, box);
  const options = { min: -2, max: 1.18, step: 0.01, label: "learning rate alpha" };
  const rate = slider(row, "α", options, position =>
    put(model, "learning_rate", Math.min(30, Number((2 * 10 ** position).toPrecision(3)))),
  );
  const label = make("label", {}, row);
  make("sup", { style: "line-height:0" }, make("span", {}, label, "W"), "[0]");
  const select = make("select", { style: "margin-left:.5rem", "aria-label": "start W" }, label);
  for (const name of ["rand, seed 0", "rand, seed 1", "rand, seed 2", "0"]) {
    make("option", {}, select, name);
  }
  select.addEventListener("change", () => put(model, "start", model.get("starts")[select.selectedIndex]));
  return () => {
    const value = model.get("learning_rate"),
      output = row.querySelector("output"),
      same = JSON.stringify;
    rate.set(Math.log10(value / 2));
    show(output, value, Math.max(0, 2 - Math.floor(Math.log10(value))));
    rate.input.setAttribute("aria-valuetext", output.textContent);
    select.selectedIndex = model.get("starts").findIndex(start => same(start) === same(model.get("start")));
  };
}

// Calls `advance(steps, now)` at each frame between play and pause: one step to a frame. A reader who asked for
// less motion gets ten at once, three times a second.
function player(advance) {
  let frame = 0,
    last = 0;
  const tick = now => {
    frame = requestAnimationFrame(tick);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (calm && now - last < 330) return;
    last = now;
    advance(calm ? 10 : 1, now);
  };
  return {
    running: () => frame !== 0,
    start() {
      frame ||= requestAnimationFrame(tick);
    },
    stop() {
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };
}

// The four buttons. `go(target)` moves to an epoch; returns the function that paints the play button.
function transport(box, film, pause, go) {
  const row = make("div", { class: "line" }, box);
  const press = (text, name, action) => {
    const node = button(row, text, action);
    node.setAttribute("aria-label", name);
    return node;
  };
  press("k + 1", "step: k + 1", () => go(k => k + 1));
  press("k + 10", "ten steps: k + 10", () => go(k => k + 10));
  const play = press("", "", () => (film.running() ? pause() : film.start()));
  play.style.minWidth = "3.4em";
  press("k = 0", "back to k = 0", () => go(() => 0));
  return () => {
    const name = film.running() ? "pause" : "play";
    if (play.getAttribute("aria-label") === name) return;
    play.setAttribute("aria-label", name);
    play.textContent = name === "pause" ? "❚❚" : "▶\uFE0E";
  };
}

// One of the starts that the reader can choose, by its place.
const oneStart = {
  write: (value, { starts }) => String(starts.findIndex(start => JSON.stringify(start) === JSON.stringify(value))),
  read: (text, like, { starts }) => (/^\d$/.test(text) ? starts[text] : undefined),
};
const GUIDE = {
  en: {
    title: "Gradient descent, step by step",
    todo: "Press ▶. Which α brings the loss down, and which makes it bounce?",
    tries: ["Too small: α = 0.02", "Converged: α = 8", "Too large: α = 20"],
  },
  vi: {
    title: "Gradient descent từng bước",
    todo: "Bấm ▶. α nào làm mất mát giảm, α nào làm nó dao động?",
    tries: ["Quá nhỏ: α = 0.02", "Hội tụ: α = 8", "Quá lớn: α = 20"],
  },
  tries: [
    { state: ({ starts }) => ({ epoch: 500, learning_rate: 0.02, start: starts[0] }) },
    { state: ({ starts }) => ({ epoch: 500, learning_rate: 8, start: starts[0] }) },
    { state: ({ starts }) => ({ epoch: 500, learning_rate: 20, start: starts[0] }) },
  ],
  traits: {
    epoch: numbers(0, 0, LIMIT),
    learning_rate: numbers(4, 0.001, 30),
    start: oneStart,
  },
  needs: ["starts"],
};

function render({ model, el }) {
  let film = null;
  const box = stage(el, model, GUIDE, () => film?.running() && pause()),
    set = settings(box, model);
  let states = null,
    k = model.get("epoch"),
    told = 0;
  // While the film runs, k is ahead of the trait: a change of a trait is a message to the kernel, and sixty a
  // second would flood it. Two a second keep Python and other views near; pausing brings them level.
  film = player((steps, now) => {
    k = Math.min(k + steps, LIMIT);
    if (k === LIMIT) return pause();
    if (now - told < 500) return draw();
    told = now;
    put(model, "epoch", k);
  });
  const pause = () => {
    film.stop();
    put(model, "epoch", k);
    draw();
  };
  const paint = transport(box, film, pause, target => {
    if (film.running()) pause();
    put(model, "epoch", Math.min(target(k), LIMIT));
  });
  const view = panels(box, model);
  const draw = () => {
    paint();
    view(states(k), k, film.running());
  };
  const undo = [
    follow(model, ["learning_rate", "start"], () => {
      states = descent(model.get("points"), model.get("labels"), model.get("start"), model.get("learning_rate"));
      set();
      draw();
    }),
    follow(model, ["epoch"], () => {
      k = model.get("epoch");
      draw();
    }),
  ];
  return () => {
    film.stop();
    undo.forEach(stop => stop());
  };
}

export default { render };
