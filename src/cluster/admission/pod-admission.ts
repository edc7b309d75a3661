// Pod admission: what the API server settles about a pod before it exists.
//
// In Kubernetes' order: namespace, LimitRange defaults, priority, default tolerations (defaults of
// fields were applied by the reader), RuntimeClass, then validation and the LimitRanges' bounds;
// quotas are charged last, by quota-admission.ts. The result is a variant of the template, shared by
// all pods admitted alike, so the work is done once per template.

import type { NamespaceObject, PriorityClassObject } from "../objects/policy-objects.ts";
import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import type { PodTemplate, PreemptionPolicy } from "../pod-template.ts";
import type { Toleration } from "../selectors/taints.ts";
import { refused } from "../state/api-result.ts";
import type { ApiRefusal } from "../state/api-result.ts";
import type { ObjectStore } from "../state/object-store.ts";
import { LimitRanges, requestsAboveLimits } from "./limit-ranges.ts";
import {
  runtimeClassFields,
  runtimeClassProblem,
  runtimeClassTolerations,
} from "./runtime-classes.ts";

/** How long a pod tolerates a node that is not ready or unreachable if it says nothing itself. */
export const DEFAULT_TOLERATION_SECONDS = 300;
/** Taint of a node whose Ready condition is False, and of one that is new. */
export const NOT_READY_TAINT_KEY = "node.kubernetes.io/not-ready";
/** Taint of a node whose Ready condition is Unknown. */
export const UNREACHABLE_TAINT_KEY = "node.kubernetes.io/unreachable";

/** Classes that every cluster has. */
const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ["system-cluster-critical", 2_000_000_000],
  ["system-node-critical", 2_000_001_000],
]);

/** What admission made of a pod. */
export interface AdmittedPod {
  readonly ok: true;
  readonly template: PodTemplate;
  readonly priority: number;
  readonly preemptionPolicy: PreemptionPolicy;
}

interface Priority {
  readonly ok: true;
  readonly value: number;
  readonly className: string;
  readonly preemptionPolicy: PreemptionPolicy;
}

const NO_CLASS: Priority = Object.freeze({
  ok: true,
  value: 0,
  className: "",
  preemptionPolicy: "PreemptLowerPriority",
});

/** Admits pods, once per template. */
export class PodAdmission {
  private readonly objects: ObjectStore;
  private readonly templates: PodTemplateRegistry;
  /** Results per template, valid while the classes stay as they are. */
  private admitted = new Map<PodTemplate, AdmittedPod>();
  private filled = new Map<PodTemplate, AdmittedPod>();
  /** Defaults and bounds of namespaces. */
  readonly limitRanges: LimitRanges;

  constructor(objects: ObjectStore, templates: PodTemplateRegistry) {
    this.objects = objects;
    this.templates = templates;
    this.limitRanges = new LimitRanges(objects, templates);
  }

  /** Called when a PriorityClass or RuntimeClass came, changed or went. */
  forgetClasses(): void {
    this.admitted = new Map();
    this.filled = new Map();
  }

  /** What is missing in a pod that exists already is filled in; nothing is refused. */
  fill(template: PodTemplate): AdmittedPod {
    let result = this.filled.get(template);
    if (result === undefined) {
      result = this.filledAnew(template);
      this.filled.set(template, result);
    }
    return result;
  }

  private filledAnew(template: PodTemplate): AdmittedPod {
    const found = this.findClass(template.priorityClassName) ?? NO_CLASS;
    const value = template.priority ?? found.value;
    const { preemptionPolicy } = template.priority === undefined ? found : template;
    const priority = { ...found, value, preemptionPolicy, className: template.priorityClassName };
    return {
      ok: true,
      template: this.variantOf(template, priority, false),
      priority: value,
      preemptionPolicy,
    };
  }

  /** Admits a pod of this template to a namespace; `podName` is for the refusal's text. */
  admit(template: PodTemplate, podName: string, namespace: string): AdmittedPod | ApiRefusal {
    if (!this.limitRanges.appliesTo(namespace)) return this.admitUnlimited(template, podName);
    const limited = this.limitRanges.withDefaults(template, namespace);
    const result = this.admitUnlimited(limited, podName);
    if (!result.ok) return result;
    const invalid = requestsAboveLimits(limited);
    if (invalid !== undefined) return refused("Invalid", `Pod "${podName}" is invalid: ${invalid}`);
    const problem = this.limitRanges.podProblem(limited, namespace);
    return problem === undefined ? result : forbidden(podName, problem);
  }

  private admitUnlimited(template: PodTemplate, podName: string): AdmittedPod | ApiRefusal {
    const known = this.admitted.get(template);
    if (known !== undefined) return known;
    const priority = this.resolvePriority(template, podName);
    if (!priority.ok) return priority;
    const problem = runtimeClassProblem(template, this.objects);
    if (problem !== undefined) return forbidden(podName, problem);
    const result: AdmittedPod = {
      ok: true,
      template: this.variantOf(template, priority, true),
      priority: priority.value,
      preemptionPolicy: priority.preemptionPolicy,
    };
    this.admitted.set(template, result);
    return result;
  }

  private resolvePriority(template: PodTemplate, podName: string): Priority | ApiRefusal {
    const found = this.findClass(template.priorityClassName);
    if (found === undefined) {
      const name = template.priorityClassName;
      return forbidden(podName, `no PriorityClass with name ${name} was found`);
    }
    if (template.priority !== undefined && template.priority !== found.value) {
      return forbidden(
        podName,
        `the integer value of priority (${template.priority}) must not be provided in pod spec; ` +
          `priority admission controller computed ${found.value} from the given PriorityClass name`,
      );
    }
    const given = template.source.spec["preemptionPolicy"];
    if (given !== undefined && given !== found.preemptionPolicy) {
      return forbidden(
        podName,
        `the string value of PreemptionPolicy (${String(given)}) must not be provided in pod spec; ` +
          `priority admission controller computed ${found.preemptionPolicy} from the given PriorityClass name`,
      );
    }
    return found;
  }

  /** The class of that name; "" stands for the global default, or no class at all. */
  private findClass(name: string): Priority | undefined {
    if (name === "") return this.globalDefault();
    const system = SYSTEM_CLASSES.get(name);
    if (system !== undefined) {
      return { ok: true, value: system, className: name, preemptionPolicy: "PreemptLowerPriority" };
    }
    const stored = this.objects.find("PriorityClass", "", name);
    return stored === undefined ? undefined : priorityOf(stored.object);
  }

  /** Of several global defaults the lowest value counts. */
  private globalDefault(): Priority {
    let lowest: PriorityClassObject | undefined;
    this.objects.forEach("PriorityClass", ({ object }) => {
      if (!object.globalDefault) return;
      if (lowest === undefined || object.value < lowest.value) lowest = object;
    });
    if (lowest !== undefined) return priorityOf(lowest);
    return NO_CLASS;
  }

  private variantOf(template: PodTemplate, priority: Priority, isNew: boolean): PodTemplate {
    const hasClass = isNew && template.runtimeClassName !== "";
    const missing = [
      ...missingTolerations(template.tolerations),
      ...(hasClass ? runtimeClassTolerations(template, this.objects) : []),
    ];
    const fields = hasClass ? runtimeClassFields(template, this.objects) : {};
    const isSame =
      missing.length === 0 &&
      Object.keys(fields).length === 0 &&
      template.priority === priority.value &&
      template.priorityClassName === priority.className &&
      template.preemptionPolicy === priority.preemptionPolicy;
    if (isSame) return template;
    const given = (template.source.spec["tolerations"] ?? []) as readonly unknown[];
    return this.templates.derive(template, {
      spec: {
        ...fields,
        ...(priority.className === "" ? {} : { priorityClassName: priority.className }),
        priority: priority.value,
        preemptionPolicy: priority.preemptionPolicy,
        tolerations: [...given, ...missing],
      },
    });
  }
}

/** The namespace a pod goes to: a refusal, "missing", or fine. */
export function checkNamespace(
  objects: ObjectStore,
  namespace: string,
  what: string,
): ApiRefusal | "missing" | undefined {
  const stored = objects.find("Namespace", "", namespace);
  if (stored === undefined) return "missing";
  const { phase }: NamespaceObject = stored.object;
  if (phase !== "Terminating" && stored.deletionUs < 0) return undefined;
  const text = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return refused("Forbidden", `${what} is forbidden: ${text}`);
}

/** The default NoExecute tolerations that a pod lacks, as source values. */
function missingTolerations(tolerations: readonly Toleration[]): readonly object[] {
  return [NOT_READY_TAINT_KEY, UNREACHABLE_TAINT_KEY]
    .filter((key) => !tolerations.some((toleration) => coversNoExecute(toleration, key)))
    .map((key) => ({
      key,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: DEFAULT_TOLERATION_SECONDS,
    }));
}

function coversNoExecute(toleration: Toleration, key: string): boolean {
  const hasKey = toleration.key === key || toleration.key === "";
  return hasKey && (toleration.effect === "NoExecute" || toleration.effect === "");
}

function priorityOf(object: PriorityClassObject): Priority {
  const { value, meta, preemptionPolicy } = object;
  return { ok: true, value, className: meta.name, preemptionPolicy };
}

function forbidden(podName: string, why: string): ApiRefusal {
  return refused("Forbidden", `pods "${podName}" is forbidden: ${why}`);
}
