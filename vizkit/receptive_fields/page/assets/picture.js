/* The image, to one scale with the padding around it that units of the layer reach. */

const pictureBox = document.getElementById("picture");
const drawing = pictureBox.querySelector("svg");
let shownFrame = null;

const part = (name) => drawing.querySelector(`.${name}`);

function setBox(element, range) {
  for (const each of [element, element.previousElementSibling]) {
    const { rows, columns, from, to } = range || {};
    each.setAttribute("visibility", range ? "visible" : "hidden");
    if (!range) continue;
    each.setAttribute("x", columns[from]);
    each.setAttribute("y", rows[from]);
    each.setAttribute("width", columns[to] - columns[from] + 1);
    each.setAttribute("height", rows[to] - rows[from] + 1);
  }
}

function setPath(element, path) {
  for (const each of [element, element.previousElementSibling]) each.setAttribute("d", path);
}

function layPicture(layer, group) {
  shownFrame = frame(layer, group);
  // A little room, so that the outline of a box on the border can be seen.
  const room = Math.max(HEIGHT, WIDTH) / 100;
  const { top, left, bottom, right } = shownFrame;
  const [high, wide] = [bottom - top + 1 + 2 * room, right - left + 1 + 2 * room];
  const [height, width] = fitted(pictureBox.parentElement, high, wide);
  drawing.setAttribute("width", width);
  drawing.setAttribute("height", height);
  drawing.setAttribute("viewBox", `${left - room} ${top - room} ${wide} ${high}`);
}

/* One unit: its box, the part in the image, and what it really reads of that. */
function drawField(field, group) {
  setPath(part("pixel"), "");
  const image = `M0 0H${WIDTH}V${HEIGHT}H0Z`;
  if (!field) {
    for (const name of ["box", "clipped"]) setBox(part(name), null);
    setPath(part("center"), "");
    part("read").setAttribute("d", "");
    part("dim").setAttribute("d", image);
    return;
  }
  const { rows, columns } = field;
  const within = field.visible === 1;
  setBox(part("box"), { rows, columns, from: "lo", to: "hi" });
  setBox(part("clipped"), { rows, columns, from: "first", to: "last" });
  part("box").classList.toggle("inside", within);
  part("dim").setAttribute("d", image + rectangle(rows.first, rows.last, columns.first, columns.last));
  part("read").setAttribute("d", readPath(field, group));
  part("read").classList.toggle("holes", Boolean(group?.reads));
  const [y, x] = [(rows.lo + rows.hi + 1) / 2, (columns.lo + columns.hi + 1) / 2];
  const arm = 5 * perScreenPixel();
  setPath(part("center"), `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`);
}

const rectangle = (y0, y1, x0, x1) => `M${x0} ${y0}H${x1 + 1}V${y1 + 1}H${x0}Z`;

function readPath({ rows, columns }, group) {
  const cut = (range, runs) => (runs || [[0, range.hi - range.lo]])
    .map(([from, to]) => [Math.max(range.lo + from, range.first), Math.min(range.lo + to, range.last)])
    .filter(([from, to]) => from <= to);
  const across = cut(columns, group?.reads?.[1]);
  return cut(rows, group?.reads?.[0])
    .flatMap(([y0, y1]) => across.map(([x0, x1]) => rectangle(y0, y1, x0, x1))).join("");
}

/* One pixel: a cross hair over the image, open around the pixel itself. */
function drawPixel([y, x]) {
  for (const name of ["box", "clipped"]) setBox(part(name), null);
  setPath(part("center"), "");
  for (const name of ["read", "dim"]) part(name).setAttribute("d", "");
  const room = Math.max(0.5, 4 * perScreenPixel());
  const [cy, cx] = [y + 0.5, x + 0.5];
  const ring = `M${cx - room} ${cy - room}H${cx + room}V${cy + room}H${cx - room}Z`;
  const lines = `M0 ${cy}H${Math.max(0, cx - room)}M${Math.min(WIDTH, cx + room)} ${cy}H${WIDTH}`
    + `M${cx} 0V${Math.max(0, cy - room)}M${cx} ${Math.min(HEIGHT, cy + room)}V${HEIGHT}`;
  setPath(part("pixel"), ring + lines);
}

const perScreenPixel = () => drawing.viewBox.baseVal.width / drawing.width.baseVal.value;

/* Pixel under the pointer; over the padding, the nearest one. */
function pixelAt(event) {
  const box = drawing.getBoundingClientRect();
  const view = drawing.viewBox.baseVal;
  const y = view.y + (event.clientY - box.top) * view.height / box.height;
  const x = view.x + (event.clientX - box.left) * view.width / box.width;
  return [clamp(Math.floor(y), HEIGHT), clamp(Math.floor(x), WIDTH)];
}
