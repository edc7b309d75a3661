// A plot of cost against size on logarithmic axes, as one SVG without scripts or fonts of its own.
//
// Committed beside the documentation, so equal figures must give equal bytes: every coordinate is
// rounded, and nothing depends on the machine that draws.

import { growthExponent } from "./statistics.ts";

/** One line of a plot. */
export interface GrowthSeries {
  readonly name: string;
  /** Size and cost; both above zero. */
  readonly points: readonly (readonly [number, number])[];
}

/** What is drawn. */
export interface GrowthPlot {
  readonly title: string;
  readonly sizeName: string;
  readonly costName: string;
  readonly series: readonly GrowthSeries[];
}

const WIDTH = 720;
const HEIGHT = 440;
const LEFT = 70;
const RIGHT = 220;
const TOP = 40;
const BOTTOM = 50;
/** Told apart by color-blind readers as well; lines also differ in their dashes. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"] as const;
const DASHES = ["", "6 3", "2 3", "8 3 2 3"] as const;
const LABEL_GAP_MIN = 14;

/** The plot as text; a name in the legend carries the fitted exponent where there are three points. */
export function drawGrowth(plot: GrowthPlot): string {
  const sizes = plot.series.flatMap(({ points }) => points.map(([size]) => size));
  const costs = plot.series.flatMap(({ points }) => points.map(([, cost]) => cost));
  const x = new LogAxis(sizes, LEFT, WIDTH - RIGHT);
  const y = new LogAxis(costs, HEIGHT - BOTTOM, TOP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${escapeText(plot.title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 22, plot.title, 'font-size="14" font-weight="bold"'),
    ...x.decades.map((value) => verticalLine(x, value)),
    ...y.decades.map((value) => horizontalLine(y, value)),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, plot.sizeName, 'text-anchor="middle"'),
    `<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeText(plot.costName)}</text>`,
    ...plot.series.map((series, at) => line(series, x, y, at)),
    ...labels(plot.series, y),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

/** Maps values to coordinates, decade by decade. */
class LogAxis {
  readonly decades: readonly number[];
  private readonly from: number;
  private readonly to: number;
  private readonly low: number;
  private readonly high: number;

  constructor(values: readonly number[], from: number, to: number) {
    const least = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
    const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
    this.low = least;
    this.high = most;
    this.from = from;
    this.to = to;
    this.decades = Array.from({ length: most - least + 1 }, (_, at) => 10 ** (least + at));
  }

  at(value: number): number {
    const part = (Math.log10(value) - this.low) / (this.high - this.low);
    return round(this.from + part * (this.to - this.from));
  }
}

function line({ points }: GrowthSeries, x: LogAxis, y: LogAxis, at: number): string {
  const color = COLORS[at % COLORS.length]!;
  const dash = DASHES[at % DASHES.length]!;
  const path = points.map(([size, cost]) => `${x.at(size)},${y.at(cost)}`).join(" ");
  const dots = points
    .map(([size, cost]) => `<circle cx="${x.at(size)}" cy="${y.at(cost)}" r="3" fill="${color}"/>`)
    .join("");
  const stroke = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${stroke}/>${dots}`;
}

/** Names at the right end, moved apart where lines end close together. */
function labels(series: readonly GrowthSeries[], y: LogAxis): string[] {
  const wanted = series
    .map(({ name, points }, at) => ({
      at,
      y: y.at(points.at(-1)![1]),
      label: `${name}${exponentText(points)}`,
    }))
    .sort((left, right) => left.y - right.y || left.at - right.at);
  let last = Number.NEGATIVE_INFINITY;
  return wanted.map(({ at, y: end, label }) => {
    last = Math.max(end, last + LABEL_GAP_MIN);
    return text(
      WIDTH - RIGHT + 10,
      round(last + 4),
      label,
      `fill="${COLORS[at % COLORS.length]!}"`,
    );
  });
}

function exponentText(points: GrowthSeries["points"]): string {
  const exponent = growthExponent(points);
  return exponent === undefined ? "" : `: size^${exponent.toFixed(2)}`;
}

function verticalLine(x: LogAxis, value: number): string {
  const at = x.at(value);
  return `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/>${text(at, HEIGHT - BOTTOM + 18, decadeText(value), 'text-anchor="middle"')}`;
}

function horizontalLine(y: LogAxis, value: number): string {
  const at = y.at(value);
  return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#ddd"/>${text(LEFT - 8, at + 4, decadeText(value), 'text-anchor="end"')}`;
}

function decadeText(value: number): string {
  return value >= 1 ? value.toLocaleString("en") : String(value);
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeText(content)}</text>`;
}

function escapeText(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
