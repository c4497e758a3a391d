// Two repairs for readers with a screen reader, and one for paper.
document.addEventListener("DOMContentLoaded", () => {
  // The theme leaves the book's title outside of every landmark.
  const title = document.querySelector(".sidebar-primary-item:has(> .navbar-brand)");
  title?.setAttribute("role", "navigation");
  title?.setAttribute("aria-label", "Title");
  // Docutils gives the list of references roles that are deprecated, and a list without items.
  document.querySelectorAll(".citation-list, .citation-list [role]").forEach(node => node.removeAttribute("role"));
});
// Paper is white, and on it nothing can be clicked: for print, the light theme and every answer open; then all as before.
let onScreen = null;
addEventListener("beforeprint", () => {
  const root = document.documentElement;
  onScreen = { theme: root.dataset.theme, closed: [...document.querySelectorAll("article details:not([open])")] };
  root.dataset.theme = "light";
  onScreen.closed.forEach(answer => (answer.open = true));
});
addEventListener("afterprint", () => {
  if (!onScreen) return;
  document.documentElement.dataset.theme = onScreen.theme;
  onScreen.closed.forEach(answer => (answer.open = false));
  onScreen = null;
});
// A switch in the header hides the code of every page, and shows it again.
document.addEventListener("DOMContentLoaded", () => {
  const header = document.querySelector(".article-header-buttons");
  if (!header || !document.querySelector("div.cell_input")) return;
  const vietnamese = document.documentElement.lang === "vi";
  const button = document.createElement("button");
  button.className = "btn btn-sm pst-navbar-icon course-code-switch";
  button.textContent = "</>";
  button.title = vietnamese ? "Hiện hoặc ẩn mã" : "Show or hide the code";
  button.setAttribute("aria-label", button.title);
  const show = shown => {
    document.documentElement.dataset.code = shown ? "shown" : "hidden";
    button.setAttribute("aria-pressed", String(!shown));
  };
  let hidden = false;
  try {
    hidden = localStorage.getItem("code") === "hidden";
  } catch {} // a browser may refuse to keep anything
  show(!hidden);
  button.addEventListener("click", () => {
    const shown = document.documentElement.dataset.code === "hidden";
    show(shown);
    try {
      localStorage.setItem("code", shown ? "shown" : "hidden");
    } catch {}
  });
  header.prepend(button);
});
// A line in the header says where on a long page one is, and how many minutes of it are left.
document.addEventListener("DOMContentLoaded", () => {
  const minutes = Number(document.querySelector("meta[name=course-minutes]")?.content);
  const start = document.querySelector(".bd-header-article .header-article-items__start");
  const ends = document.querySelector("#exercises, #questions");
  if (!minutes || !start || !ends) return;
  const headings = [...document.querySelectorAll("article h2")];
  const line = start.appendChild(document.createElement("div"));
  line.className = "course-place";
  const show = () => {
    const passed = headings.filter(heading => heading.getBoundingClientRect().top < 120).at(-1);
    const first = headings[0].getBoundingClientRect().top;
    const share = Math.min(1, Math.max(0, (120 - first) / (ends.getBoundingClientRect().top - first)));
    const left = Math.ceil(minutes * (1 - share));
    const text = passed?.firstChild.textContent;
    const unit = document.documentElement.lang === "vi" ? "phút nữa" : "min left";
    line.textContent = passed ? `${text}${left ? ` · ${left} ${unit}` : ""}` : "";
  };
  addEventListener("scroll", () => requestAnimationFrame(show), { passive: true });
  show();
});
// The formula behind a "(4.3)", where it stands on this page, is shown while the pointer or the focus is on the link.
let tip = null;
const hideTip = () => {
  tip?.remove();
  tip = null;
};
const showTip = event => {
  const link = event.target.closest?.("a.formula-link");
  const formula = link?.hash && document.getElementById(link.hash.slice(1))?.querySelector("math");
  hideTip();
  if (!formula) return;
  tip = document.createElement("div");
  tip.className = "formula-tip";
  tip.setAttribute("aria-hidden", "true");
  tip.append(formula.cloneNode(true));
  document.body.append(tip);
  const { left, top } = link.getBoundingClientRect();
  tip.style.left = `${scrollX + Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${scrollY + top - tip.offsetHeight - 6}px`;
};
["mouseover", "focusin"].forEach(name => document.addEventListener(name, showTip));
["mouseout", "focusout"].forEach(name => document.addEventListener(name, hideTip));
