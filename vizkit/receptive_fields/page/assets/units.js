/* What units see and what pixels reach, from the ranges of lines along each axis. */

const data = JSON.parse(document.getElementById("numbers").textContent);
const [HEIGHT, WIDTH] = data.size;

/* Rows and columns of a layer's map. */
const mapSize = (layer) => layer.shape.slice(1);

function along(ranges, shape, axis, y, x) {
  const own = axis ? x : y;
  const index = ranges.lo.length === shape[axis] ? own : y * shape[1] + x;
  return {
    lo: ranges.lo[index], hi: ranges.hi[index],
    first: ranges.first[index], last: ranges.last[index],
    padded: ranges.padded[index] === "1",
  };
}

/* Rows and columns that a unit sees; null where it sees nothing. */
function unitField(layer, group, y, x) {
  const shape = mapSize(layer);
  const rows = along(data.ranges[group.rows], shape, 0, y, x);
  const columns = along(data.ranges[group.columns], shape, 1, y, x);
  if (rows.first > rows.last || columns.first > columns.last) return null;
  const area = (rows.hi - rows.lo + 1) * (columns.hi - columns.lo + 1);
  const visible = (rows.last - rows.first + 1) * (columns.last - columns.first + 1) / area;
  return { rows, columns, visible, interior: !rows.padded && !columns.padded };
}

/* Which lines of its range a unit really reads: with holes not all. */
function reads(range, runs, line) {
  if (line < range.first || line > range.last) return false;
  return !runs || runs.some(([from, to]) => line - range.lo >= from && line - range.lo <= to);
}

/* Units of a group that a pixel can change: 1 each in a map, row by row. */
function reached(layer, group, [py, px]) {
  const [height, width] = mapSize(layer);
  const mask = new Uint8Array(height * width);
  const [rows, columns] = [data.ranges[group.rows], data.ranges[group.columns]];
  const lines = (ranges, axis, count, line) => {
    const hit = new Uint8Array(ranges.lo.length === count ? count : height * width);
    for (let i = 0; i < hit.length; i += 1) {
      const range = { lo: ranges.lo[i], first: ranges.first[i], last: ranges.last[i] };
      hit[i] = reads(range, group.reads?.[axis], line) ? 1 : 0;
    }
    return hit;
  };
  const inRows = lines(rows, 0, height, py);
  const inColumns = lines(columns, 1, width, px);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const row = inRows[inRows.length === height ? y : y * width + x];
      mask[y * width + x] = row & inColumns[inColumns.length === width ? x : y * width + x];
    }
  }
  return mask;
}

const count = (mask) => mask.reduce((sum, each) => sum + each, 0);

/* First and last row and column of what is 1 in a mask. */
function bounds(mask, width) {
  const found = { y0: Infinity, x0: Infinity, y1: -1, x1: -1 };
  mask.forEach((each, index) => {
    if (!each) return;
    const [y, x] = [Math.floor(index / width), index % width];
    found.y0 = Math.min(found.y0, y);
    found.y1 = Math.max(found.y1, y);
    found.x0 = Math.min(found.x0, x);
    found.x1 = Math.max(found.x1, x);
  });
  return found;
}

/* How far the fields of a group go beyond the image: first and last line that any of them has. */
function frame(layer, group) {
  const reach = (ranges, size) => {
    let [from, to] = [0, size - 1];
    ranges.lo.forEach((lo, index) => {
      if (lo > ranges.hi[index]) return;
      from = Math.min(from, lo);
      to = Math.max(to, ranges.hi[index]);
    });
    return [from, to];
  };
  if (!group) return { top: 0, left: 0, bottom: HEIGHT - 1, right: WIDTH - 1 };
  const [top, bottom] = reach(data.ranges[group.rows], HEIGHT);
  const [left, right] = reach(data.ranges[group.columns], WIDTH);
  return { top, left, bottom, right };
}

/* [height, width] of what the middle unit of a group sees, unclipped. */
function groupSize(layer, group) {
  const [height, width] = mapSize(layer);
  const field = unitField(layer, group, height >> 1, width >> 1);
  if (!field) return [0, 0];
  return [field.rows.hi - field.rows.lo + 1, field.columns.hi - field.columns.lo + 1];
}
