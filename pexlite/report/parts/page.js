// Elements and words. Whatever comes from the file goes in as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function find(id) {
  return document.getElementById(id);
}

/** A new element; `attributes` by name ("text" is its text, "on" its listeners, "style" its custom properties). */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "text") made.textContent = value;
    else if (key === "on") Object.entries(value).forEach(([event, act]) => made.addEventListener(event, act));
    else if (key === "style") Object.entries(value).forEach(([property, to]) => made.style.setProperty(property, to));
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** 999 -> "999 B", 1234567 -> "1.2 MB": decimal units, as on the command line. */
function size(bytes) {
  if (Math.abs(bytes) < 1000) return `${bytes} B`;
  let amount = bytes;
  for (const unit of ["kB", "MB", "GB"]) {
    amount /= 1000;
    if (Math.abs(Math.round(amount)) < 1000 || unit === "GB") {
      return `${Math.abs(amount) >= 9.95 ? Math.round(amount) : amount.toFixed(1)} ${unit}`;
    }
  }
}

function change(bytes) {
  return bytes > 0 ? `+${size(bytes)}` : bytes < 0 ? `−${size(-bytes)}` : "same";
}

function share(part, whole) {
  const percent = (100 * part) / Math.max(whole, 1);
  return percent >= 10 ? `${Math.round(percent)} %` : percent >= 0.1 ? `${percent.toFixed(1)} %` : "under 0.1 %";
}

function number(count) {
  return count.toLocaleString("en-US");
}

function count(amount, noun) {
  return `${number(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

/** Call `act` with the chosen value of the radio buttons in `id`, now and whenever another is chosen. */
function onChoice(id, act) {
  const box = find(id);
  box.addEventListener("change", () => act(box.querySelector("input:checked").value));
}

// -- kinds of files ---------------------------------------------------------------------------------

const KINDS = ["compiled", "python", "web", "data", "text", "metadata", "own"];
const KIND_WORDS = {
  compiled: "compiled code",
  python: "Python source",
  web: "web pages and images",
  data: "data",
  text: "documents",
  metadata: "wheels’ metadata",
  own: "runtime, bytecode, Python",
};
const BY_ENDING = {
  compiled: "so pyd dll dylib a lib exe o wasm",
  python: "py pyi pyx pxd pxi pth ipynb",
  web: "js mjs cjs css html htm map svg woff woff2 ttf otf eot png gif jpg jpeg ico webp ts tsx jsx scss less",
  text: "md rst txt pdf tex man 1",
};
const KIND_OF_ENDING = new Map(
  Object.entries(BY_ENDING).flatMap(([kind, endings]) => endings.split(" ").map((ending) => [ending, kind])),
);

function kindOf(name) {
  if (/\.so(\.[\d.]+)?$/.test(name)) return "compiled";
  if (/^(licen[cs]e|copying|notice|authors|readme)/i.test(name)) return "text";
  return KIND_OF_ENDING.get(name.slice(name.lastIndexOf(".") + 1).toLowerCase()) || "data";
}

// -- the tree of sizes ------------------------------------------------------------------------------

/** A node of [name, size, packed] for a file, [name, [children]] for a directory. */
function nodeOf(raw, inMetadata = false) {
  const [name, second, packed] = raw;
  const metadata = inMetadata || name.endsWith(".dist-info");
  if (!Array.isArray(second)) {
    return { label: name, unpacked: second, packed, kind: metadata ? "metadata" : kindOf(name), children: null, count: 1 };
  }
  const children = second.map((child) => nodeOf(child, metadata));
  if (children.length === 1 && children[0].children) {
    return { ...children[0], label: `${name}/${children[0].label}` };
  }
  return directory(name, children);
}

function directory(label, children, more = {}) {
  const made = { label, unpacked: 0, packed: 0, count: 0, children, ...more };
  const byKind = {};
  for (const child of children) {
    made.unpacked += child.unpacked;
    made.packed += child.packed;
    made.count += child.count;
    byKind[child.kind] = (byKind[child.kind] || 0) + child.unpacked;
  }
  made.kind = KINDS.reduce((best, kind) => ((byKind[kind] || 0) > (byKind[best] || 0) ? kind : best), "data");
  return made;
}

function ownNode(label, packed, unpacked) {
  return { label, packed, unpacked, kind: "own", own: true, children: null, count: 1 };
}

function treeOfFile() {
  const versions = new Map();
  data.wheels.forEach((wheel) => versions.set(wheel.name, (versions.get(wheel.name) || 0) + 1));
  const children = data.wheels.map((wheel) => {
    const label = `${wheel.name} ${wheel.version}${versions.get(wheel.name) > 1 ? ` for ${wheel.only_on || wheel.runs_on}` : ""}`;
    return directory(label, wheel.files.map((raw) => nodeOf(raw)), { wheel });
  });
  data.pythons.forEach((one) => children.push(ownNode(`CPython ${one.version}`, one.size, one.unpacked)));
  if (data.bytecode) children.push(ownNode("bytecode", data.bytecode, data.bytecode));
  if (data.own_files.length) children.push({ ...directory("the file’s own", data.own_files.map((raw) => nodeOf(raw))), kind: "own", own: true });
  else if (data.runtime) children.push(ownNode("runtime", data.runtime, data.runtime));
  return directory(data.file.name, children);
}

/** Sizes by kind of file, of all files below `node`. */
function byKind(node, measure, sums = {}) {
  if (node.own || !node.children) sums[node.kind] = (sums[node.kind] || 0) + node[measure];
  else node.children.forEach((child) => byKind(child, measure, sums));
  return sums;
}

function legendOf(sums) {
  return KINDS.filter((kind) => sums[kind]).map((kind) => element("li", {},
    element("i", { style: { background: `var(--${kind})` }, "aria-hidden": "true" }), element("b", { text: KIND_WORDS[kind] }),
    sums[kind] > 1 ? ` ${size(sums[kind])}` : ""));
}
