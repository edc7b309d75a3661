// Random pods on random nodes in random trouble, under the invariants: whatever happens, nothing
// breaks, and when the trouble is over everything is as the API says.
import { describe, expect, it } from "vitest";
import { EntityDraws, entityHash, streamName } from "../../../src/base/index.ts";
import { PodPhase } from "../../../src/cluster/index.ts";
import { type Fault, registerFaultInvariants, startFaults } from "../../../src/faults/index.ts";
import { deployment, type Json } from "../rig.ts";
import { kubeletOptions, type OneNode, oneNode, podOf, sidecar } from "./one-node.ts";

/** Uniform draws of one seed. */
function drawsOf(seed: string): (below: number) => number {
  const draws = new EntityDraws(streamName(seed, 0, "random lives"));
  let index = 0;
  return (below) => Math.floor(draws.unit(entityHash("lives", 0), index++) * below);
}

function randomPod(name: string, draw: (below: number) => number): Json {
  const one = <T>(choices: readonly T[]): T => choices[draw(choices.length)]!;
  const probe = (): Json => ({
    exec: {},
    periodSeconds: 1 + draw(10),
    failureThreshold: 1 + draw(3),
  });
  const container = (own: string): Json => ({
    name: own,
    image: one(["a:1", "b:1", "gone:1", "img:v1", "latest"]),
    resources: one<Json>([
      {},
      { limits: { memory: "100Mi" } },
      { requests: { cpu: "100m", memory: "50Mi", "ephemeral-storage": "1Gi" } },
    ]),
    ...(draw(3) === 0 ? { readinessProbe: probe() } : {}),
    ...(draw(3) === 0 ? { livenessProbe: probe() } : {}),
    ...(draw(4) === 0 ? { startupProbe: probe() } : {}),
    ...(draw(6) === 0 ? { lifecycle: { preStop: { sleep: { seconds: draw(40) } } } } : {}),
  });
  const init = Array.from({ length: draw(3) }, (_, i) =>
    draw(2) === 0 ? sidecar(`s${i}`, container(`s${i}`)) : container(`i${i}`),
  );
  const main = Array.from({ length: 1 + draw(2) }, (_, i) => container(`m${i}`));
  const annotations: Record<string, string> = {};
  if (draw(2) === 0) annotations["podsim.dev/run"] = String(1 + draw(200));
  if (draw(2) === 0) annotations["podsim.dev/exit"] = one(["0", "1", "1,0", "1,1,0"]);
  if (draw(3) === 0) annotations["podsim.dev/stop"] = String(draw(50));
  if (draw(3) === 0) annotations["podsim.dev/unhealthy"] = `${draw(50)}-${50 + draw(100)}`;
  if (draw(4) === 0) annotations["podsim.dev/not-ready"] = `${draw(30)}-${40 + draw(50)},200-`;
  if (draw(4) === 0) annotations["podsim.dev/started"] = String(draw(40));
  if (draw(2) === 0) {
    annotations["podsim.dev/usage"] = one([
      "cpu=100m memory=50Mi",
      "memory=20Mi+1Mi/s",
      "memory=300Mi disk=1Gi+20Mi/s",
      "memory=10Mi; 60s memory=600Mi; repeat=3m",
    ]);
  }
  const more: Json = {
    nodeName: `n${1 + draw(3)}`,
    restartPolicy: one(["Always", "OnFailure", "Never"]),
    terminationGracePeriodSeconds: one([0, 1, 10, 30]),
    ...(draw(5) === 0 ? { activeDeadlineSeconds: 1 + draw(300) } : {}),
    ...(draw(8) === 0 ? { priorityClassName: "system-node-critical" } : {}),
  };
  return podOf(name, { init, main, annotations, more });
}

function randomFault(draw: (below: number) => number): Fault {
  const node = `n${1 + draw(3)}`;
  const atUs = draw(600) * 1_000_000 + draw(1_000_000);
  const durationUs = (1 + draw(200)) * 1_000_000;
  const kinds: readonly (() => Fault)[] = [
    () => ({ kind: "NodeCrash", node, atUs, repairAfterUs: durationUs }),
    () => ({ kind: "NodeReboot", node, atUs, durationUs: draw(20) * 1_000_000 }),
    () => ({ kind: "NodeShutdown", node, atUs, durationUs }),
    () => ({ kind: "NetworkPartition", node, atUs, durationUs }),
    () => ({ kind: "KubeletStop", node, atUs, durationUs }),
    () => ({ kind: "SlowNode", node, atUs, durationUs, slownessPercent: 100 + draw(400) }),
    () => ({ kind: "DiskFull", node, atUs, durationUs, fillPercent: 50 + draw(51) }),
    () => ({ kind: "RegistryOutage", atUs, durationUs }),
  ];
  return kinds[draw(kinds.length)]!();
}

function live(seed: string): OneNode {
  const draw = drawsOf(seed);
  const options = kubeletOptions({
    enabled: draw(2) === 0,
    defaultImageBytes: 10_000_000 * (1 + draw(50)),
    serialize: draw(2) === 0,
    registryBytesPerSecond: draw(2) === 0 ? undefined : 60_000_000,
    registry: new Map([["gone:1", { bytes: 1, layers: [], isMissing: true }]]),
  });
  const shutdown = { gracePeriodUs: draw(2) * 40_000_000, criticalGracePeriodUs: 10_000_000 };
  const rig = oneNode({
    seed,
    nodes: 0,
    binds: draw(2) === 0,
    options: { ...options, kubelet: { ...options.kubelet, shutdown } },
  });
  const capacity = { cpu: "4", memory: "1Gi", "ephemeral-storage": "10Gi", pods: "12" };
  for (const name of ["n1", "n2", "n3"]) {
    rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      spec: { podCIDR: "10.0.0.0/28" },
      status: { capacity },
    });
  }
  rig.runUntil(1);
  const plan = Array.from({ length: draw(6) }, () => randomFault(draw));
  const faults = startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
  registerFaultInvariants(rig.sim, rig.api, rig.machines, faults);
  rig.apply(deployment("web", draw(6)));
  for (let i = 0; i < 14; i++) {
    rig.apply(randomPod(`p${i}`, draw));
    rig.runFor(draw(40) + draw(1_000_000) / 1e6);
    const victim = rig.api.pods.find("default", `p${draw(14)}`);
    if (victim >= 0 && draw(3) === 0) rig.deletePod(victim);
  }
  rig.runUntil(2_500);
  return rig;
}

describe("pods whose life is drawn at random", () => {
  it("break no invariant, end when they are deleted, and leave nothing behind (15 seeds)", () => {
    for (let number = 1; number <= 15; number++) {
      const seed = `lives-${number}`;
      const rig = (() => {
        try {
          return live(seed);
        } catch (error) {
          throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
        }
      })();
      const { pods } = rig.api;
      const names: string[] = [];
      pods.forEach((pod) => {
        names.push(pods.name(pod));
      });
      for (const name of names) {
        const pod = pods.find("default", name);
        const stuck = `seed ${seed}: ${name} is ${pods.phase(pod)}`;
        expect(pods.isDeleting(pod), `${stuck} and still being deleted`).toBe(false);
        const isRunning = rig.machines.podUids(pods.node(pod)).includes(pods.uid(pod));
        const isFinished =
          pods.phase(pod) === PodPhase.Succeeded || pods.phase(pod) === PodPhase.Failed;
        if (!isFinished && pods.node(pod) >= 0)
          expect(isRunning, `${stuck} and nowhere`).toBe(true);
      }
      names.forEach((name) => {
        rig.deletePod(pods.find("default", name));
      });
      rig.remove("Deployment", "web");
      rig.runFor(700);
      let left = 0;
      pods.forEach(() => {
        left++;
      });
      expect({ seed, left, processes: rig.machines.processCount }).toEqual({
        seed,
        left: 0,
        processes: 0,
      });
      expect(rig.controllers.kubelets.recordCounts.inUse, seed).toBe(0);
    }
  });
});
