// The first things that one wants to know, and what there is to know of the runtime and the settings.

function tile(title, figure, unit, more) {
  return element("div", {}, element("dt", { text: title }),
    element("dd", { class: "number" }, figure, unit ? element("small", { text: ` ${unit}` }) : ""), more ? element("dd", { class: "more", text: more }) : "");
}

function tiles(tree) {
  const compiled = data.wheels.filter((wheel) => wheel.compiled).length;
  const local = data.wheels.filter((wheel) => wheel.local).length;
  const [figure, unit] = size(data.file.size).split(" ");
  const files = data.wheels.reduce((sum, wheel) => sum + wheel.count, 0);
  const unstated = data.licences.find((group) => !group.licence);
  const wheels = [compiled ? `${compiled} compiled` : "all pure Python", local ? `${local} of own code` : ""].filter(Boolean).join(", ");
  return [
    tile("Size", figure, unit, `${size(tree.unpacked)} unpacked`),
    tile("Wheels", number(data.wheels.length), "", wheels),
    tile("Files", number(files), "", data.doubled.length ? `${size(data.wasted)} more than once` : "none doubled"),
    tile("Licences", number(data.licences.length - (unstated ? 1 : 0)), "", unstated ? `${count(unstated.wheels.length, "wheel")} without one` : "every wheel states one"),
    tile(data.pythons.length ? "Own Python" : "Runtime", ...(data.pythons.length ? [data.pythons[0].version, ""] : size(data.runtime).split(" ")),
      data.pythons.length ? size(data.pythons.reduce((sum, one) => sum + one.size, 0)) : data.bytecode ? `and ${size(data.bytecode)} bytecode` : `of ${data.file.maker} itself`),
  ];
}

function fillOverview(tree) {
  document.title = `${data.file.name} · pexlite`;
  find("name").textContent = data.file.name;
  const starts = data.file.starts ? ["Starts ", element("strong", { class: "mono", text: data.file.starts })] : ["Starts a Python interpreter"];
  find("lead").append(...starts, data.file.runs_on ? " and runs on " : "", element("strong", { text: data.file.runs_on }), ".");
  find("tiles").append(...tiles(tree));
  const sums = byKind(tree, "packed");
  const whole = Object.values(sums).reduce((sum, part) => sum + part, 0);
  const parts = KINDS.filter((kind) => sums[kind]).map((kind) => element("span", {
    style: { background: `var(--${kind})`, flex: `${sums[kind] / whole} 0 0` }, title: `${KIND_WORDS[kind]}: ${size(sums[kind])}`,
  }));
  find("composition").append(element("div", { class: "stack", "aria-hidden": "true" }, ...parts),
    element("ul", { class: "legend", "aria-label": "Packed size by kind of file" }, ...legendOf(sums)));
  fillAsked();
  fillLimits();
}

function fillAsked() {
  const chips = data.file.requirements.map((text) => element("li", { class: "chip mono", text }));
  find("asked").append(element("h2", { class: "small", text: "Asked for" }),
    chips.length ? element("ul", { class: "chips" }, ...chips) : element("p", { class: "muted", text: "Nothing by name." }));
}

function fillLimits() {
  const box = find("limits");
  box.append(element("h2", { class: "small", text: "Limits: where it does not run, and why" }));
  if (!data.limits.length) {
    box.append(element("p", { class: "muted", text: data.pythons.length ? "It runs on the Python that it carries." : data.unknown[0] || "No wheel in it limits where it runs." }));
    return;
  }
  const items = data.limits.map((limit) => element("li", {}, element("strong", { text: limit.place }), " ",
    limit.reasons.length > 1
      ? element("details", {}, element("summary", { class: "who", text: few(limit.wheels) }), element("ul", {}, ...limit.reasons.map((text) => element("li", { text }))))
      : element("span", { class: "who", text: limit.reasons.join("") })));
  box.append(element("ul", { class: "limits" }, ...items));
}

function few(names) {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

function fillFacts() {
  const rows = [
    ["File", element("span", {}, `${data.file.name}, ${number(data.file.size)} bytes`)],
    ["sha256", element("code", { text: data.file.sha256 })],
    data.file.build_id ? ["Build id", element("code", { text: data.file.build_id })] : null,
    ["Made by", `${data.file.maker} ${data.file.maker_version}`],
    ["Starts", data.file.starts || "a Python interpreter"],
    ["Runs on", data.file.runs_on || "it does not say"],
    data.runtime ? ["Runtime", size(data.runtime)] : null,
    data.bytecode ? ["Bytecode", size(data.bytecode)] : null,
    ...data.pythons.map((one) => ["Own Python", `CPython ${one.version} for ${one.platform}, ${size(one.size)} (${size(one.unpacked)} unpacked), from ${one.source}, ${one.licence}`]),
    ...data.settings.map(([name, value]) => [name[0].toUpperCase() + name.slice(1), element("span", { class: "mono", text: value })]),
    ...data.properties.map(([name, value]) => [`Property ${name}`, element("span", { class: "mono", text: value })]),
    ...data.unknown.map((sentence) => ["Not known", sentence]),
  ].filter(Boolean);
  find("facts").append(element("dl", { class: "facts" }, ...rows.map(([name, value]) => element("div", {}, element("dt", { text: name }), element("dd", {}, value)))));
  find("made").textContent = `Made by pexlite ${data.version}. It asks nothing of any network: everything shown is in this page.`;
}
