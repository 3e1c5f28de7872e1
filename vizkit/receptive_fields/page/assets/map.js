/* The layer's map of units. Its colors are those of the legend below it. */

const mapBox = document.getElementById("map");
const mapCanvas = mapBox.querySelector("canvas");
const swatch = (name) => getComputedStyle(document.querySelector(`.swatch.${name}`)).backgroundColor;

/* Largest size of a `height` by `width` thing that fits into a figure of the stage. */
function fitted(figure, height, width) {
  const root = getComputedStyle(document.documentElement);
  const unit = parseFloat(root.fontSize);
  const most = innerWidth <= 34 * unit ? 17 * unit : Math.min(32 * unit, Math.max(240, 0.4 * innerHeight));
  const scale = Math.min(figure.clientWidth / width, most / height);
  return [height * scale, width * scale];
}

function drawMap(layer, group, chosen) {
  const [height, width] = mapSize(layer);
  const [high, wide] = fitted(mapBox.parentElement, height, width);
  const dense = devicePixelRatio || 1;
  mapCanvas.style.width = `${wide}px`;
  mapCanvas.style.height = `${high}px`;
  mapCanvas.width = Math.round(wide * dense);
  mapCanvas.height = Math.round(high * dense);
  const context = mapCanvas.getContext("2d");
  const colors = [swatch("border"), swatch("interior"), swatch("chosen")];
  const gap = wide / width >= 5 ? Math.round(dense) : 0;
  const edge = (index, parts, length) => Math.round(index * length / parts);
  for (let y = 0; y < height; y += 1) {
    const [top, bottom] = [edge(y, height, mapCanvas.height), edge(y + 1, height, mapCanvas.height)];
    for (let x = 0; x < width; x += 1) {
      const [left, right] = [edge(x, width, mapCanvas.width), edge(x + 1, width, mapCanvas.width)];
      const field = unitField(layer, group, y, x);
      context.fillStyle = colors[chosen(y, x) ? 2 : field?.interior ? 1 : 0];
      context.fillRect(left, top, right - left - gap, bottom - top - gap);
    }
  }
}

/* Unit under the pointer. */
function unitAt(layer, event) {
  const [height, width] = mapSize(layer);
  return cellAt(mapCanvas, event, height, width);
}

function cellAt(element, event, height, width) {
  const box = element.getBoundingClientRect();
  const at = (place, length, parts) => clamp(Math.floor(place * parts / length), parts);
  return [
    at(event.clientY - box.top, box.height, height),
    at(event.clientX - box.left, box.width, width),
  ];
}

const clamp = (index, length) => Math.max(0, Math.min(length - 1, index));
