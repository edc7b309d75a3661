// Where in an object the template of its pods stands; a Pod is its own.
//
// For whoever judges or explains what an object would create, and must point at the right field. It
// makes no pods.

import type { PodTemplate } from "../pod-template.ts";
import type { ApiObject } from "./api-object.ts";

/** A pod template and the path in its object where its spec and metadata stand. */
export interface TemplatePlace {
  readonly template: PodTemplate;
  readonly path: readonly string[];
}

/** The pod template of a pod or workload, and where it stands in the object. */
export function templatePlaceOf(object: ApiObject): TemplatePlace | undefined {
  switch (object.kind) {
    case "Pod":
      return { template: object.template, path: [] };
    case "Job":
      return { template: object.spec.template, path: ["spec", "template"] };
    case "CronJob":
      return {
        template: object.jobSpec.template,
        path: ["spec", "jobTemplate", "spec", "template"],
      };
    case "Deployment":
    case "ReplicaSet":
    case "ReplicationController":
    case "StatefulSet":
    case "DaemonSet":
      return { template: object.template, path: ["spec", "template"] };
    default:
      return undefined;
  }
}
