// Two small charts, drawn as SVG between their scales.

import { element } from "./ui.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 80;
const ROUND = [1, 2, 4, 6, 8, 10];

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const rule = (y) => shape("line", { class: "base", x1: 0, x2: WIDTH, y1: y, y2: y });

/** `scales`: the top of the upright one as text and that of its middle, and both ends of the level one. */
function draw(box, label, { top, middle, first, last }, ...shapes) {
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  svg.append(rule(0), rule(HEIGHT / 2), ...shapes, rule(HEIGHT));
  const texts = (...all) => all.map((text) => element("span", {}, text));
  // What the scales say, the label says too.
  const upright = element("div", { class: "scale upright", "aria-hidden": "true" }, ...texts(top, middle, "0"));
  const level = element("div", { class: "scale level", "aria-hidden": "true" }, ...texts(first, last));
  box.replaceChildren(upright, svg, level);
}

/** The next number above `value` that reads well, in steps of `base` (10, or 1024 for bytes). */
function roundUp(value, base) {
  let unit = 1;
  while (value > unit * base) unit *= base;
  let step = 1;
  while (value > unit * step * 10) step *= 10;
  return Math.min(unit * step * ROUND.find((digit) => value <= unit * step * digit), unit * base);
}

/** Points [x, y] as a line over an area that begins at 0; `name` makes a text of a y. */
export function lineChart(box, points, label, { name, first, last }) {
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  const top = roundUp(Math.max(...points.map(([, y]) => y), 2), 1024);
  const spread = to - from || 1;
  const places = points.map(([x, y]) => [((x - from) / spread) * WIDTH, HEIGHT - (y / top) * HEIGHT]);
  if (places.length === 1) places.push([WIDTH, places[0][1]]);
  const path = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" L");
  draw(
    box,
    label,
    { top: name(top), middle: name(top / 2), first, last },
    shape("path", { class: "area", d: `M0,${HEIGHT} L${path} L${WIDTH},${HEIGHT} Z` }),
    shape("path", { class: "line", d: `M${path}` }),
  );
}

/** Bars [all, errors], side by side; the errors stand at the foot of each. */
export function barChart(box, bars, label, { first, last }) {
  const top = roundUp(Math.max(...bars.map(([all]) => all), 4), 10);
  const width = WIDTH / bars.length;
  const bar = (kind, index, from, count) =>
    shape("rect", {
      class: kind,
      x: (index * width + width * 0.1).toFixed(2),
      width: (width * 0.8).toFixed(2),
      y: (HEIGHT - ((from + count) / top) * HEIGHT).toFixed(2),
      height: ((count / top) * HEIGHT).toFixed(2),
    });
  const shapes = bars.flatMap(([all, errors], index) => [
    ...(errors ? [bar("errors", index, 0, errors)] : []),
    ...(all - errors ? [bar("bars", index, errors, all - errors)] : []),
  ]);
  const number = (count) => count.toLocaleString("en");
  draw(box, label, { top: number(top), middle: number(top / 2), first, last }, ...shapes);
}
