// The growth plot: points where their logarithms put them, exponents in the legend, equal bytes.

import { expect, it } from "vitest";
import { drawGrowth, type GrowthPlot } from "../../bench/harness/growth-plot.ts";

const PLOT: GrowthPlot = {
  title: "cost <of> a decision",
  sizeName: "nodes",
  costName: "us",
  series: [
    {
      name: "linear",
      points: [
        [1_000, 10],
        [10_000, 100],
        [100_000, 1_000],
      ],
    },
    {
      name: "flat",
      points: [
        [1_000, 10],
        [10_000, 10],
        [100_000, 10],
      ],
    },
    {
      name: "short",
      points: [
        [1_000, 10],
        [10_000, 20],
      ],
    },
  ],
};

it("the same figures give the same bytes", () => {
  expect(drawGrowth(PLOT)).toBe(drawGrowth(PLOT));
});

it("lines go where logarithms put them: a linear one from corner to corner", () => {
  const svg = drawGrowth(PLOT);
  expect(svg).toContain('points="70,390 285,215 500,40"');
  expect(svg).toContain('points="70,390 285,390 500,390"');
});

it("the exponent stands beside the name where there are three points", () => {
  const svg = drawGrowth(PLOT);
  expect(svg).toContain(">linear: size^1.00</text>");
  expect(svg).toContain(">flat: size^0.00</text>");
  expect(svg).toContain(">short</text>");
});

it("labels that would lie on each other are moved apart, and text is escaped", () => {
  const svg = drawGrowth({ ...PLOT, series: [PLOT.series[1]!, PLOT.series[1]!] });
  const heights = [...svg.matchAll(/y="([\d.]+)" fill="#[^"]*">flat/g)].map((each) =>
    Number(each[1]),
  );
  expect(heights).toHaveLength(2);
  expect(heights[1]! - heights[0]!).toBeGreaterThanOrEqual(14);
  expect(svg).toContain("cost &lt;of> a decision");
});
