// Who brings whom: a graph of what lies around one project, and the same in words beside it.

const MOST_NODES = 30;
const NODE_HEIGHT = 28;
const SMALLEST = 0.85; // letters of 11 pixels

/** The dependencies as arrows by name; "" is the file itself. */
class Brought {
  constructor() {
    this.wheels = new Map(data.wheels.map((wheel) => [wheel.name, wheel]));
    this.sizes = new Map();
    data.wheels.forEach((wheel) => this.sizes.set(wheel.name, (this.sizes.get(wheel.name) || 0) + wheel.size));
    this.requires = new Map([["", []]]);
    this.requiredBy = new Map();
    for (const name of this.wheels.keys()) {
      this.requires.set(name, []);
      this.requiredBy.set(name, []);
    }
    for (const arrow of data.dependencies.filter((one) => one.is_there && this.requires.has(one.by))) {
      this.requires.get(arrow.by).push(arrow);
      this.requiredBy.get(arrow.name).push(arrow);
    }
    const reached = this.reach("");
    for (const name of this.wheels.keys()) {
      if (!reached.has(name) && !this.requiredBy.get(name).some((arrow) => arrow.by !== name)) {
        const arrow = { by: "", name, requirement: name, extras: [], of_extra: "", marker: "", is_there: true };
        this.requires.get("").push(arrow);
        this.requiredBy.get(name).push(arrow);
      }
    }
  }

  next(name, down) {
    const arrows = (down ? this.requires : this.requiredBy).get(name) || [];
    return [...new Set(arrows.map((arrow) => (down ? arrow.name : arrow.by)))];
  }

  /** Each name that is reached from `start`, with the one it was first reached from. */
  reach(start, { down = true, without = null } = {}) {
    const found = new Map([[start, null]]);
    const queue = [start];
    for (let place = 0; place < queue.length; place += 1) {
      for (const name of this.next(queue[place], down)) {
        if (!found.has(name) && name !== without) {
          found.set(name, queue[place]);
          queue.push(name);
        }
      }
    }
    return found;
  }

  /** The names on a shortest way from the file to `name`. */
  way(name) {
    const found = this.reach("");
    if (!found.has(name)) return [];
    const steps = [];
    for (let step = name; step !== null; step = found.get(step)) steps.unshift(step);
    return steps;
  }

  /** The wheels that nobody else would bring if `name` were not there. */
  onlyBy(name) {
    const before = this.reach("");
    const after = this.reach("", { without: name });
    return [...before.keys()].filter((one) => one && one !== name && !after.has(one));
  }
}

/** The name of a node for dagre, which has no use for an empty one. */
function key(name) {
  return `project ${name}`;
}

function projectName(name) {
  return name || data.file.name;
}

class Graph {
  constructor(brought) {
    this.brought = brought;
    this.chosen = "";
    this.direction = "down";
    this.everything = false;
    find("projects").append(...[...brought.wheels.keys()].map((name) => element("option", { value: name })));
    find("project").addEventListener("input", (event) => this.onInput(event.target.value.trim().toLowerCase()));
    find("project").addEventListener("change", (event) => this.onInput(event.target.value.trim().toLowerCase()));
    onChoice("direction", (direction) => {
      this.direction = direction;
      this.draw();
    });
    find("everything").addEventListener("change", (event) => {
      this.everything = event.target.checked;
      this.draw();
    });
    this.draw();
  }

  onInput(name) {
    const wanted = name.replace(/[-_.]+/g, "-");
    if (wanted !== this.chosen && (wanted === "" || this.brought.wheels.has(wanted))) this.choose(wanted);
  }

  choose(name, direction = null) {
    this.chosen = name;
    if (direction) {
      this.direction = direction;
      find("direction").querySelector(`[value="${direction}"]`).checked = true;
    }
    if (document.activeElement !== find("project")) find("project").value = name;
    this.draw();
  }

  /** Names around the chosen one, nearest first. */
  around() {
    const found = new Set([this.chosen]);
    let layer = [this.chosen];
    while (layer.length && (this.everything || found.size < MOST_NODES)) {
      const wider = new Set();
      for (const name of layer) {
        if (this.direction !== "up") this.side(name, true, found, wider);
        if (this.direction !== "down") this.side(name, false, found, wider);
      }
      layer = [...wider];
      for (const name of layer) {
        if (this.everything || found.size < MOST_NODES) found.add(name);
      }
    }
    return found;
  }

  side(name, down, found, wider) {
    // Both ways mean above and below, not all that anything above needs as well.
    if (this.direction === "both" && name !== this.chosen && !this.reached(down).has(name)) return;
    this.brought.next(name, down).filter((one) => !found.has(one)).forEach((one) => wider.add(one));
  }

  reached(down) {
    this.memory = this.memory && this.memory.of === this.chosen ? this.memory : { of: this.chosen };
    this.memory[down] ||= this.brought.reach(this.chosen, { down });
    return this.memory[down];
  }

  draw() {
    const names = this.around();
    const downwards = this.direction === "up" ? 0 : this.reached(true).size - 1;
    const all = downwards + (this.direction === "down" ? 0 : this.reached(false).size - 1);
    find("graph-status").textContent = this.words(names.size - 1, all);
    this.drawGraph(names);
    this.drawCard();
  }

  words(drawn, all) {
    const name = projectName(this.chosen);
    const what = { up: `${number(all)} bring${all === 1 ? "s" : ""} ${name}`, down: `${name} brings ${number(all)}`, both: `${number(all)} bring ${name}, or are brought by it` }[this.direction];
    return drawn < all ? `${what}; the ${number(drawn)} nearest are drawn. Arrows of others that a longer way makes up for are left out.` : `${what}.`;
  }

  drawGraph(names) {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: "LR", nodesep: 9, ranksep: 36, marginx: 2, marginy: 2 });
    graph.setDefaultEdgeLabel(() => ({}));
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `600 13.6px ${getComputedStyle(document.body).fontFamily}`;
    for (const name of names) {
      graph.setNode(key(name), { name, width: Math.min(Math.ceil(pen.measureText(projectName(name)).width) + 22, 230), height: NODE_HEIGHT });
    }
    for (const [from, to] of this.drawn(names)) {
      const arrows = this.brought.requires.get(from).filter((arrow) => arrow.name === to);
      graph.setEdge(key(from), key(to), { conditional: arrows.every((arrow) => arrow.marker || arrow.of_extra) });
    }
    dagre.layout(graph);
    this.showGraph(graph);
  }

  /** The arrows to draw between `names`: those of the chosen one, and of the others those without a longer way. */
  drawn(names) {
    const next = new Map([...names].map((name) => [name, new Set(this.brought.next(name, true).filter((one) => names.has(one) && one !== name))]));
    const isReached = (start, end) => {
      const seen = new Set([...next.get(start)].filter((one) => one !== end));
      for (const name of seen) {
        if (next.get(name).has(end)) return true;
        next.get(name).forEach((one) => one !== start && seen.add(one));
      }
      return false;
    };
    for (const from of names) {
      for (const to of from === this.chosen ? [] : [...next.get(from)]) {
        if (to !== this.chosen && isReached(from, to)) next.get(from).delete(to);
      }
    }
    return [...next].flatMap(([from, all]) => [...all].map((to) => [from, to]));
  }

  showGraph(graph) {
    const { width, height } = graph.graph();
    const nodes = graph.nodes().map((id) => this.node(graph.node(id)));
    const box = find("graph");
    const scale = Math.max(SMALLEST, Math.min(1, (box.clientWidth - 44) / width, (parseFloat(getComputedStyle(box).maxHeight) - 44) / height));
    const plane = element("div", { class: "plane", style: { width: `${width}px`, height: `${height}px`, zoom: scale } }, this.arrows(graph, width, height), ...nodes);
    const focused = box.contains(document.activeElement) && document.activeElement !== box;
    box.replaceChildren(plane);
    const chosen = box.querySelector("[aria-current]");
    const [there, here] = [chosen.getBoundingClientRect(), box.getBoundingClientRect()];
    box.scrollBy({ left: there.left - here.left - box.clientWidth / 3, top: there.top - here.top - box.clientHeight / 2.2, behavior: "instant" });
    if (focused) chosen.focus({ preventScroll: true });
  }

  node({ name, x, y, width, height }) {
    const current = name === this.chosen;
    const near = !current && (this.brought.next(this.chosen, true).includes(name) || this.brought.next(this.chosen, false).includes(name));
    return element("button", {
      class: ["node", name ? "" : "root", near ? "near" : ""].join(" ").trim(), type: "button", text: projectName(name), title: projectName(name),
      "aria-current": current && "true",
      style: { left: `${x - width / 2}px`, top: `${y - height / 2}px`, width: `${width}px`, height: `${height}px` },
      on: { click: () => this.choose(name) },
    });
  }

  arrows(graph, width, height) {
    const space = "http://www.w3.org/2000/svg";
    const drawing = document.createElementNS(space, "svg");
    for (const [name, value] of Object.entries({ width, height, "aria-hidden": "true" })) drawing.setAttribute(name, value);
    const chosen = key(this.chosen);
    for (const { v: from, w: to } of graph.edges()) {
      const path = document.createElementNS(space, "path");
      const { points, conditional } = graph.edge(from, to);
      path.setAttribute("d", curve(points));
      path.setAttribute("class", [conditional ? "conditional" : "", from === chosen || to === chosen ? "near" : ""].join(" ").trim());
      if (path.classList.contains("near")) drawing.append(path);
      else drawing.prepend(path);
    }
    return drawing;
  }

  // -- in words -------------------------------------------------------------------------------------

  drawCard() {
    const wheel = this.brought.wheels.get(this.chosen);
    find("card").replaceChildren(...(wheel ? this.aboutWheel(wheel) : this.aboutFile()));
  }

  aboutFile() {
    const asked = this.brought.requires.get("");
    return [element("h3", { text: data.file.name }), element("p", { class: "muted", text: `${count(data.wheels.length, "wheel")}, ${size(data.file.size)}` }),
      element("h4", { text: "Brings" }), this.list(asked.map((arrow) => this.item(arrow, arrow.name)))];
  }

  aboutWheel(wheel) {
    const only = this.brought.onlyBy(wheel.name);
    const freed = [wheel.name, ...only].reduce((sum, name) => sum + this.brought.sizes.get(name), 0);
    const way = this.brought.way(wheel.name);
    const links = wheel.urls.filter(([, address]) => /^https?:\/\//i.test(address)).slice(0, 4);
    return [
      element("h3", {}, `${wheel.name} `, element("small", { text: wheel.version })),
      wheel.summary && element("p", { text: wheel.summary }),
      element("p", { class: "muted", text: [wheel.licence || "no licence stated", size(this.brought.sizes.get(wheel.name)), wheel.runs_on].filter(Boolean).join(" · ") }),
      way.length > 2 && element("h4", { text: "Shortest way" }),
      way.length > 2 && element("ol", { class: "way" }, ...way.map((name) => element("li", {}, name === wheel.name ? element("strong", { text: name }) : this.link(name)))),
      element("h4", { text: "Brought by" }), this.list(this.brought.requiredBy.get(wheel.name).map((arrow) => this.item(arrow, arrow.by))),
      element("h4", { text: "Brings" }), this.list(this.brought.requires.get(wheel.name).map((arrow) => this.item(arrow, arrow.name))),
      element("h4", { text: "Without it" }),
      element("p", {}, only.length ? `${count(only.length, "other project")} would go as well, ${size(freed)} in all: ` : `No other project would go; it has ${size(freed)}.`,
        ...only.slice(0, 12).flatMap((name, place) => [place ? ", " : "", this.link(name)]), only.length > 12 ? ` and ${only.length - 12} more` : ""),
      links.length && element("h4", { text: "Elsewhere" }),
      links.length && element("ul", {}, ...links.map(([label, address]) => element("li", {}, element("a", { href: address, rel: "noreferrer noopener", text: label || address })))),
    ].filter(Boolean);
  }

  link(name) {
    return element("button", { class: "link", type: "button", text: projectName(name), on: { click: () => this.choose(name) } });
  }

  list(items) {
    return items.length ? element("ul", {}, ...items) : element("p", { class: "muted", text: "nothing" });
  }

  item(arrow, name) {
    const conditions = [arrow.extras.length ? `with its ${arrow.extras.length > 1 ? "extras" : "extra"} ${arrow.extras.join(", ")}` : "",
      arrow.of_extra ? `by the extra ${arrow.of_extra}` : "", arrow.marker ? `where ${arrow.marker}` : ""].filter(Boolean);
    const bounds = arrow.requirement.slice(arrow.requirement.search(/[^\w.\-[\]]|$/));
    return element("li", {}, this.link(name), bounds ? element("span", { class: "mono muted", text: ` ${bounds}` }) : "",
      conditions.length ? element("span", { class: "condition", text: conditions.join("; ") }) : "");
  }
}

/** A smooth path through `points`. */
function curve(points) {
  let path = `M${points[0].x},${points[0].y}`;
  for (let place = 1; place < points.length - 1; place += 1) {
    const { x, y } = points[place];
    const [endX, endY] = place < points.length - 2 ? [(x + points[place + 1].x) / 2, (y + points[place + 1].y) / 2] : [points[place + 1].x, points[place + 1].y];
    path += `Q${x},${y} ${endX},${endY}`;
  }
  return path;
}
