// Two small charts, drawn as SVG.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 80;

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function draw(box, label, ...shapes) {
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  svg.append(...shapes, shape("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }));
  box.replaceChildren(svg);
}

/** Points [x, y] as a line over an area that begins at 0. */
export function lineChart(box, points, label) {
  const [first, last] = [points[0][0], points[points.length - 1][0]];
  const top = Math.max(...points.map(([, y]) => y), 1) * 1.1;
  const spread = last - first || 1;
  const places = points.map(([x, y]) => [((x - first) / spread) * WIDTH, HEIGHT - (y / top) * HEIGHT]);
  if (places.length === 1) places.push([WIDTH, places[0][1]]);
  const path = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" L");
  draw(
    box,
    label,
    shape("path", { class: "area", d: `M0,${HEIGHT} L${path} L${WIDTH},${HEIGHT} Z` }),
    shape("path", { class: "line", d: `M${path}` }),
  );
}

/** Bars [all, errors], side by side; the errors stand at the foot of each. */
export function barChart(box, bars, label) {
  const top = Math.max(...bars.map(([all]) => all), 4);
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
  draw(box, label, ...shapes);
}
