// What a replay does with actions: times by anchors, the stand-in kubelet's rules, patches, drains.
import { describe, expect, it } from "vitest";
import {
  replayRun,
  type ReplayRecord,
} from "../../../../src/experiment/verify/timelines/replay.ts";
import { type PodLife, RunView } from "../../../../src/experiment/verify/timelines/run-view.ts";
import {
  deployment,
  type Json,
  pod,
  smallFile,
  type SmallParts,
  waitReady,
} from "./small-timelines.ts";

function replay(parts: SmallParts): { readonly record: ReplayRecord; readonly view: RunView } {
  const record = replayRun(smallFile(parts), 0, "1");
  return { record, view: new RunView(record.events) };
}

function podOf(view: RunView, name: string): PodLife {
  return view.pods.find((one) => one.name === name)!;
}

const create = (t: number, count: number): Json => ({ op: "create", t, until: t + 0.1, count });

describe("times of actions", () => {
  it("keep their distance from the end of the last wait, whenever that comes", () => {
    const parts: SmallParts = {
      input: [
        { t: 0, object: pod("a", { ready: "4" }) },
        { t: 30, object: pod("b") },
      ],
      // recorded: the wait took 20 s, and b was created 10 s after it
      actions: [create(0, 1), waitReady(0.1, 20, "a", 1), create(30, 1)],
    };
    const { record, view } = replay(parts);
    const waited = record.actions[1]!.done!;
    expect(waited).toBeGreaterThan(5);
    expect(waited).toBeLessThan(5.1);
    expect(podOf(view, "b").createdT).toBeCloseTo(waited + 10, 1);
    expect(record.failures).toEqual([]);
  });

  it("a wait that is never met ends with its timeout", () => {
    const { record } = replay({ actions: [waitReady(0, 60, "nobody", 1)] });
    expect(record.actions[0]!.done).toBeCloseTo(60, 3);
  });

  it("say what was to be refused and was not, and the other way round", () => {
    const { record } = replay({
      input: [
        { t: 0, object: pod("fine"), error: "refused" },
        { t: 0.1, object: { apiVersion: "v1", kind: "Nonsense", metadata: { name: "x" } } },
      ],
      actions: [create(0, 2)],
    });
    expect(record.failures).toHaveLength(2);
    expect(record.refusals.map(({ name }) => name)).toEqual(["x"]);
  });
});

describe("the stand-in kubelet", () => {
  it("starts, is ready, exits and stops at the annotated times", () => {
    const { view } = replay({
      input: [
        { t: 0, object: pod("a", { start: "2", ready: "3", run: "6", exit: "3" }) },
        { t: 0, object: pod("b", { stop: "4" }) },
      ],
      actions: [
        create(0, 2),
        { op: "delete", t: 10, kind: "Pod", names: ["b"], grace: 3 },
        create(20, 0),
      ],
    });
    const a = podOf(view, "a");
    expect(a.running!.t - a.bound!.t).toBeCloseTo(2, 1);
    expect(a.ready!.t - a.running!.t).toBeCloseTo(3, 1);
    expect(a.terminal!.t - a.running!.t).toBeCloseTo(6, 1);
    expect(a.terminal!.set).toMatchObject({ phase: "Failed", "cond.Ready": "False/PodFailed" });
    const b = podOf(view, "b");
    expect(b.grace).toBe("3");
    expect(b.terminal!.t - b.deleting!.t).toBeCloseTo(3, 1); // the grace is shorter than the stop
    expect(b.gone!.rv).toBeGreaterThan(b.terminal!.rv);
  });

  it("frozen forgets starts and stops, loses exits, and makes up for readiness on return", () => {
    const { view } = replay({
      nodeCount: 1,
      input: [
        { t: 0, object: pod("ready", { ready: "5" }) },
        { t: 0, object: pod("exits", { run: "5" }) },
        { t: 0, object: pod("stops") },
        { t: 3, object: pod("starts") },
      ],
      actions: [
        create(0, 3),
        create(3, 1),
        { op: "fail", t: 3.5, nodes: ["n1"] },
        { op: "delete", t: 4, kind: "Pod", names: ["stops"] },
        { op: "recover", t: 20, nodes: ["n1"] },
        create(30, 0),
      ],
    });
    expect(podOf(view, "ready").ready!.t).toBeCloseTo(20, 1);
    expect(podOf(view, "exits").terminal).toBeUndefined();
    expect(podOf(view, "stops").terminal!.t).toBeCloseTo(20.5, 1);
    expect(podOf(view, "starts").running!.t).toBeCloseTo(21, 1);
  });

  it("of a deleted node does nothing more", () => {
    const { view } = replay({
      nodeCount: 1,
      input: [{ t: 0, object: pod("a", { run: "10" }) }],
      actions: [create(0, 1), { op: "deleteNode", t: 5, nodes: ["n1"] }, create(60, 0)],
    });
    const a = podOf(view, "a");
    expect(a.disrupted!.set["cond.DisruptionTarget"]).toBe("True/DeletionByPodGC");
    expect(a.terminal!.t).toBeGreaterThanOrEqual(45);
  });
});

describe("patches and commands", () => {
  it("change sizes, templates and nodes, and undo", () => {
    const template = {
      metadata: { labels: { ver: "v2" } },
      spec: { containers: [{ name: "c", image: "img:v2" }] },
    };
    const { view, record } = replay({
      input: [{ t: 0, object: deployment("web", 2) }],
      actions: [
        create(0, 1),
        { op: "patch", t: 5, kind: "Deployment", names: ["web"], patch: { spec: { replicas: 3 } } },
        { op: "patch", t: 10, kind: "Deployment", names: ["web"], patch: { spec: { template } } },
        { op: "kubectl", t: 20, done: 20.2, args: ["rollout", "undo", "deployment/web"] },
        { op: "kubectl", t: 21, done: 21.2, args: ["taint", "node", "n2", "k=v:NoSchedule"] },
        { op: "kubectl", t: 22, done: 22.2, args: ["taint", "node", "n2", "k-"] },
        { op: "kubectl", t: 23, done: 23.2, args: ["cordon", "n3"] },
        create(40, 0),
      ],
    });
    expect(record.failures).toEqual([]);
    const [first, second] = view.objects("ReplicaSet");
    expect(first!.valueAt("spec.replicas", 15)).toBe("0");
    expect(second!.valueAt("spec.replicas", 15)).toBe("3"); // the template's patch left the size alone
    expect(first!.valueAt("spec.replicas", 30)).toBe("3");
    const taints = view
      .find("Node", "n2")!
      .history("taints")
      .map(({ value }) => value);
    expect(taints).toEqual(["k:NoSchedule", null]);
    expect(view.find("Node", "n3")!.valueAt("unschedulable", 40)).toBe("true");
  });

  it("take off scheduling gates one by one", () => {
    const gated = pod("gated");
    const spec = { ...(gated["spec"] as object), schedulingGates: [{ name: "a" }, { name: "b" }] };
    const step = [{ op: "remove", path: "/spec/schedulingGates/0" }];
    const { view } = replay({
      input: [{ t: 0, object: { ...gated, spec } }],
      actions: [
        create(0, 1),
        { op: "patch", t: 3, kind: "Pod", names: ["gated"], patch: step },
        { op: "patch", t: 6, kind: "Pod", names: ["gated"], patch: step },
        create(10, 0),
      ],
    });
    const life = podOf(view, "gated");
    expect(life.history("gates").map(({ value }) => value)).toEqual(["a,b", "b", null]);
    expect(life.bound!.t).toBeCloseTo(6, 1);
  });

  it("drain a node by evictions that its budgets refuse until there is room", () => {
    const { view, record } = replay({
      nodeCount: 2,
      input: [
        {
          t: 0,
          object: {
            apiVersion: "policy/v1",
            kind: "PodDisruptionBudget",
            metadata: { name: "web" },
            spec: { maxUnavailable: 1, selector: { matchLabels: { app: "web" } } },
          },
        },
        { t: 0, object: deployment("web", 4) },
      ],
      actions: [
        create(0, 2),
        waitReady(0.1, 2, "web-.*", 4),
        { op: "kubectl", t: 5, done: 12, args: ["drain", "n1", "--ignore-daemonsets"] },
        create(20, 0),
      ],
    });
    const evicted = view.pods.filter(({ disrupted }) => disrupted !== undefined);
    expect(evicted.map(({ node }) => node)).toEqual(["n1", "n1"]);
    const [first, second] = evicted.map(({ deleting }) => deleting!.t).sort((a, b) => a - b);
    expect(second! - first!).toBeCloseTo(5, 1);
    expect(record.actions[2]!.done).toBeGreaterThan(second!);
    expect(record.failures).toEqual([]);
  });
});

describe("preemption reads budgets that are kept current", () => {
  it("and evicts where one allows it, though nobody wrote a status by hand", () => {
    const priority = (name: string, value: number): Json => ({
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
    });
    const big = (name: string, app: string, node: string, priorityClassName: string): Json => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app } },
      spec: {
        priorityClassName,
        ...(node === "" ? {} : { nodeSelector: { "kubernetes.io/hostname": node } }),
        containers: [{ name: "c", image: "i", resources: { requests: { cpu: "3" } } }],
      },
    });
    const budget: Json = {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "kept" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "kept" } } },
    };
    const { view } = replay({
      nodeCount: 2,
      input: [
        priority("low", 1),
        priority("high", 100),
        budget,
        big("kept", "kept", "n1", "low"),
        big("free", "free", "n2", "low"),
        big("boss", "boss", "", "high"),
      ].map((object, k) => ({ t: k < 5 ? 0 : 5, object })),
      actions: [create(0, 5), create(5, 1), create(10, 0)],
    });
    const kept = view.find("PodDisruptionBudget", "kept")!;
    expect(kept.valueAt("currentHealthy", 4)).toBe("1");
    expect(kept.valueAt("disruptionsAllowed", 4)).toBe("0");
    expect(podOf(view, "free").disrupted!.set).toEqual({
      "cond.DisruptionTarget": "True/PreemptionByScheduler",
    });
    expect(podOf(view, "kept").disrupted).toBeUndefined();
    expect(podOf(view, "boss").node).toBe("n2");
  });
});
