// Two repairs for readers with a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  // The theme leaves the book's title outside of every landmark.
  const title = document.querySelector(".sidebar-primary-item:has(> .navbar-brand)");
  title?.setAttribute("role", "navigation");
  title?.setAttribute("aria-label", "Title");
  // Docutils gives the list of references roles that are deprecated, and a list without items.
  document.querySelectorAll(".citation-list, .citation-list [role]").forEach(node => node.removeAttribute("role"));
});
