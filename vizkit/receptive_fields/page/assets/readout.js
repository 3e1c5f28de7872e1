/* The sentence and the numbers about the chosen unit or pixel. */

const sentence = document.getElementById("sentence");
const shownNumbers = document.getElementById("numbers-shown");
const place = data.source ? "map" : "image";
const dotWord = data.source ? "position" : "pixel";

const span = (first, last) => `${signed(first)} to ${signed(last)}`;
const signed = (value) => (value < 0 ? `−${number(-value)}` : number(value));
const percent = (share) => `${(100 * share).toFixed(share < 1 && share > 0.9995 ? 3 : 1).replace(/\.0+$/, "")} %`;
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

function say(text, facts) {
  sentence.textContent = text;
  shownNumbers.replaceChildren(...facts.map(fact));
}

function sayUnit(layer, group, [y, x], field) {
  const unit = `Unit ${y},${x}`;
  if (!field) return say(`${unit} sees nothing of the ${place}.`, []);
  const { rows, columns, visible } = field;
  const size = [rows.hi - rows.lo + 1, columns.hi - columns.lo + 1];
  const inside = visible === 1 ? `all of them in the ${place}` : `${percent(visible)} of them in the ${place}`;
  const facts = [
    ["box, rows", span(rows.lo, rows.hi)],
    ["box, columns", span(columns.lo, columns.hi)],
    [`in the ${place}, rows`, span(rows.first, rows.last)],
    [`in the ${place}, columns`, span(columns.first, columns.last)],
    ["visible share", percent(visible)],
    ["center", `${signed((rows.lo + rows.hi) / 2)}, ${signed((columns.lo + columns.hi) / 2)}`],
    ["padding", field.interior ? "none in its cone" : "in its cone"],
  ];
  if (group.density !== undefined) {
    facts.push([group.reads ? "holes" : "holes, middle unit", `${percent(group.density)} of the box is read`]);
  }
  return say(`${unit} sees ${times(size)} ${dotWord}s, ${inside}.`, facts);
}

function sayPixel(layer, group, pixel, mask) {
  const [height, width] = mapSize(layer);
  const found = count(mask);
  const name = `${data.source ? "Position" : "Pixel"} ${pixel[0]},${pixel[1]}`;
  if (!found) return say(`${name} can change no unit here.`, [["positions", `0 of ${number(height * width)}`]]);
  const { y0, y1, x0, x1 } = bounds(mask, width);
  const facts = [
    ["rows", span(y0, y1)],
    ["columns", span(x0, x1)],
    ["channels", number(group.count)],
    ["units of these channels", number(found * group.count)],
  ];
  if (layer.groups.length > 1) {
    const all = layer.groups.map((each) => each.count * count(reached(layer, each, pixel)));
    facts.push(["units of all channels", number(all.reduce((sum, each) => sum + each, 0))]);
  }
  const most = group.loose ? "at most " : "";
  return say(`${name} can change ${most}${number(found)} of ${plural(height * width, "position")}.`, facts);
}

/* Layers whose units have no positions. */
function sayWhole(layer) {
  const units = layer.shape.reduce((product, each) => product * each, 1);
  if (!layer.seen) return say(`Nothing in the ${place} can change it.`, []);
  const { box: [top, left, bottom, right], same } = layer.seen;
  const all = top === 0 && left === 0 && bottom === HEIGHT - 1 && right === WIDTH - 1;
  const facts = [["rows", span(top, bottom)], ["columns", span(left, right)]];
  const who = units === 1 ? "Its unit sees" : same ? `Each of its ${number(units)} units sees` : `Its ${number(units)} units together see`;
  return say(`${who} ${all ? `the whole ${place}` : `a part of the ${place}`}.`, facts);
}

function whyNoMap(layer) {
  const shape = times(layer.shape);
  if (!layer.seen) return `Nothing in the ${place} can change what this layer gives.`;
  if (!layer.map) return `No map: ${shape} units, which have no rows and columns.`;
  return "Here the rows that a unit sees depend on its column too, and the map is too large to write "
    + "down each unit. Ask for one: vizkit rf with --unit.";
}
