// What kubelets do with pods: start, restart, stop, pull, and tell (spec/kubelet.md).
import { describe, expect, it } from "vitest";
import { ConditionStatus, formatPodStatus, PodPhase } from "../../../src/cluster/index.ts";
import {
  type ControllerOptions,
  DEFAULT_IMAGE_PULL,
  KUBERNETES_CONTROLLER_OPTIONS,
} from "../../../src/controllers/index.ts";
import { startFaults } from "../../../src/faults/index.ts";
import { TYPICAL_CONTAINER_TIMES } from "../../../src/workload/index.ts";
import { createRig, type Json, podTemplate, type Rig } from "../rig.ts";

const WITHOUT_PULLS: ControllerOptions = {
  ...KUBERNETES_CONTROLLER_OPTIONS,
  kubelet: {
    ...KUBERNETES_CONTROLLER_OPTIONS.kubelet,
    images: { ...DEFAULT_IMAGE_PULL, enabled: false },
  },
};

function pod(name: string, annotations: Json = {}, spec: Json = {}): Json {
  const template = podTemplate(name, annotations, spec);
  return {
    apiVersion: "v1",
    kind: "Pod",
    ...template,
    metadata: { ...(template["metadata"] as object), name },
  };
}

/** What the API shows of one pod over time: "seconds what". */
function watchPod(rig: Rig, name: string): string[] {
  const lines: string[] = [];
  const note = (text: string): void => {
    lines.push(`${(rig.sim.nowUs / 1e6).toFixed(1)} ${text}`);
  };
  rig.api.observe({
    onPod: (change) => {
      if (rig.api.pods.name(change.pod) !== name) return;
      if (change.kind === "Deleted") note("gone");
      if (change.kind !== "Modified") return;
      if (change.phaseAfter !== change.phaseBefore) note(Object.keys(PodPhase)[change.phaseAfter]!);
      if (change.readyAfter !== change.readyBefore)
        note(change.readyAfter === ConditionStatus.True ? "ready" : "not ready");
      if (change.isDeletingAfter && !change.isDeletingBefore) note("deleting");
    },
  });
  return lines;
}

describe("a real kubelet", () => {
  it("has a pod with its image at hand running about 0.7 s after it was bound", () => {
    const rig = createRig({ options: WITHOUT_PULLS, times: TYPICAL_CONTAINER_TIMES });
    const lines = watchPod(rig, "one");
    rig.apply(pod("one"));
    rig.runUntil(5);
    expect(lines).toEqual(["0.7 Running", "0.7 not ready", "0.7 ready"]);
  });

  it("shows a pod that ends by itself as finished 1.0 to 2.1 s after its exit", () => {
    const lags: number[] = [];
    for (const seed of ["1", "2", "3", "4", "5", "6"]) {
      const rig = createRig({ seed, options: WITHOUT_PULLS, times: TYPICAL_CONTAINER_TIMES });
      let exitedUs = 0;
      rig.machines.listen({
        onProcess: ({ kind, atUs }) => {
          if (kind === "exited") exitedUs = atUs;
        },
      });
      rig.api.observe({
        onPod: ({ kind, phaseBefore, phaseAfter }) => {
          if (
            kind === "Modified" &&
            phaseAfter === PodPhase.Succeeded &&
            phaseBefore !== phaseAfter
          ) {
            lags.push((rig.sim.nowUs - exitedUs) / 1e6);
          }
        },
      });
      rig.apply(pod("one", { "podsim.dev/run": "3" }, { restartPolicy: "Never" }));
      rig.runUntil(20);
    }
    expect(lags).toHaveLength(6);
    for (const lag of lags) {
      expect(lag).toBeGreaterThan(1);
      expect(lag).toBeLessThan(2.1);
    }
    expect(Math.max(...lags) - Math.min(...lags)).toBeGreaterThan(0.2);
  });

  it("stops a deleted pod in its own time, at the latest when its grace is over", () => {
    const rig = createRig({ options: WITHOUT_PULLS, times: TYPICAL_CONTAINER_TIMES });
    rig.apply(
      pod("quick", { "podsim.dev/stop": "4" }),
      pod("stubborn", { "podsim.dev/stop": "100" }, { terminationGracePeriodSeconds: 10 }),
    );
    rig.runUntil(5);
    const quick = watchPod(rig, "quick");
    const stubborn = watchPod(rig, "stubborn");
    rig.deletePod(rig.api.pods.find("default", "quick"));
    rig.deletePod(rig.api.pods.find("default", "stubborn"));
    rig.runUntil(30);
    expect(quick.slice(0, 3)).toEqual(["5.0 deleting", "9.0 Succeeded", "9.0 not ready"]);
    expect(stubborn.slice(0, 3)).toEqual(["5.0 deleting", "15.0 Failed", "15.0 not ready"]);
    for (const [line, least] of [
      [quick[3]!, 9],
      [stubborn[3]!, 15],
    ] as const) {
      expect(line).toMatch(/gone$/);
      expect(Number.parseFloat(line)).toBeGreaterThanOrEqual(least);
      expect(Number.parseFloat(line)).toBeLessThanOrEqual(least + 1.1);
    }
  });

  it("backs off from containers that crash: gaps of 0, 10, 20, 40, 80 s, stretched by up to a half", () => {
    const rig = createRig({ options: WITHOUT_PULLS, times: TYPICAL_CONTAINER_TIMES });
    const gaps: number[] = [];
    let exitedUs = -1;
    rig.machines.listen({
      onProcess: ({ kind, atUs }) => {
        if (kind === "exited") exitedUs = atUs;
        else if (exitedUs >= 0) gaps.push((atUs - exitedUs) / 1e6);
      },
    });
    rig.apply(pod("crash", { "podsim.dev/run": "2", "podsim.dev/exit": "1" }));
    rig.runUntil(260);
    // recorded ranges (kubelet.md section 5), to which the relist grid adds up to a second
    const ranges = [
      [0, 1],
      [10, 17],
      [20, 32],
      [40, 62],
      [80, 122],
    ];
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    for (const [index, gap] of gaps.slice(0, 5).entries()) {
      expect(gap).toBeGreaterThanOrEqual(ranges[index]![0]!);
      expect(gap).toBeLessThanOrEqual(ranges[index]![1]!);
    }
    const crash = rig.api.pods.find("default", "crash");
    expect(rig.api.pods.phase(crash)).toBe(PodPhase.Running);
    expect(rig.api.pods.restartCount(crash)).toBe(gaps.length);
    // how it ended shows until the next look, 60 to 90 s later, has found it backing off
    expect(formatPodStatus(rig.api.pods, crash)).toBe("Error");
    rig.runUntil(345);
    expect(formatPodStatus(rig.api.pods, crash)).toBe("CrashLoopBackOff");
  });

  it("pulls one image at a time, and each image once", () => {
    const rig = createRig({
      nodes: 1,
      options: KUBERNETES_CONTROLLER_OPTIONS,
      times: TYPICAL_CONTAINER_TIMES,
    });
    const startedAt: number[] = [];
    rig.machines.listen({
      onProcess: ({ kind, atUs }) => kind === "started" && startedAt.push(atUs / 1e6),
    });
    const withImage = (name: string, image: string): Json =>
      pod(name, {}, { containers: [{ name: "c", image }] });
    rig.apply(withImage("a", "first:1"), withImage("b", "second:1"), withImage("c", "first:1"));
    rig.runUntil(60);
    // 0.3 s manifest + 150 MB at 50 MB/s + 300 MB unpacked at 100 MB/s = 6.3 s each
    expect(startedAt.map((at) => Math.round(at * 10) / 10)).toEqual([7, 7, 13.3]);
    expect([...rig.machines.images(rig.nodes[0]!).keys()]).toHaveLength(2);
    startedAt.length = 0;
    rig.apply(withImage("d", "first:1"));
    rig.runFor(5);
    expect(startedAt.map((at) => Math.round(at * 10) / 10)).toEqual([60.7]);
  });
});

describe("a pod whose machine reboots", () => {
  it("starts anew in place, unless it must never be restarted", () => {
    const rig = createRig({ nodes: 1 });
    rig.apply(pod("always"), pod("never", {}, { restartPolicy: "Never" }));
    const plan = [{ kind: "NodeCrash", node: "n1", atUs: 10e6, repairAfterUs: 5e6 }] as const;
    startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
    rig.runUntil(30);
    const always = rig.api.pods.find("default", "always");
    const never = rig.api.pods.find("default", "never");
    expect(rig.api.pods.phase(always)).toBe(PodPhase.Running);
    expect(rig.api.pods.restartCount(always)).toBe(1);
    expect(rig.api.pods.phase(never)).toBe(PodPhase.Failed);
    expect(rig.machines.processCount).toBe(1);
  });

  it("that is bare and whose node never returns stays Terminating and is not replaced", () => {
    const rig = createRig({ nodes: 2 });
    rig.apply(pod("alone"));
    rig.runUntil(5);
    const alone = rig.api.pods.find("default", "alone");
    rig.machines.powerOff(rig.api.pods.node(alone));
    rig.runUntil(2000);
    expect(rig.podNames()).toEqual(["alone"]);
    expect(rig.api.pods.isDeleting(alone)).toBe(true);
    expect(rig.api.pods.phase(alone)).toBe(PodPhase.Running);
  });
});

describe("healthy nodes", () => {
  it("cost no events, however long nothing happens", () => {
    const rig = createRig({ nodes: 50 });
    rig.runUntil(1);
    const before = rig.sim.stats.fired;
    rig.runUntil(1_000_000);
    expect(rig.sim.stats.fired - before).toBe(0);
  });
});
