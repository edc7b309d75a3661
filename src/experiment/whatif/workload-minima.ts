// The fewest ready replicas that each workload had after all that it asks for had been ready once.
//
// The collector of a run measures how long a workload was short; how deep it fell is asked only here.

import type { ApiServer, OwnerRef, StoreKind, Uid } from "../../cluster/index.ts";

interface Minimum {
  ready: number;
  wasComplete: boolean;
  min: number;
}

/** Counts ready pods by the object at the top of their owners. */
export class WorkloadMinima {
  private readonly api: ApiServer;
  private readonly byUid = new Map<Uid, Minimum>();

  constructor(api: ApiServer) {
    this.api = api;
    // What is asked for changes too; of a DaemonSet it is its controller's count.
    api.observe({
      onObject: ({ after }) => {
        const state = after === undefined ? undefined : this.byUid.get(after.uid);
        if (after !== undefined && state !== undefined) this.judge(after.uid, state);
      },
    });
  }

  /** A pod of that workload became ready, or is so no longer. */
  onReady(top: OwnerRef | undefined, difference: 1 | -1): void {
    if (top === undefined) return;
    let state = this.byUid.get(top.uid);
    if (state === undefined) {
      state = { ready: 0, wasComplete: false, min: Number.POSITIVE_INFINITY };
      this.byUid.set(top.uid, state);
    }
    state.ready += difference;
    this.judge(top.uid, state);
  }

  private judge(uid: Uid, state: Minimum): void {
    const desired = this.desiredOf(uid);
    if (desired === undefined) return;
    state.wasComplete ||= state.ready >= desired;
    if (state.wasComplete) state.min = Math.min(state.min, state.ready);
  }

  /** Null: its replicas were never all ready. */
  minimumOf(kind: string, namespace: string, name: string): number | null {
    const found = this.api.objects.find(kind as StoreKind, namespace, name);
    const state = found === undefined ? undefined : this.byUid.get(found.uid);
    return state?.wasComplete === true ? state.min : null;
  }

  private desiredOf(uid: Uid): number | undefined {
    const stored = this.api.objects.findByUid(uid);
    if (stored === undefined) return undefined;
    const { replicas } = stored.object as { readonly replicas?: number };
    if (replicas !== undefined) return replicas;
    const status = stored.status as { readonly desiredNumberScheduled?: number } | undefined;
    return stored.kind === "DaemonSet" ? status?.desiredNumberScheduled : undefined;
  }
}
