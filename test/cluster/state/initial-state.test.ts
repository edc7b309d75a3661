import { describe, expect, it } from "vitest";
import { ConditionStatus, formatPodReady, formatPodStatus } from "../../../src/cluster/index.ts";
import { formatTimestamp, nodeToJson, podToJson, PodPhase } from "../../../src/cluster/index.ts";
import { decodeObject, findKind } from "../../../src/cluster/index.ts";
import { AS_API_SERVER, DecodeSink, FieldCursor } from "../../../src/cluster/index.ts";
import type { ApiObject, PodIndex } from "../../../src/cluster/index.ts";
import { parseTimestampSeconds } from "../../../src/cluster/objects/timestamp.ts";
import { createWorld } from "./fixture.ts";
import type { World } from "./fixture.ts";

type Json = Readonly<Record<string, unknown>>;

function decode(world: World, json: Json): ApiObject {
  const found = findKind(json["apiVersion"] as string, json["kind"] as string);
  if (found === undefined) throw new Error("no decoder");
  const cursor = new FieldCursor(json, [], new DecodeSink(AS_API_SERVER));
  return decodeObject(found, json, cursor, world.templates);
}

const NODE: Json = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n1", labels: { zone: "z" } },
  spec: { taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }], unschedulable: true },
  status: { capacity: { cpu: "4", memory: "8Gi", pods: "110" } },
};

const pod = (name: string, more: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "img:1" }] },
  ...more,
});

const BOUND = { nodeName: "n1", containers: [{ name: "c", image: "img:1" }] };
const RUNNING = {
  phase: "Running",
  startTime: "2026-01-01T00:00:05Z",
  conditions: [
    { type: "Ready", status: "False", reason: "X", lastTransitionTime: "2026-01-01T00:00:07Z" },
    { type: "ContainersReady", status: "True" },
    { type: "Custom/Gate", status: "True" },
  ],
  containerStatuses: [{ name: "c", restartCount: 3 }],
  podIP: "10.0.0.7",
};

function load(...objects: readonly Json[]) {
  const world = createWorld();
  const refusals = world.api.initialState.load(objects.map((json) => decode(world, json)));
  const find = (name: string): PodIndex => world.api.pods.find("shop", name);
  return { world, refusals, find, ...world.api };
}

describe("initial state", () => {
  it("nodes are Ready, keep their own taints and get no other; nothing takes time", () => {
    const { world } = load(NODE);
    const { nodes } = world.api;
    const node = nodes.find("n1");
    expect(nodes.ready(node)).toBe(ConditionStatus.True);
    expect(nodes.facts(node).taints.map(({ key }) => key)).toEqual(["gpu"]);
    expect(nodes.unschedulable(node)).toBe(true);
    expect(world.simulation.nowUs).toBe(0);
    expect(world.simulation.stats.pending).toBe(0);
  });

  it("a Ready condition in the manifest is believed", () => {
    const status = {
      ...(NODE["status"] as Json),
      conditions: [{ type: "Ready", status: "False" }],
    };
    const { world } = load({ ...NODE, status });
    expect(world.api.nodes.ready(world.api.nodes.find("n1"))).toBe(ConditionStatus.False);
  });

  it("a bound pod without status runs and is ready; order in the file does not matter", () => {
    const { world, find } = load(pod("a", { spec: BOUND }), NODE);
    const row = find("a");
    const { pods, nodes } = world.api;
    expect(pods.phase(row)).toBe(PodPhase.Running);
    expect(pods.ready(row)).toBe(ConditionStatus.True);
    expect(pods.node(row)).toBe(nodes.find("n1"));
    expect(formatPodStatus(pods, row)).toBe("Running");
    expect(formatPodReady(pods, row)).toBe("1/1");
  });

  it("a pending pod stays pending and is admitted; an unknown class is refused by name", () => {
    const spec = { containers: [{ name: "c", image: "i" }], priorityClassName: "nope" };
    const { world, find, refusals } = load(pod("a"), pod("b", { spec }));
    const { pods } = world.api;
    expect(pods.phase(find("a"))).toBe(PodPhase.Pending);
    expect(pods.template(find("a")).tolerations).toHaveLength(2);
    expect(refusals).toHaveLength(1);
    expect(refusals[0]!.refusal.message).toContain("no PriorityClass with name nope");
  });

  it("the status of a dump is kept: phase, conditions, restarts, address, times before the start", () => {
    const world = createWorld();
    const { initialState, pods } = world.api;
    initialState.originSeconds = parseTimestampSeconds("2026-01-01T00:01:00Z");
    const refusals = initialState.load([
      decode(world, NODE),
      decode(world, pod("a", { spec: BOUND, status: RUNNING })),
    ]);
    expect(refusals).toEqual([]);
    const row = pods.find("shop", "a");
    expect(pods.ready(row)).toBe(ConditionStatus.False);
    expect(pods.containersReady(row)).toBe(ConditionStatus.True);
    expect(pods.restartCount(row)).toBe(3);
    expect(pods.podIp(row)).toBe("10.0.0.7");
    expect(pods.startUs(row)).toBe(-55_000_000);
    expect(pods.readyTransitionUs(row)).toBe(-53_000_000);
  });

  it("children find their owner by the dump's uid, read before or after it", () => {
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "u-1" };
    const owned = (name: string) =>
      pod(name, {
        metadata: { name, namespace: "shop", ownerReferences: [{ ...owner, controller: true }] },
      });
    const replicaSet = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "web", namespace: "shop", uid: "u-1" },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "c", image: "i" }] },
        },
      },
    };
    const { world, find } = load(owned("a"), replicaSet, owned("b"));
    const { pods, owners, objects } = world.api;
    const stored = objects.find("ReplicaSet", "shop", "web")!;
    const row = owners.find(stored.uid);
    expect(pods.podsOfOwner(row)).toEqual([find("a"), find("b")]);
    expect([find("a"), find("b")].map((each) => pods.ownerOrdinal(each))).toEqual([0, 1]);
  });
});

describe("as JSON", () => {
  it("a pod and a node can be read in again and say the same", () => {
    const first = load(NODE, pod("a", { spec: BOUND, status: RUNNING })).world;
    const json = [
      nodeToJson(first.api, first.api.nodes.find("n1")),
      podToJson(first.api, first.api.pods.find("shop", "a")),
    ];
    const text = JSON.stringify(json);
    const again = createWorld();
    const refusals = again.api.initialState.load(
      (JSON.parse(text) as Json[]).map((object) => decode(again, object)),
    );
    expect(refusals).toEqual([]);
    const rewritten = [
      nodeToJson(again.api, again.api.nodes.find("n1")),
      podToJson(again.api, again.api.pods.find("shop", "a")),
    ];
    const plain = (objects: unknown) =>
      JSON.stringify(objects).replaceAll(/"(uid|resourceVersion)":"[^"]*"/g, "");
    expect(plain(rewritten)).toBe(plain(json));
    expect(text).toContain('"restartCount":3');
  });

  it("shows what a deleted, owned, nominated pod has", () => {
    const world = createWorld();
    const node = world.addNode("n1");
    const owner = { kind: "Job", namespace: "default", name: "j", uid: 99 };
    const made = world.ask("create", (writer) =>
      writer.createPod({
        namespace: "default",
        name: "a",
        template: world.template(),
        owner,
        finalizers: ["batch.kubernetes.io/job-tracking"],
      }),
    );
    if (!made.ok) throw new Error(made.message);
    const row = made.pod!;
    world.ask("patch", (writer) =>
      writer.patchPodStatus(row, made.uid!, { nominatedNode: node, reason: "R", message: "M" }),
    );
    world.ask("delete", (writer) => writer.deletePod(row, made.uid!));
    expect(podToJson(world.api, row, 60)).toMatchObject({
      metadata: {
        ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: "j", controller: true }],
        finalizers: ["batch.kubernetes.io/job-tracking"],
        deletionTimestamp: "1970-01-01T00:01:00Z",
        deletionGracePeriodSeconds: 0,
      },
      status: { phase: "Pending", reason: "R", message: "M", nominatedNodeName: "n1" },
    });
  });

  it("times agree with the reader's calendar on every day of some centuries", () => {
    for (let day = -200_000; day < 300_000; day += 61) {
      const seconds = day * 86_400 + ((day * 7_907) % 86_400);
      expect(parseTimestampSeconds(formatTimestamp(0, seconds))).toBe(seconds);
    }
    expect(formatTimestamp(1_999_999, 0)).toBe("1970-01-01T00:00:01Z");
  });
});

describe("kubectl's STATUS column", () => {
  it.each([
    ["Pending", {}, false],
    ["ContainerCreating", { startUs: 0 }, true],
    ["Running", { phase: PodPhase.Running }, true],
    ["Completed", { phase: PodPhase.Succeeded }, true],
    ["Error", { phase: PodPhase.Failed }, true],
    ["Evicted", { phase: PodPhase.Failed, reason: "Evicted" }, true],
  ])("%s", (text, patch, isBound) => {
    const world = createWorld();
    const { pod: row, uid } = world.createPod("a");
    if (isBound) world.ask("create", (w) => w.bindPod(row, uid, world.addNode("n1")));
    world.ask("patch", (writer) => writer.patchPodStatus(row, uid, patch));
    expect(formatPodStatus(world.api.pods, row)).toBe(text);
  });

  it("Terminating while it is not finished, SchedulingGated while it is gated", () => {
    const world = createWorld();
    const { pod: row, uid } = world.createPod("a");
    world.ask("create", (w) => w.bindPod(row, uid, world.addNode("n1")));
    world.ask("delete", (writer) => writer.deletePod(row, uid));
    expect(formatPodStatus(world.api.pods, row)).toBe("Terminating");
    const gated = world.createPod("g", world.template({ schedulingGates: [{ name: "x" }] }));
    expect(formatPodStatus(world.api.pods, gated.pod)).toBe("SchedulingGated");
  });
});
