/* Size of what a unit sees, over depth, on a logarithmic scale. */

const chart = document.querySelector("#growth svg");
const MARGIN = { left: 40, right: 8, top: 18, bottom: 8 };

/* Heights of what units of each layer see: of each group; of the layer where it has none. */
const depth = data.layers.map((layer) => {
  const sizes = layer.groups.map((group) => groupSize(layer, group)[0]).filter((size) => size > 0);
  if (layer.status === "whole" || sizes.length) return [...new Set(sizes)];
  return layer.size[0] ? [layer.size[0]] : [];
});
const tallest = Math.max(HEIGHT, ...depth.flat());

function make(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

function places() {
  const [wide, high] = [chart.clientWidth, chart.clientHeight];
  const across = wide - MARGIN.left - MARGIN.right;
  const up = high - MARGIN.top - MARGIN.bottom;
  return {
    wide,
    high,
    x: (index) => MARGIN.left + across * (index + 0.5) / data.layers.length,
    y: (size) => high - MARGIN.bottom - up * Math.log(size) / Math.log(Math.max(2, tallest)),
    index: (x) => clamp(Math.floor((x - MARGIN.left) / across * data.layers.length), data.layers.length),
  };
}

function drawGrowth(now, size) {
  const { wide, high, x, y } = places();
  const parts = [];
  const ticks = [1, 3, 10, 30, 100, 300, 1000, 3000, 10000].filter((tick) => tick <= tallest);
  for (const tick of ticks) {
    parts.push(make("line", { class: "grid", x1: MARGIN.left, x2: wide, y1: y(tick), y2: y(tick) }));
    parts.push(make("text", { x: MARGIN.left - 8, y: y(tick) + 4, "text-anchor": "end" }, tick));
  }
  parts.push(make("line", { class: "input", x1: MARGIN.left, x2: wide, y1: y(HEIGHT), y2: y(HEIGHT) }));
  const below = y(tallest) > y(HEIGHT) - 14;
  parts.push(make("text", { x: MARGIN.left + 4, y: y(HEIGHT) + (below ? 13 : -4) },
    `${data.source ? "map" : "image"}, ${HEIGHT}`));
  const radius = data.layers.length > 200 ? 1.6 : 2.2;
  const dots = depth.flatMap((sizes, index) => sizes.map((each) => circle(x(index), y(each), radius)));
  parts.push(make("path", { class: "points", d: dots.join("") }));
  const whole = data.layers.flatMap(({ status }, index) => (
    status === "whole" && !depth[index].length ? [circle(x(index), y(HEIGHT), radius)] : []));
  parts.push(make("path", { class: "whole", d: whole.join("") }));
  parts.push(make("line", { class: "now", x1: x(now), x2: x(now), y1: MARGIN.top - 6, y2: high - MARGIN.bottom }));
  if (size) {
    parts.push(make("circle", { class: "mark", cx: x(now), cy: y(size), r: 5 }));
    const end = x(now) > wide / 2;
    parts.push(make("text", {
      class: "label", x: x(now) + (end ? -10 : 10), y: y(size) + 16, "text-anchor": end ? "end" : "start",
    }, size));
  }
  chart.replaceChildren(...parts);
}

const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
