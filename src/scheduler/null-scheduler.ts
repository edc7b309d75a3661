// NullScheduler: binds every pending pod to the next node in turn, at once and unseen.
//
// It evaluates nothing and knows no capacity. It exists to measure what everything but scheduling
// costs (event loop, API server, watch), and is no policy for studies.

import { RANK } from "../engine/index.ts";
import type { ApiClient, ApiServer, NodeIndex, PodIndex, Subscription } from "../cluster/index.ts";
import { isFinishedPhase, NO_NODE } from "../cluster/index.ts";

/** Watches and binds from the instant it is made. */
export class NullScheduler {
  /** Bindings asked for so far. */
  bindingCount = 0;
  readonly subscription: Subscription;
  private readonly api: ApiServer;
  private readonly client: ApiClient;
  private readonly nodes: NodeIndex[] = [];
  private readonly waiting: { readonly pod: PodIndex; readonly uid: number }[] = [];
  private turn = 0;

  constructor(api: ApiServer) {
    this.api = api;
    this.client = api.client("null-scheduler", { limit: "unlimited", rank: RANK.scheduler });
    this.subscription = api.watch({
      name: "null-scheduler",
      onNode: ({ kind, node }) => this.hearOfNode(kind === "Deleted", node),
      onPod: (change) => {
        if (change.kind !== "Added" || change.nodeAfter !== NO_NODE) return;
        if (isFinishedPhase(change.phaseAfter)) return;
        this.place(change.pod, change.uid);
      },
    });
  }

  private hearOfNode(isGone: boolean, node: NodeIndex): void {
    const index = this.nodes.indexOf(node);
    if (isGone && index >= 0) this.nodes.splice(index, 1);
    if (isGone || index >= 0) return;
    this.nodes.push(node);
    for (const { pod, uid } of this.waiting.splice(0)) this.place(pod, uid);
  }

  private place(pod: PodIndex, uid: number): void {
    if (this.nodes.length === 0) {
      this.waiting.push({ pod, uid });
      return;
    }
    const node = this.nodes[this.turn++ % this.nodes.length]!;
    this.bindingCount++;
    this.api.request(this.client, "create", (writer) => writer.bindPod(pod, uid, node));
  }
}
