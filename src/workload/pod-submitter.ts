// Submits pods that nobody owns, as a user or a batch system would, and remembers how long each runs.
//
// A submission is an API request like any other; it is refused like any other, and refusals are
// counted by their message. Run times given here belong to single pods (a row of a trace, a draw of a
// generator) and stand above what the pod's template says.

import { type Duration, Float64Column } from "../base/index.ts";
import type {
  ApiClient,
  ApiServer,
  PodBehavior,
  PodIndex,
  PodTemplate,
  Uid,
} from "../cluster/index.ts";
import { RANK } from "../engine/index.ts";

/** A pod to be made. */
export interface PodSubmission {
  readonly namespace: string;
  readonly name: string;
  /** Ends the name in decimal, if given. */
  readonly nameNumber?: number;
  readonly template: PodTemplate;
  /** Microseconds from the start of its containers to their exit; undefined = as its template says. */
  readonly durationUs: number | undefined;
}

/** Makes pods at the instant of the call, plus the API's latency. */
export class PodSubmitter {
  private readonly api: ApiServer;
  private readonly client: ApiClient;
  /** Run times by pod row, each valid for the pod with the uid beside it. */
  private readonly durationUsColumn = new Float64Column();
  private readonly durationOwnerColumn = new Float64Column(); // uid, 0 = none yet
  private readonly refusalCounts = new Map<string, number>();

  constructor(api: ApiServer) {
    this.api = api;
    this.client = api.client("workload", { limit: "unlimited", rank: RANK.workload });
  }

  /** Asks for one pod. */
  submit(pod: PodSubmission): void {
    const { durationUs } = pod;
    this.api.request(
      this.client,
      "create",
      (writer) => {
        const result = writer.createPod(pod);
        // Noted at the commit: a kubelet may ask before the reply is heard.
        if (result.ok) this.noteDuration(result.pod!, result.uid!, durationUs);
        return result;
      },
      (result) => {
        if (!result.ok)
          this.refusalCounts.set(result.message, (this.refusalCounts.get(result.message) ?? 0) + 1);
      },
      true,
    );
  }

  /** Messages of refused submissions with their counts, in order of first appearance. */
  get refusals(): ReadonlyMap<string, number> {
    return this.refusalCounts;
  }

  /** A behavior that takes run times of submitted pods from here and everything else from `rest`. */
  behaviorOver(rest: PodBehavior): PodBehavior {
    const { pods } = this.api;
    return {
      runDurationUs: (pod, attempt, container) => {
        const isOwn =
          pod < this.durationOwnerColumn.length &&
          this.durationOwnerColumn.at(pod) === pods.uid(pod) &&
          (container === undefined || container >= pods.template(pod).initContainers.length);
        return isOwn
          ? (this.durationUsColumn.at(pod) as Duration)
          : rest.runDurationUs(pod, attempt, container);
      },
      exitCode: (pod, attempt, container) => rest.exitCode(pod, attempt, container),
      sandboxLatencyUs: (pod) => rest.sandboxLatencyUs(pod),
      containerLatencyUs: (pod) => rest.containerLatencyUs(pod),
      readyAfterUs: (pod, container) => rest.readyAfterUs(pod, container),
      gatesAfterUs: (pod) => rest.gatesAfterUs(pod),
      health: (pod, container) => rest.health(pod, container),
      postStartLatencyUs: (pod, container) => rest.postStartLatencyUs(pod, container),
      postStartExitCode: (pod, attempt, container) =>
        rest.postStartExitCode(pod, attempt, container),
      preStopLatencyUs: (pod, container) => rest.preStopLatencyUs(pod, container),
      stopLatencyUs: (pod, container) => rest.stopLatencyUs(pod, container),
      stopExitCode: (pod, container) => rest.stopExitCode(pod, container),
      isCpuBound: (pod, container) => rest.isCpuBound(pod, container),
      usage: (pod, container, ageUs) => rest.usage(pod, container, ageUs),
      usageChangesAfterUs: (pod, container, ageUs) =>
        rest.usageChangesAfterUs(pod, container, ageUs),
    };
  }

  /** Rows that memory is held for. */
  get capacity(): number {
    return this.durationOwnerColumn.length;
  }

  private noteDuration(pod: PodIndex, uid: Uid, durationUs: number | undefined): void {
    if (durationUs === undefined) return;
    this.durationUsColumn.grow(pod + 1);
    this.durationOwnerColumn.grow(pod + 1);
    this.durationUsColumn.set(pod, durationUs);
    this.durationOwnerColumn.set(pod, uid);
  }
}
