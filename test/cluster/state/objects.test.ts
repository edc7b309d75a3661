import { describe, expect, it } from "vitest";
import { NEVER_US, ORPHAN_FINALIZER } from "../../../src/cluster/index.ts";
import type { ApiResult, NamespaceObject } from "../../../src/cluster/index.ts";
import { createWorld, meta, nodeObject } from "./fixture.ts";

const namespace = (name: string, finalizers: readonly string[] = []): NamespaceObject => ({
  kind: "Namespace",
  meta: meta(name, "", { finalizers }),
  phase: "Active",
});
const reasonOf = (result: ApiResult): string => (result.ok ? "ok" : result.reason);
const uidOf = (result: ApiResult): number => (result.ok ? result.uid! : 0);

describe("objects", () => {
  it("are listed in creation order, whatever is changed", () => {
    const world = createWorld();
    const uids = ["b", "a", "c"].map((name) =>
      uidOf(world.ask("create", (writer) => writer.createObject(namespace(name)))),
    );
    world.ask("patch", (w) => w.updateObject("Namespace", uids[0]!, (n) => ({ ...n })));
    const names = () => world.api.objects.list("Namespace").map(({ name }) => name);
    expect(names()).toEqual(["b", "a", "c"]);
    world.ask("delete", (writer) => writer.deleteObject("Namespace", uids[1]!));
    expect(names()).toEqual(["b", "c"]);
  });

  it("a name is unique among live objects, a uid for ever", () => {
    const world = createWorld();
    const create = () => world.ask("create", (writer) => writer.createObject(namespace("x")));
    const first = uidOf(create());
    expect(reasonOf(create())).toBe("AlreadyExists");
    world.ask("delete", (writer) => writer.deleteObject("Namespace", first));
    expect(uidOf(create())).toBeGreaterThan(first);
  });

  it("an update under an old version is a conflict; status patches never are", () => {
    const world = createWorld();
    const uid = uidOf(world.ask("create", (writer) => writer.createObject(namespace("x"))));
    const stored = () => world.api.objects.find("Namespace", "", "x")!;
    const { resourceVersion } = stored();
    expect(world.ask("patch", (w) => w.patchObjectStatus("Namespace", uid, { n: 1 })).ok).toBe(
      true,
    );
    expect(stored()).toMatchObject({ status: { n: 1 }, generation: 1 });
    const late = world.ask("update", (writer) =>
      writer.updateObject("Namespace", uid, (n) => ({ ...n }), { resourceVersion }),
    );
    expect(reasonOf(late)).toBe("Conflict");
    const fresh = stored().resourceVersion;
    const next = world.ask("update", (writer) =>
      writer.updateObject("Namespace", uid, (n) => ({ ...n }), { resourceVersion: fresh }),
    );
    expect(next.ok).toBe(true);
    expect(stored().generation).toBe(2);
    expect(stored().resourceVersion).toBeGreaterThan(fresh);
  });

  it("finalizers hold a deleted object until the last is off", () => {
    const world = createWorld();
    const made = world.ask("create", (w) => w.createObject(namespace("x", ["one", "two"])));
    const uid = uidOf(made);
    const stored = () => world.api.objects.find("Namespace", "", "x");
    world.ask("delete", (writer) => writer.deleteObject("Namespace", uid));
    expect(stored()?.deletionUs).toBe(0);
    world.ask("patch", (writer) => writer.removeObjectFinalizer("Namespace", uid, "one"));
    expect(stored()?.finalizers).toEqual(["two"]);
    world.ask("patch", (writer) => writer.removeObjectFinalizer("Namespace", uid, "two"));
    expect(stored()).toBeUndefined();
  });

  it("orphan deletion leaves its finalizer to the garbage collector", () => {
    const world = createWorld();
    const uid = uidOf(world.ask("create", (writer) => writer.createObject(namespace("x"))));
    world.ask("delete", (writer) => writer.deleteObject("Namespace", uid, "Orphan"));
    expect(world.api.objects.findByUid(uid)).toMatchObject({
      finalizers: [ORPHAN_FINALIZER],
      deletionUs: 0,
    });
  });

  it("the index of children follows adoption, release and removal", () => {
    const world = createWorld();
    const child = uidOf(world.ask("create", (writer) => writer.createObject(namespace("child"))));
    const owner = { kind: "Deployment", namespace: "", name: "o", uid: 4_000 };
    const children = () => world.api.objects.childrenOfOwner(4_000).map(({ name }) => name);
    expect(children()).toEqual([]);
    world.ask("patch", (writer) => writer.setObjectOwner("Namespace", child, owner));
    expect(children()).toEqual(["child"]);
    world.ask("patch", (writer) => writer.setObjectOwner("Namespace", child, undefined));
    expect(children()).toEqual([]);
    world.ask("patch", (writer) => writer.setObjectOwner("Namespace", child, owner));
    world.ask("delete", (writer) => writer.deleteObject("Namespace", child));
    expect(children()).toEqual([]);
  });
});

describe("nodes", () => {
  it("a new Node gets the not-ready taint; one of the initial state does not", () => {
    const world = createWorld();
    const old = world.addNode("old");
    world.ask("create", (writer) => writer.createNode(nodeObject("new")));
    const { nodes } = world.api;
    expect(nodes.facts(old).taints).toEqual([]);
    expect(nodes.ready(old)).toBe(2);
    const fresh = nodes.find("new");
    expect(nodes.facts(fresh).taints).toMatchObject([
      { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
    ]);
    expect(nodes.ready(fresh)).toBe(0);
  });

  it("a name keeps its row: the object that comes back has a new uid and the pods still there", () => {
    const world = createWorld();
    const node = world.addNode("n1");
    const { pod, uid } = world.createPod("a");
    world.ask("create", (writer) => writer.bindPod(pod, uid, node));
    const { nodes, pods } = world.api;
    const first = nodes.uid(node);
    world.ask("delete", (writer) => writer.deleteNode(node, first));
    expect(nodes.exists(node)).toBe(false);
    expect(nodes.count).toBe(0);
    expect(pods.podsOnNode(node)).toEqual([pod]);
    world.ask("create", (writer) => writer.createNode(nodeObject("n1")));
    expect(nodes.find("n1")).toBe(node);
    expect(nodes.uid(node)).toBeGreaterThan(first);
    expect(reasonOf(world.ask("delete", (w) => w.deleteNode(node, first)))).toBe("NotFound");
  });

  it("the columns follow each change of the object, and Ready's transition only its status", () => {
    const world = createWorld();
    const node = world.addNode("n1", {
      metadata: { name: "n1", labels: { "topology.kubernetes.io/zone": "z" } },
    });
    const { nodes } = world.api;
    expect(nodes.zoneName(nodes.zone(node))).toBe("/z");
    expect(nodes.milliCpuAllocatable(node)).toBe(4_000);
    const smaller = nodeObject("n1", { status: { capacity: { cpu: "1", pods: "3" } } });
    world.ask("update", (w) =>
      w.updateNode(node, nodes.uid(node), (before) => ({
        ...smaller,
        conditions: before.conditions,
      })),
    );
    expect(nodes.milliCpuAllocatable(node)).toBe(1_000);
    expect(nodes.podsAllocatable(node)).toBe(3);
    expect(nodes.zoneName(nodes.zone(node))).toBe("/");
    expect(nodes.readyTransitionUs(node)).toBe(0);
    const renamed = world.ask("update", (w) =>
      w.updateNode(node, nodes.uid(node), () => nodeObject("other")),
    );
    expect(reasonOf(renamed)).toBe("Invalid");
    expect(nodes.readyTransitionUs(node)).not.toBe(NEVER_US);
  });
});
