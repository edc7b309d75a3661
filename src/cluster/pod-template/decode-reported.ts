// What a pod's status reports of its resources: the part of status that changes requests (Q7).
//
// Only in-place resize makes it differ from the spec. The rest of a status is decoded with the pod.

import { DecodeSink, FieldCursor, isRecord } from "../objects/field-cursor.ts";
import type { ReportedResources } from "./pod-requests.ts";

/** The status side of a RequestingPod. */
export interface DecodedReport {
  readonly reported: ReadonlyMap<string, ReportedResources>;
  readonly reportedPodLevel: ReportedResources | undefined;
  readonly isResizeInfeasible: boolean;
}

/** Decodes the resource parts of a pod's status; anything else in it is not looked at. */
export function decodeReported(pod: FieldCursor): DecodedReport {
  const reported = new Map<string, ReportedResources>();
  const raw = pod.raw("status");
  if (!isRecord(raw)) return { reported, reportedPodLevel: undefined, isResizeInfeasible: false };
  // A status is not written by the user; its defaults and rules are not the manifest's.
  const sink = new DecodeSink({ ...pod.sink.options, validate: false });
  const status = new FieldCursor(raw, pod.at("status"), sink);
  for (const list of ["containerStatuses", "initContainerStatuses"]) {
    for (const item of status.objects(list)) {
      const resources = item.object("resources");
      if (resources === undefined) continue;
      reported.set(item.text("name"), readReport(resources, item));
    }
  }
  const podLevel = status.object("resources");
  const resize = status
    .objects("conditions")
    .find((item) => item.text("type") === "PodResizePending");
  pod.sink.problems.push(...sink.problems);
  return {
    reported,
    reportedPodLevel: podLevel === undefined ? undefined : readReport(podLevel, status),
    isResizeInfeasible: resize?.text("reason") === "Infeasible",
  };
}

function readReport(resources: FieldCursor, holder: FieldCursor): ReportedResources {
  return {
    requests: resources.quantities("requests"),
    limits: resources.quantities("limits"),
    allocated: holder.quantities("allocatedResources"),
  };
}
