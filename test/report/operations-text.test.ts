// The table of operations shows what was counted, per decision, and nothing that never happened.

import { expect, it } from "vitest";
import { runScenario } from "../../src/experiment/index.ts";
import { formatOperations } from "../../src/report/index.ts";

const result = runScenario({
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "one" },
  run: { study: "terminating", horizon: "1m", seed: "1" },
  cluster: {
    nodePools: [{ name: "n", count: 3, allocatable: { cpu: "4", memory: "8Gi", pods: "110" } }],
  },
  workload: {
    manifests: [
      {
        objects: ["a", "b"].map((name) => ({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name },
          spec: { containers: [{ name: "c", image: "i:1" }] },
        })),
      },
    ],
  },
});

it("gives counts in all and per decision", () => {
  const text = formatOperations(result);
  expect(text).toMatch(/^OF +OPERATION +COUNT +PER DECISION\n/);
  expect(text).toMatch(/\ndefault-scheduler +decisions +2 +1\.00\n/);
  expect(text).toMatch(/\ndefault-scheduler +nodesTouched +6 +3\.00\n/);
  const { fired } = result.operations.events;
  expect(text).toMatch(new RegExp(`\\nevents +fired +${fired} +${(fired / 2).toFixed(2)}\\n`));
});

it("leaves out what never happened", () => {
  expect(formatOperations(result)).not.toContain("dryRuns");
});
