// What every answer holds, whatever is asked: nothing from nothing, the same twice, pods accounted for.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runToEnd } from "../../../src/experiment/index.ts";
import { changedWorld } from "../../../src/experiment/whatif/answer-whatif.ts";
import { studyWhatif } from "../../../src/experiment/whatif/whatif-study.ts";
import {
  ask,
  askPair,
  budget,
  changesOf,
  deployment,
  dump,
  dumpRun,
  outcomes,
  podsWith,
  prepared,
  scenario,
} from "./worlds.ts";

const SEED = Number(process.env["PODSIM_SEED"] ?? 20261121);

/** A cluster with services, a stream of jobs and a crash of its own. */
function busy(replicas: readonly number[], seed: string): object {
  const services = replicas.map((count, at) => deployment(`s${at}`, count, `${300 + 400 * at}m`));
  return {
    ...scenario([...services, budget("s0", 1)]),
    run: { study: "terminating", horizon: "12m", seed },
    workload: {
      manifests: [{ objects: [...services, budget("s0", 1)] }],
      generators: [
        {
          name: "job",
          arrivals: { process: "poisson", rate: "6/m", until: "6m" },
          pod: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "c", image: "j:1", resources: { requests: { cpu: "500m" } } }],
            },
          },
          duration: { law: "exponential", mean: "1m" },
        },
      ],
    },
    faults: [{ kind: "NodeCrash", node: "n-2", at: "4m", repairAfter: "2m" }],
  };
}

describe("a what-if answer", () => {
  it(`shows nothing where nothing is changed (seed ${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 1000 }),
        (replicas, seed) => {
          const record = ask(busy(replicas, String(seed)));
          expect(record.fingerprints.change).toBe(record.fingerprints.baseline);
          expect([record.pods, record.budgets, record.nodes.emptied]).toEqual([[], [], []]);
          for (const { baseline, change } of record.workloads) expect(change).toEqual(baseline);
          for (const { baseline, change } of record.measures) expect(change).toBe(baseline);
        },
      ),
      { seed: SEED, numRuns: 4 },
    );
  });

  it.each([
    ["drain n-1 timeout=2m at 3m", { drain: { node: "n-1", timeout: "2m" } }],
    ["cordon n-1 at 3m", { cordon: "n-1" }],
    [
      "set deploy/s0 image=b replicas=6 at 3m",
      { set: { object: "deploy/s0", values: { image: "b", replicas: 6 } } },
    ],
    ["scale deploy/s0 replicas=2 at 3m", { set: { object: "deploy/s0", values: { replicas: 2 } } }],
    ["scale deploy/s0 replicas=2 at 3m", { scale: { object: "deploy/s0", replicas: 2 } }],
    ["delete deploy/s0 at 3m", { delete: { object: "deploy/s0" } }],
    ["upgrade pool=n surge=2 join=5s at 3m", { upgrade: { pool: "n", surge: 2, join: "5s" } }],
    ["shape pool=n to=cpu=8 at 3m", { upgrade: { pool: "n", allocatable: { cpu: "8" } } }],
  ])("'%s' is what the scenario's edit does, to the last bit", (text, edit) => {
    const value = busy([4, 2], "7") as { readonly workload: object };
    const edited = { ...value, workload: { ...value.workload, edits: [{ at: "3m", ...edit }] } };
    const { fingerprints } = ask(value, text);
    expect(fingerprints.change).toBe(runToEnd(prepared(edited)).fingerprint);
    expect(fingerprints.change).not.toBe(fingerprints.baseline);
  });

  it(`never drains below what a budget wants to stay ready (seed ${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 }),
        (replicas, wanted, nodes) => {
          const minAvailable = Math.min(wanted, replicas);
          const world = scenario([deployment("web", replicas), budget("web", minAvailable)]);
          const record = ask(world, ...nodes.map((node) => `drain n-${node} at 5m`));
          const { readyMinCount } = record.workloads[0]!.change!;
          expect(readyMinCount).toBeGreaterThanOrEqual(minAvailable);
          // Whoever is still there was refused, and only then.
          const isHeldUp = record.budgets.some(({ untilUs }) => untilUs === null);
          if (minAvailable < replicas) expect(isHeldUp).toBe(false);
          if (minAvailable === replicas) expect(record.pods).toEqual([]);
        },
      ),
      { seed: SEED, numRuns: 10 },
    );
  });

  const CHANGES = fc.constantFrom(
    ...["drain n-1 at 3m", "lose zone b at 5m for 3m", "upgrade pool=n surge=2 at 2m"],
    ...["set deploy/s0 image=b at 3m", "scale deploy/s0 replicas=9 at 6m", "cordon zone=a"],
    ...["weight NodeResourcesFit=0", "add 2 pool=n", "shape pool=n to=cpu=2,memory=8Gi"],
  );

  it(`is the same when asked again, and its rows are consistent (seed ${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(CHANGES, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 1000 }),
        (texts, seed) => {
          const run = prepared(busy([4, 2], String(seed)));
          const { record, change } = askPair(run, texts);
          expect(askPair(run, texts).record).toEqual(record);
          const total = Object.values(record.counts).reduce((sum, count) => sum + count, 0);
          expect(total).toBe(record.pods.length);
          // Whoever takes a place is one pod, and takes one place.
          const successors = record.pods.map(({ successor }) => successor).filter(Boolean);
          expect(new Set(successors).size).toBe(successors.length);
          for (const pod of record.pods) {
            if (pod.outcome === "moved") expect(pod.to).not.toBe(pod.from);
            if (pod.outcome === "recreated") expect(pod.to).toBe(pod.from);
            if (pod.outcome === "waits" || pod.outcome === "gone") expect(pod.to).toBe("");
            if (pod.outcome === "gone") expect(pod.cause).not.toBe("");
          }
          expect(podsWith(record, "waits").length).toBeLessThanOrEqual(
            change.counts.podsPendingAtEnd,
          );
        },
      ),
      { seed: SEED, numRuns: 6 },
    );
  });

  it("pairs StatefulSet pods by name and DaemonSet pods by node", () => {
    const template = (app: string) => ({
      metadata: { labels: { app } },
      spec: { containers: [{ name: "c", image: "c:1", resources: { requests: { cpu: "1" } } }] },
    });
    const selector = (app: string) => ({ matchLabels: { app } });
    const db = {
      ...{ apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "db" } },
      spec: { replicas: 3, serviceName: "db", selector: selector("db"), template: template("db") },
    };
    const agent = {
      ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent" } },
      spec: { selector: selector("agent"), template: template("agent") },
    };
    const record = ask(scenario([db, agent]), "drain zone=a at 5m");
    const moved = podsWith(record, "moved");
    expect(moved.length).toBeGreaterThan(0);
    for (const { pod, successor } of moved) expect(successor).toBe(pod);
    expect(record.pods.some(({ workload }) => workload === "DaemonSet/agent")).toBe(false);
    const upgraded = ask(scenario([agent]), "upgrade n-1 at 5m");
    expect(outcomes(upgraded)).toEqual({ gone: 1, new: 1 });
    expect(podsWith(upgraded, "new")[0]!.to).toBe("n-1-new");
  });

  it("counts times to one end: the shorter run stands still", () => {
    const run = dumpRun(dump(["n-0", "n-0", "n-1"]));
    const { baseline, change, record } = askPair(run, ["lose zone a at 10m"]);
    expect(baseline.end.atUs).toBe(change.end.atUs);
    expect(record.end).toEqual({ atUs: change.end.atUs, isWhole: true });
    expect(record.workloads[0]!.baseline!.shortUs).toBe(0);
  });

  it("counts a workload as short that is never complete because of the change", () => {
    const record = ask(scenario([deployment("web", 7)]), "shape pool=n to=cpu=500m,memory=1Gi");
    const { change } = record.workloads[0]!;
    expect(change!.readyMinCount).toBeNull();
    expect(change!.shortUs).toBeGreaterThan(1_700_000_000);
    expect(change!.longestShortUs).toBe(change!.shortUs);
  });

  it("tells what is spared when the change is for the better", () => {
    const faults = [{ kind: "NodeCrash", node: "n-1", at: "5m" }];
    const record = ask(scenario([deployment("web", 6)], { faults }), "cordon n-1");
    expect(podsWith(record, "spared").length).toBe(1);
    expect(record.workloads[0]!.baseline!.shortUs).toBeGreaterThan(300_000_000);
    expect(record.workloads[0]!.change!.shortUs).toBe(0);
  });

  it("stopped early says so, with both runs cut at about one instant", () => {
    let slices = 0;
    const { record } = askPair(prepared(busy([4], "1")), ["drain n-1 at 1s"], {
      advance: (baseline, change) => {
        while (slices++ < 40) {
          const behind = baseline.nowUs <= change.nowUs ? baseline : change;
          behind.advance(50);
        }
        return false;
      },
    });
    expect(record.end.isWhole).toBe(false);
    expect(record.end.atUs).toBeLessThan(1_200_000_000);
  });
});

describe("replications", () => {
  const world = () => {
    const objects = [deployment("web", 6)];
    const value = {
      ...scenario(objects),
      run: { study: "terminating", horizon: "10m", seed: "1" },
    };
    return changedWorld(prepared(value), {
      changes: changesOf(["drain n-1 at 3m"]),
      reschedule: false,
    });
  };

  it("estimate outcomes and compare measures, pair by pair", () => {
    const { study, counts } = studyWhatif(world(), { varied: ["ties"], replicationsCount: 6 });
    expect(study!.comparison.alternatives.map(({ name }) => name)).toEqual(["baseline", "change"]);
    expect(study!.comparison.replicationsCount).toBe(6);
    const moved = study!.outcomes.find(({ outcome }) => outcome === "moved")!.estimate;
    expect(moved.kind).not.toBe("absent");
    expect(counts.moved).toBeGreaterThan(0);
    const evictions = study!.comparison.comparisons.find(({ measure }) => measure === "evictions")!;
    expect(evictions.comparison.difference).toBeGreaterThan(0);
  });

  it("are one pair where nothing varies", () => {
    expect(studyWhatif(world(), { varied: [], replicationsCount: 6 }).study).toBeNull();
  });
});

describe("costs and sizes", () => {
  it("hold the nodes of both, the added and the removed", () => {
    const record = ask(scenario([deployment("web", 2)]), "add 1 pool=n", "delete node/n-5 at 1m");
    expect(record.nodes).toMatchObject({
      ...{ baselineCount: 6, changeCount: 6, added: ["n-added-0"], removed: ["n-5"] },
    });
  });
});
