// A/A in one process: tiers A and B hold a scenario's run against a second one of the same seed, seed by
// seed. Quicker than `podsim bench --audit`, which starts a process per run and so sees what differs
// between processes too. Usage (after npm run build): node bench/gates/audit.mjs [TRIALS] [SCENARIO]

import { readFileSync } from "node:fs";

const { readYaml } = await import("../../dist/base/index.js");
const { benchSampleOf, judgeEquality, judgeOperations, runScenario } = await import(
  "../../dist/experiment/index.js"
);
const [trials = "1000", file = "scenarios/jobs.yaml"] = process.argv.slice(2);
const { value } = readYaml(readFileSync(file, "utf8")).documents[0];

function sample(seed) {
  const rows = [];
  const scenario = structuredClone(value);
  scenario.run.seed = String(seed);
  const sinks = { decision: (row) => rows.push(JSON.stringify(row)) };
  return benchSampleOf(runScenario(scenario, { sinks }), rows.join("\n"));
}

let flagged = 0;
for (let seed = 1; seed <= Number(trials); seed++) {
  const [base, head] = [[sample(seed)], [sample(seed)]];
  const findings = [judgeEquality(base, head), judgeOperations(base, head)];
  if (findings.some(({ verdict }) => verdict !== "pass")) flagged++;
}
console.log(`tiers A and B flagged ${flagged} of ${trials} comparisons of ${file} with itself`);
if (flagged > 0) process.exitCode = 1;
