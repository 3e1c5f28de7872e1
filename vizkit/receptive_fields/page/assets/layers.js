/* The list of layers, its search, and the head of the chosen layer. */

const list = document.getElementById("list");
const search = document.getElementById("q");
const STATUS = {
  exact: ["exact", ""],
  measured: ["measured", "an operation before it has no rule and was probed"],
  whole: ["whole input", "an operation before it couples all positions"],
};

const number = (value) => value.toLocaleString("en-US");
const times = (values) => values.map(number).join(" × ");
const pair = (values) => (values[0] === values[1] ? one(values[0]) : `${one(values[0])} × ${one(values[1])}`);
const one = (value) => (value === null ? "–" : number(value));
const title = (layer) => (layer.name || data.network) + (layer.call > 1 ? ` (call ${layer.call})` : "");

function element(name, className, text = "", title = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  if (title) made.title = title;
  return made;
}

const items = data.layers.map((layer, index) => {
  const item = document.createElement("li");
  item.id = `layer-${index}`;
  item.dataset.index = index;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  const name = element("span", "name");
  // Long paths break after their dots.
  for (const piece of title(layer).split(/(?<=\.)/)) name.append(piece, document.createElement("wbr"));
  if (layer.aliases.length) name.append(" ", element("span", "alias", layer.aliases.join(", ")));
  const shown = layer.status === "whole" ? "whole" : layer.size[0] === null ? "varies" : number(layer.size[0]);
  item.append(
    name,
    element("span", "what", `${layer.op} · ${times(layer.shape)}`),
    element("span", "n", layer.seen ? shown : "–"),
    element("span", "n", one(layer.stride[0])),
    element("span", "n", one(layer.padding[0])),
  );
  return item;
});
list.append(...items);

const texts = data.layers.map((layer) => (
  [layer.name, ...layer.aliases, layer.op, layer.shape.join("x"), layer.status].join(" ").toLowerCase()));

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  items.forEach((item, index) => {
    item.hidden = !words.every((word) => texts[index].includes(word));
  });
  const found = items.filter((item) => !item.hidden).length;
  document.getElementById("found").textContent = words.length ? `${found} of ${items.length}` : "";
}

function markItem(index) {
  const before = list.querySelector('[aria-selected="true"]');
  before?.setAttribute("aria-selected", "false");
  items[index].setAttribute("aria-selected", "true");
  list.setAttribute("aria-activedescendant", items[index].id);
  const [top, bottom] = [items[index].offsetTop - list.offsetTop, items[index].offsetHeight];
  if (top < list.scrollTop || top + bottom > list.scrollTop + list.clientHeight) {
    list.scrollTop = top - list.clientHeight / 3;
  }
}

/* Number of the shown layer `step` places further; at the ends, the last one. */
function neighbor(index, step) {
  const shown = items.filter((item) => !item.hidden).map((item) => Number(item.dataset.index));
  const after = shown.filter((each) => (step > 0 ? each > index : each < index));
  if (!after.length) return index;
  return step > 0 ? after[Math.min(step, after.length) - 1] : after[Math.max(after.length + step, 0)];
}

/* Size, stride and so on of what the units of a group see; of all the layer where it has none. */
function sizes(layer, group) {
  if (layer.status === "whole") return [["a unit sees", "everything"]];
  if (!group) return [["a unit sees", layer.size.includes(null) ? "varies" : times(layer.size)]];
  const [height, width] = mapSize(layer);
  const size = groupSize(layer, group);
  const ranges = [data.ranges[group.rows], data.ranges[group.columns]];
  const placed = layer.stride.every((stride) => stride !== null);
  const free = new Uint8Array(height * width).map((_, index) => (
    unitField(layer, group, Math.floor(index / width), index % width)?.interior ? 1 : 0));
  const facts = [["a unit sees", layer.groups.length === 1 && layer.size.includes(null) ? "varies" : times(size)]];
  if (placed) {
    const padding = ranges.map((each) => 0 - each.lo[0]);
    facts.push(["stride", pair(layer.stride)], ["padding", pair(padding)]);
    facts.push(["center of unit 0,0", pair(size.map((each, axis) => (each - 1) / 2 - padding[axis]))]);
  } else facts.push(["stride", pair(layer.stride)]);
  const box = bounds(free, width);
  facts.push(["units without padding", box.y1 < 0 ? "none" : times([box.y1 - box.y0 + 1, box.x1 - box.x0 + 1])]);
  return facts;
}

function showHead(layer, group) {
  document.getElementById("name").textContent = title(layer);
  const [word, why] = STATUS[layer.status];
  const cost = [
    layer.parameters && `${number(layer.parameters)} parameters`,
    layer.multiply_adds && `${number(layer.multiply_adds)} multiply-adds`,
  ];
  const about = [layer.aliases.join(", "), layer.op, times(layer.shape), ...cost].filter(Boolean).join(" · ");
  document.getElementById("about").replaceChildren(
    `${about} `, element("span", "badge", word), why ? ` ${why}` : "");
  const sees = layer.seen ? sizes(layer, group) : [["a unit sees", "nothing"]];
  document.getElementById("facts").replaceChildren(...sees.map(fact));
}

function fact([name, value]) {
  const made = document.createElement("div");
  made.append(element("dt", "", name), element("dd", "", value));
  return made;
}
