// Lost work, from runs whose answer is known; and invariant 63, bitten by mutants.

import { describe, expect, it } from "vitest";
import {
  decodeScenario,
  prepareRun,
  type ActiveRun,
  startRun,
} from "../../src/experiment/index.ts";
import { LostWork } from "../../src/metrics/lost-work.ts";

const pod = (name: string, run?: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...(run === undefined ? {} : { annotations: { "podsim.dev/run": run } }) },
  spec: {
    restartPolicy: "Never",
    nodeName: "n-0",
    containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "500m" } } }],
    ...more,
  },
});

function started(objects: readonly object[], more: object = {}, run: object = {}): ActiveRun {
  const { scenario, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "lost" },
    run: { horizon: "20m", ...run },
    cluster: {
      nodePools: [{ name: "n", count: 2, allocatable: { cpu: "4", memory: "8Gi", pods: "20" } }],
    },
    workload: { manifests: [{ at: "0s", objects }], ...("edits" in more ? more : {}) },
    ...("edits" in more ? {} : more),
  });
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return startRun(prepareRun({ scenario: scenario! }), { check: "check" });
}

/** Starts and ends as the machines tell them, and the result. */
function lives(run: ActiveRun) {
  const startedUs = new Map<number, number>();
  const spans: { readonly uid: number; readonly us: number; readonly isCutShort: boolean }[] = [];
  run.machines.observe({
    onProcess: ({ kind, podUid, atUs, isCutShort }) => {
      if (kind === "started") startedUs.set(podUid, atUs);
      else spans.push({ uid: podUid, us: atUs - startedUs.get(podUid)!, isCutShort });
    },
  });
  while (run.advance(10_000));
  return { spans, result: run.finish() };
}

const WARM = { study: "steady-state", warmup: "1m" };
const deleted = (at: string, name: string) => ({
  edits: [{ at, delete: { object: `pod/${name}` } }],
});
const crash = { faults: [{ kind: "NodeCrash", node: "n-0", at: "3m", repairAfter: "10m" }] };

describe("lost work", () => {
  it.each([
    ["of a run that is deleted", [pod("a", "10m")], deleted("2m", "a"), 113, 116],
    ["of a run whose machine loses power", [pod("a", "10m")], crash, 172, 175],
    ["of a run beyond its deadline", [pod("a", "10m", { activeDeadlineSeconds: 60 })], {}, 53, 56],
    ["is none of a run that had ended", [pod("a", "1m")], crash, 0, 0],
    ["is none of what runs until it is stopped", [pod("a")], crash, 0, 0],
    [
      "is none of a container that its memory limit ends",
      [
        {
          ...pod("a", "10m", {
            containers: [
              {
                name: "c",
                image: "i:1",
                resources: { requests: { cpu: "500m" }, limits: { memory: "100Mi" } },
              },
            ],
          }),
          metadata: {
            name: "a",
            annotations: { "podsim.dev/run": "10m", "podsim.dev/usage": "memory=1Mi+1Mi/s" },
          },
        },
      ],
      {},
      0,
      0,
    ],
  ])("%s", (_what, objects, more, atLeastS, atMostS) => {
    const { spans, result } = lives(started(objects, more));
    expect(spans.length).toBeGreaterThan(0);
    const { lostWork } = result;
    expect(lostWork.runUs).toBeGreaterThanOrEqual(atLeastS * 1e6);
    expect(lostWork.runUs).toBeLessThanOrEqual(atMostS * 1e6);
    expect(lostWork.coreUs).toBe(Math.floor(lostWork.runUs / 2));
    if (atMostS > 0) expect(lostWork).toMatchObject({ processesCount: 1, runUs: spans[0]!.us });
    else expect(lostWork.processesCount).toBe(0);
  });

  it("counts whole after a warm-up in which it began, and not if it ended there", () => {
    const late = lives(started([pod("a", "10m")], deleted("2m", "a"), WARM));
    expect(late.result.lostWork.runUs).toBe(late.spans[0]!.us);
    const early = lives(started([pod("a", "10m")], deleted("30s", "a"), WARM));
    expect(early.result.lostWork).toEqual({ processesCount: 0, runUs: 0, coreUs: 0 });
  });

  it("is known of a process that outlives its object: the partition ends and it is stopped", () => {
    const scenario = started([pod("a", "15m")], {
      faults: [{ kind: "NetworkPartition", node: "n-0", at: "1m", duration: "5m" }],
      workload: {
        manifests: [{ at: "0s", objects: [pod("a", "15m")] }],
        edits: [{ at: "2m", delete: { object: "node/n-0" } }],
      },
    });
    const { spans, result } = lives(scenario);
    expect(spans.map(({ isCutShort }) => isCutShort)).toEqual([true]);
    expect(result.lostWork.runUs).toBe(spans[0]!.us);
    expect(spans[0]!.us).toBeGreaterThan(300e6);
  });

  it("can be gated", () => {
    const gates = { thresholds: ["lostWork<1m", "lostWork>1m"] };
    const { result } = lives(started([pod("a", "10m")], { ...crash, ...gates }));
    expect(result.thresholds.map(({ passed, unit }) => [passed, unit])).toEqual([
      [false, "us"],
      [true, "us"],
    ]);
  });
});

describe("invariant 63", () => {
  const mutants: [string, (proto: Record<string, (...args: never[]) => unknown>) => () => void][] =
    [
      [
        "forgets a microsecond",
        (proto) => swap(proto, "totalRunUs", (value) => (value as bigint) - 1n),
      ],
      [
        "counts cpu twice",
        (proto) => swap(proto, "totalMilliCpuUs", (value) => (value as bigint) * 2n),
      ],
      ["takes no note of the pod", (proto) => swap(proto, "milliCpuOf", () => undefined)],
    ];

  it.each(mutants)("is broken by a measure that %s, and holds without", (_what, plant) => {
    const objects = [pod("a", "10m"), pod("b", "10m"), pod("web")];
    expect(broken(objects)).toBe("none");
    const undo = plant(LostWork.prototype as never);
    try {
      expect(broken(objects)).toBe("I63");
    } finally {
      undo();
    }
  });

  function broken(objects: readonly object[]): string {
    const run = started(objects, crash);
    try {
      lives(run);
    } catch (error) {
      return (error as { id: string }).id;
    }
    return "none";
  }

  function swap(
    proto: Record<string, (...args: never[]) => unknown>,
    name: string,
    change: (value: unknown) => unknown,
  ): () => void {
    const original = proto[name]!;
    proto[name] = function (this: unknown, ...args: never[]) {
      return change(original.apply(this, args));
    };
    return () => {
      proto[name] = original;
    };
  }
});
