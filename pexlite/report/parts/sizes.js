// The treemap: each area is a button that leads into it, and a list beside it has the same in words.

const MOST_AREAS = 140;
const MOST_INNER = 24;

class Sizes {
  constructor(tree) {
    this.path = [tree];
    this.measure = "packed";
    this.map = find("map");
    this.map.addEventListener("keydown", (event) => this.onKey(event));
    onChoice("measure", (measure) => {
      this.measure = measure;
      this.draw();
    });
    new ResizeObserver(() => this.onResize()).observe(this.map);
    this.fillLegend();
    this.draw();
  }

  get here() {
    return this.path[this.path.length - 1];
  }

  fillLegend() {
    const sums = byKind(this.path[0], "packed");
    find("legend").replaceChildren(...legendOf(Object.fromEntries(Object.keys(sums).map((kind) => [kind, sums[kind] ? 1 : 0]))));
  }

  onResize() {
    const { clientWidth: width, clientHeight: height } = this.map;
    if (width !== this.width || height !== this.height) this.drawMap();
  }

  /** Go into `node`, from the area `from` where that was chosen. */
  down(node, from = null) {
    if (!node.children || !node.children.length) {
      this.tell(node);
      return;
    }
    const focused = this.map.contains(document.activeElement);
    this.path.push(node);
    this.draw();
    this.move(from, true);
    if (focused || from) this.map.querySelector(".area")?.focus({ preventScroll: true });
  }

  /** Go back until `length` nodes are left of the path. */
  up(length = this.path.length - 1) {
    if (length < 1 || length >= this.path.length) return;
    const left = this.path[length];
    this.path.length = length;
    this.draw();
    const area = [...this.map.children].find((one) => one.node === left) || this.map.querySelector(".area");
    this.move(area, false);
    if (area) this.rove(area);
    area?.focus({ preventScroll: true });
  }

  /** Let the new areas grow out of the one that was left, or shrink into it. */
  move(area, inwards) {
    if (calm.matches || !area || !area.place) return;
    const { x0, y0, x1, y1 } = area.place;
    const small = `translate(${x0}px, ${y0}px) scale(${(x1 - x0) / this.width}, ${(y1 - y0) / this.height})`;
    const large = `translate(${(-x0 * this.width) / (x1 - x0)}px, ${(-y0 * this.height) / (y1 - y0)}px) scale(${this.width / (x1 - x0)}, ${this.height / (y1 - y0)})`;
    const limited = inwards ? small : (x1 - x0) * (y1 - y0) * 60 > this.width * this.height ? large : "scale(1.06)";
    for (const one of this.map.children) one.style.transformOrigin = `${-one.place.x0}px ${-one.place.y0}px`;
    for (const one of this.map.children) {
      one.animate([{ transform: limited, opacity: 0.2 }, { transform: "none", opacity: 1 }], { duration: 240, easing: "cubic-bezier(.2,.7,.2,1)" });
    }
  }

  draw() {
    this.drawCrumbs();
    this.drawMap();
    this.drawList();
    this.tell(this.here);
  }

  drawCrumbs() {
    find("crumbs").replaceChildren(...this.path.map((node, place) => element("li", {},
      node === this.here
        ? element("span", { "aria-current": "location", text: node.label })
        : element("button", { class: "link", type: "button", text: node.label, on: { click: () => this.up(place + 1) } }))));
  }

  /** The areas to draw: the largest children, and all the others as one. */
  areas() {
    const children = [...this.here.children].filter((node) => node[this.measure] > 0).sort((one, other) => other[this.measure] - one[this.measure]);
    const least = this.here[this.measure] * 0.0007;
    const kept = children.filter((node, place) => place < MOST_AREAS && node[this.measure] > least);
    const rest = children.slice(kept.length);
    return rest.length > 1 ? [...kept, directory(`${number(rest.length)} smaller`, rest)] : children.slice(0, kept.length + 1);
  }

  drawMap() {
    this.width = this.map.clientWidth;
    this.height = this.map.clientHeight;
    if (!this.width || !this.here.children) return;
    const value = (node) => node[this.measure];
    const root = d3.hierarchy({ areas: this.areas() }, (node) => node.areas || (node.children && node.children.length ? this.innerOf(node) : null));
    root.eachAfter((place) => {
      place.value = place.children ? d3sum(place.children) : Math.max(value(place.data), 0);
      if (place.depth === 1) place.value = value(place.data);
    });
    d3.treemap().size([this.width, this.height]).round(true).tile(d3.treemapSquarify.ratio(1.25))
      .paddingInner((place) => (place.depth ? 1 : 3))
      .paddingTop((place) => (place.depth === 1 ? 21 : 0))
      .paddingRight((place) => (place.depth === 1 ? 3 : 0)).paddingBottom((place) => (place.depth === 1 ? 3 : 0)).paddingLeft((place) => (place.depth === 1 ? 3 : 0))(root);
    this.map.replaceChildren(...(root.children || []).map((place, index) => this.area(place, index)));
  }

  /** What an area shows of `node`: its largest packages, those that are large themselves by their content. */
  innerOf(node) {
    const largestFirst = (one, other) => other[this.measure] - one[this.measure];
    let shown = [...node.children].sort(largestFirst);
    for (let opened = 0; opened < 6 && shown.length < MOST_INNER; opened += 1) {
      const large = shown.find((one) => one.children && one.children.length > 1 && one[this.measure] > 0.15 * node[this.measure]);
      if (!large) break;
      shown = [...shown.filter((one) => one !== large), ...large.children].sort(largestFirst);
    }
    const rest = shown.slice(2 * MOST_INNER);
    if (rest.length > 1) shown = [...shown.slice(0, 2 * MOST_INNER), directory(`${number(rest.length)} smaller`, rest)].sort(largestFirst);
    return shown.map((one) => ({ ...one, children: null }));
  }

  area(place, index) {
    const node = place.data;
    const [width, height] = [place.x1 - place.x0, place.y1 - place.y0];
    const words = `${node.label}, ${size(node[this.measure])}, ${share(node[this.measure], this.here[this.measure])}`;
    const nested = place.children && width > 58 && height > 44;
    const made = element("button", {
      class: nested ? "area" : "area filled", type: "button", tabindex: index ? "-1" : "0", title: words,
      "aria-label": node.children ? `${words}, ${count(node.count, "file")}` : words,
      style: { left: `${place.x0}px`, top: `${place.y0}px`, width: `${width}px`, height: `${height}px`, ...(nested ? {} : { background: `var(--${node.kind})` }) },
      on: { click: () => this.down(node, made), focus: () => this.rove(made) },
    });
    if (width > 46 && height > 17) {
      made.append(element("span", { class: "head" }, element("b", { text: node.label }), width > 130 ? element("span", { text: size(node[this.measure]) }) : ""));
    }
    if (nested) made.append(...place.children.filter((one) => one.x1 - one.x0 > 1 && one.y1 - one.y0 > 1).map((one) => this.inner(one, place)));
    made.node = node;
    made.place = place;
    return made;
  }

  inner(one, place) {
    const [width, height] = [one.x1 - one.x0, one.y1 - one.y0];
    return element("span", {
      class: "inner", text: width > 40 && height > 17 ? one.data.label : "",
      style: { left: `${one.x0 - place.x0}px`, top: `${one.y0 - place.y0}px`, width: `${width}px`, height: `${height}px`, background: `var(--${one.data.kind})` },
    });
  }

  drawList() {
    const node = this.here;
    find("listed-title").textContent = `${node.label}: ${size(node[this.measure])}`;
    const children = [...node.children].sort((one, other) => other[this.measure] - one[this.measure]);
    const largest = children.length ? Math.max(children[0][this.measure], 1) : 1;
    find("listed").replaceChildren(...children.slice(0, 500).map((child) => element("li", { style: { "--share": `${(100 * child[this.measure]) / largest}%` } },
      element("span", {}, child.children && child.children.length ? element("button", { class: "link", type: "button", text: child.label, on: { click: () => this.down(child) } }) : child.label),
      element("span", { class: "amount", text: size(child[this.measure]) }))));
    find("listed-box").scrollTop = 0;
  }

  tell(node) {
    const other = this.measure === "packed" ? "unpacked" : "packed";
    const wheel = node.wheel ? `, ${node.wheel.licence || "no licence stated"}` : "";
    find("sizes-status").textContent = `${node.label}: ${size(node[this.measure])} ${this.measure}, ${size(node[other])} ${other}`
      + (node.children ? `, ${count(node.count, "file")}` : "") + wheel;
  }

  rove(area) {
    for (const one of this.map.children) one.tabIndex = one === area ? 0 : -1;
    if (!area.node.children) this.tell(area.node);
  }

  onKey(event) {
    const area = event.target.closest(".area");
    if (event.key === "Escape" || event.key === "Backspace") this.up();
    else if (area && event.key.startsWith("Arrow")) this.neighbour(area, event.key)?.focus();
    else if (area && (event.key === "Home" || event.key === "End")) (event.key === "Home" ? this.map.firstChild : this.map.lastChild).focus();
    else return;
    event.preventDefault();
  }

  /** The nearest area in the direction of an arrow key. */
  neighbour(area, key) {
    const middle = ({ x0, y0, x1, y1 }) => [(x0 + x1) / 2, (y0 + y1) / 2];
    const [x, y] = middle(area.place);
    let best = null;
    let least = Infinity;
    for (const one of this.map.children) {
      const [dx, dy] = [middle(one.place)[0] - x, middle(one.place)[1] - y];
      const [ahead, aside] = { ArrowRight: [dx, dy], ArrowLeft: [-dx, dy], ArrowDown: [dy, dx], ArrowUp: [-dy, dx] }[key];
      const distance = ahead + 2 * Math.abs(aside);
      if (ahead > 1 && distance < least) [best, least] = [one, distance];
    }
    return best;
  }
}

function d3sum(places) {
  return places.reduce((sum, place) => sum + place.value, 0);
}
