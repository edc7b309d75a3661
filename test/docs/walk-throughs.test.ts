// What the pages about measures and comparisons print is what podsim prints: each command's scenario is
// run here and its text held against the block below the command, up to a line of dots.

import { describe, expect, it } from "vitest";
import {
  compareCells,
  type ComparePlan,
  type CompareCell,
  defaultScheduler,
  nextCells,
  policyScheduler,
  prepareRun,
  runCell,
  readScenario,
  runToEnd,
  worldOfCell,
} from "../../src/experiment/index.ts";
import { formatCompare, formatSummary } from "../../src/report/index.ts";
import { readPage } from "./pages.ts";

const measures = readPage("docs/measures.md");
const compare = readPage("docs/compare.md");

function scenarioOf(
  page: typeof measures,
  file: string,
): NonNullable<ReturnType<typeof readScenario>["scenario"]> {
  const block = page.blocks.find(({ fileName }) => fileName === file)!;
  const { scenario, problems } = readScenario(block.text, { file });
  expect(problems).toEqual([]);
  return scenario!;
}

/** Lines of the text block that follows the command with this beginning; up to a line of dots. */
function printed(page: typeof measures, command: string): string[] {
  const at = page.blocks.findIndex(({ text }) => text.startsWith(command));
  const lines = page.blocks[at + 1]!.text.split("\n");
  const dots = lines.indexOf("...");
  return dots < 0 ? lines : lines.slice(0, dots);
}

function compared(
  page: typeof measures,
  file: string,
  more: Partial<ComparePlan>,
): readonly string[] {
  const scenario = scenarioOf(page, file);
  const plan: ComparePlan = {
    ...{ scenario, alternatives: ["default", "best-fit"], baseline: 0, varied: scenario.vary },
    ...{ replicationsCount: 10, margin: { kind: "relative", ratio: 0.01 }, confidence: 0.95 },
    measures: [],
    ...more,
  };
  const prepared = plan.alternatives.map((name) =>
    prepareRun({
      scenario,
      scheduler: policyScheduler(name) ?? defaultScheduler(name),
      measures: plan.measures,
    }),
  );
  const cells: CompareCell[] = [];
  for (;;) {
    const next = nextCells(plan, cells);
    if (next.length === 0) break;
    for (const place of next) {
      const { alternative, varied } = worldOfCell(plan, place);
      const cell = runCell(prepared[alternative]!, { ...place, varied });
      cells.push({ ...cell, alternative: place.alternative });
    }
  }
  return formatCompare(compareCells(plan, cells), "table").split("\n");
}

describe("docs/measures.md", () => {
  it("shows the summary of its run", () => {
    const scenario = scenarioOf(measures, "shop.yaml");
    const thresholds = ["cost<=1.50", "energy<1kWh", "stranded.cpu<5%"];
    const result = runToEnd(prepareRun({ scenario, thresholds }));
    const lines = formatSummary(result).split("\n").slice(0, -1);
    expect(lines).toEqual(printed(measures, "podsim run shop.yaml --threshold"));
  });

  it("shows the table of its comparison", () => {
    const shown = printed(measures, "podsim compare shop.yaml");
    const lines = compared(measures, "shop.yaml", { measures: ["fragmentation", "stranded"] });
    expect(lines.slice(0, shown.length)).toEqual(shown);
  });
});

describe("docs/compare.md", () => {
  it("shows the table of its first comparison", () => {
    const shown = printed(compare, "podsim compare jobs.yaml -s default -s best-fit -n 10");
    const lines = compared(compare, "jobs.yaml", {});
    expect(lines.slice(0, shown.length)).toEqual(shown);
  });

  it.each<[string, Partial<ComparePlan>]>([
    [
      "podsim compare jobs.yaml -s default -s best-fit --measure",
      { design: { kind: "precision", ratio: 0.05, countMax: 500 } },
    ],
    [
      "podsim compare jobs.yaml -s default -s best-fit -s worst-fit",
      {
        alternatives: ["default", "best-fit", "worst-fit", "first-fit"],
        design: {
          kind: "selection",
          measure: "utilization.cpu",
          indifference: 0.01,
          countMax: 500,
        },
      },
    ],
  ])("shows the table of %s", (command, more) => {
    const shown = printed(compare, command);
    const lines = compared(compare, "jobs.yaml", { measures: ["utilization.cpu"], ...more });
    expect(lines.slice(0, shown.length)).toEqual(shown);
  });
});
