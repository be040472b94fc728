// Everything put in its place.

function followTheme() {
  const remembered = (act) => {
    try {
      return act();
    } catch {
      return null; // a page without storage forgets
    }
  };
  const show = (theme) => (theme ? (document.documentElement.dataset.theme = theme) : delete document.documentElement.dataset.theme);
  const before = remembered(() => localStorage.getItem("pexlite-theme"));
  if (before === "light" || before === "dark") {
    show(before);
    find("theme").querySelector(`[value="${before}"]`).checked = true;
  }
  onChoice("theme", (theme) => {
    show(theme);
    remembered(() => localStorage.setItem("pexlite-theme", theme));
  });
}

/** Mark the section that is read, in the list of sections. */
function followSections() {
  const links = [...document.querySelectorAll(".sections a")];
  const sections = links.map((link) => document.querySelector(link.getAttribute("href")));
  const mark = () => {
    const shown = sections.filter((section) => !section.hidden);
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
    const here = atEnd ? shown[shown.length - 1] : shown.filter((section) => section.getBoundingClientRect().top < innerHeight * 0.3).pop() || shown[0];
    for (const link of links) {
      if (link.getAttribute("href") !== `#${here.id}`) link.removeAttribute("aria-current");
      else if (!link.hasAttribute("aria-current")) {
        link.setAttribute("aria-current", "true");
        const row = link.closest("ul");
        row.scrollLeft = link.offsetLeft - row.clientWidth / 2 + link.clientWidth / 2;
      }
    }
  };
  addEventListener("scroll", mark, { passive: true });
  addEventListener("resize", mark);
  mark();
}

followTheme();
const tree = treeOfFile();
fillOverview(tree);
fillDifference();
const sizes = new Sizes(tree);
const graph = new Graph(new Brought());
fillWheels(graph);
fillFiles();
fillLicences(graph);
fillFacts();
followSections();
document.documentElement.dataset.drawn = "";
