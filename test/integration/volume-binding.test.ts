// Claims about claims in whole runs: what is written in which order, what the scheduler waits for, and
// how every failure on the way ends.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type ActiveRun,
  decodeScenario,
  prepareRun,
  startRun,
  readScenario,
  runToEnd,
} from "../../src/experiment/index.ts";
import { RANK } from "../../src/engine/index.ts";
import {
  claim,
  onNodes,
  storageClass,
  using,
  volume,
} from "../scheduler/plugins/volumes/storage-objects.ts";

type Json = Readonly<Record<string, unknown>>;

const MS = 1_000;
const SECOND = 1_000_000;
const LOCAL = storageClass("local", { provisioner: "kubernetes.io/no-provisioner" });
const FAST = storageClass("fast");

function pod(name: string, claimName: string, more: Json = {}): Json {
  const containers = [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }];
  const spec = { containers, ...using(claimName), ...more };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" }, spec };
}

function claimOf(className: string, name = "c"): Json {
  return claim(name, { spec: { storageClassName: className } });
}

function localVolume(name: string, node: string): Json {
  return volume(name, { storageClassName: "local", nodeAffinity: onNodes(node) });
}

interface Told {
  /** Changes of claims, volumes and pods: what was written, without instants. */
  readonly writes: readonly string[];
  readonly atUs: readonly number[];
  /** Events about pods, by the scheduler, without those that repeat the one before. */
  readonly events: readonly string[];
  readonly run: ActiveRun;
  atOf(write: string): number;
}

interface Setting {
  readonly objects: readonly Json[];
  readonly later?: readonly { readonly at: string; readonly objects: readonly Json[] }[];
  readonly controlPlane?: Json;
  readonly scheduler?: Json;
  readonly seconds?: number;
  /** Done at an instant of the run. */
  readonly meanwhile?: { readonly atUs: number; readonly call: (run: ActiveRun) => void };
}

function tell({
  objects,
  later = [],
  controlPlane = {},
  scheduler,
  seconds = 60,
  meanwhile,
}: Setting): Told {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "10" };
  const scenario = {
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "t" } },
    run: { horizon: `${seconds}s` },
    cluster: { nodePools: [{ name: "n", count: 2, allocatable }] },
    workload: { manifests: later },
    controlPlane,
    ...(scheduler === undefined
      ? {}
      : { schedulers: [{ name: "default-scheduler", config: scheduler }] }),
  };
  const reading = decodeScenario(scenario, { file: "t" });
  expect(reading.problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const extra = [{ name: "o.json", bytes: Buffer.from(text) }];
  const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document!, extra });
  const run = startRun(prepared, { check: "deep" });
  const writes: string[] = [];
  const atUs: number[] = [];
  const events: string[] = [];
  const write = (what: string): void => {
    writes.push(what);
    atUs.push(run.nowUs);
  };
  const { nodes, pods } = run.api;
  run.api.observe({
    onObject: ({ kind, before, after }) => {
      const next = after?.object ?? before!.object;
      if (next.kind !== "PersistentVolume" && next.kind !== "PersistentVolumeClaim") return;
      if (kind !== "Modified") write(`${kind} ${next.meta.name}`);
      else write(changeOf(before!.object as typeof next, next));
    },
    onPod: ({ kind, pod: row, nodeBefore, nodeAfter }) => {
      if (kind === "Deleted") write(`Deleted ${pods.name(row)}`);
      if (kind === "Modified" && nodeBefore !== nodeAfter) {
        write(`${pods.name(row)} on ${nodes.name(nodeAfter)}`);
      }
    },
  });
  run.api.events.listen(({ about, from, reason, message }) => {
    const line = `${about.name} ${reason}: ${message}`;
    if (from === "default-scheduler" && events.at(-1) !== line) events.push(line);
  });
  if (meanwhile !== undefined) {
    run.simulation.callAt(meanwhile.atUs as never, RANK.workload, "test", () =>
      meanwhile.call(run),
    );
  }
  while (run.advance(1_000));
  run.finish();
  return { writes, atUs, events, run, atOf: (what) => atUs[writes.indexOf(what)] ?? Number.NaN };
}

type Stored = {
  readonly meta: { readonly name: string; readonly annotations: ReadonlyMap<string, string> };
  readonly phase: string;
  readonly volumeName?: string;
  readonly claimRef?: { readonly name: string } | undefined;
};

/** In the words of recorded timelines. */
function changeOf(before: Stored, after: Stored): string {
  const { name } = after.meta;
  if (before.claimRef?.name !== after.claimRef?.name)
    return `${name} claim ${after.claimRef?.name}`;
  if (before.volumeName !== after.volumeName) return `${name} volume ${after.volumeName}`;
  if (before.phase !== after.phase) return `${name} ${after.phase}`;
  const node = after.meta.annotations.get("volume.kubernetes.io/selected-node");
  if (node !== before.meta.annotations.get("volume.kubernetes.io/selected-node")) {
    return `${name} for node ${node}`;
  }
  return `${name} annotated`;
}

function userOf(run: ActiveRun): Parameters<ActiveRun["api"]["request"]>[0] {
  return run.api.client("user", { limit: "unlimited", rank: RANK.workload });
}

function deletePod(run: ActiveRun, name: string): void {
  const row = run.api.pods.find("default", name);
  const uid = run.api.pods.uid(row);
  run.api.request(userOf(run), "delete", (writer) => writer.deletePod(row, uid));
}

describe("a claim that waits for its pod, with volumes at hand", () => {
  const objects = [LOCAL, localVolume("v", "n-1"), claimOf("local"), pod("p", "c")];

  it("is bound in the recorded order, and the pod one look later, on the volume's node", () => {
    const { writes, atOf, events } = tell({ objects });
    expect(writes).toEqual(["v claim c", "v Bound", "c volume v", "c Bound", "p on n-1"]);
    expect(events).toEqual(["p Scheduled: Successfully assigned default/p to n-1"]);
    // The look of a second later finds it, whenever in between the claim was bound.
    expect(atOf("p on n-1") - atOf("v claim c")).toBe(SECOND + 3 * MS);
  });

  it("gets no volume that another pod was promised a moment before", () => {
    const { events, run } = tell({
      objects: [...objects, claimOf("local", "d"), pod("q", "d")],
      seconds: 4,
    });
    expect(events[0]).toBe(
      "q FailedScheduling: 0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    );
    expect(run.api.objects.find("PersistentVolumeClaim", "default", "d")?.object.phase).toBe(
      "Pending",
    );
  });

  it("is bound when its volume comes later: the volume wakes the pod", () => {
    const { writes, atOf } = tell({
      objects: [LOCAL, claimOf("local"), pod("p", "c")],
      later: [{ at: "5s", objects: [{ ...localVolume("v", "n-0"), status: {} }] }],
    });
    expect(writes.at(-1)).toBe("p on n-0");
    expect(atOf("p on n-0") - atOf("Added v")).toBeGreaterThanOrEqual(SECOND);
    expect(atOf("p on n-0") - atOf("Added v")).toBeLessThan(1.4 * SECOND);
  });
});

describe("a claim of an immediate class", () => {
  it("is bound at once; the pod is refused meanwhile and woken by the claim", () => {
    const immediate = { ...LOCAL, volumeBindingMode: "Immediate" };
    const { writes, events, atOf } = tell({
      objects: [immediate, localVolume("v", "n-1")],
      later: [{ at: "1s", objects: [claimOf("local"), pod("p", "c")] }],
    });
    expect(writes).toEqual([
      ...["Added c", "v claim c", "v Bound", "c volume v", "c Bound", "p on n-1"],
    ]);
    expect(events[0]).toContain("pod has unbound immediate PersistentVolumeClaims. not found");
    expect(atOf("p on n-1") - SECOND).toBeLessThan(100 * MS);
  });
});

describe("a claim whose class makes volumes", () => {
  const objects = [FAST, claimOf("fast"), pod("p", "c")];

  it("gets one for the node of its pod, after the time that the driver needs", () => {
    const { writes, atOf, run } = tell({ objects });
    const made = writes.find((each) => each.startsWith("Added pvc-"))!;
    const name = made.slice("Added ".length);
    expect(writes).toEqual([
      ...["c for node n-0", "c annotated", made, `${name} Bound`, `c volume ${name}`, "c Bound"],
      "p on n-0",
    ]);
    expect(atOf(made) - atOf("c annotated")).toBe(5 * SECOND + 4 * MS);
    const { object } = run.api.objects.find("PersistentVolume", "", name)!;
    expect(object.claimRef?.name).toBe("c");
    expect(object.reclaimPolicy).toBe("Delete");
  });

  it("lies where the driver says its disks can be used: in the zone of that node", () => {
    const csiNode = (name: string): Json => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "CSINode",
      metadata: { name },
      spec: {
        drivers: [
          { name: "csi.example.com", nodeID: name, topologyKeys: ["kubernetes.io/hostname"] },
        ],
      },
    });
    const { run } = tell({ objects: [...objects, csiNode("n-0"), csiNode("n-1")] });
    const [made] = run.api.objects.list("PersistentVolume");
    const place = (name: string) => ({
      name: "",
      labels: new Map([["kubernetes.io/hostname", name]]),
    });
    expect(made?.object.nodeAffinity?.matches(place("n-0"))).toBe(true);
    expect(made?.object.nodeAffinity?.matches(place("n-1"))).toBe(false);
  });

  it("waits as long as VolumeBindingArgs allow, then the pod comes again, to the same node", () => {
    const args = { bindTimeoutSeconds: 3 };
    const { events, writes } = tell({
      objects,
      scheduler: {
        apiVersion: "kubescheduler.config.k8s.io/v1",
        kind: "KubeSchedulerConfiguration",
        profiles: [{ pluginConfig: [{ name: "VolumeBinding", args }] }],
      },
    });
    expect(events[0]).toBe(
      'p FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
    );
    expect(events.at(-1)).toBe("p Scheduled: Successfully assigned default/p to n-0");
    expect(writes.filter((each) => each.startsWith("c for node"))).toEqual(["c for node n-0"]);
  });

  it("whose driver gives the claim back is tried on a node chosen anew", () => {
    const storage = { provisionFailureRate: 0.8, onProvisionFailure: "reschedule" };
    const { events, writes } = tell({ objects, controlPlane: { storage }, seconds: 300 });
    expect(events).toContain(
      'p FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "c"',
    );
    expect(events.at(-1)).toMatch(/^p Scheduled: /);
    expect(writes).toContain("c for node undefined");
  });

  it("of which no volume can be made never gets one: the pod tries again for ever", () => {
    const storage = { failingClasses: ["fast"] };
    const { events, run } = tell({ objects, controlPlane: { storage }, seconds: 700 });
    expect(events.every((each) => each.includes("context deadline exceeded"))).toBe(true);
    expect(events).toHaveLength(1);
    expect(run.api.objects.count("PersistentVolume")).toBe(0);
  });

  it("loses its volume with the claim, as its policy says", () => {
    const { writes } = tell({
      objects,
      meanwhile: {
        atUs: 20 * SECOND,
        call: (run) => {
          deletePod(run, "p");
          const { uid } = run.api.objects.find("PersistentVolumeClaim", "default", "c")!;
          run.api.request(userOf(run), "delete", (writer) =>
            writer.deleteObject("PersistentVolumeClaim", uid),
          );
        },
      },
    });
    const name = writes.find((each) => each.startsWith("Added pvc-"))!.slice("Added ".length);
    expect(writes.filter((each) => each.includes("Released") || each.includes("Deleted"))).toEqual(
      expect.arrayContaining(["Deleted c", `${name} Released`, `Deleted ${name}`]),
    );
  });
});

describe("what goes wrong while the scheduler waits for volumes", () => {
  const objects = [FAST, claimOf("fast"), pod("p", "c")];

  it("the pod is deleted: found at the next look, and nothing comes back", () => {
    const { events, run } = tell({
      objects,
      meanwhile: { atUs: 2 * SECOND, call: (each) => deletePod(each, "p") },
      seconds: 30,
    });
    expect(events).toEqual([
      'p FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: pod does not exist any more: pod "p" not found',
    ]);
    expect(run.api.pods.count).toBe(0);
  });

  it("the node goes away: found at the next look, and the claim keeps its node", () => {
    const { events } = tell({
      objects,
      meanwhile: {
        atUs: 2 * SECOND,
        call: ({ api }) => {
          const node = api.nodes.byName("n-0");
          api.request(
            api.client("u", { limit: "unlimited", rank: RANK.workload }),
            "delete",
            (writer) => writer.deleteNode(node, api.nodes.uid(node)),
          );
        },
      },
      seconds: 30,
    });
    expect(events[0]).toBe(
      'p FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: failed to get node "n-0": node "n-0" not found',
    );
    // The volume made meanwhile is bound to nowhere in particular, so the other node will do.
    expect(events.at(-1)).toBe("p Scheduled: Successfully assigned default/p to n-1");
  });

  it("somebody else writes the volume first: a conflict, and the pod comes again", () => {
    const { events, writes } = tell({
      objects: [LOCAL, localVolume("v", "n-1"), claimOf("local")],
      later: [{ at: "1s", objects: [pod("p", "c")] }],
      controlPlane: { watchLatency: "20ms" },
      meanwhile: {
        atUs: SECOND + 26 * MS,
        call: (run) => {
          const { uid } = run.api.objects.find("PersistentVolume", "", "v")!;
          run.api.request(userOf(run), "update", (writer) =>
            writer.updateObject("PersistentVolume", uid, (object) => ({
              ...object,
              meta: { ...object.meta, labels: new Map([["touched", "yes"]]) },
            })),
          );
        },
      },
    });
    expect(events[0]).toBe(
      'p FailedScheduling: running PreBind plugin "VolumeBinding": Operation cannot be fulfilled on persistentvolumes "v": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect(writes.at(-1)).toBe("p on n-1");
  });

  it("the API server is down: an error, and the pod comes again when it answers", () => {
    const { events, writes } = tell({
      objects: [LOCAL, localVolume("v", "n-1"), claimOf("local")],
      later: [{ at: "1s", objects: [pod("p", "c")] }],
      meanwhile: {
        atUs: SECOND + 5 * MS,
        call: ({ api, simulation }) => {
          api.setAnswering(false);
          simulation.callAfter(SECOND as never, RANK.workload, "back", () =>
            api.setAnswering(true),
          );
        },
      },
    });
    expect(events[0]).toBe(
      'p FailedScheduling: running PreBind plugin "VolumeBinding": the API server does not answer',
    );
    expect(writes.at(-1)).toBe("p on n-1");
  });
});

describe("the claim of an ephemeral volume", () => {
  it("is made for its pod, bound, and deleted with it", () => {
    const spec = {
      storageClassName: "fast",
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    };
    const volumes = [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec } } }];
    const { writes, events } = tell({
      objects: [FAST],
      later: [{ at: "1s", objects: [pod("p", "", { volumes })] }],
      meanwhile: { atUs: 20 * SECOND, call: (run) => deletePod(run, "p") },
    });
    expect(events[0]).toContain(
      'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"',
    );
    expect(writes).toEqual(
      expect.arrayContaining([
        "Added p-scratch",
        "p-scratch Bound",
        "p on n-0",
        "Deleted p-scratch",
      ]),
    );
  });
});

describe("scenarios/volumes.yaml", () => {
  it("keeps its thresholds: every pod gets its volume, the last one when it is added", () => {
    const path = new URL("../../scenarios/volumes.yaml", import.meta.url);
    const reading = readScenario(readFileSync(path), { file: "volumes.yaml" });
    const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document! });
    const { thresholds, notes } = runToEnd(prepared, {});
    expect(thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(notes.map(({ code }) => code)).toEqual(["NODE_BY_NODE"]);
  });
});
