// Claims about the volume plugins' queueing hints: which changes send a waiting pod back to the queue.

import { describe, expect, it } from "vitest";
import { RecordedWorld } from "../../../../src/experiment/verify/recorded-world.ts";
import {
  Action,
  createClusterEvent,
  type EventResource,
  isEventCovered,
} from "../../../../src/scheduler/index.ts";
import { pod } from "../../small-cluster.ts";
import { attachment, claim, csiNode, storageClass, using, volume } from "./storage-objects.ts";

type Json = Record<string, unknown>;
type Change = readonly [before: Json | undefined, after: Json | undefined];

const world = new RecordedWorld([], [], { defaulting: true });
const plugins = world.createProfiles(world.readConfiguration(null))[0]!.plugins;

/** What the plugin says about the change; undefined when it does not subscribe to such events. */
function hintOf(
  plugin: string,
  resource: EventResource,
  [before, after]: Change,
  waiting: Json = pod("p", {}, { spec: using("c") }),
): string | undefined {
  const actions =
    before === undefined ? Action.Add : after === undefined ? Action.Delete : Action.Update;
  const event = createClusterEvent(resource, actions);
  const info = world.podInfo(world.decodePod(waiting));
  const podOf = (source: Json) => world.podInfo(world.decodePod(source));
  const subject =
    resource === "Pod"
      ? { ...(before && { oldPod: podOf(before) }), ...(after && { newPod: podOf(after) }) }
      : {
          ...(before && { oldObject: world.decode(before) }),
          ...(after && { newObject: world.decode(after) }),
        };
  const answers = plugins
    .filter(({ name }) => name === plugin)
    .flatMap((each) => each.eventsToRegister?.() ?? [])
    .filter((each) => isEventCovered(each.resource, each.actions, event))
    .map(({ hint }) => hint?.(info, subject) ?? "Queue");
  return answers.includes("Queue") ? "Queue" : answers[0];
}

const gone = (spec: Json, nodeName = "n1"): Change => [
  pod("other", {}, { nodeName, spec }),
  undefined,
];
const pd = (pdName: string): Json => ({ volumes: [{ name: "d", gcePersistentDisk: { pdName } }] });
const capacity = (size?: string): Json => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "CSIStorageCapacity",
  metadata: { name: "x", namespace: "default" },
  storageClassName: "slow",
  ...(size !== undefined && { capacity: size }),
});
const driver = (storageCapacity: boolean): Json => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "CSIDriver",
  metadata: { name: "csi.example.com" },
  spec: { storageCapacity },
});
const zone = (value: string): Json => ({ "topology.kubernetes.io/zone": value });
const elsewhere = { metadata: { namespace: "other" } };
const migrated = (plugins_: string): Json => ({
  ...csiNode("n1", {}),
  metadata: {
    name: "n1",
    annotations: { "storage.alpha.kubernetes.io/migrated-plugins": plugins_ },
  },
});
const topologies = (value: string): Json =>
  storageClass("s", {
    allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: [value] }] }],
  });

describe("hints of the volume plugins", () => {
  it.each<[string, string, EventResource, Change, string | undefined]>([
    ["a pod with the claim is gone", "VolumeRestrictions", "Pod", gone(using("c")), "Queue"],
    ["a pod with another claim is gone", "VolumeRestrictions", "Pod", gone(using("d")), "Skip"],
    [
      "the claim appears",
      "VolumeRestrictions",
      "PersistentVolumeClaim",
      [undefined, claim("c")],
      "Queue",
    ],
    [
      "its like elsewhere appears",
      "VolumeRestrictions",
      "PersistentVolumeClaim",
      [undefined, claim("c", elsewhere)],
      "Skip",
    ],
    [
      "a node reports drivers",
      "NodeVolumeLimits",
      "CSINode",
      [undefined, csiNode("n", {})],
      "Queue",
    ],
    [
      "a limit rises",
      "NodeVolumeLimits",
      "CSINode",
      [csiNode("n", { a: 1 }), csiNode("n", { a: 2 })],
      "Queue",
    ],
    [
      "a limit falls",
      "NodeVolumeLimits",
      "CSINode",
      [csiNode("n", { a: 2 }), csiNode("n", { a: 1 })],
      "Skip",
    ],
    ["a pod with a claim is gone", "NodeVolumeLimits", "Pod", gone(using("d")), "Queue"],
    ["a pod with a disk is gone", "NodeVolumeLimits", "Pod", gone(pd("x")), "Queue"],
    ["a pod without volumes is gone", "NodeVolumeLimits", "Pod", gone({}), "Skip"],
    ["a pod that had no node is gone", "NodeVolumeLimits", "Pod", gone(using("d"), ""), "Skip"],
    [
      "a volume is detached",
      "NodeVolumeLimits",
      "VolumeAttachment",
      [attachment("v", "n"), undefined],
      "Queue",
    ],
    ["a class appears", "VolumeBinding", "StorageClass", [undefined, storageClass("s")], "Queue"],
    [
      "a class keeps its topologies",
      "VolumeBinding",
      "StorageClass",
      [topologies("a"), topologies("a")],
      "Skip",
    ],
    [
      "a class gets other topologies",
      "VolumeBinding",
      "StorageClass",
      [topologies("a"), topologies("b")],
      "Queue",
    ],
    [
      "the claim changes",
      "VolumeBinding",
      "PersistentVolumeClaim",
      [claim("c"), claim("c", { volume: "v" })],
      "Queue",
    ],
    [
      "another claim changes",
      "VolumeBinding",
      "PersistentVolumeClaim",
      [claim("d"), claim("d", { volume: "v" })],
      "Skip",
    ],
    ["any volume appears", "VolumeBinding", "PersistentVolume", [undefined, volume("v")], "Queue"],
    [
      "a node's drivers take over a plugin",
      "VolumeBinding",
      "CSINode",
      [migrated(""), migrated("a")],
      "Queue",
    ],
    [
      "a node's drivers stay as they are",
      "VolumeBinding",
      "CSINode",
      [migrated("a"), migrated("a")],
      "Skip",
    ],
    [
      "capacity appears",
      "VolumeBinding",
      "CSIStorageCapacity",
      [undefined, capacity("1Gi")],
      "Queue",
    ],
    [
      "capacity grows",
      "VolumeBinding",
      "CSIStorageCapacity",
      [capacity("1Gi"), capacity("2Gi")],
      "Queue",
    ],
    [
      "capacity becomes known",
      "VolumeBinding",
      "CSIStorageCapacity",
      [capacity(), capacity("0")],
      "Queue",
    ],
    [
      "capacity shrinks",
      "VolumeBinding",
      "CSIStorageCapacity",
      [capacity("2Gi"), capacity("1Gi")],
      "Skip",
    ],
    [
      "a waiting class appears",
      "VolumeZone",
      "StorageClass",
      [undefined, storageClass("s")],
      "Queue",
    ],
    [
      "another class appears",
      "VolumeZone",
      "StorageClass",
      [undefined, storageClass("s", { volumeBindingMode: "Immediate" })],
      "Skip",
    ],
    [
      "a class changes",
      "VolumeZone",
      "StorageClass",
      [storageClass("s"), storageClass("s")],
      undefined,
    ],
    [
      "a volume moves to another zone",
      "VolumeZone",
      "PersistentVolume",
      [volume("v", {}, zone("a")), volume("v", {}, zone("b"))],
      "Queue",
    ],
    [
      "a volume's zones change their order",
      "VolumeZone",
      "PersistentVolume",
      [volume("v", {}, zone("a__b")), volume("v", {}, zone("b__a"))],
      "Skip",
    ],
  ])("%s: %s", (_what, plugin, resource, change, expected) => {
    expect(hintOf(plugin, resource, change)).toBe(expected);
  });

  it("a driver of an inline volume that stops publishing its capacity", () => {
    const inline = pod(
      "p",
      {},
      { spec: { volumes: [{ name: "v", csi: { driver: "csi.example.com" } }] } },
    );
    const stops: Change = [driver(true), driver(false)];
    expect(hintOf("VolumeBinding", "CSIDriver", stops, inline)).toBe("Queue");
    expect(hintOf("VolumeBinding", "CSIDriver", stops)).toBe("Skip");
    expect(hintOf("VolumeBinding", "CSIDriver", [driver(false), driver(true)], inline)).toBe(
      "Skip",
    );
  });

  it("a disk in conflict that is freed, and a detached volume of the disk's driver", () => {
    const waiting = pod("p", {}, { spec: pd("x") });
    expect(hintOf("VolumeRestrictions", "Pod", gone(pd("x")), waiting)).toBe("Queue");
    expect(hintOf("VolumeRestrictions", "Pod", gone(pd("y")), waiting)).toBe("Skip");
    const detached: Change = [attachment("v", "n"), undefined];
    expect(hintOf("NodeVolumeLimits", "VolumeAttachment", detached, waiting)).toBe("Skip");
  });
});
