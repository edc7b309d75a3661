// The command `growth`: how the cost of a decision grows with the cluster, as a plot.
//
// npm run bench -- growth --output docs/growth.svg
// Measures every evaluator on the full-profile workload without node changes (goal F8), over all nodes
// and sampled; an evaluator that takes too long at a size is left out above it.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { drawGrowth, type GrowthSeries } from "../harness/growth-plot.ts";
import { describeMachine, formatMachine } from "../harness/machine.ts";
import { growthExponent } from "../harness/statistics.ts";
import { EVALUATORS, type EvaluatorName, evaluatorNamed } from "./evaluators.ts";
import { race } from "./race.ts";

const USAGE = `usage: npm run bench -- growth [options]
  --nodes 1000,5000,15000,100000   sizes of the cluster
  --evaluators a,b                 of ${Object.keys(EVALUATORS).join(", ")} (default: all)
  --plain-nodes-max N              leave the plain evaluator out above that size (5000)
  --apps N --sizes N               active applications (100), distinct requests (40)
  --slices N --slice-ms N          medians of so many slices of so long (5, 100)
  --output FILE                    the plot (none)`;

/** Runs the command; `args` are those after its name. */
export function runGrowthCommand(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: { type: "string", default: "1000,5000,15000,100000" },
      evaluators: { type: "string", default: Object.keys(EVALUATORS).join(",") },
      "plain-nodes-max": { type: "string", default: "5000" },
      apps: { type: "string", default: "100" },
      sizes: { type: "string", default: "40" },
      slices: { type: "string", default: "5" },
      "slice-ms": { type: "string", default: "100" },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  console.log(formatMachine(describeMachine(4_000_000)));
  const evaluators = values.evaluators.split(",").map(evaluatorNamed);
  const plainNodesMax = Number(values["plain-nodes-max"]);
  const points = new Map<string, [number, number][]>();
  for (const sampling of ["all", "sampled"] as const) {
    for (const nodes of values.nodes.split(",").map(Number)) {
      const taking = evaluators.filter((name) => name !== "plain" || nodes <= plainNodesMax);
      if (taking.length === 0) continue;
      const workload = {
        nodes,
        sampling,
        apps: Number(values.apps),
        sizes: Number(values.sizes),
        nodeChangeEvery: 0,
      };
      const options = { slices: Number(values.slices), sliceMs: Number(values["slice-ms"]) };
      const { hash, figures } = race({ workload, evaluators: taking, ...options });
      for (const { evaluator, cpuUs } of figures) {
        console.log(
          `${evaluator}, ${sampling}, ${nodes} nodes: ${cpuUs.toFixed(1)} us/decision, hash ${hash}`,
        );
        const name = seriesName(evaluator, sampling);
        points.set(name, [...(points.get(name) ?? []), [nodes, cpuUs]]);
      }
    }
  }
  const series: GrowthSeries[] = [...points].map(([name, list]) => ({ name, points: list }));
  for (const { name, points: list } of series) {
    const exponent = growthExponent(list);
    if (exponent !== undefined) console.log(`growth of ${name}: nodes^${exponent.toFixed(2)}`);
  }
  if (values.output === undefined) return;
  const title = "One decision of the full default profile";
  const plot = { title, sizeName: "nodes", costName: "CPU microseconds", series };
  writeFileSync(values.output, drawGrowth(plot));
}

function seriesName(evaluator: EvaluatorName, sampling: "all" | "sampled"): string {
  return `${evaluator}, ${sampling === "all" ? "all nodes" : "sampled"}`;
}
