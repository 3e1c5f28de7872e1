"use strict";
/* Everything works without this file; it adds search, sort, keys, copying and the theme. */

const root = document.documentElement;
root.classList.add("has-js");

const THEMES = ["auto", "light", "dark"];
let theme = "auto";
try {
  theme = localStorage.getItem("vizkit-theme") || "auto";
} catch {
  // Storage may be forbidden for pages from the file system.
}
showTheme();

function showTheme() {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

function nextTheme() {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try {
    localStorage.setItem("vizkit-theme", theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  showTheme();
  document.querySelector("#theme span").textContent = theme;
}

/* "0-15,40" -> [[0, 15], [40, 40]] */
function ranges(text) {
  return text.split(",").map((part) => {
    const [first, last] = part.split("-").map(Number);
    return [first, last ?? first];
  });
}

function pick(runs, place) {
  for (const [first, last] of runs) {
    if (place <= last - first) return first + place;
    place -= last - first + 1;
  }
  return null;
}

function size(runs) {
  return runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

function anyOf(number) {
  return Math.floor(Math.random() * number);
}

function randomUnit() {
  const layers = [...document.querySelectorAll("[data-numbers]")].map((element) => ({
    base: element.dataset.base || "",
    runs: ranges(element.dataset.numbers),
  }));
  let place = anyOf(layers.reduce((sum, layer) => sum + size(layer.runs), 0));
  for (const { base, runs } of layers) {
    if (place < size(runs)) {
      location.href = `${base}${pick(runs, place)}.html`;
      return;
    }
    place -= size(runs);
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

/* State in the address bar, so that a view can be sent to somebody. */
function keepState(state) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value) query.set(name, value);
  const text = query.toString();
  try {
    history.replaceState(null, "", location.pathname + (text ? `?${text}` : "") + location.hash);
  } catch {
    // Some browsers forbid it for pages from the file system; the view works all the same.
  }
}

function indexPage() {
  const box = document.getElementById("q");
  const layers = [...document.querySelectorAll(".layer")];
  const links = [...document.querySelectorAll(".contents li")];
  function find() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    layers.forEach((layer, place) => {
      const text = layer.dataset.text.toLowerCase();
      layer.hidden = links[place].hidden = !words.every((word) => text.includes(word));
    });
    keepState({ q: box.value.trim() });
  }
  box.value = new URLSearchParams(location.search).get("q") || "";
  box.addEventListener("input", find);
  if (box.value) find();
  return (key) => key === "Escape" && box.value && (box.value = "", find(), true);
}

/* A word of the search fits a tile: a number by its beginning, a range by its bounds, else text. */
function fits(word, tile) {
  if (/^\d+$/.test(word)) return String(tile.channel).startsWith(word) || tile.label.includes(word);
  const range = /^(\d+)-(\d+)$/.exec(word);
  if (range) return tile.channel >= Number(range[1]) && tile.channel <= Number(range[2]);
  return tile.text.includes(word);
}

function layerPage() {
  const grid = document.getElementById("grid");
  const box = document.getElementById("q");
  const sort = document.getElementById("sort");
  const direction = document.getElementById("dir");
  const show = document.getElementById("show");
  const found = document.getElementById("found");
  const keys = [...sort.options].map((option) => option.value);
  const tiles = [...grid.children].map((item) => ({
    item,
    link: item.firstElementChild,
    channel: Number(item.dataset.c),
    values: item.dataset.v.split("|").map((text) => (text === "" ? NaN : Number(text))),
    text: item.dataset.t.toLowerCase(),
    label: (item.querySelector(".label")?.textContent || "").toLowerCase(),
    badges: (item.dataset.b || "").split(" ").filter(Boolean),
    branch: item.dataset.in || "",
  }));
  let order = tiles;
  let visible = tiles;
  let current = null;

  function isShown(tile) {
    const value = show ? show.value : "all";
    if (value === "good") return !tile.badges.length;
    if (value.startsWith("is-")) return tile.badges.includes(value.slice(3));
    return !value.startsWith("in-") || tile.branch === value.slice(3);
  }

  function reorder() {
    const key = keys.indexOf(sort.value) - 1;
    const sign = direction.getAttribute("aria-pressed") === "true" ? -1 : 1;
    order = [...tiles].sort((a, b) => {
      if (key >= 0) {
        const x = a.values[key];
        const y = b.values[key];
        // Tiles without the number stay last in either direction.
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
        if (x !== y && !Number.isNaN(x)) return sign * (y - x);
        return a.channel - b.channel;
      }
      return sign * (a.channel - b.channel);
    });
    grid.append(...order.map((tile) => tile.item));
  }

  function update() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const tile of tiles) {
      tile.item.hidden = !(isShown(tile) && words.every((word) => fits(word, tile)));
    }
    visible = order.filter((tile) => !tile.item.hidden);
    found.textContent = visible.length === tiles.length
      ? `${tiles.length} shown` : `${visible.length} of ${tiles.length} shown`;
    document.getElementById("nothing").hidden = visible.length > 0;
    if (!visible.includes(current)) stop(visible[0] || null);
    keepState({
      q: box.value.trim(),
      sort: sort.value === "channel" ? "" : sort.value,
      dir: direction.getAttribute("aria-pressed") === "true" ? "reverse" : "",
      show: show && show.value !== "all" ? show.value : "",
    });
  }

  /* The grid is one stop of the Tab key; the arrows move that stop. */
  function stop(tile) {
    if (current) current.link.tabIndex = -1;
    current = tile;
    if (tile) tile.link.tabIndex = 0;
  }

  function move(step) {
    if (!visible.length) return;
    const inside = grid.contains(document.activeElement);
    const place = visible.indexOf(current) + (inside ? step : 0);
    stop(visible[Math.max(0, Math.min(visible.length - 1, place))]);
    current.link.focus();
  }

  function columns() {
    return getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  }

  function reset() {
    box.value = "";
    if (show) show.value = "all";
    update();
  }

  function aim() {
    const tile = tiles.find(({ item }) => `#${item.id}` === location.hash);
    if (!tile || tile.item.hidden) return;
    stop(tile);
    tile.item.scrollIntoView({ block: "center", behavior: "instant" });
    tile.link.focus({ preventScroll: true });
  }

  const state = new URLSearchParams(location.search);
  box.value = state.get("q") || "";
  if (keys.includes(state.get("sort"))) sort.value = state.get("sort");
  if (state.get("dir") === "reverse") direction.setAttribute("aria-pressed", "true");
  if (show && [...show.options].some(({ value }) => value === state.get("show"))) show.value = state.get("show");
  for (const tile of tiles) tile.link.tabIndex = -1;
  if (location.search) reorder();
  update();
  aim();
  // Having arrived at "#c447" the browser takes the focus away again.
  addEventListener("load", () => document.activeElement === document.body && aim());

  box.addEventListener("input", update);
  if (show) show.addEventListener("change", update);
  sort.addEventListener("change", () => { reorder(); update(); });
  direction.addEventListener("click", () => {
    direction.setAttribute("aria-pressed", String(direction.getAttribute("aria-pressed") !== "true"));
    reorder();
    update();
  });
  document.getElementById("bar").addEventListener("submit", (event) => { event.preventDefault(); move(0); });
  document.getElementById("clear").addEventListener("click", () => { reset(); box.focus(); });
  grid.addEventListener("focusin", (event) => {
    stop(tiles.find(({ item }) => item.contains(event.target)) || current);
  });
  addEventListener("hashchange", aim);

  const steps = {
    ArrowLeft: () => move(-1), ArrowRight: () => move(1),
    ArrowUp: () => move(-columns()), ArrowDown: () => move(columns()),
    Home: () => move(-tiles.length), End: () => move(tiles.length),
    r: () => visible.length && (location.href = visible[anyOf(visible.length)].link.href),
    Escape: reset,
  };
  return (key) => Object.hasOwn(steps, key) && (steps[key](), true);
}

addEventListener("DOMContentLoaded", () => {
  const help = document.getElementById("help");
  document.querySelector("#theme span").textContent = theme;
  document.getElementById("theme").addEventListener("click", nextTheme);
  document.getElementById("help-open").addEventListener("click", () => help.showModal());
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button));
  }
  const pages = { index: indexPage, layer: layerPage };
  const own = pages[document.body.dataset.page]?.() || (() => false);
  const everywhere = {
    d: nextTheme, r: randomUnit, "?": () => help.showModal(),
    "/": () => document.getElementById("q")?.select(),
  };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const field = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (field) {
      if (event.key === "Escape") {
        own("Escape");
        field.blur();
      }
      return;
    }
    const link = [...document.querySelectorAll("a[data-key]")]
      .find(({ dataset }) => dataset.key === event.key);
    if (link) link.click();
    else if (!own(event.key)) {
      if (!Object.hasOwn(everywhere, event.key)) return;
      everywhere[event.key]();
    }
    event.preventDefault();
  });
  performance.mark("vizkit-ready");
});
