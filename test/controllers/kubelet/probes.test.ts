// Probes by what they find: thresholds, delays, tickers (spec/kubelet.md section 7).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConditionStatus, type RunSpan } from "../../../src/cluster/index.ts";
import {
  gapsOf,
  thresholdReached,
  tickFrom,
} from "../../../src/controllers/kubelet/probe-times.ts";
import type { Json } from "../rig.ts";
import { type OneNode, oneNode, podOf } from "./one-node.ts";

const EXEC = { exec: {} };

/** Seconds and values of the Ready condition of pod "web". */
function readiness(node: OneNode): string[] {
  const lines: string[] = [];
  node.api.observe({
    onPod: ({ kind, readyBefore, readyAfter }) => {
      if (kind === "Deleted" || readyBefore === readyAfter) return;
      const word = readyAfter === ConditionStatus.True ? "ready" : "not ready";
      lines.push(`${(node.sim.nowUs / 1e6).toFixed(1)} ${word}`);
    },
  });
  return lines;
}

function run(probes: Json, annotations: Json, seconds: number): { node: OneNode; ready: string[] } {
  const node = oneNode();
  const ready = readiness(node);
  node.apply(podOf("web", { main: [{ name: "main", ...probes }], annotations }));
  node.runUntil(seconds);
  return { node, ready };
}

describe("a readiness probe", () => {
  it("that fails for a while takes the pod out after its threshold and back after one success", () => {
    const { node, ready } = run(
      { readinessProbe: { ...EXEC, periodSeconds: 10, failureThreshold: 3 } },
      { "podsim.dev/not-ready": "100-200" },
      400,
    );
    // started at 0.66, first try at once: tries at 0.7 + 10 k; fails at 110.7, 120.7 and 130.7
    expect(ready).toEqual(["0.7 not ready", "0.7 ready", "120.7 not ready", "200.7 ready"]);
    expect(node.processes).toEqual(["0.7 start main"]);
  });

  it("that fails for less than its threshold changes nothing and costs no event", () => {
    const quiet = run({ readinessProbe: EXEC }, {}, 400);
    const { node, ready } = run(
      { readinessProbe: EXEC },
      { "podsim.dev/not-ready": "100-119" },
      400,
    );
    expect(ready).toEqual(["0.7 not ready", "0.7 ready"]);
    expect(node.sim.stats.fired).toBe(quiet.node.sim.stats.fired);
  });
});

describe("a liveness probe", () => {
  it("has the container stopped and started again, the first time without back-off", () => {
    const { node, ready } = run(
      { livenessProbe: { ...EXEC, periodSeconds: 10, failureThreshold: 3 } },
      { "podsim.dev/unhealthy": "20-50" },
      55,
    );
    // ticks count from the pod's first sync at 0.0: those at 30, 40 and 50 s fail
    expect(node.processes).toEqual(["0.7 start main", "51.0 exit main 0", "51.2 start main"]);
    expect(node.api.pods.restartCount(node.api.pods.find("default", "web"))).toBe(1);
    expect(ready[0]).toBe("0.7 not ready");
  });

  it("restarts a container that would not be restarted for exit code 0, unless the policy is Never", () => {
    const runs = ["OnFailure", "Never"].map((restartPolicy) => {
      const node = oneNode();
      const livenessProbe = { ...EXEC, periodSeconds: 5, failureThreshold: 1 };
      node.apply(
        podOf("web", {
          main: [{ name: "main", livenessProbe }],
          annotations: { "podsim.dev/unhealthy": "20-" },
          more: { restartPolicy },
        }),
      );
      node.runUntil(30);
      return node.processes.filter((line) => line.includes("start")).length;
    });
    expect(runs).toEqual([2, 1]);
  });

  it("kills with its own grace where it names one", () => {
    const { node } = run(
      {
        livenessProbe: {
          ...EXEC,
          periodSeconds: 10,
          failureThreshold: 1,
          terminationGracePeriodSeconds: 4,
        },
      },
      { "podsim.dev/unhealthy": "15-", "podsim.dev/stop": "60" },
      30,
    );
    expect(node.processes[1]).toBe("24.0 exit main 137");
  });
});

describe("a startup probe", () => {
  it("holds up readiness and liveness until it succeeds", () => {
    const { node, ready } = run(
      {
        startupProbe: { ...EXEC, periodSeconds: 5, failureThreshold: 30 },
        livenessProbe: { ...EXEC, periodSeconds: 5, failureThreshold: 1 },
      },
      { "podsim.dev/started": "22", "podsim.dev/unhealthy": "0-22" },
      60,
    );
    expect(ready).toEqual(["0.7 not ready", "25.1 ready"]);
    expect(node.processes).toEqual(["0.7 start main"]);
  });

  it("that never succeeds has the container killed at its threshold", () => {
    const { node } = run(
      { startupProbe: { ...EXEC, periodSeconds: 5, failureThreshold: 3, initialDelaySeconds: 6 } },
      { "podsim.dev/started": "1000" },
      30,
    );
    // tries at 10, 15 and 20 s; the container takes a second to stop
    expect(node.processes[1]).toBe("21.0 exit main 0");
  });
});

describe("thresholds of probes", () => {
  const spans = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 })), {
      maxLength: 4,
    })
    .map((lengths) => {
      let at = 0;
      return lengths.map(([gap, length]): RunSpan => {
        const fromUs = at + gap;
        at = fromUs + length;
        return { fromUs, toUs: at };
      });
    });

  it("are those that trying at every tick would find", () => {
    fc.assert(
      fc.property(
        spans,
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 4 }),
        (given, periodUs, phaseUs, fromUs, threshold) => {
          const grid = { phaseUs, periodUs };
          const tried = (holds: (us: number) => boolean): number | undefined => {
            let inRow = 0;
            for (let us = tickFrom(grid, fromUs); us < 2_000; us += periodUs) {
              inRow = holds(us) ? inRow + 1 : 0;
              if (inRow === threshold) return us;
            }
            return undefined;
          };
          const isIn = (us: number): boolean =>
            given.some((span) => us >= span.fromUs && us < span.toUs!);
          expect(thresholdReached(grid, fromUs, given, threshold)).toBe(tried(isIn));
          const gaps = gapsOf(given, fromUs);
          expect(thresholdReached(grid, fromUs, gaps, threshold)).toBe(tried((us) => !isIn(us)));
        },
      ),
      { seed: 7 },
    );
  });
});
