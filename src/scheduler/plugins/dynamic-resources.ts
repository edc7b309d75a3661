// DynamicResources: device claims. Inert for pods without claims, which is all that is modelled yet.
//
// It still takes part: it scores 0 on every node (never skipped), and its PostFilter puts a fixed
// sentence in front of every preemption message (P14).

import type { NodeRow } from "../cache/node-row.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PostFilterOutcome,
  PostFilterPlugin,
  PreBindPlugin,
  PreEnqueuePlugin,
  PreFilterOutcome,
  PreFilterPlugin,
  ReservePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { errorStatus, SKIP, type Status, SUCCESS, unschedulable } from "../framework/status.ts";
import { normalizeToMaximum } from "./normalize-scores.ts";
import { SIGN_NOTHING } from "./signed-parts.ts";

/** Says in a cycle's state that PreFilter was reached. */
const PRE_FILTER_RAN = "PreFilterDynamicResources";

/** Says Skip for every pod and names the pods for which upstream would not. */
export class DynamicResources
  implements
    PreEnqueuePlugin,
    PreFilterPlugin,
    FilterPlugin,
    PostFilterPlugin,
    ScorePlugin,
    ReservePlugin,
    PreBindPlugin
{
  readonly name = "DynamicResources";
  private readonly objects: ClusterObjects;

  constructor(handle: PluginHandle) {
    this.objects = handle.objects;
  }

  notSimulated(pod: PodInfo): string | undefined {
    const { resourceClaims, requests } = pod.template;
    if (resourceClaims.length > 0) return "the pod has resource claims";
    for (const name of requests.scalars.keys()) {
      if (this.objects.hasDeviceClassFor(name)) return `a DeviceClass serves ${name}`;
      if (name.startsWith("deviceclass.resource.kubernetes.io/")) {
        return `the pod asks for ${name}`;
      }
    }
    return undefined;
  }

  sign(pod: PodInfo): readonly SignedPart[] | undefined {
    return pod.template.resourceClaims.length > 0 ? undefined : SIGN_NOTHING;
  }

  preEnqueue(): Status {
    return SUCCESS;
  }

  preFilter(state: CycleState): PreFilterOutcome {
    state.write(PRE_FILTER_RAN, {});
    return { status: SKIP };
  }

  filter(): Status {
    return SUCCESS;
  }

  /** Upstream's trap: when an earlier PreFilter rejected the pod, this one's state is missing (E1). */
  postFilter(state: CycleState): PostFilterOutcome {
    if (state.read(PRE_FILTER_RAN) === undefined) {
      return { status: errorStatus(this.name, "not found") };
    }
    return { status: unschedulable(this.name, "no new claims to deallocate") };
  }

  score(): number {
    return 0;
  }

  normalizeScores(
    _state: CycleState,
    _pod: PodInfo,
    _nodes: readonly NodeRow[],
    scores: number[],
  ): void {
    normalizeToMaximum(scores, false);
  }

  reserve(): Status {
    return SUCCESS;
  }

  unreserve(): void {}

  preBindPreFlight(): Status {
    return SKIP;
  }

  preBind(): Status {
    return SUCCESS;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Node",
        actions: Action.Add | Action.UpdateNodeLabel | Action.UpdateNodeAllocatable,
      },
      { resource: "DeviceClass", actions: Action.Add | Action.Update },
      { resource: "ResourceSlice", actions: Action.Add | Action.Update },
    ];
  }
}
