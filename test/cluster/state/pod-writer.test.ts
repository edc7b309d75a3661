import { describe, expect, it } from "vitest";
import { ConditionStatus, NO_NODE, NO_POD, PodPhase } from "../../../src/cluster/index.ts";
import type { ApiResult } from "../../../src/cluster/index.ts";
import { durationFromSeconds, instant, US_PER_SECOND } from "../../../src/base/index.ts";
import { createWorld, meta } from "./fixture.ts";
import type { World } from "./fixture.ts";

const reasonOf = (result: ApiResult): string => (result.ok ? "ok" : result.reason);

function boundPod(world: World, name = "a") {
  const node = world.addNode("n1");
  const { pod, uid } = world.createPod(name);
  expect(world.ask("create", (writer) => writer.bindPod(pod, uid, node)).ok).toBe(true);
  return { pod, uid, node };
}

function runningPod(world: World, name = "a") {
  const bound = boundPod(world, name);
  const { pod, uid } = bound;
  world.ask("patch", (writer) =>
    writer.patchPodStatus(pod, uid, {
      phase: PodPhase.Running,
      ready: { status: ConditionStatus.True },
    }),
  );
  return bound;
}

describe("creating a pod", () => {
  it("starts Pending, without node, with the next uid and a larger version", () => {
    const world = createWorld();
    const first = world.createPod("a");
    const second = world.createPod("b");
    const { pods } = world.api;
    expect(pods.phase(first.pod)).toBe(PodPhase.Pending);
    expect(pods.node(first.pod)).toBe(NO_NODE);
    expect(second.uid).toBeGreaterThan(first.uid);
    expect(pods.resourceVersion(second.pod)).toBeGreaterThan(pods.resourceVersion(first.pod));
    expect(pods.find("default", "b")).toBe(second.pod);
  });

  it("refuses a name that is taken, and takes it again under a new uid once it is free", () => {
    const world = createWorld();
    const { pod, uid } = world.createPod("a");
    const again = world.ask("create", (writer) =>
      writer.createPod({ namespace: "default", name: "a", template: world.template() }),
    );
    expect(reasonOf(again)).toBe("AlreadyExists");
    world.ask("delete", (writer) => writer.deletePod(pod, uid));
    expect(world.api.pods.find("default", "a")).toBe(NO_POD);
    expect(world.createPod("a").uid).toBeGreaterThan(uid);
  });

  it("gives generated names five letters of the alphabet without vowels, all different", () => {
    const world = createWorld();
    const owner = { kind: "ReplicaSet", namespace: "default", name: "web", uid: 900 };
    const names = new Set<string>();
    for (let k = 0; k < 200; k++) {
      const result = world.ask("create", (writer) =>
        writer.createPod({
          namespace: "default",
          generateName: "web-",
          template: world.template(),
          owner,
        }),
      );
      if (!result.ok) throw new Error(result.message);
      const pod = result.pod!;
      expect(world.api.pods.name(pod)).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(world.api.pods.ownerOrdinal(pod)).toBe(k);
      names.add(world.api.pods.name(pod));
    }
    expect(names.size).toBe(200);
    const row = world.api.owners.find(900);
    expect(world.api.pods.countOfOwner(row)).toBe(200);
    expect(world.api.owners.ref(row)).toEqual(owner);
  });

  it("makes a namespace that is missing and says so; a terminating one refuses", () => {
    const world = createWorld();
    const template = world.template();
    world.ask("create", (writer) => writer.createPod({ namespace: "x", name: "a", template }));
    expect(world.api.namespacesCreated).toEqual(["x"]);
    world.ask("create", (writer) =>
      writer.createObject({ kind: "Namespace", meta: meta("y"), phase: "Terminating" }),
    );
    const refusal = world.ask("create", (writer) =>
      writer.createPod({ namespace: "y", name: "a", template }),
    );
    expect(reasonOf(refusal)).toBe("Forbidden");
  });

  it("marks a gated pod SchedulingGated, which cannot be bound before its gates are gone", () => {
    const world = createWorld();
    const node = world.addNode("n1");
    const gated = world.template({ schedulingGates: [{ name: "wait" }] });
    const { pod, uid } = world.createPod("a", gated);
    expect(world.api.pods.podScheduled(pod)).toBe(ConditionStatus.False);
    expect(world.api.pods.conditionReason(pod, 0)).toBe("SchedulingGated");
    const bind = () => world.ask("create", (writer) => writer.bindPod(pod, uid, node));
    expect(reasonOf(bind())).toBe("Conflict");
    const open = world.templates.derive(world.api.pods.template(pod), {
      spec: { schedulingGates: [] },
    });
    expect(world.ask("update", (w) => w.updatePodTemplate(pod, uid, open)).ok).toBe(true);
    expect(bind().ok).toBe(true);
  });

  it("never adds a gate", () => {
    const world = createWorld();
    const { pod, uid } = world.createPod("a");
    const gated = world.templates.derive(world.api.pods.template(pod), {
      spec: { schedulingGates: [{ name: "late" }] },
    });
    const result = world.ask("update", (writer) => writer.updatePodTemplate(pod, uid, gated));
    expect(reasonOf(result)).toBe("Invalid");
  });
});

describe("binding", () => {
  it("sets the node once and for all, clears the nomination, and sets PodScheduled", () => {
    const world = createWorld();
    const { pod, uid, node } = boundPod(world);
    const other = world.addNode("n2");
    expect(world.api.pods.node(pod)).toBe(node);
    expect(world.api.pods.podScheduled(pod)).toBe(ConditionStatus.True);
    expect(world.api.pods.nominatedNode(pod)).toBe(NO_NODE);
    const second = world.ask("create", (writer) => writer.bindPod(pod, uid, other));
    expect(second).toMatchObject({
      reason: "Conflict",
      message: 'pod a is already assigned to node "n1"',
    });
    expect(world.api.pods.podsOnNode(node)).toEqual([pod]);
    expect(world.api.pods.podsOnNode(other)).toEqual([]);
  });

  it("is refused for a pod that is gone or being deleted", () => {
    const world = createWorld();
    const node = world.addNode("n1");
    const held = world.createPod("held");
    const gone = world.createPod("gone");
    world.ask("delete", (writer) => writer.deletePod(gone.pod, gone.uid));
    const late = world.ask("create", (w) => w.bindPod(gone.pod, gone.uid, node));
    expect(reasonOf(late)).toBe("NotFound");
    expect(world.api.pods.isLive(held.pod, held.uid)).toBe(true);
  });

  it("copies the node's zone label to the pod, as this release's admission does", () => {
    const world = createWorld();
    const node = world.addNode("n1", {
      metadata: { name: "n1", labels: { "topology.kubernetes.io/zone": "z1" } },
    });
    const { pod, uid } = world.createPod("a");
    world.ask("create", (writer) => writer.bindPod(pod, uid, node));
    const { labels } = world.api.pods.template(pod);
    expect(labels.get("topology.kubernetes.io/zone")).toBe("z1");
    expect(labels.get("app")).toBe("web");
  });

  it("leaves pods of a node in binding order when one of them goes", () => {
    const world = createWorld();
    const node = world.addNode("n1");
    const made = ["a", "b", "c", "d"].map((name) => world.createPod(name));
    for (const { pod, uid } of [...made].reverse()) {
      world.ask("create", (writer) => writer.bindPod(pod, uid, node));
    }
    const gone = made[2]!;
    world.ask("delete", (writer) => writer.removePod(gone.pod, gone.uid));
    const names = world.api.pods.podsOnNode(node).map((pod) => world.api.pods.name(pod));
    expect(names).toEqual(["d", "b", "a"]);
  });
});

describe("status", () => {
  const { Pending, Running, Succeeded, Failed } = PodPhase;
  it.each([
    [Pending, Running, true],
    [Pending, Succeeded, true],
    [Running, Failed, true],
    [Running, Pending, false],
    [Succeeded, Running, false],
    [Failed, Succeeded, false],
    [Failed, Failed, true],
  ])("phase %i to %i is allowed: %s", (before, after, isAllowed) => {
    const world = createWorld();
    const { pod, uid } = world.createPod("a");
    world.ask("patch", (writer) => writer.patchPodStatus(pod, uid, { phase: before }));
    const result = world.ask("patch", (w) => w.patchPodStatus(pod, uid, { phase: after }));
    expect(result.ok).toBe(isAllowed);
    expect(world.api.pods.phase(pod)).toBe(isAllowed ? after : before);
  });

  it("a patch that changes nothing makes no version and announces nothing", () => {
    const world = createWorld();
    const { pod, uid } = runningPod(world);
    const version = world.api.resourceVersion;
    let heard = 0;
    world.api.observe({ onPod: () => heard++ });
    const result = world.ask("patch", (writer) =>
      writer.patchPodStatus(pod, uid, { phase: PodPhase.Running, podIp: "" }),
    );
    expect(result).toEqual({ ok: true, changed: false });
    expect(world.api.resourceVersion).toBe(version);
    expect(heard).toBe(0);
  });

  it("moves Ready's transition instant only when the status changes", () => {
    const world = createWorld();
    const { pod, uid } = runningPod(world);
    const at = (seconds: number, status: ConditionStatus, message: string) => {
      world.simulation.runUntil(instant(seconds * US_PER_SECOND));
      world.ask("patch", (writer) =>
        writer.patchPodStatus(pod, uid, { ready: { status, reason: "r", message } }),
      );
      return world.api.pods.readyTransitionUs(pod) / US_PER_SECOND;
    };
    expect(at(5, ConditionStatus.True, "still")).toBe(0);
    expect(at(7, ConditionStatus.False, "down")).toBe(7);
    expect(at(9, ConditionStatus.False, "still down")).toBe(7);
    expect(world.api.pods.conditionMessage(pod, 4)).toBe("still down");
  });

  it.each([
    ["10.1.2.3", true],
    ["255.255.255.255", true],
    ["10.1.2.256", false],
    ["10.1.2", false],
    ["fe80::1", false],
  ])("pod address %s is taken: %s", (podIp, isTaken) => {
    const world = createWorld();
    const { pod, uid } = world.createPod("a");
    const result = world.ask("patch", (writer) => writer.patchPodStatus(pod, uid, { podIp }));
    expect(result.ok).toBe(isTaken);
    expect(world.api.pods.podIp(pod)).toBe(isTaken ? podIp : "");
  });
});

describe("deleting a pod", () => {
  it("removes an unscheduled or finished pod at once, whatever the grace", () => {
    const world = createWorld();
    const pending = world.createPod("pending");
    const done = runningPod(world, "done");
    world.ask("patch", (writer) =>
      writer.patchPodStatus(done.pod, done.uid, { phase: PodPhase.Succeeded }),
    );
    for (const { pod, uid } of [pending, done]) {
      world.ask("delete", (writer) => writer.deletePod(pod, uid, { graceSeconds: 60 }));
      expect(world.api.pods.isLive(pod, uid)).toBe(false);
    }
    expect(world.api.pods.count).toBe(0);
  });

  it("marks a running pod with the time of the request plus the grace", () => {
    const world = createWorld();
    const { pod, uid } = runningPod(world);
    world.simulation.runUntil(instant(10 * US_PER_SECOND));
    world.ask("delete", (writer) => writer.deletePod(pod, uid));
    expect(world.api.pods.deletionUs(pod)).toBe(40 * US_PER_SECOND);
    expect(world.api.pods.deletionGraceUs(pod)).toBe(30 * US_PER_SECOND);
    expect(world.api.pods.isLive(pod, uid)).toBe(true);
    expect(world.api.pods.generation(pod)).toBe(2);
  });

  it("takes a negative grace as one second", () => {
    const world = createWorld();
    const { pod, uid } = runningPod(world);
    world.ask("delete", (writer) => writer.deletePod(pod, uid, { graceSeconds: -5 }));
    expect(world.api.pods.deletionGraceSeconds(pod)).toBe(1);
  });

  // second DELETE: asked after seconds, with grace -> deletionTimestamp, grace (first: at 0 with 30)
  it.each([
    [10, 15, 15, 15],
    [10, 12, 12, 12],
    [10, 60, 30, 30],
    [10, 30, 30, 30],
    [20, 5, 20, 1],
    [20, -3, 20, 1],
  ])("at %i s with grace %i moves it to %i s with grace %i", (at, asked, endSeconds, grace) => {
    const world = createWorld();
    const { pod, uid } = runningPod(world);
    world.ask("delete", (writer) => writer.deletePod(pod, uid));
    world.simulation.runUntil(instant(at * US_PER_SECOND));
    world.ask("delete", (writer) => writer.deletePod(pod, uid, { graceSeconds: asked }));
    expect(world.api.pods.deletionUs(pod) / US_PER_SECOND).toBe(endSeconds);
    expect(world.api.pods.deletionGraceSeconds(pod)).toBe(grace);
  });

  it("a second DELETE without a grace changes nothing; one with 0 removes", () => {
    const world = createWorld();
    const { pod, uid } = runningPod(world);
    world.ask("delete", (writer) => writer.deletePod(pod, uid));
    const again = world.ask("delete", (writer) => writer.deletePod(pod, uid));
    expect(again).toEqual({ ok: true, changed: false });
    world.ask("delete", (writer) => writer.removePod(pod, uid));
    expect(world.api.pods.isLive(pod, uid)).toBe(false);
  });

  it("never removes a terminating pod by time alone", () => {
    const world = createWorld();
    const { pod, uid } = runningPod(world);
    world.ask("delete", (writer) => writer.deletePod(pod, uid));
    world.simulation.runUntil(instant(durationFromSeconds(86_400)));
    expect(world.api.pods.isLive(pod, uid)).toBe(true);
  });

  it("is held by finalizers, and goes with the last one once the grace is used up", () => {
    const world = createWorld();
    const node = world.addNode("n1");
    const finalizers = ["batch.kubernetes.io/job-tracking"];
    const make = (name: string) => {
      const result = world.ask("create", (writer) =>
        writer.createPod({ namespace: "default", name, template: world.template(), finalizers }),
      );
      if (!result.ok) throw new Error(result.message);
      const { pod, uid } = { pod: result.pod!, uid: result.uid! };
      world.ask("create", (writer) => writer.bindPod(pod, uid, node));
      return { pod, uid };
    };
    const release = ({ pod, uid }: ReturnType<typeof make>) =>
      world.ask("patch", (writer) => writer.removePodFinalizer(pod, uid, finalizers[0]!));
    const { pods } = world.api;

    const early = make("early"); // finalizer off before the kubelet's DELETE
    world.ask("delete", (writer) => writer.deletePod(early.pod, early.uid));
    release(early);
    expect(pods.isLive(early.pod, early.uid)).toBe(true);
    world.ask("delete", (writer) => writer.removePod(early.pod, early.uid));
    expect(pods.isLive(early.pod, early.uid)).toBe(false);

    const late = make("late"); // the kubelet's DELETE first
    world.ask("delete", (writer) => writer.removePod(late.pod, late.uid));
    expect(pods.isLive(late.pod, late.uid)).toBe(true);
    expect(pods.isDeleting(late.pod)).toBe(true);
    release(late);
    expect(pods.isLive(late.pod, late.uid)).toBe(false);
  });
});
