// What has changed since another file.

const CHANGE_WORDS = { added: "added", removed: "removed", version: "another version", "other wheel": "another wheel", "packed otherwise": "packed otherwise" };

function fillDifference() {
  const found = data.difference;
  if (!found) return;
  find("difference").hidden = false;
  find("to-difference").hidden = false;
  const box = find("changes");
  box.append(summaryOf(found));
  if (found.wheels.length) box.append(tableOfChanges(found).framed());
  if (found.settings.length) box.append(tableOfSettings(found).framed());
}

function summaryOf(found) {
  const numbers = Object.keys(CHANGE_WORDS).map((kind) => [found.wheels.filter((one) => one.kind === kind).length, CHANGE_WORDS[kind]]).filter(([amount]) => amount);
  const delta = data.file.size - found.old.size;
  const words = found.same_bytes ? "Both are byte for byte the same."
    : found.is_empty ? `Both do the same; they differ in ${found.only.join(", ") || "what means nothing"} alone.`
      : [numbers.map(([amount, word]) => `${count(amount, "wheel")} ${word}`).join(", "), found.settings.length ? `${count(found.settings.length, "setting")} changed` : ""].filter(Boolean).join("; ") + ".";
  const same = found.old.name === data.file.name;
  return element("p", { class: "summary" }, "Since ", element("strong", { text: same ? `the older ${found.old.name}` : found.old.name }), ` (${size(found.old.size)}): `, words, " ",
    found.same_bytes ? "" : element("span", { class: deltaClass(delta), text: change(delta) }));
}

function deltaClass(delta) {
  return `delta ${delta > 0 ? "more" : delta < 0 ? "less" : ""}`.trim();
}

function tableOfChanges(found) {
  const widest = Math.max(...found.wheels.map((one) => Math.abs(one.delta)), 1);
  return new SortedTable(["Wheels"], [
    { title: "Name", value: (one) => one.name },
    { title: "Change", value: (one) => CHANGE_WORDS[one.kind], cell: (one) => element("span", { class: one.kind === "added" || one.kind === "removed" ? "chip strong" : "chip", text: CHANGE_WORDS[one.kind] }) },
    { title: "Version", value: (one) => one.new || one.old, cell: (one) => element("span", { class: "mono", text: one.old && one.new && one.old !== one.new ? `${one.old} → ${one.new}` : one.new || one.old }) },
    { title: "Size", number: true, value: (one) => one.delta, cell: (one) => element("span", {}, bar(one.delta, widest), element("span", { class: deltaClass(one.delta), text: change(one.delta) })) },
    { title: "Files", wide: true, value: (one) => one.count, cell: changedFiles },
  ], found.wheels, { most: 60 });
}

/** A bar to the right of the middle for what grew, to its left for what shrank. */
function bar(delta, widest) {
  const width = `${(50 * Math.abs(delta)) / widest}%`;
  const place = delta >= 0 ? { left: "50%" } : { right: "50%" };
  return element("span", { class: "diverging", "aria-hidden": "true" }, element("i", { style: { ...place, width, background: `var(--${delta >= 0 ? "more" : "less"})` } }));
}

function changedFiles(one) {
  if (!one.count) return "";
  const lines = one.files.map(([path, before, after]) => element("li", {}, element("span", { class: "path", text: path }), " ",
    element("span", { class: "muted", text: before === null ? `new, ${size(after)}` : after === null ? "gone" : change(after - before) })));
  if (one.count > lines.length) lines.push(element("li", { class: "muted", text: `and ${number(one.count - lines.length)} more` }));
  return element("details", {}, element("summary", { text: count(one.count, "file") }), element("ul", {}, ...lines));
}

function tableOfSettings(found) {
  return new SortedTable(["Settings"], [
    { title: "Name", value: ([name]) => name },
    { title: "Before", wide: true, value: (one) => one[1], cell: (one) => one[1] || element("span", { class: "muted", text: "nothing" }) },
    { title: "After", wide: true, value: (one) => one[2], cell: (one) => one[2] || element("span", { class: "muted", text: "nothing" }) },
  ], found.settings);
}
