// Usage of memory, disk and processes: limits, the kernel's choice, node-pressure eviction
// (spec/kubelet.md sections 8 and 9).
import { describe, expect, it } from "vitest";
import { PodPhase } from "../../../src/cluster/index.ts";
import { KUBERNETES_CONTROLLER_OPTIONS } from "../../../src/controllers/index.ts";
import type { EvictionThreshold } from "../../../src/controllers/kubelet/eviction-options.ts";
import { cpuShares, oomScoreAdjust } from "../../../src/controllers/kubelet/quality-of-service.ts";
import { hasTaint } from "../../../src/controllers/node-taints.ts";
import type { Json } from "../rig.ts";
import { kubeletOptions, type OneNode, oneNode, podOf, sidecar } from "./one-node.ts";

/** A node of 1 GiB memory and 10 GiB disk; pods name it themselves. */
function smallNode(thresholds: readonly EvictionThreshold[] = []): OneNode {
  const options = kubeletOptions();
  const { eviction } = options.kubelet;
  const all = [...eviction.thresholds, ...thresholds];
  const kubelet = {
    ...options.kubelet,
    eviction: { ...eviction, thresholds: all, processesMax: 1000 },
  };
  const rig = oneNode({ binds: false, options: { ...options, kubelet } });
  rig.apply({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "small" },
    status: { capacity: { cpu: "4", memory: "1Gi", "ephemeral-storage": "10Gi", pods: "20" } },
  });
  rig.runFor(1);
  return rig;
}

function user(name: string, usage: string, resources: Json = {}, more: Json = {}): Json {
  return podOf(name, {
    main: [{ name: "main", resources }],
    annotations: { "podsim.dev/usage": usage },
    more: { nodeName: "small", ...more },
  });
}

function stateOf(rig: OneNode, name: string): string {
  const { pods } = rig.api;
  const pod = pods.find("default", name);
  return `${["Pending", "Running", "Succeeded", "Failed"][pods.phase(pod)]} ${pods.reason(pod)}`;
}

const conditionOf = (rig: OneNode, type: string): string | undefined => {
  const facts = rig.api.nodes.facts(rig.api.nodes.find("small"));
  return facts.conditions.find((condition) => condition.type === type)?.status;
};

const hasPressureTaint = (rig: OneNode, what: string): boolean =>
  hasTaint(
    rig.api.nodes.facts(rig.api.nodes.find("small")),
    `node.kubernetes.io/${what}-pressure`,
    "NoSchedule",
  );

describe("a container over its memory limit", () => {
  it("is killed when its usage passes the limit, shown as OOMKilled, and restarted by the usual rules", () => {
    const rig = smallNode();
    const limits = { limits: { memory: "100Mi" } };
    rig.apply(user("leak", "memory=40Mi+1Mi/s", limits), user("fine", "memory=100Mi", limits));
    rig.runFor(60);
    expect(rig.processes.filter((line) => line.includes("exit"))).toEqual([]);
    rig.runFor(10);
    expect(rig.processes.filter((line) => line.includes("exit"))).toEqual(["61.7 exit main 137"]);
    rig.runFor(70);
    const leak = rig.api.pods.find("default", "leak");
    expect(rig.api.pods.restartCount(leak)).toBe(2);
    expect(rig.shown.some((line) => line.endsWith("OOMKilled"))).toBe(true);
    expect(rig.api.pods.phase(leak)).toBe(PodPhase.Running);
  });
});

describe("memory of a node", () => {
  it("below its threshold: the pod that exceeds its request is evicted, condition and taint stay for five minutes", () => {
    const rig = smallNode();
    rig.apply(
      user("modest", "memory=500Mi", { requests: { memory: "600Mi" } }),
      user("greedy", "memory=200Mi+1Mi/s", { requests: { memory: "100Mi" } }),
    );
    rig.runFor(200);
    expect(stateOf(rig, "greedy")).toBe("Running ");
    rig.runFor(60);
    expect(stateOf(rig, "greedy")).toBe("Failed Evicted");
    expect(stateOf(rig, "modest")).toBe("Running ");
    const greedy = rig.api.pods.find("default", "greedy");
    expect(rig.api.pods.message(greedy)).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \d+\.?\w*\. Container main was using \d+\.?\w*, request is 100Mi, has larger consumption of memory\. $/,
    );
    expect(conditionOf(rig, "MemoryPressure")).toBe("True");
    expect(hasPressureTaint(rig, "memory")).toBe(true);
    rig.runFor(200);
    expect(conditionOf(rig, "MemoryPressure")).toBe("True");
    rig.runFor(150);
    expect(conditionOf(rig, "MemoryPressure")).toBe("False");
    expect(hasPressureTaint(rig, "memory")).toBe(false);
  });

  it("under pressure: new BestEffort pods are refused, others are not", () => {
    const rig = smallNode();
    rig.apply(user("greedy", "memory=950Mi", { requests: { memory: "100Mi" } }));
    rig.runFor(40);
    rig.apply(
      user("best-effort", "cpu=1m"),
      user("burstable", "cpu=1m", { requests: { cpu: "1m" } }),
    );
    rig.runFor(5);
    expect(stateOf(rig, "greedy")).toBe("Failed Evicted");
    expect(stateOf(rig, "best-effort")).toBe("Failed Evicted");
    expect(rig.api.pods.message(rig.api.pods.find("default", "best-effort"))).toBe(
      "Pod was rejected: The node had condition: [MemoryPressure]. ",
    );
    expect(stateOf(rig, "burstable")).toBe("Running ");
  });

  it("evicts one pod at a time, lower priority first among those that exceed their requests, and no critical one", () => {
    const rig = smallNode();
    rig.apply({
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: "high" },
      value: 10,
    });
    rig.runFor(1);
    rig.apply(
      user("critical", "memory=300Mi", {}, { priorityClassName: "system-node-critical" }),
      user("high", "memory=300Mi", {}, { priorityClassName: "high" }),
      user("low", "memory=150Mi"),
      user("low2", "memory=200Mi"),
    );
    rig.runFor(60);
    const ends = rig.events.filter((line) => line.startsWith("Evicted"));
    expect(ends).toHaveLength(1); // 950 - 200 leaves enough
    expect(["critical", "high", "low", "low2"].map((name) => stateOf(rig, name))).toEqual([
      "Running ",
      "Running ",
      "Running ",
      "Failed Evicted",
    ]);
  });

  it("used up before anybody looks: the kernel kills the process with the highest score", () => {
    const rig = smallNode();
    rig.apply(
      user("guaranteed", "memory=500Mi", {
        requests: { cpu: "1", memory: "512Mi" },
        limits: { cpu: "1", memory: "512Mi" },
      }),
      user("burst", "memory=10Mi; 60s memory=600Mi"),
    );
    rig.runFor(61);
    expect(rig.processes.at(-1)).toMatch(/exit main 137$/);
    expect(stateOf(rig, "guaranteed")).toBe("Running ");
    expect(rig.api.pods.restartCount(rig.api.pods.find("default", "guaranteed"))).toBe(0);
  });

  it("below a soft threshold must be so for its grace", () => {
    const soft: EvictionThreshold = {
      signal: "memory.available",
      amount: 400 * 1024 * 1024,
      percent: undefined,
      graceUs: 60_000_000,
      minReclaim: 0,
    };
    const rig = smallNode([soft]);
    rig.apply(user("a", "memory=700Mi; 40s memory=100Mi; 100s memory=700Mi"));
    rig.runFor(150);
    expect(stateOf(rig, "a")).toBe("Running ");
    rig.runFor(40);
    expect(stateOf(rig, "a")).toBe("Failed Evicted");
  });

  it("that ran short while no kubelet looked is relieved when it is back", () => {
    const rig = smallNode();
    rig.apply(user("greedy", "memory=100Mi; 60s memory=960Mi"));
    rig.runFor(30);
    rig.machines.stopKubelet(rig.api.nodes.find("small"));
    rig.runFor(120);
    expect(stateOf(rig, "greedy")).toBe("Running ");
    rig.machines.startKubelet(rig.api.nodes.find("small"));
    rig.runFor(30);
    expect(stateOf(rig, "greedy")).toBe("Failed Evicted");
  });

  it("far from its threshold costs no event, however long", () => {
    const rig = smallNode();
    rig.apply(user("steady", "memory=500Mi cpu=1 disk=1Gi pids=20"));
    rig.runFor(20);
    const before = rig.sim.stats.fired;
    rig.runFor(100_000);
    expect(rig.sim.stats.fired).toBe(before);
  });
});

describe("disk and processes of a node", () => {
  it("that fill up evict the pod that uses most beyond its request; critical ones alone are admitted then", () => {
    const rig = smallNode();
    rig.apply(user("a", "disk=1Gi"), user("b", "disk=1Gi+100Mi/s"));
    rig.runFor(90);
    expect(stateOf(rig, "b")).toBe("Failed Evicted");
    expect(stateOf(rig, "a")).toBe("Running ");
    expect(conditionOf(rig, "DiskPressure")).toBe("True");
    rig.apply(user("late", "cpu=1m", { requests: { cpu: "1m" } }));
    rig.runFor(5);
    expect(stateOf(rig, "late")).toBe("Failed Evicted");
  });

  it("lose unused images before any pod", () => {
    const options = kubeletOptions({ enabled: true, defaultImageBytes: 2_300_000_000 });
    const rig = oneNode({ binds: false, options });
    rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "small" },
      status: { capacity: { cpu: "4", memory: "1Gi", "ephemeral-storage": "10Gi", pods: "20" } },
    });
    rig.runFor(1);
    const using = (name: string, image: string): Json =>
      podOf(name, { main: [{ name, image }], more: { nodeName: "small" } });
    rig.apply(using("first", "one:1"));
    rig.runFor(150);
    rig.deletePod(rig.api.pods.find("default", "first"));
    rig.apply(using("second", "two:1"));
    rig.runFor(700);
    const node = rig.api.nodes.find("small");
    expect([...rig.machines.images(node).keys()]).toEqual(["two:1"]);
    expect(stateOf(rig, "second")).toBe("Running ");
  });

  it("run out of processes by priority, then by their number", () => {
    const pids: EvictionThreshold = {
      signal: "pid.available",
      amount: undefined,
      percent: 10,
      graceUs: undefined,
      minReclaim: 0,
    };
    const rig = smallNode([pids]);
    rig.apply(user("few", "pids=300"), user("many", "pids=650"));
    rig.runFor(30);
    expect([stateOf(rig, "few"), stateOf(rig, "many")]).toEqual(["Running ", "Failed Evicted"]);
    expect(conditionOf(rig, "PIDPressure")).toBe("True");
  });
});

describe("classes of quality", () => {
  it("have the recorded scores and shares", () => {
    const node = oneNode();
    const gi = 1024 ** 3;
    const scores = [0, 1, 4, 8].map((request) => {
      const resources = { requests: { cpu: "1m", memory: `${request}Gi` } };
      const decoded = node.decode(podOf("p", { main: [{ name: "main", resources }] }));
      const { template } = decoded as { template: Parameters<typeof oomScoreAdjust>[0] };
      return oomScoreAdjust(template, 0, 0, 16 * gi);
    });
    expect(scores).toEqual([999, 938, 750, 500]);
    const requests = (memory: string) => ({ requests: { memory } });
    const whole = node.decode(
      podOf("p", {
        init: [sidecar("proxy", { resources: requests("1Gi") })],
        main: [{ name: "main", resources: requests("4Gi") }],
      }),
    ) as { template: Parameters<typeof oomScoreAdjust>[0] };
    // the sidecar counts as the smallest main container; what the pod asks for besides is shared out
    expect([0, 1].map((i) => oomScoreAdjust(whole.template, i, 0, 16 * gi))).toEqual([750, 750]);
    const shared = node.decode(
      podOf("q", {
        main: [{ name: "one", resources: requests("1Gi") }, "two"],
        more: { resources: requests("9Gi") },
      }),
    ) as typeof whole;
    expect([0, 1].map((i) => oomScoreAdjust(shared.template, i, 0, 16 * gi))).toEqual([688, 750]);
    expect([0, 1, 100, 1000].map(cpuShares)).toEqual([2, 2, 102, 1024]);
    expect(KUBERNETES_CONTROLLER_OPTIONS.kubelet.eviction.thresholds).toHaveLength(3);
  });
});
