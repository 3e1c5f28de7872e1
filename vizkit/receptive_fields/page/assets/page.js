/* What is chosen, and everything that changes it. */

const root = document.documentElement;
const THEMES = ["auto", "light", "dark"];
const state = { layer: 0, group: 0, mode: "unit", unit: [0, 0], pixel: [HEIGHT >> 1, WIDTH >> 1] };
let theme = "auto";
let writing = 0;

const layerNow = () => data.layers[state.layer];
const groupNow = () => layerNow().groups[state.group];

function showField() {
  const [layer, group] = [layerNow(), groupNow()];
  if (!group) {
    const box = layer.seen?.box;
    const range = (first, last) => ({ lo: first, hi: last, first, last });
    drawField(box && { rows: range(box[0], box[2]), columns: range(box[1], box[3]), visible: 1 }, null);
    sayWhole(layer);
    return;
  }
  if (state.mode === "unit") {
    const [y, x] = state.unit;
    const field = unitField(layer, group, y, x);
    drawMap(layer, group, (row, column) => row === y && column === x);
    drawField(field, group);
    sayUnit(layer, group, state.unit, field);
  } else {
    const mask = reached(layer, group, state.pixel);
    const width = mapSize(layer)[1];
    drawMap(layer, group, (row, column) => mask[row * width + column] === 1);
    drawPixel(state.pixel);
    sayPixel(layer, group, state.pixel, mask);
  }
}

function showLayer() {
  const [layer, group] = [layerNow(), groupNow()];
  showHead(layer, group);
  showGroups(layer);
  mapBox.hidden = !group;
  document.getElementById("hint").hidden = !group;
  document.querySelector("#map-figure .legend").hidden = !group;
  document.getElementById("no-map").hidden = Boolean(group);
  document.getElementById("no-map").textContent = group ? "" : whyNoMap(layer);
  const shape = times(mapSize(layer));
  document.getElementById("map-caption").textContent = group ? shape : "";
  mapBox.setAttribute("aria-label", `Map of ${title(layer)}, ${shape} units. Arrow keys move.`);
  layPicture(layer, group);
  const { top, left, bottom, right } = shownFrame;
  const reach = Math.max(-top, -left, bottom - HEIGHT + 1, right - WIDTH + 1);
  document.getElementById("picture-caption").textContent = `${HEIGHT} × ${WIDTH}`
    + (reach > 0 ? `, fields reach up to ${number(reach)} beyond` : "");
  pictureBox.setAttribute("aria-label",
    `${data.source ? "Map" : "Image"}, ${HEIGHT} by ${WIDTH}. Arrow keys choose a ${dotWord} and show the units that it reaches.`);
  showField();
  markItem(state.layer);
  const size = group ? groupSize(layer, group)[0] : layer.status === "whole" ? HEIGHT : depth[state.layer][0];
  drawGrowth(state.layer, size);
  document.getElementById("growth-caption").textContent =
    `height in ${dotWord}s of what a unit sees, layer by layer${data.layers.some(({ status }) => status === "whole") ? `; hollow: the whole ${place}` : ""}`;
}

function showGroups(layer) {
  const box = document.getElementById("groups");
  box.hidden = layer.groups.length < 2 && !layer.groups[0]?.united;
  const buttons = layer.groups.map((group, index) => {
    const size = times(groupSize(layer, group));
    const label = group.channels.length > 30 ? `${group.channels.slice(0, 28)}…` : group.channels;
    const button = element("button", "", `${group.united ? "all together" : label}: ${size}`, `${plural(group.count, "channel")}: ${group.channels.slice(0, 400)}`);
    button.type = "button";
    button.setAttribute("aria-pressed", String(index === state.group));
    button.addEventListener("click", () => choose(state.layer, index));
    return button;
  });
  box.replaceChildren(element("span", "quiet", "Channels"), ...buttons);
}

/* Another layer or group; the chosen unit stays at the same place of the map. */
function choose(layer, group = 0, unit = null) {
  const before = layerNow().groups.length ? mapSize(layerNow()) : null;
  state.layer = layer;
  state.group = group;
  const after = groupNow() ? mapSize(layerNow()) : null;
  if (unit) state.unit = unit;
  else if (before && after) {
    state.unit = state.unit.map((at, axis) => clamp(Math.floor((at + 0.5) * after[axis] / before[axis]), after[axis]));
  } else if (after) state.unit = after.map((length) => length >> 1);
  showLayer();
  remember();
}

function pick(mode, at, aloud = false) {
  if (state.mode === mode && state[mode][0] === at[0] && state[mode][1] === at[1]) return;
  state.mode = mode;
  state[mode] = at;
  showField();
  if (aloud) document.getElementById("spoken").textContent = sentence.textContent;
  remember();
}

/* The address bar keeps LAYER:CHANNEL@y,x; browsers complain when it changes with every move. */
function remember() {
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, "", here()), 250);
}

function here() {
  const layer = layerNow();
  const name = encodeURIComponent(layer.name) + (layer.call > 1 ? `;${layer.call}` : "");
  return `#${name}${groupNow() ? `:${groupNow().first}@${state.unit}` : ""}`;
}

function restore() {
  const found = /^#(.*?)(?:;(\d+))?(?::(\d+)(?:@(\d+),(\d+))?)?$/.exec(location.hash);
  if (!found || location.hash.length < 2) return false;
  let name;
  try {
    name = decodeURIComponent(found[1]);
  } catch {
    return false;
  }
  const call = Number(found[2] || 1);
  const named = data.layers.findIndex((each) => each.name === name && each.call === call);
  const index = named >= 0 ? named : data.layers.findIndex((each) => each.aliases.includes(name) && each.call === call);
  if (index < 0) return false;
  const layer = data.layers[index];
  const group = layer.groups.findIndex((each) => holds(each.channels, Number(found[3] || 0)));
  const at = found[4] === undefined || !layer.groups.length ? null
    : [Number(found[4]), Number(found[5])].map((each, axis) => clamp(each, mapSize(layer)[axis]));
  state.mode = "unit";
  choose(index, Math.max(0, group), at);
  return true;
}

/* Whether "0-15,40" holds a channel. */
function holds(channels, channel) {
  return channels.split(",").some((run) => {
    const [first, last] = run.split("-").map(Number);
    return channel >= first && channel <= (last ?? first);
  });
}

/* The deepest layer whose middle unit is not cut off: there is most to see. */
function start() {
  const fits = data.layers.map((layer) => {
    const [height, width] = layer.groups.length ? mapSize(layer) : [0, 0];
    if (Math.min(height, width) < 4) return false;
    const field = unitField(layer, layer.groups[0], height >> 1, width >> 1);
    return Boolean(field) && field.visible === 1 && layer.status !== "whole";
  });
  return Math.max(0, fits.lastIndexOf(true));
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function moved(at, shape, event) {
  const step = STEPS[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return null;
  event.preventDefault();
  event.stopPropagation();
  return at.map((each, axis) => clamp(each + step[axis] * (event.shiftKey ? 8 : 1), shape[axis]));
}

function setTheme(next) {
  theme = next;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.querySelector("#theme span").textContent = theme;
  try {
    localStorage.setItem("vizkit-theme", theme);
  } catch {
    // Storage may be forbidden for pages from the file system.
  }
  showField();
}

const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]);

for (const kind of ["pointermove", "pointerdown"]) {
  mapBox.addEventListener(kind, (event) => pick("unit", unitAt(layerNow(), event)));
  pictureBox.addEventListener(kind, (event) => groupNow() && pick("pixel", pixelAt(event)));
}
mapBox.addEventListener("keydown", (event) => {
  const at = moved(state.unit, mapSize(layerNow()), event);
  if (at) pick("unit", at, true);
});
pictureBox.addEventListener("keydown", (event) => {
  const at = groupNow() && moved(state.pixel, data.size, event);
  if (at) pick("pixel", at, true);
});
list.addEventListener("click", (event) => {
  const item = event.target.closest("li");
  if (item) choose(Number(item.dataset.index));
});
search.addEventListener("input", find);
chart.addEventListener("click", (event) => {
  choose(places().index(event.clientX - chart.getBoundingClientRect().left));
});
document.getElementById("theme").addEventListener("click", nextTheme);
const help = document.getElementById("help");
document.getElementById("help-open").addEventListener("click", () => help.showModal());

const onKey = {
  ArrowUp: () => choose(neighbor(state.layer, -1)),
  ArrowDown: () => choose(neighbor(state.layer, 1)),
  PageUp: () => choose(neighbor(state.layer, -10)),
  PageDown: () => choose(neighbor(state.layer, 10)),
  Home: () => choose(neighbor(state.layer, -items.length)),
  End: () => choose(neighbor(state.layer, items.length)),
  g: () => layerNow().groups.length && choose(state.layer, (state.group + 1) % layerNow().groups.length),
  d: nextTheme,
  "/": () => search.select(),
  "?": () => help.showModal(),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const typing = event.target === search;
  if (typing && event.key === "Escape") {
    search.value = "";
    find();
    search.blur();
  }
  if (typing && event.key === "Enter") {
    const first = items.find((item) => !item.hidden);
    if (first) choose(Number(first.dataset.index));
  }
  if (typing && !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  if (!Object.hasOwn(onKey, event.key)) return;
  event.preventDefault();
  onKey[event.key]();
});
let width = innerWidth;
addEventListener("resize", () => {
  // On a phone the height changes whenever the address bar hides.
  if (innerWidth !== width) showLayer();
  width = innerWidth;
});
addEventListener("hashchange", restore);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showField);

try {
  theme = localStorage.getItem("vizkit-theme") || "auto";
} catch {
  theme = "auto";
}
const first = start();
if (!restore()) choose(first, 0, data.layers[first].groups.length ? mapSize(data.layers[first]).map((length) => length >> 1) : null);
setTheme(THEMES.includes(theme) ? theme : "auto");
performance.mark("vizkit-ready");
