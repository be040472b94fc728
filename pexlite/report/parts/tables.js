// Tables that sort by a click on a heading, and the sections that are made of them.

/** A table of `rows`; a column has title, value (by which it sorts) and perhaps cell (what it shows), number, wide, long, narrow. */
class SortedTable {
  constructor(caption, columns, rows, { sortBy = 0, descending = false, hidden = false, most = Infinity } = {}) {
    this.columns = columns;
    this.rows = rows.map((row) => ({ row, line: this.line(row) }));
    this.body = element("tbody", { role: "rowgroup" });
    this.headings = columns.map((column, place) => element("th", { scope: "col", role: "columnheader", class: column.number && "number" },
      column.value ? element("button", { type: "button", text: column.title, on: { click: () => this.toggle(place) } }) : column.title));
    this.table = element("table", { class: "cards", role: "table" },
      element("caption", { class: hidden && "unseen" }, ...caption), element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...this.headings)), this.body);
    this.most = most;
    this.all = element("button", { class: "all", type: "button", on: { click: () => this.showAll() } });
    this.keep = () => true;
    this.sort(sortBy, descending);
  }

  line(row) {
    return element("tr", { role: "row" }, ...this.columns.map((column, place) => {
      const shown = column.cell ? column.cell(row) : column.value(row);
      const attributes = { class: [column.number ? "number" : "", column.wide ? "wide" : "", column.narrow ? "narrow" : "", column.long ? "long" : ""].join(" ").trim() || null, "data-label": place && column.title };
      return place ? element("td", { ...attributes, role: "cell" }, shown) : element("th", { ...attributes, scope: "row", role: "rowheader" }, shown);
    }));
  }

  toggle(place) {
    this.sort(place, this.sortBy === place ? !this.descending : Boolean(this.columns[place].number));
  }

  sort(place, descending) {
    this.sortBy = place;
    this.descending = descending;
    this.headings.forEach((heading, index) => (index === place ? heading.setAttribute("aria-sort", descending ? "descending" : "ascending") : heading.removeAttribute("aria-sort")));
    this.show();
    this.onSort?.();
  }

  /** Show the rows that are kept, in their order; return how many. */
  show() {
    const { value } = this.columns[this.sortBy];
    const kept = this.rows.filter(({ row }) => this.keep(row));
    const order = (one, other) => (typeof value(one) === "number" ? value(one) - value(other) : String(value(one)).localeCompare(String(value(other)), "en", { numeric: true }));
    kept.sort((one, other) => (this.descending ? order(other.row, one.row) : order(one.row, other.row)));
    this.body.replaceChildren(...kept.slice(0, this.most).map(({ line }) => line));
    this.all.hidden = kept.length <= this.most;
    this.all.textContent = `Show all ${number(kept.length)}`;
    return kept.length;
  }

  /** Show every row from now on, and go on where the first of the new ones is. */
  showAll() {
    const next = this.most;
    this.most = Infinity;
    this.show();
    const line = this.body.children[next];
    const target = line?.querySelector("button, summary") || line?.firstChild;
    if (target && !target.matches("button, summary")) target.tabIndex = -1;
    target?.focus();
  }

  framed() {
    return element("div", { class: "tabled" }, this.table, this.all);
  }
}

function fillWheels(graph) {
  const table = new SortedTable(["Wheels"], [
    { title: "Name", value: (wheel) => wheel.name, cell: (wheel) => nameCell(wheel, graph) },
    { title: "Version", value: (wheel) => wheel.version, cell: (wheel) => element("span", { class: "mono", text: wheel.version }) },
    { title: "Packed", number: true, value: (wheel) => wheel.size, cell: (wheel) => size(wheel.size) },
    { title: "Unpacked", number: true, value: (wheel) => wheel.unpacked, cell: (wheel) => size(wheel.unpacked) },
    { title: "Files", number: true, value: (wheel) => wheel.count, cell: (wheel) => number(wheel.count) },
    { title: "Kind", narrow: true, value: kindWords },
    { title: "Licence", wide: true, value: (wheel) => wheel.licence || "~", cell: (wheel) => wheel.licence || element("span", { class: "muted", text: "not stated" }) },
    { title: "Runs on", wide: true, value: (wheel) => wheel.runs_on, cell: placeCell },
  ], data.wheels, { sortBy: 2, descending: true, hidden: true, most: 100 });
  find("wheels-table").append(table.framed());
  const licences = [...new Set(data.wheels.map((wheel) => wheel.licence))].filter(Boolean).sort((one, other) => one.localeCompare(other, "en"));
  find("filter-licence").append(...licences.map((text) => element("option", { value: text, text })), element("option", { value: "-", text: "not stated" }));
  fillSorter(table);
  const refresh = () => {
    const wanted = { words: find("filter").value.toLowerCase().split(/\s+/).filter(Boolean), kind: find("filter-kind").value, licence: find("filter-licence").value };
    table.keep = (wheel) => isWanted(wheel, wanted);
    const shown = table.show();
    find("wheels-status").textContent = shown === data.wheels.length ? count(shown, "wheel") : `${number(shown)} of ${count(data.wheels.length, "wheel")}`;
  };
  ["filter", "filter-kind", "filter-licence"].forEach((id) => find(id).addEventListener("input", refresh));
  refresh();
}

/** A choice of what to sort by, for screens without room for headings. */
function fillSorter(table) {
  const sorter = find("sorter");
  table.columns.forEach((column, place) => [false, true].forEach((descending) => sorter.append(
    element("option", { value: `${place} ${descending}`, text: `${column.title}, ${column.number ? (descending ? "largest" : "smallest") : descending ? "Z" : "A"} first` }))));
  sorter.addEventListener("change", () => {
    const [place, descending] = sorter.value.split(" ");
    table.sort(Number(place), descending === "true");
  });
  table.onSort = () => (sorter.value = `${table.sortBy} ${table.descending}`);
  table.onSort();
}

function isWanted(wheel, { words, kind, licence }) {
  const text = [wheel.name, wheel.version, wheel.licence, wheel.runs_on, wheel.only_on, wheel.summary, kindWords(wheel)].join(" ").toLowerCase();
  return words.every((word) => text.includes(word))
    && (!kind || { compiled: wheel.compiled, pure: !wheel.compiled, local: wheel.local, limits: wheel.limits !== "" }[kind])
    && (!licence || wheel.licence === (licence === "-" ? "" : licence));
}

function kindWords(wheel) {
  return (wheel.compiled ? "compiled" : "pure Python") + (wheel.local ? ", own code" : "");
}

function nameCell(wheel, graph) {
  const show = () => {
    graph.choose(wheel.name, "up");
    find("dependencies").scrollIntoView({ behavior: calm.matches ? "instant" : "smooth" });
    find("card").previousElementSibling.focus({ preventScroll: true });
  };
  return element("button", { class: "link", type: "button", text: wheel.name, title: "Who brings it", on: { click: show } });
}

function placeCell(wheel) {
  const limits = wheel.limits ? element("span", { class: "limit", text: `Keeps the file from ${wheel.limits}.` }) : "";
  return element("span", {}, wheel.runs_on, wheel.only_on ? ` (here only on ${wheel.only_on})` : "", wheel.problem ? ` (${wheel.problem})` : "", limits);
}

function fillFiles() {
  const doubled = new SortedTable([`Doubled files `, element("small", { text: data.doubled.length ? `${size(data.wasted)} packed are there more than once; equal in size and CRC-32, from 4 kB` : "" })], [
    { title: "File", wide: true, value: (one) => one.places[0][1], cell: (one) => places(one.places) },
    { title: "Times", number: true, value: (one) => one.places.length },
    { title: "Size", number: true, value: (one) => one.size, cell: (one) => size(one.size) },
    { title: "Too much", number: true, value: (one) => one.wasted, cell: (one) => size(one.wasted) },
  ], data.doubled, { sortBy: 3, descending: true, most: 10 });
  const large = new SortedTable(["Largest files"], [
    { title: "File", wide: true, value: (one) => one.path, cell: (one) => element("span", { class: "path", text: one.path }) },
    { title: "Wheel", long: true, value: (one) => one.wheel },
    { title: "Packed", number: true, value: (one) => one.packed, cell: (one) => size(one.packed) },
    { title: "Unpacked", number: true, value: (one) => one.size, cell: (one) => size(one.size) },
  ], data.large, { sortBy: 3, descending: true, most: 10 });
  find("doubled").append(data.doubled.length ? doubled.framed() : element("p", { class: "empty", text: "No file of 4 kB or more is there twice." }));
  find("large").append(data.large.length ? large.framed() : "");
}

function places(all) {
  const lines = all.map(([wheel, path]) => element("li", {}, element("span", { class: "path", text: path }), element("span", { class: "muted", text: ` ${wheel}` })));
  if (lines.length <= 3) return element("ul", {}, ...lines);
  return element("div", {}, element("ul", {}, lines[0]), element("details", {}, element("summary", { text: `and ${lines.length - 1} more` }), element("ul", {}, ...lines.slice(1))));
}

function fillLicences(graph) {
  const most = Math.max(...data.licences.map((group) => group.wheels.length), 1);
  find("licence-groups").append(element("div", { class: "groups" }, ...data.licences.map((group) => element("div", { class: group.licence ? "group" : "group unknown" },
    element("h3", {}, element("span", { text: group.licence || "Not stated" }), element("span", { text: `${group.wheels.length} · ${size(group.size)}` })),
    element("div", { class: "meter", "aria-hidden": "true", style: { "--share": `${(100 * group.wheels.length) / most}%` } }, element("span")),
    names(group.wheels)))));
}

function names(all) {
  const words = (some) => some.join(", ");
  return all.length <= 14 ? element("p", { text: words(all) })
    : element("div", {}, element("p", { text: words(all.slice(0, 12)) }), element("details", {}, element("summary", { text: `and ${all.length - 12} more` }), element("p", { text: words(all.slice(12)) })));
}
