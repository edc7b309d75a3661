// VolumeZone: volumes that live in one zone or region.
//
// Registered in its place; pods without such volumes are judged (Skip), the others are named as not
// simulated.

import type { EventRegistration } from "../framework/cluster-event.ts";
import { Action } from "../framework/cluster-event.ts";
import type { FilterPlugin, PreFilterOutcome, PreFilterPlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { SKIP, type Status, SUCCESS } from "../framework/status.ts";
import { hasClaimVolume } from "./volume-use.ts";

/** Says Skip for every pod and names the pods for which upstream would not. */
export class VolumeZone implements PreFilterPlugin, FilterPlugin {
  readonly name = "VolumeZone";

  notSimulated({ template }: PodInfo): string | undefined {
    return hasClaimVolume(template) ? "the pod has persistent volume claims" : undefined;
  }

  preFilter(): PreFilterOutcome {
    return { status: SKIP };
  }

  filter(): Status {
    return SUCCESS;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [{ resource: "Node", actions: Action.Add | Action.UpdateNodeLabel }];
  }
}
