// In-place resizes: the kubelet gives a pod the cpu and memory that its spec asks for by now, as soon
// as they fit beside what it has given to others.
//
// What is given so far stands in the pod's status, which is a part of its template (only resizes make
// status and spec differ), so schedulers count the larger of the two until the kubelet has written.
// A resize that does not fit is Deferred and tried again whenever room becomes free. That one is
// refused for good (static policies) is not modelled, nor is a container that has to be restarted.

import { isResizing, type NodeIndex, type QosClass, resizeDeferred } from "../../cluster/index.ts";
import { resizeDone, resizePendingReason } from "../../cluster/index.ts";
import type { KubeletPod } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import type { NodeRoom } from "./node-room.ts";

/** Guaranteed pods come before others of their priority. */
const QOS_ORDER: Readonly<Record<QosClass, number>> = {
  Guaranteed: 0,
  Burstable: 1,
  BestEffort: 2,
};

/** Resizes that wait, on all nodes. */
export class PodResizes {
  private readonly world: KubeletWorld;
  private readonly room: NodeRoom;
  /** In the order in which they were asked for. */
  private readonly pending = new Set<KubeletPod>();

  constructor(world: KubeletWorld, room: NodeRoom) {
    this.world = world;
    this.room = room;
  }

  /** The pod has another template. */
  changed(record: KubeletPod): void {
    this.pending.delete(record);
    const isListening = this.world.isListening(record.node);
    if (isResizing(record.template)) {
      this.pending.add(record);
      if (isListening) this.tryOut(record);
    } else if (isListening && resizePendingReason(record.template) !== undefined) {
      // It was taken back while it waited.
      this.write(record, resizeDone(this.world.context.templates, record.template));
    }
  }

  /** The record is given back, or its pod has stopped. */
  forget(record: KubeletPod): void {
    this.pending.delete(record);
  }

  /** Room has become free on the node, or its kubelet is back. */
  retry(node: NodeIndex): void {
    if (this.pending.size === 0 || !this.world.isListening(node)) return;
    const { pods } = this.world.context.api;
    const waiting = [...this.pending].filter((record) => record.node === node);
    waiting.sort(
      (a, b) =>
        pods.priority(b.pod) - pods.priority(a.pod) ||
        QOS_ORDER[a.template.qosClass] - QOS_ORDER[b.template.qosClass],
    );
    for (const record of waiting) this.tryOut(record);
  }

  /** Gives the pod what it asks for if that fits; else its status says that it waits. */
  private tryOut(record: KubeletPod): void {
    const { world, room } = this;
    const { templates } = world.context;
    const { node, template } = record;
    const wanted = resizeDone(templates, template);
    if (!record.holdsRoom) return;
    room.giveBack(record);
    const [shortage] = room.shortagesOf(node, wanted);
    if (shortage === undefined) {
      record.counted = wanted;
      this.pending.delete(record);
    }
    room.take(record);
    if (shortage !== undefined) {
      const { resource, requested, used, capacity } = shortage;
      const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
      const deferred = resizeDeferred(templates, template);
      if (deferred === template) return; // it says so already
      const text = `Node didn't have enough resource: ${resource}, ${amounts}`;
      world.podEvent(record, "Warning", "ResizeDeferred", `Pod resize OutOf${resource}: ${text}`);
      this.write(record, deferred);
      return;
    }
    world.podEvent(record, "Normal", "ResizeCompleted", "Pod resize completed");
    this.write(record, wanted);
  }

  // The spec may have changed again on the way; then the next change decides.
  private write(record: KubeletPod, template: KubeletPod["template"]): void {
    const { world } = this;
    const { pod, uid, node, template: before } = record;
    const { pods } = world.context.api;
    world.soon(node, "pod resize", () => {
      world.send(node, "patch", (writer) =>
        pods.isLive(pod, uid) && pods.template(pod) !== before
          ? { ok: true, changed: false }
          : writer.updatePodTemplate(pod, uid, template),
      );
    });
  }
}
