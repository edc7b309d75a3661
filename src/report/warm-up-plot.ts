// The curves of a warm-up search as one SVG without scripts or fonts of its own, a panel per curve.
//
// Equal records give equal bytes: every coordinate is rounded.

import type { WarmUpCurve, WarmUpRecord } from "../analysis/index.ts";
import { amountText } from "./amount-text.ts";
import { spanText } from "./summary-text.ts";

const WIDTH = 640;
const PANEL = 110;
const LEFT = 90;
const RIGHT = 15;
const TOP = 24;
const BOTTOM = 20;

/** The plot as text. */
export function drawWarmUp(record: WarmUpRecord): string {
  const { curves } = record;
  const height = PANEL * Math.max(1, curves.length);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11" role="img" aria-label="warm-up">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    ...curves.flatMap((curve, at) => panel(curve, at * PANEL, record.warmUpUs)),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function panel(curve: WarmUpCurve, top: number, warmUpUs: number): string[] {
  const { values, binUs, unit, measure, alternative } = curve;
  const least = Math.min(0, ...values);
  const most = Math.max(...values);
  const spanUs = values.length * binUs;
  const x = (us: number): number => rounded(LEFT + (us / spanUs) * (WIDTH - LEFT - RIGHT));
  const y = (value: number): number => {
    const share = most === least ? 0 : (value - least) / (most - least);
    return rounded(top + PANEL - BOTTOM - share * (PANEL - TOP - BOTTOM));
  };
  const points = values.map((value, at) => `${x((at + 0.5) * binUs)},${y(value)}`).join(" ");
  const [floor, ceiling] = [top + PANEL - BOTTOM, top + TOP];
  const text = (px: number, py: number, words: string, more: string = ""): string =>
    `<text x="${px}" y="${py}"${more}>${escapeText(words)}</text>`;
  return [
    text(LEFT, top + 14, `${measure} of ${alternative}`, ' font-weight="bold"'),
    `<rect x="${LEFT}" y="${ceiling}" width="${rounded(x(warmUpUs) - LEFT)}" height="${floor - ceiling}" fill="#eee"/>`,
    `<line x1="${LEFT}" y1="${floor}" x2="${WIDTH - RIGHT}" y2="${floor}" stroke="#888"/>`,
    `<line x1="${x(warmUpUs)}" y1="${ceiling}" x2="${x(warmUpUs)}" y2="${floor}" stroke="#d55e00" stroke-dasharray="4 3"/>`,
    `<polyline points="${points}" fill="none" stroke="#0072b2"/>`,
    text(LEFT - 5, ceiling + 8, amountText(most, unit), ' text-anchor="end"'),
    text(LEFT - 5, floor, amountText(least, unit), ' text-anchor="end"'),
    text(x(warmUpUs) + 4, floor + 13, `cut ${spanText(warmUpUs)}`),
    text(WIDTH - RIGHT, floor + 13, spanText(spanUs), ' text-anchor="end"'),
  ];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
