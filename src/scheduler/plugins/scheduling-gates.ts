// SchedulingGates: a pod with gates stays out of the active queue.
//
// Gates are removed by whoever set them; the scheduler only waits (P1).

import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { PreEnqueuePlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { type Status, SUCCESS, unresolvable } from "../framework/status.ts";

/** Gates are opened by whoever set them; only then does the pod compete. */
export class SchedulingGates implements PreEnqueuePlugin {
  readonly name = "SchedulingGates";

  preEnqueue(pod: PodInfo): Status {
    const gates = pod.template.schedulingGates;
    if (gates.length === 0) return SUCCESS;
    return unresolvable(this.name, `waiting for scheduling gates: [${gates.join(" ")}]`);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Pod",
        actions: Action.UpdatePodSchedulingGatesEliminated,
        hint: (pod, { newPod }) => (newPod?.uid === pod.uid ? "Queue" : "Skip"),
      },
    ];
  }
}
