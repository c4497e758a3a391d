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
  // Of a section that rests the browser knows the place, and not that of what is in it.
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
  const line = start.appendChild(document.createElement("div"));
  line.className = "course-place";
  const show = () => {
    const passed = sections.filter(section => section.getBoundingClientRect().top < 120).at(-1);
    const first = sections[0].getBoundingClientRect().top;
    const share = Math.min(1, Math.max(0, (120 - first) / (ends.getBoundingClientRect().top - first)));
    const left = Math.ceil(minutes * (1 - share));
    const text = passed?.querySelector("h2")?.firstChild.textContent;
    const unit = document.documentElement.lang === "vi" ? "phút nữa" : "min left";
    line.textContent = passed ? `${text}${left ? ` · ${left} ${unit}` : ""}` : "";
  };
  addEventListener("scroll", () => requestAnimationFrame(show), { passive: true });
  show();
});
// The way to the other language leads to the section that is being read.
document.addEventListener("DOMContentLoaded", () => {
  const link = document.querySelector(".course-language");
  link?.addEventListener("click", () => {
    const begun = [...document.querySelectorAll("article section[id]")].filter(
      section => section.getBoundingClientRect().top < innerHeight / 3,
    );
    if (scrollY > 0 && begun.length) link.hash = begun.at(-1).id;
  });
});
// The formula behind a "(4.3)", where it stands on this page, and the glossary's sentence on a term are shown while the
// pointer or the focus is on the link. Escape closes the tip, and a finger's first touch opens it.
document.addEventListener("DOMContentLoaded", () => {
  let tip = null;
  let owner = null;
  const hide = () => {
    tip?.remove();
    owner?.removeAttribute("aria-describedby");
    tip = owner = null;
  };
  const content = link => {
    if (link.matches("a.term")) return link.dataset.tip;
    return link.hash && document.getElementById(link.hash.slice(1))?.querySelector("math")?.cloneNode(true);
  };
  const show = link => {
    const shown = content(link);
    hide();
    if (!shown) return;
    owner = link;
    tip = document.createElement("div");
    tip.className = `course-tip ${link.matches("a.term") ? "of-term" : "of-formula"}`;
    tip.id = "course-tip";
    tip.setAttribute("role", "tooltip");
    tip.append(shown);
    document.querySelector("main").append(tip);
    link.setAttribute("aria-describedby", tip.id);
    const lines = [...link.getClientRects()];
    const { left, top } = lines[0];
    const above = top - tip.offsetHeight > document.querySelector(".bd-header-article").offsetHeight;
    const origin = tip.offsetParent.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8)) - origin.left}px`;
    tip.style.top = `${(above ? top - tip.offsetHeight : lines.at(-1).bottom) - origin.top}px`;
  };
  const linkOf = event => event.target.closest?.("a.term, a.formula-link");
  // Without a script the browser shows the sentence itself.
  document.querySelectorAll("a.term").forEach(link => {
    link.dataset.tip = link.title;
    link.removeAttribute("title");
  });
  document.addEventListener("mouseover", event => {
    const link = linkOf(event);
    if (link && link !== owner) show(link);
    else if (!link && !tip?.contains(event.target) && owner !== document.activeElement) hide();
  });
  document.addEventListener("focusin", event => (linkOf(event) ? show(linkOf(event)) : hide()));
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", event => event.key === "Escape" && hide());
  let touched = null;
  document.addEventListener("click", event => {
    const link = event.target.closest?.("a.term");
    if (link && event.pointerType === "touch" && link !== touched) {
      event.preventDefault();
      show(link);
    }
    touched = link;
  });
});
// How far a chapter was read: sections scrolled past, in percent, and the last one. The first page shows it.
document.addEventListener("DOMContentLoaded", () => {
  const page = location.pathname.match(/notebooks\/(?!00)\d\d_\w+/)?.[0];
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
  if (!page || !sections.length) return;
  let waits = 0;
  const keep = () => {
    waits = 0;
    const tops = sections.map(section => section.getBoundingClientRect());
    const passed = tops.filter(({ bottom }) => bottom <= innerHeight).length;
    const here = sections[tops.findLastIndex(({ top }) => top <= innerHeight / 2)];
    try {
      const progress = JSON.parse(localStorage.getItem("progress")) ?? {};
      progress.read = { ...progress.read };
      progress.read[page] = Math.max(progress.read[page] ?? 0, Math.round((100 * passed) / sections.length));
      progress.last = { page, anchor: here?.id ?? "" };
      localStorage.setItem("progress", JSON.stringify(progress));
    } catch {} // a browser may refuse to keep anything
  };
  addEventListener("scroll", () => (waits ||= setTimeout(keep, 300)), { passive: true });
  addEventListener("pagehide", () => waits && keep());
});
// The sections rest once everything has its height, which they keep: so links lead to their place, and nothing jumps.
addEventListener("load", () => {
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
  let width = 0;
  const rest = () => {
    if (innerWidth === width) return;
    width = innerWidth;
    sections.forEach(section => section.classList.remove("resting"));
    const places = sections.map(section => section.getBoundingClientRect());
    sections.forEach((section, k) => {
      const { top, bottom, height } = places[k];
      section.style.containIntrinsicHeight = `auto ${height}px`;
      section.classList.toggle("resting", bottom < -innerHeight || top > 2 * innerHeight); // what is seen stays as it is
    });
  };
  document.fonts.ready.then(rest);
  addEventListener("resize", () => setTimeout(rest, 200));
});
