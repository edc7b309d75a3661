// Other weights and configurations, on scenarios and, with all pods placed anew, on dumps.

import { describe, expect, it } from "vitest";
import type { InputBytes } from "../../../src/experiment/run-input.ts";
import { ask, askPair, deployment, dump, dumpRun, outcomes, prepared, scenario } from "./worlds.ts";

const file = (name: string, text: string): ReadonlyMap<string, InputBytes> =>
  new Map([[name, { name, bytes: new TextEncoder().encode(text) }]]);

const PACK = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
  - pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: MostAllocated } }
    plugins:
      score: { disabled: [{ name: NodeResourcesBalancedAllocation }, { name: PodTopologySpread }] }
`;

/** One node takes what pods ask for best when packed; spread, they lie on all. */
const SHOP = scenario([deployment("web", 6)]);

describe("weight", () => {
  it("of a plugin decides where pods go", () => {
    const record = ask(SHOP, "weight NodeResourcesFit=0", "weight PodTopologySpread=0");
    expect(record.changes.map(({ taken }) => taken)).toEqual([
      "NodeResourcesFit weighs 0 instead of 1",
      "PodTopologySpread weighs 0 instead of 2",
    ]);
    expect(record.fingerprints.change).not.toBe(record.fingerprints.baseline);
  });

  it("that it has already changes nothing", () => {
    const record = ask(SHOP, "weight NodeResourcesFit=1");
    expect(record.fingerprints.change).toBe(record.fingerprints.baseline);
    expect(record.pods).toEqual([]);
  });

  it.each([
    ["weight NodeResourceFit=3", /did you mean 'NodeResourcesFit'/],
    ["weight NodeName=3", /no plugin called 'NodeName' scores in any profile/],
  ])("%s is refused", (text, message) => {
    expect(() => ask(SHOP, text)).toThrow(message);
  });

  it("means nothing to a policy, which says so", () => {
    const value = { ...SHOP, schedulers: [{ name: "packing", policy: "best-fit" }] };
    expect(() => ask(value, "weight NodeResourcesFit=3")).toThrow(
      /'packing' does not score by the weights/,
    );
  });
});

describe("config", () => {
  it("takes the scheduler's place", () => {
    const files = file("pack.yaml", PACK);
    const { record } = askPair(prepared(SHOP), ["config pack.yaml"], { files });
    const nodes = new Set(record.pods.map(({ to }) => to));
    expect(record.pods.length).toBeGreaterThanOrEqual(4);
    expect(nodes.size).toBe(1);
    expect(record.nodes.emptied.length).toBeGreaterThan(2);
  });

  it("with a fault in it is refused with the fault's place", () => {
    const files = file("bad.yaml", PACK.replace("scoringStrategy", "scoringStratgy"));
    expect(() => askPair(prepared(SHOP), ["config bad.yaml"], { files })).toThrow(/bad.yaml:\d+/);
    expect(() => ask(SHOP, "config other.yaml")).toThrow(/'other.yaml' was not given/);
  });
});

describe("all pods placed anew", () => {
  const run = () => dumpRun(dump(["n-0", "n-0", "n-0", "n-1"]));

  it("is what lets a decision's change be seen on a dump", () => {
    const files = file("pack.yaml", PACK);
    const asItIs = askPair(run(), ["config pack.yaml"], { files });
    expect(outcomes(asItIs.record)).toEqual({});
    const { record } = askPair(run(), ["config pack.yaml"], { files, reschedule: true });
    expect(record.rescheduled).toBe(true);
    expect(outcomes(record)["moved"]).toBeGreaterThan(0);
    expect(record.notes[0]).toBe(
      "4 pods that have a node were placed anew under both, at time zero and in the dump's order",
    );
  });

  it("without a change places them alike under both", () => {
    const { record } = askPair(run(), [], { reschedule: true });
    expect([record.pods, record.pending]).toEqual([[], { baseline: 0, change: 0 }]);
  });

  it("takes changed requests of a workload for its pods too, without a rollout", () => {
    const { record } = askPair(run(), ["set deploy/web requests.cpu=3"], { reschedule: true });
    expect(record.pending).toEqual({ baseline: 0, change: 1 });
    expect(record.pods.every(({ cause }) => cause === "")).toBe(true);
    expect(outcomes(record)["waits"]).toBe(1);
  });

  it("takes another shape from the start", () => {
    const { record } = askPair(run(), ["shape pool=old to=cpu=1,memory=4Gi"], { reschedule: true });
    expect(record.changes[0]!.taken).toContain("from the start");
    expect(record.nodes.added).toEqual([]);
    expect(record.pending).toEqual({ baseline: 0, change: 0 });
  });
});
