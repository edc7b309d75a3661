// The command `full-profile`: evaluators side by side on the full-profile workload, at several sizes.
//
// npm run bench -- full-profile --nodes 1000,5000 --sampling all,sampled --apps 100 --sizes 40
// With --check N: no timing, N decisions per workload, each compared in full with --reference.

import { parseArgs } from "node:util";
import { describeMachine, formatMachine } from "../harness/machine.ts";
import { growthExponent } from "../harness/statistics.ts";
import { EVALUATORS, type EvaluatorName, evaluatorNamed } from "./evaluators.ts";
import { type FullProfileOptions, FullProfileRun, type Pattern } from "./full-profile.ts";
import { measureDriver, type Race, race } from "./race.ts";

const PATTERNS: readonly Pattern[] = [
  "churn",
  "rolling",
  "fill",
  "preemption",
  "attempts",
  "crowd",
];

const USAGE = `usage: npm run bench -- full-profile [options]
  --nodes 1000,5000       sizes of the cluster
  --evaluators a,b        of ${Object.keys(EVALUATORS).join(", ")} (default: all)
  --plain-nodes-max N     leave the plain evaluator out above that size (5000)
  --pattern p,q           of ${PATTERNS.join(", ")} (churn)
  --sampling s,t          sampled, all (both)
  --apps N --sizes N      active applications (100), distinct requests (40)
  --unique                every arrival has a request of its own
  --profile NAME          default or resources
  --node-change-every N   steps between two node changes; 0 = never (1000)
  --edit-every N          steps between two other state changes; 0 = never (0)
  --slices N --slice-ms N medians of so many slices of so long (7, 100)
  --driver N              also measure the workload and the cache alone, over N decisions that are all placed
  --check N               compare N decisions of each evaluator with --reference in full, no timing
  --reference NAME        what --check compares with (plain)
  --seed N --json`;

/** Runs the command; `args` are those after its name. */
export function runRaceCommand(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: { type: "string", default: "1000,5000" },
      evaluators: { type: "string", default: Object.keys(EVALUATORS).join(",") },
      "plain-nodes-max": { type: "string", default: "5000" },
      pattern: { type: "string", default: "churn" },
      sampling: { type: "string", default: "all,sampled" },
      apps: { type: "string", default: "100" },
      sizes: { type: "string", default: "40" },
      unique: { type: "boolean", default: false },
      profile: { type: "string", default: "default" },
      "node-change-every": { type: "string", default: "1000" },
      "edit-every": { type: "string", default: "0" },
      slices: { type: "string", default: "7" },
      "slice-ms": { type: "string", default: "100" },
      driver: { type: "string" },
      check: { type: "string" },
      reference: { type: "string", default: "plain" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const evaluators = values.evaluators.split(",").map(evaluatorNamed);
  const plainNodesMax = Number(values["plain-nodes-max"]);
  const machine = describeMachine(4_000_000);
  if (!values.json) console.log(formatMachine(machine));
  const all: object[] = [];
  for (const pattern of oneOf(values.pattern, PATTERNS)) {
    for (const sampling of oneOf(values.sampling, ["all", "sampled"] as const)) {
      const points = new Map<EvaluatorName, (readonly [number, number])[]>();
      for (const nodes of values.nodes.split(",").map(Number)) {
        const workload: Omit<FullProfileOptions, "evaluator" | "comparedWith"> = {
          nodes,
          pattern,
          sampling,
          apps: Number(values.apps),
          sizes: Number(values.sizes),
          uniqueRequests: values.unique,
          profile: oneOf(values.profile, ["default", "resources"] as const)[0]!,
          nodeChangeEvery: Number(values["node-change-every"]),
          editEvery: Number(values["edit-every"]),
          seed: Number(values.seed),
        };
        const title = `${pattern}, ${sampling === "all" ? "all nodes" : "sampled"}, ${nodes} nodes, ${values.apps} applications, ${values.unique ? "unique" : values.sizes} requests, ${workload.profile} profile`;
        if (values.check !== undefined) {
          const reference = evaluatorNamed(values.reference);
          for (const evaluator of evaluators.filter((name) => name !== reference)) {
            check(workload, evaluator, reference, Number(values.check), title);
          }
          continue;
        }
        const result = race({
          workload,
          evaluators: evaluators.filter((name) => name !== "plain" || nodes <= plainNodesMax),
          slices: Number(values.slices),
          sliceMs: Number(values["slice-ms"]),
        });
        all.push({ ...workload, ...result });
        for (const { evaluator, cpuUs } of result.figures) {
          points.set(evaluator, [...(points.get(evaluator) ?? []), [nodes, cpuUs]]);
        }
        if (!values.json) console.log(`\n${title}\n${formatRace(result)}`);
        if (values.driver !== undefined) {
          const driverUs = measureDriver(workload, Number(values.driver));
          console.log(formatDriver(result, driverUs));
        }
      }
      for (const [evaluator, list] of points) {
        const exponent = growthExponent(list);
        if (exponent !== undefined && !values.json) {
          console.log(`  growth of ${evaluator}: nodes^${exponent.toFixed(2)}`);
        }
      }
    }
  }
  if (values.json) console.log(JSON.stringify({ machine, races: all }, null, 2));
}

function check(
  workload: Omit<FullProfileOptions, "evaluator" | "comparedWith">,
  evaluator: EvaluatorName,
  reference: EvaluatorName,
  decisions: number,
  title: string,
): void {
  const run = new FullProfileRun({ ...workload, evaluator, comparedWith: reference });
  const { hash, placed, preempted, single, tied } = run.advance(decisions);
  console.log(
    `${title}: ${evaluator} equals ${reference} in ${decisions} decisions ` +
      `(${placed} placed, ${single} with one node, ${tied} tied, ${preempted} preemptions), hash ${hash}`,
  );
}

/** One line per evaluator; ratios against the first. */
export function formatRace({ hash, sharedDecisions, figures }: Race): string {
  const first = figures[0]!.cpuUs;
  const lines = figures.map(({ evaluator, cpuUs, spread, decisions, ...counts }) =>
    [
      `  ${evaluator.padEnd(8)}`,
      `${cpuUs.toFixed(1).padStart(10)} us/decision`,
      `${(first / cpuUs).toFixed(1).padStart(8)}x`,
      `spread ${spread.toFixed(2)}`,
      `decisions ${decisions}`,
      `visits/decision ${(counts.visits / decisions).toFixed(0)}`,
      ...(counts.attempts === 0
        ? []
        : [`median of ${counts.attempts} attempts ${counts.attemptUs.toFixed(1)} us`]),
      `placed ${counts.placed} tied ${counts.tied} single ${counts.single} preempted ${counts.preempted}`,
    ].join("  "),
  );
  return [...lines, `  hash ${hash} over the first ${sharedDecisions} decisions`].join("\n");
}

/** What the workload takes without any evaluator, and the ratios that are left without it. */
function formatDriver({ figures }: Race, driverUs: number): string {
  const [first] = figures;
  const lines = figures.map(({ evaluator, cpuUs }) => {
    const ratio = (first!.cpuUs - driverUs) / (cpuUs - driverUs);
    return `  ${evaluator.padEnd(8)} without it ${ratio.toFixed(1).padStart(8)}x`;
  });
  return [`  workload and cache alone: ${driverUs.toFixed(1)} us/decision`, ...lines].join("\n");
}

function oneOf<T extends string>(text: string, names: readonly T[]): T[] {
  return text.split(",").map((name) => {
    if (names.includes(name as T)) return name as T;
    throw new Error(`"${name}" is not one of ${names.join(", ")}.`);
  });
}
