// What the API shows of nodes in trouble: shutdown, reboot, stopped kubelet, partition, slow, full.
import { describe, expect, it } from "vitest";
import { PodPhase } from "../../../src/cluster/index.ts";
import { hasTaint } from "../../../src/controllers/node-taints.ts";
import { type FaultPlan, registerFaultInvariants, startFaults } from "../../../src/faults/index.ts";
import { deployment, type Json } from "../rig.ts";
import { kubeletOptions, type OneNode, oneNode, podOf } from "./one-node.ts";

function troubled(plan: FaultPlan, options: Parameters<typeof oneNode>[0] = {}): OneNode {
  const rig = oneNode(options);
  const faults = startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
  registerFaultInvariants(rig.sim, rig.api, rig.machines, faults);
  return rig;
}

const withGrace = (seconds: number, critical: number): Parameters<typeof oneNode>[0] => {
  const options = kubeletOptions();
  const shutdown = { gracePeriodUs: seconds * 1e6, criticalGracePeriodUs: critical * 1e6 };
  return { options: { ...options, kubelet: { ...options.kubelet, shutdown } } };
};

const conditionOf = (rig: OneNode, type = "Ready"): string | undefined =>
  rig.api.nodes.facts(rig.nodes[0]!).conditions.find((one) => one.type === type)?.status;

const exits = (rig: OneNode): string[] => rig.processes.filter((line) => line.includes("exit"));

function stateOf(rig: OneNode, name: string): string {
  const { pods } = rig.api;
  const pod = pods.find("default", name);
  return `${["Pending", "Running", "Succeeded", "Failed"][pods.phase(pod)]} ${pods.reason(pod)}`;
}

const stopping = (name: string, seconds: number, more: Json = {}): Json =>
  podOf(name, { main: [name], annotations: { "podsim.dev/stop": String(seconds) }, more });

describe("a node that is shut down", () => {
  const plan: FaultPlan = [{ kind: "NodeShutdown", node: "n1", atUs: 20e6, durationUs: 60e6 }];

  it("with a grace period ends ordinary pods first, critical ones then, each within its part, and is gone when they are", () => {
    const rig = troubled(plan, withGrace(30, 10));
    rig.apply(
      stopping("quick", 3),
      stopping("stubborn", 100),
      stopping("agent", 5, { priorityClassName: "system-node-critical" }),
    );
    rig.runUntil(21);
    expect(conditionOf(rig)).toBe("False");
    rig.runUntil(60);
    expect(exits(rig)).toEqual([
      "23.0 exit quick 0",
      "40.0 exit stubborn 137",
      "45.0 exit agent 0",
    ]);
    expect(rig.machines.isPowered(rig.nodes[0]!)).toBe(false);
    expect(["quick", "stubborn", "agent"].map((name) => stateOf(rig, name))).toEqual([
      "Failed Terminated",
      "Failed Terminated",
      "Failed Terminated",
    ]);
    rig.runUntil(200);
    expect(conditionOf(rig)).toBe("True");
  });

  it("takes no new pod meanwhile", () => {
    const rig = troubled(plan, { ...withGrace(30, 10), binds: false });
    rig.apply(stopping("stubborn", 100, { nodeName: "n1" }));
    rig.runUntil(25);
    rig.apply(podOf("late", { more: { nodeName: "n1" } }));
    rig.runUntil(26);
    expect(stateOf(rig, "late")).toBe("Failed NodeShutdown");
  });

  it("without a grace period is gone at once: a crash to the API, and its pods start anew in place", () => {
    const rig = troubled(plan);
    rig.apply(podOf("web"));
    rig.runUntil(200);
    expect(exits(rig)).toEqual(["20.0 exit main 137"]);
    expect(stateOf(rig, "web")).toBe("Running ");
    expect(rig.api.pods.restartCount(rig.api.pods.find("default", "web"))).toBe(1);
  });
});

describe("a node that reboots", () => {
  it("shows nothing but restarts when it is quick", () => {
    const rig = troubled([{ kind: "NodeReboot", node: "n1", atUs: 20e6, durationUs: 5e6 }]);
    rig.apply(podOf("web"));
    rig.runUntil(100);
    expect(exits(rig)).toEqual(["20.0 exit main 137"]);
    expect(rig.processes.at(-1)).toBe("55.7 start main"); // 5 s off, 30 s boot
    expect(rig.api.nodes.facts(rig.nodes[0]!).taints).toEqual([]);
  });
});

describe("a kubelet that is stopped", () => {
  it("leaves what runs alone; the API gives the node up, and takes it back", () => {
    const plan: FaultPlan = [{ kind: "KubeletStop", node: "n1", atUs: 20e6, durationUs: 100e6 }];
    const rig = troubled(plan, { nodes: 3, binds: false });
    const more = { nodeName: "n1" };
    rig.apply(
      podOf("web", { more }),
      podOf("batch", {
        annotations: { "podsim.dev/run": "30" },
        more: { restartPolicy: "Never", ...more },
      }),
    );
    rig.runUntil(110);
    expect(conditionOf(rig)).toBe("Unknown");
    expect(
      hasTaint(rig.api.nodes.facts(rig.nodes[0]!), "node.kubernetes.io/unreachable", "NoExecute"),
    ).toBe(true);
    expect(exits(rig)).toEqual(["30.7 exit main 0"]);
    expect(stateOf(rig, "batch")).toBe("Running "); // nobody tells
    rig.runUntil(130);
    expect(conditionOf(rig)).toBe("True");
    expect(stateOf(rig, "batch")).toBe("Succeeded ");
    expect(stateOf(rig, "web")).toBe("Running ");
    expect(rig.machines.processCount).toBe(1);
  });

  it("inside a crash is still stopped when the power is back", () => {
    const rig = troubled([
      { kind: "KubeletStop", node: "n1", atUs: 10e6, durationUs: 200e6 },
      { kind: "NodeReboot", node: "n1", atUs: 20e6, durationUs: 5e6 },
    ]);
    rig.apply(podOf("web"));
    rig.runUntil(150);
    expect(rig.machines.isKubeletRunning(rig.nodes[0]!)).toBe(false);
    rig.runUntil(300);
    expect(rig.processes.at(-1)).toMatch(/start main$/);
  });
});

describe("a node that is cut off", () => {
  it("goes on serving and restarting; its evicted pods are deleted when it is back", () => {
    const plan: FaultPlan = [
      { kind: "NetworkPartition", node: "n1", atUs: 20e6, durationUs: 500e6 },
    ];
    const rig = troubled(plan, { nodes: 3 });
    rig.apply(deployment("web", 1, {}, { "podsim.dev/run": "100" }));
    rig.runUntil(450);
    const [old, fresh] = rig.podsOf("web");
    expect(rig.api.pods.isDeleting(old!)).toBe(true);
    expect(rig.api.pods.isDeleting(fresh!)).toBe(false);
    const startsOnOld = rig.machines.process(rig.nodes[0]!, rig.api.pods.uid(old!))!.startedUs;
    expect(startsOnOld).toBeGreaterThan(300e6); // restarted while nobody heard of it
    rig.runUntil(540);
    expect(rig.podsOf("web")).toEqual([fresh]);
    expect(rig.machines.podUids(rig.nodes[0]!)).toEqual([]);
  });
});

describe("a slow node", () => {
  it("takes so many times as long for starts, stops and the work under way, and is Ready all the time", () => {
    const rig = troubled([
      { kind: "SlowNode", node: "n1", atUs: 10e6, durationUs: 20e6, slownessPercent: 200 },
    ]);
    const batch = (name: string): Json =>
      podOf(name, {
        main: [name],
        annotations: { "podsim.dev/run": "20" },
        more: { restartPolicy: "Never" },
      });
    rig.apply(batch("before"));
    rig.runUntil(15);
    rig.apply(batch("during"));
    rig.runUntil(80);
    // before: 9.3 s at full pace, 20 s at half pace (10 s of work), 0.7 s left at 30
    // during: bound at 15, starts 1.3 s later, 6.9 s of work until 30, 13.1 s after
    expect(rig.processes).toEqual([
      "0.7 start before",
      "16.3 start during",
      "30.7 exit before 0",
      "43.2 exit during 0",
    ]);
    expect(conditionOf(rig)).toBe("True");
  });
});

describe("a full disk", () => {
  it("is disk pressure: taint, no new pods, until five minutes after it was cleaned up", () => {
    const rig = troubled(
      [{ kind: "DiskFull", node: "big", atUs: 20e6, durationUs: 60e6, fillPercent: 95 }],
      {
        binds: false,
      },
    );
    rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "big" },
      status: { capacity: { cpu: "4", memory: "8Gi", "ephemeral-storage": "100Gi", pods: "10" } },
    });
    rig.runUntil(60);
    const node = rig.api.nodes.find("big");
    const tainted = (): boolean =>
      hasTaint(rig.api.nodes.facts(node), "node.kubernetes.io/disk-pressure", "NoSchedule");
    expect(tainted()).toBe(true);
    rig.apply(podOf("web", { more: { nodeName: "big" } }));
    rig.runUntil(70);
    expect(stateOf(rig, "web")).toBe("Failed Evicted");
    rig.runUntil(370);
    expect(tainted()).toBe(true);
    rig.runUntil(420);
    expect(tainted()).toBe(false);
    expect(rig.api.pods.phase(rig.api.pods.find("default", "web"))).toBe(PodPhase.Failed);
  });
});

describe("a registry outage", () => {
  it("holds up pods whose images are not on their nodes, and only those", () => {
    const plan: FaultPlan = [{ kind: "RegistryOutage", atUs: 20e6, durationUs: 30e6 }];
    const rig = troubled(plan, {
      options: kubeletOptions({ enabled: true, defaultImageBytes: 1e6 }),
    });
    rig.apply(podOf("first", { main: [{ name: "first", image: "a:1" }] }));
    rig.runUntil(25);
    rig.apply(
      podOf("known", { main: [{ name: "known", image: "a:1" }] }),
      podOf("fresh", { main: [{ name: "fresh", image: "b:1" }] }),
    );
    rig.runUntil(45);
    expect(rig.processes.map((line) => line.split(" ")[2])).toEqual(["first", "known"]);
    expect(rig.shown.at(-1)).toMatch(/ErrImagePull|ImagePullBackOff/);
    rig.runUntil(100);
    expect(rig.processes.at(-1)).toMatch(/start fresh$/);
  });
});
