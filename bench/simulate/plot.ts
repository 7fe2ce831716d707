/** Lines over time, as SVG: seconds to the right, a number upwards. */
export type Line = { readonly name: string; readonly points: readonly (readonly [number, number])[] };

const WIDTH = 760;
const HEIGHT = 300;
const MARGIN = { left: 80, right: 20, top: 30, bottom: 45 };
const COLOURS = ["#2563eb", "#d97706", "#059669", "#db2777"];
const TICKS = 5;

export function plot(title: string, yName: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const maxX = Math.max(1, ...all.map(([x]) => x));
  const maxY = Math.max(1, ...all.map(([, y]) => y));
  const x = (value: number): number =>
    round(MARGIN.left + (value / maxX) * (WIDTH - MARGIN.left - MARGIN.right));
  const y = (value: number): number =>
    round(HEIGHT - MARGIN.bottom - (value / maxY) * (HEIGHT - MARGIN.top - MARGIN.bottom));
  const grid = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const [atX, atY] = [(maxX * tick) / TICKS, (maxY * tick) / TICKS];
    return [
      `<line x1="${MARGIN.left}" y1="${y(atY)}" x2="${WIDTH - MARGIN.right}" y2="${y(atY)}" stroke="#d4d4d4"/>`,
      `<text x="${MARGIN.left - 8}" y="${y(atY) + 4}" text-anchor="end">${short(atY)}</text>`,
      `<text x="${x(atX)}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${short(atX)}</text>`,
    ].join("");
  });
  const drawn = lines.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const path = points.map(([atX, atY]) => `${x(atX)},${y(atY)}`).join(" ");
    const legend = `<text x="${MARGIN.left + 12}" y="${MARGIN.top + 16 + index * 16}" fill="${colour}">${name}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${legend}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#404040">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${MARGIN.left}" y="18" font-size="14">${title}</text>`,
    ...grid,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 8}" text-anchor="middle">seconds</text>`,
    `<text x="14" y="${HEIGHT / 2}" transform="rotate(-90 14 ${HEIGHT / 2})" text-anchor="middle">${yName}</text>`,
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

/** At most so many points of a list that may have thousands. */
export function thinned(values: readonly number[], most = 200): [number, number][] {
  const step = Math.max(1, Math.ceil(values.length / most));
  return values.flatMap((value, second): [number, number][] =>
    second % step === 0 || second === values.length - 1 ? [[second, value]] : [],
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function short(value: number): string {
  if (value >= 1e6) return `${round(value / 1e6)} M`;
  if (value >= 1e3) return `${round(value / 1e3)} k`;
  return String(round(value));
}
