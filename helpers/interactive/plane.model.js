// What the plane computes: regions, levels of probability, and the weights of least loss.
const [LEFT, TOP] = [36, 12];
const UNIT = 300 / (2 * SQUARE_LIMIT);
const LINE = "display:flex;flex-wrap:wrap;align-items:center;margin:0;"; // a theme lays its own hands on class "row"
const across = x1 => LEFT + (x1 + SQUARE_LIMIT) * UNIT,
  down = x2 => TOP + (SQUARE_LIMIT - x2) * UNIT,
  on = ([x1, x2]) => [across(x1), down(x2)];
const LEVELS = [0.5, 0.7, 0.9, 0.99]; // of a probability, at which its class's colour deepens
const REACH = 22; // half a fingertip
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const scores = (W, b, x) => W.map((w, m) => w[0] * x[0] + w[1] * x[1] + b[m]);
const argmax = values => values.indexOf(Math.max(...values));

// Where class c has at least the probability p. As −log a_c is convex in x, its tangent at a point outside cuts off
// nothing that belongs to it: cut until no corner is far outside.
function likely(W, b, c, p) {
  const at = x => softmax(scores(W, b, x));
  let corners = SQUARE;
  for (let round = 0; round < 20; round++) {
    const outside = corners.filter(x => at(x)[c] < p - (1 - p) / 20);
    if (!outside.length) break;
    for (const x of outside) {
      const a = at(x),
        [u, v] = [0, 1].map(k => total(a.map((share, j) => share * W[j][k])) - W[c][k]);
      corners = clip(corners, q => u * (x[0] - q[0]) + v * (x[1] - q[1]) - Math.log(p / Math.max(a[c], 1e-300)), true);
    }
  }
  return corners;
}

// Solves Hx = g for a symmetric positive H, by elimination.
function solve(H, g) {
  const rows = H.map((row, i) => [...row, g[i]]);
  rows.forEach((pivot, i) => {
    const less = row => row.map((value, j) => value - (row[i] / pivot[i]) * pivot[j]);
    rows.forEach((row, k) => k !== i && (rows[k] = less(row)));
  });
  return rows.map((row, i) => row.at(-1) / row[i]);
}

const flat = points => points.flatMap((cloud, c) => cloud.map(x => ({ x, c })));

// The loss at the weights t (three to a class: its w and b), its gradient and, up to the diagonal, its second derivatives.
function slopes(data, t) {
  let loss = 0;
  const g = t.map(() => 0),
    H = t.map((_, i) => t.slice(0, i + 1).map((__, j) => (i % 3 === j % 3) + 1e-9 * (i === j)));
  for (const { x, c } of data) {
    const a = softmax([0, 3, 6].map(m => t[m] * x[0] + t[m + 1] * x[1] + t[m + 2]));
    loss -= Math.log(a[c]);
    for (let i = 0; i < 9; i++) {
      const m = Math.floor(i / 3),
        row = H[i],
        ax = a[m] * x[i % 3];
      g[i] += m === c ? ax - x[i % 3] : ax;
      for (let j = 0; j <= i; j++) row[j] -= ax * (a[Math.floor(j / 3)] - (j < 3 * m ? 0 : 1)) * x[j % 3];
    }
  }
  return { loss, g, H: H.map((_, i) => H.map((__, j) => H[Math.max(i, j)][Math.min(i, j)])) };
}

// W and b of least loss, by Newton's method. As in a descent from zero the classes' weights sum to 0: the ones in H, which
// the loss leaves open, hold them there. Classes that lines separate have no least loss: it stops where no slope is left.
function fitted(points) {
  const data = flat(points).map(({ x, c }) => ({ x: [...x, 1], c }));
  let t = Array(9).fill(0),
    here = slopes(data, t);
  for (let round = 0; round < 40 && Math.max(...here.g.map(Math.abs)) > 1e-10; round++) {
    const from = { t, loss: here.loss },
      step = solve(here.H, here.g);
    for (let size = 1; size > 1e-6; size /= 2) {
      t = from.t.map((value, i) => value - size * step[i]);
      here = slopes(data, t);
      if (here.loss <= from.loss + 1e-9) break;
    }
  }
  return { W: [0, 3, 6].map(m => t.slice(m, m + 2)), b: [t[2], t[5], t[8]] };
}
