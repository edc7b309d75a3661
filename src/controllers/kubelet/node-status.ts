// What a kubelet says of its node: conditions and the images on its disk.
//
// A change goes to the API with the next status tick (every 10 s on a grid of the node's own); a
// kubelet that comes up or is heard again says everything at once. A node on which nothing changes
// costs nothing: its heartbeats are computed from its lease.

import type { Instant } from "../../base/index.ts";
import {
  type Condition,
  type NodeImage,
  type NodeIndex,
  type NodeObject,
  normalizeImageName,
} from "../../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../../engine/index.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { nextTick } from "./restart-backoff.ts";

/** Signals that a node reports as conditions of its own. */
export type PressureType = "MemoryPressure" | "DiskPressure" | "PIDPressure";

/** Conditions in the order in which a kubelet writes them. */
const CONDITIONS = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] as const;

const CALM: Readonly<Record<PressureType, string>> = {
  MemoryPressure: "KubeletHasSufficientMemory",
  DiskPressure: "KubeletHasNoDiskPressure",
  PIDPressure: "KubeletHasSufficientPID",
};
const PRESSED: Readonly<Record<PressureType, string>> = {
  MemoryPressure: "KubeletHasInsufficientMemory",
  DiskPressure: "KubeletHasDiskPressure",
  PIDPressure: "KubeletHasInsufficientPID",
};

/** A node reports this many images, the largest first (nodeStatusMaxImages). */
const IMAGES_MAX = 50;

interface NodeState {
  readonly pressures: Set<PressureType>;
  /** Why the node is not ready; "" = it is. */
  notReady: string;
  due: EventHandle;
}

/** The statuses of all nodes. */
export class NodeStatuses {
  private readonly world: KubeletWorld;
  private readonly states = new Map<NodeIndex, NodeState>();

  constructor(world: KubeletWorld) {
    this.world = world;
  }

  /** A signal has come or gone; the API learns of it with the next tick. */
  setPressure(node: NodeIndex, type: PressureType, isPressed: boolean): void {
    const { pressures } = this.of(node);
    if (pressures.has(type) === isPressed) return;
    if (isPressed) pressures.add(type);
    else pressures.delete(type);
    this.changed(node);
  }

  hasPressure(node: NodeIndex, type: PressureType): boolean {
    return this.states.get(node)?.pressures.has(type) ?? false;
  }

  /** The kubelet calls its node not ready, or ready again (""); that is said at once. */
  setNotReady(node: NodeIndex, message: string): void {
    this.of(node).notReady = message;
    this.report(node);
  }

  /** A kubelet that starts anew remembers nothing of the node's troubles. */
  forget(node: NodeIndex): void {
    const state = this.states.get(node);
    if (state === undefined) return;
    this.world.context.sim.cancel(state.due);
    this.states.delete(node);
  }

  /** Something that the status names has changed. */
  changed(node: NodeIndex): void {
    const { world } = this;
    const { sim } = world.context;
    const state = this.of(node);
    if (sim.isPending(state.due)) return;
    const { statusPeriodUs } = world.options;
    const atUs = nextTick(world.nowUs, statusPeriodUs, world.nodeOf(node).statusPhaseUs) as Instant;
    state.due = sim.callAt(atUs, RANK.kubelet, "node status tick", () => {
      state.due = NO_HANDLE;
      if (world.isListening(node)) this.report(node);
    });
  }

  /** Posts everything as it is when the request leaves. */
  report(node: NodeIndex): void {
    const { world } = this;
    const { nodes } = world.context.api;
    if (!nodes.exists(node)) return;
    const uid = nodes.uid(node);
    world.soon(node, "node status", () => {
      world.send(node, "patch", (writer) =>
        writer.updateNode(node, uid, (before) => this.reported(node, before)),
      );
    });
  }

  private of(node: NodeIndex): NodeState {
    let state = this.states.get(node);
    if (state === undefined) {
      state = { pressures: new Set(), notReady: "", due: NO_HANDLE };
      this.states.set(node, state);
    }
    return state;
  }

  private reported(node: NodeIndex, before: NodeObject): NodeObject {
    const seconds = Math.floor(this.world.nowUs / 1_000_000);
    const state = this.states.get(node);
    const own = CONDITIONS.map((type): Condition => {
      const known = before.conditions.find((condition) => condition.type === type);
      const { status, reason, message } = conditionOf(type, state);
      return {
        type,
        status,
        reason,
        message,
        lastTransitionSeconds: known?.status === status ? known.lastTransitionSeconds : seconds,
        lastHeartbeatSeconds: seconds,
      };
    });
    const others = before.conditions.filter(
      ({ type }) => !CONDITIONS.some((name) => name === type),
    );
    return { ...before, conditions: [...others, ...own], images: this.imagesOf(node, before) };
  }

  /** The images on the disk; those reported before keep all their names. */
  private imagesOf(node: NodeIndex, before: NodeObject): readonly NodeImage[] {
    const { machines, options } = this.world;
    if (!options.images.enabled || !options.reportImages) return before.images;
    const onDisk = machines.images(node);
    const known = before.images.filter(({ names }) =>
      names.some((name) => onDisk.has(normalizeImageName(name))),
    );
    const named = new Set(known.flatMap(({ names }) => names.map(normalizeImageName)));
    const fresh = [...onDisk]
      .filter(([image]) => !named.has(image))
      .map(([image, sizeBytes]): NodeImage => ({ names: [image], sizeBytes }));
    if (fresh.length === 0 && known.length === before.images.length) return before.images;
    return [...known, ...fresh]
      .map((image, place) => ({ image, place }))
      .sort((a, b) => b.image.sizeBytes - a.image.sizeBytes || a.place - b.place)
      .slice(0, IMAGES_MAX)
      .map(({ image }) => image);
  }
}

function conditionOf(
  type: (typeof CONDITIONS)[number],
  state: NodeState | undefined,
): Pick<Condition, "status" | "reason" | "message"> {
  if (type === "Ready") {
    const notReady = state?.notReady ?? "";
    if (notReady === "") return { status: "True", reason: "KubeletReady", message: "" };
    return { status: "False", reason: "KubeletNotReady", message: notReady };
  }
  const isPressed = state?.pressures.has(type) ?? false;
  return isPressed
    ? { status: "True", reason: PRESSED[type], message: "" }
    : { status: "False", reason: CALM[type], message: "" };
}
