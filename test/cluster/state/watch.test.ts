import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { ConditionStatus, NO_NODE, PodPhase } from "../../../src/cluster/index.ts";
import { CHANGED_NODE, CHANGED_PHASE, CHANGED_READY } from "../../../src/cluster/index.ts";
import { LATENCIES_INSTANT, LATENCIES_KUBERNETES_1_36 } from "../../../src/cluster/index.ts";
import type {
  ControlPlaneLatencies,
  PodChange,
  PodIndex,
  Uid,
} from "../../../src/cluster/index.ts";
import type { ApiState } from "../../../src/cluster/state/api-state.ts";
import { durationFromMillis, instant } from "../../../src/base/index.ts";
import { createWorld, meta, nodeObject } from "./fixture.ts";
import type { World } from "./fixture.ts";

const SLOW: ControlPlaneLatencies = { ...LATENCIES_INSTANT, watchLatency: durationFromMillis(5) };

/** What a change shows, copied out of the flyweight. */
function copyOf(change: PodChange) {
  const { kind, pod, uid, mask, nodeBefore, nodeAfter, phaseBefore, phaseAfter } = change;
  const { readyBefore, readyAfter, deletionUsAfter, reasonAfter, restartCountAfter } = change;
  const labels = [...change.templateAfter.labels].join(" ");
  const { resourceVersion, committedUs, nominatedNodeAfter } = change;
  return {
    ...{ kind, pod, uid, mask, nodeBefore, nodeAfter, phaseBefore, phaseAfter, readyBefore },
    ...{ readyAfter, deletionUsAfter, reasonAfter, restartCountAfter, labels, resourceVersion },
    ...{ committedUs, nominatedNodeAfter },
  };
}

describe("watching", () => {
  it("delivers each change a latency after its commit, in commit order", () => {
    const world = createWorld(SLOW);
    const heard: string[] = [];
    world.api.watch({
      name: "w",
      onPod: (change) =>
        heard.push(`${world.simulation.nowUs} ${change.kind} ${world.api.pods.name(change.pod)}`),
    });
    world.createPod("a");
    world.simulation.runUntil(instant(2_000));
    world.createPod("b");
    expect(heard).toEqual([]);
    world.simulation.runUntilDrained();
    expect(heard).toEqual(["5000 Added a", "7000 Added b"]);
  });

  it("shows the values at commit, not those of the time of delivery", () => {
    const world = createWorld(SLOW);
    const node = world.addNode("n1");
    const seen: ReturnType<typeof copyOf>[] = [];
    const { pod, uid } = world.createPod("a");
    world.simulation.runUntilDrained();
    world.api.watch({ name: "w", wantsList: false, onPod: (change) => seen.push(copyOf(change)) });
    world.ask("create", (writer) => writer.bindPod(pod, uid, node));
    world.ask("patch", (writer) =>
      writer.patchPodStatus(pod, uid, {
        phase: PodPhase.Running,
        ready: { status: ConditionStatus.True },
      }),
    );
    world.ask("delete", (writer) => writer.removePod(pod, uid));
    world.simulation.runUntilDrained();
    expect(seen.map(({ kind }) => kind)).toEqual(["Modified", "Modified", "Deleted"]);
    expect(seen[0]).toMatchObject({
      nodeBefore: NO_NODE,
      nodeAfter: node,
      phaseAfter: PodPhase.Pending,
    });
    expect(seen[0]!.mask & CHANGED_NODE).toBeTruthy();
    expect(seen[1]!.mask).toBe(seen[1]!.mask | CHANGED_PHASE | CHANGED_READY);
    expect(seen[1]).toMatchObject({ phaseBefore: PodPhase.Pending, phaseAfter: PodPhase.Running });
    expect(seen[2]).toMatchObject({ uid, phaseAfter: PodPhase.Running });
  });

  it("gives a new watcher the list at once and then only what comes later", () => {
    const world = createWorld(SLOW);
    world.addNode("n1");
    world.createPod("a"); // its delivery is still on the way
    const heard: string[] = [];
    world.api.watch({
      name: "w",
      onPod: (change) => heard.push(`pod ${world.api.pods.name(change.pod)}`),
      onNode: (change) => heard.push(`node ${change.after?.meta.name}`),
      onObject: (change) => heard.push(`${change.objectKind} ${change.after?.name}`),
    });
    expect(heard).toEqual(["Namespace default", "node n1", "pod a"]);
    world.createPod("b");
    world.simulation.runUntilDrained();
    expect(heard.slice(3)).toEqual(["pod b"]);
  });

  it("tells observers at the commit, watchers of several latencies each in their time", () => {
    const world = createWorld(SLOW);
    const heard: string[] = [];
    const note = (who: string) => () => heard.push(`${who}@${world.simulation.nowUs}`);
    world.api.watch({ name: "slow", latency: durationFromMillis(9), onPod: note("slow") });
    world.api.watch({ name: "plain", onPod: note("plain") });
    world.api.observe({ onPod: note("observer") });
    world.createPod("a");
    world.simulation.runUntilDrained();
    expect(heard).toEqual(["observer@0", "plain@5000", "slow@9000"]);
  });

  it("hears nothing more after stop", () => {
    const world = createWorld(SLOW);
    let heard = 0;
    const watch = world.api.watch({ name: "w", onPod: () => heard++ });
    world.createPod("a");
    watch.stop();
    world.simulation.runUntilDrained();
    expect(heard).toBe(0);
  });

  it("keeps a deleted pod's row until the slowest watcher knows, then gives it out again", () => {
    const world = createWorld(SLOW);
    const named: string[] = [];
    world.api.watch({ name: "quick", latency: durationFromMillis(1), onPod: () => {} });
    world.api.watch({
      name: "slow",
      onPod: (change) => named.push(`${change.kind} ${world.api.pods.name(change.pod)}`),
    });
    const first = world.createPod("a");
    world.ask("delete", (writer) => writer.deletePod(first.pod, first.uid));
    const second = world.createPod("b");
    expect(second.pod).not.toBe(first.pod);
    world.simulation.runUntilDrained();
    expect(named).toEqual(["Added a", "Deleted a", "Added b"]);
    const third = world.createPod("c");
    expect(third.pod).toBe(first.pod);
    expect(world.api.pods.isLive(first.pod, first.uid)).toBe(false);
  });

  it("tells of nodes and other objects with both sides of the change", () => {
    const world = createWorld();
    const heard: string[] = [];
    world.api.watch({
      name: "w",
      onNode: ({ kind, before, after }) =>
        heard.push(`${kind} ${before?.unschedulable} ${after?.unschedulable}`),
      onObject: ({ kind, objectKind, before, after }) =>
        heard.push(`${kind} ${objectKind} ${before?.generation} ${after?.generation}`),
    });
    world.ask("create", (writer) => writer.createNode(nodeObject("n1")));
    const node = world.api.nodes.find("n1");
    const uid = world.api.nodes.uid(node);
    world.ask("patch", (w) => w.updateNode(node, uid, (n) => ({ ...n, unschedulable: true })));
    world.ask("patch", (writer) => writer.updateNode(node, uid, (same) => same));
    world.ask("delete", (writer) => writer.deleteNode(node, uid));
    const made = world.ask("create", (writer) =>
      writer.createObject({ kind: "Namespace", meta: meta("x"), phase: "Active" }),
    );
    const object = made.ok ? made.uid! : 0;
    world.ask("patch", (w) => w.updateObject("Namespace", object, (n) => ({ ...n })));
    world.ask("patch", (writer) => writer.patchObjectStatus("Namespace", object, { a: 1 }));
    world.ask("delete", (writer) => writer.deleteObject("Namespace", object));
    world.simulation.runUntilDrained();
    expect(heard).toEqual([
      "Added undefined false",
      "Modified false true",
      "Deleted true undefined",
      "Added Namespace undefined 1",
      "Modified Namespace 1 2",
      "Modified Namespace 2 2",
      "Deleted Namespace 2 undefined",
    ]);
  });
});

describe("property: whatever is committed", () => {
  type Step = readonly [what: number, which: number, wait: number];
  const steps = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 7 }), fc.nat({ max: 9_000 })), {
    maxLength: 120,
  });

  /** Random writes on a few pods; refused ones are part of the game. */
  function perform(world: World, [what, which, wait]: Step, live: [PodIndex, Uid][]): void {
    const [pod, uid] = live[which % Math.max(1, live.length)] ?? [0 as PodIndex, 0];
    const node = world.api.nodes.byName(`n${which % 3}`);
    const { client, api } = world;
    if (what === 0) {
      const name = `p${api.requestsInFlight}-${world.simulation.nowUs}-${live.length}`;
      api.request(
        client,
        "create",
        (writer) => writer.createPod({ namespace: "default", name, template: world.template() }),
        (result) => {
          if (result.ok) live.push([result.pod!, result.uid!]);
        },
      );
    } else if (what === 1) {
      api.request(client, "create", (writer) => writer.bindPod(pod, uid, node));
    } else if (what === 2) {
      const phase = (which % 4) as PodPhase;
      api.request(client, "patch", (w) =>
        w.patchPodStatus(pod, uid, { phase, reason: `r${which}` }),
      );
    } else if (what === 3) {
      const ready = { status: (1 + (which % 3)) as ConditionStatus };
      api.request(client, "patch", (writer) => writer.patchPodStatus(pod, uid, { ready }));
    } else {
      const graceSeconds = what === 4 ? which : 0;
      api.request(client, "delete", (writer) => writer.deletePod(pod, uid, { graceSeconds }));
    }
    world.simulation.runUntil(instant(world.simulation.nowUs + wait));
  }

  it("a late watcher is shown exactly what an observer saw at the commit, versions rise, and nothing is kept", () => {
    fc.assert(
      fc.property(steps, (script) => {
        const world = createWorld(LATENCIES_KUBERNETES_1_36, { check: true });
        for (let k = 0; k < 3; k++) world.addNode(`n${k}`);
        const observed: unknown[] = [];
        const delivered: unknown[] = [];
        let version = 0;
        world.api.observe({
          onPod: (change) => {
            observed.push(copyOf(change));
            expect(change.resourceVersion).toBeGreaterThan(version);
            version = change.resourceVersion;
          },
        });
        const onPod = (change: PodChange) => delivered.push(copyOf(change));
        world.api.watch({ name: "late", latency: durationFromMillis(20), onPod });
        world.api.watch({ name: "later", latency: durationFromMillis(70), onPod: () => {} });
        const live: [PodIndex, Uid][] = [];
        for (const step of script) perform(world, step, live);
        world.simulation.runUntilDrained();
        expect(delivered).toEqual(observed);
        const { journal } = (world.api as unknown as { state: ApiState }).state;
        expect(journal.begin).toBe(journal.end);
        expect(world.api.requestsInFlight).toBe(0);
      }),
      { numRuns: 60, seed: 20261121 },
    );
  });
});
