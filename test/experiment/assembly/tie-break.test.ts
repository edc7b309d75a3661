// Ties fall as upstream's heap orders them, or at random from the seed; both are reproducible.

import { describe, expect, it } from "vitest";
import {
  decodeScenario,
  explainRun,
  prepareRun,
  type RunOptions,
  startRun,
} from "../../../src/experiment/index.ts";

function nodesChosen(args: object, seed = "1"): string[] {
  const nodes: string[] = [];
  const sinks: NonNullable<RunOptions["sinks"]> = { decision: (row) => nodes.push(row.node) };
  const run = startRun(prepared(args, seed), { sinks });
  while (run.advance(10_000));
  run.finish();
  return nodes;
}

function prepared(args: object, seed = "1"): ReturnType<typeof prepareRun> {
  const spec = { containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }] };
  const { scenario, document, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "ties" },
    run: { study: "terminating", until: "drained", horizon: "1m", seed },
    cluster: { nodePools: [{ name: "n", count: 20, allocatable: { cpu: "64", pods: "110" } }] },
    workload: {
      generators: [
        { name: "p", arrivals: { process: "constant", interval: "1s", count: 15 }, pod: { spec } },
      ],
    },
    schedulers: [{ name: "s", args }],
  });
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return prepareRun({ scenario: scenario!, document: document! });
}

describe("tieBreak", () => {
  it("is the heap's order unless something else is asked for", () => {
    expect(nodesChosen({ tieBreak: "heap" })).toEqual(nodesChosen({}));
    expect(nodesChosen({})[0]).toBe("n-0");
  });

  it("random: the same for the same seed, other nodes for another and than the heap's", () => {
    const random = nodesChosen({ tieBreak: "random" });
    expect(nodesChosen({ tieBreak: "random" })).toEqual(random);
    expect(nodesChosen({ tieBreak: "random" }, "2")).not.toEqual(random);
    expect(random).not.toEqual(nodesChosen({}));
    expect(new Set(random).size).toBe(15);
  });

  it("random: an explanation replays the same draws and says that it was one", () => {
    const nodes = nodesChosen({ tieBreak: "random" });
    for (const ordinal of [0, 7, 14]) {
      const record = explainRun(prepared({ tieBreak: "random" }), {
        ...{ attempt: undefined, atUs: undefined, node: undefined, maxEvents: undefined },
        ...{ untilUs: undefined, fingerprint: undefined },
        pod: `default/p-${ordinal}`,
      });
      expect(record.decision?.ties?.winner).toBe(nodes[ordinal]);
      expect(record.decision?.ties?.why).toContain("drawn among");
    }
  });

  it("is part of the inputs", () => {
    expect(prepared({ tieBreak: "random" }).inputHash).not.toBe(prepared({}).inputHash);
  });

  it("other values and arguments are refused with their place", () => {
    expect(() => prepared({ tieBreak: "coin" })).toThrow("schedulers[0].args.tieBreak");
    expect(() => prepared({ tiebreak: "random" })).toThrow("known are tieBreak and evaluator");
  });
});
