// Decoding of the objects that make pods.
//
// A selector must match the template's labels, as the API demands; a workload that breaks this would
// create pods for ever without finding them.

import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import type { PodTemplate } from "../pod-template.ts";
import { type LabelSelector, labelSelectorOfMap } from "../selectors/label-selector.ts";
import { decodeLabels, decodeLabelSelector } from "./decode-labels.ts";
import { decodeIntOrPercent, decodeMeta } from "./decode-meta.ts";
import { replay } from "./decode-node-and-pod.ts";
import { decodeClaimSpec } from "./decode-storage.ts";
import { DecodeSink, FieldCursor, isRecord } from "./field-cursor.ts";
import type { IntOrPercent, ObjectMeta } from "./object-meta.ts";
import type { PersistentVolumeClaimObject } from "./storage-objects.ts";
import type {
  CronJobObject,
  DaemonSetObject,
  DeploymentObject,
  JobObject,
  JobSpec,
  PodFailureRule,
  ReplicaSetObject,
  ReplicationControllerObject,
  StatefulSetObject,
} from "./workload-objects.ts";

const PERCENT_25: IntOrPercent = { kind: "percent", value: 25 };
const INT_MAX = 2_147_483_647;

/** Decodes a Deployment. */
export function decodeDeployment(
  object: FieldCursor,
  registry: PodTemplateRegistry,
): DeploymentObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = requiredSpec(object);
  const template = decodeTemplate(spec, registry, "Always");
  const strategy = spec.objectOrEmpty("strategy");
  const rolling = strategy.objectOrEmpty("rollingUpdate");
  const type = strategy.oneOf("type", ["RollingUpdate", "Recreate"], "RollingUpdate");
  if (type === "Recreate" && strategy.has("rollingUpdate")) {
    strategy.refuse(
      "rollingUpdate",
      "Forbidden: may not be specified when strategy `type` is 'Recreate'",
    );
  }
  const maxSurge = decodeIntOrPercent(rolling, "maxSurge") ?? PERCENT_25;
  const maxUnavailable = decodeIntOrPercent(rolling, "maxUnavailable") ?? PERCENT_25;
  if (maxSurge.value === 0 && maxUnavailable.value === 0) {
    rolling.refuse("maxUnavailable", "Invalid value: 0: may not be 0 when `maxSurge` is 0");
  }
  const deployment: DeploymentObject = {
    kind: "Deployment",
    meta,
    replicas: spec.integer("replicas", 1, 0),
    selector: decodeRequiredSelector(spec, template),
    template,
    strategy: type,
    maxSurge,
    maxUnavailable,
    minReadySeconds: spec.integer("minReadySeconds", 0, 0),
    revisionHistoryLimit: spec.integer("revisionHistoryLimit", 10, 0),
    progressDeadlineSeconds: spec.integer("progressDeadlineSeconds", 600, 0),
    paused: spec.boolean("paused"),
  };
  rolling.close();
  strategy.close();
  finish(object, spec);
  return deployment;
}

/** Decodes a ReplicaSet. */
export function decodeReplicaSet(
  object: FieldCursor,
  registry: PodTemplateRegistry,
): ReplicaSetObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = requiredSpec(object);
  const template = decodeTemplate(spec, registry, "Always");
  const replicaSet: ReplicaSetObject = {
    kind: "ReplicaSet",
    meta,
    replicas: spec.integer("replicas", 1, 0),
    selector: decodeRequiredSelector(spec, template),
    template,
    minReadySeconds: spec.integer("minReadySeconds", 0, 0),
  };
  finish(object, spec);
  return replicaSet;
}

/** Decodes a ReplicationController. */
export function decodeReplicationController(
  object: FieldCursor,
  registry: PodTemplateRegistry,
): ReplicationControllerObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = requiredSpec(object);
  const template = decodeTemplate(spec, registry, "Always");
  const given = decodeLabels(spec, "selector");
  const selectorLabels = given.size === 0 ? template.labels : given;
  const selector = labelSelectorOfMap(selectorLabels);
  if (spec.has("template")) checkSelector(spec, selector, template);
  const controller: ReplicationControllerObject = {
    kind: "ReplicationController",
    meta,
    replicas: spec.integer("replicas", 1, 0),
    selector,
    template,
    minReadySeconds: spec.integer("minReadySeconds", 0, 0),
  };
  finish(object, spec);
  return controller;
}

/** Decodes a StatefulSet. */
export function decodeStatefulSet(
  object: FieldCursor,
  registry: PodTemplateRegistry,
): StatefulSetObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = requiredSpec(object);
  const template = decodeTemplate(spec, registry, "Always");
  const strategy = spec.objectOrEmpty("updateStrategy");
  const rolling = strategy.objectOrEmpty("rollingUpdate");
  const retention = spec.objectOrEmpty("persistentVolumeClaimRetentionPolicy");
  const ordinals = spec.objectOrEmpty("ordinals");
  const statefulSet: StatefulSetObject = {
    kind: "StatefulSet",
    meta,
    replicas: spec.integer("replicas", 1, 0),
    selector: decodeRequiredSelector(spec, template),
    template,
    serviceName: spec.text("serviceName"),
    podManagementPolicy: spec.oneOf(
      "podManagementPolicy",
      ["OrderedReady", "Parallel"],
      "OrderedReady",
    ),
    updateStrategy: strategy.oneOf("type", ["RollingUpdate", "OnDelete"], "RollingUpdate"),
    partition: rolling.integer("partition", 0, 0),
    maxUnavailable: decodeIntOrPercent(rolling, "maxUnavailable"),
    minReadySeconds: spec.integer("minReadySeconds", 0, 0),
    revisionHistoryLimit: spec.integer("revisionHistoryLimit", 10, 0),
    ordinalsStart: ordinals.integer("start", 0, 0),
    volumeClaimTemplates: spec
      .objects("volumeClaimTemplates")
      .map((item) => decodeClaimTemplate(item, meta)),
    whenDeleted: retention.oneOf("whenDeleted", ["Retain", "Delete"], "Retain"),
    whenScaled: retention.oneOf("whenScaled", ["Retain", "Delete"], "Retain"),
  };
  for (const part of [rolling, strategy, retention, ordinals]) part.close();
  finish(object, spec);
  return statefulSet;
}

function decodeClaimTemplate(item: FieldCursor, owner: ObjectMeta): PersistentVolumeClaimObject {
  item.skip("apiVersion", "kind", "status");
  const meta = decodeMeta(item, true, "label");
  const claim = decodeClaimSpec(item, { ...meta, namespace: owner.namespace });
  item.close();
  return claim;
}

/** Decodes a DaemonSet. */
export function decodeDaemonSet(
  object: FieldCursor,
  registry: PodTemplateRegistry,
): DaemonSetObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = requiredSpec(object);
  const template = decodeTemplate(spec, registry, "Always");
  const strategy = spec.objectOrEmpty("updateStrategy");
  const rolling = strategy.objectOrEmpty("rollingUpdate");
  const maxSurge = decodeIntOrPercent(rolling, "maxSurge") ?? { kind: "int", value: 0 };
  const maxUnavailable = decodeIntOrPercent(rolling, "maxUnavailable") ?? { kind: "int", value: 1 };
  if (maxSurge.value === 0 && maxUnavailable.value === 0) {
    rolling.refuse("maxUnavailable", "Invalid value: 0: may not be 0 when `maxSurge` is 0");
  }
  const daemonSet: DaemonSetObject = {
    kind: "DaemonSet",
    meta,
    selector: decodeRequiredSelector(spec, template),
    template,
    updateStrategy: strategy.oneOf("type", ["RollingUpdate", "OnDelete"], "RollingUpdate"),
    maxUnavailable,
    maxSurge,
    minReadySeconds: spec.integer("minReadySeconds", 0, 0),
    revisionHistoryLimit: spec.integer("revisionHistoryLimit", 10, 0),
  };
  spec.skip("templateGeneration");
  rolling.close();
  strategy.close();
  finish(object, spec);
  return daemonSet;
}

/** Decodes a Job. */
export function decodeJob(object: FieldCursor, registry: PodTemplateRegistry): JobObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = decodeJobSpec(requiredSpec(object), registry);
  const status = object.objectOrEmpty("status");
  const finished = status
    .objects("conditions")
    .filter((item) => item.text("status") === "True")
    .map((item) => item.text("type"))
    .find((type): type is "Complete" | "Failed" => type === "Complete" || type === "Failed");
  return {
    kind: "Job",
    meta,
    spec,
    status: {
      succeeded: status.integer("succeeded", 0, 0),
      failed: status.integer("failed", 0, 0),
      finished,
      completedIndexes: status.text("completedIndexes"),
      startTimeSeconds: status.timestamp("startTime"),
    },
  };
}

/** Decodes a CronJob; the schedule text is checked by who owns the calendar. */
export function decodeCronJob(object: FieldCursor, registry: PodTemplateRegistry): CronJobObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = requiredSpec(object);
  const jobTemplate = spec.objectOrEmpty("jobTemplate");
  if (!spec.has("jobTemplate")) spec.refuse("jobTemplate", "Required value", "E_REQUIRED");
  if (spec.text("schedule") === "") spec.refuse("schedule", "Required value", "E_REQUIRED");
  const jobMeta = jobTemplate.objectOrEmpty("metadata");
  const cronJob: CronJobObject = {
    kind: "CronJob",
    meta,
    schedule: spec.text("schedule"),
    timeZone: spec.text("timeZone"),
    concurrencyPolicy: spec.oneOf("concurrencyPolicy", ["Allow", "Forbid", "Replace"], "Allow"),
    suspend: spec.boolean("suspend"),
    startingDeadlineSeconds: spec.optionalInteger("startingDeadlineSeconds", 0, INT_MAX),
    successfulJobsHistoryLimit: spec.integer("successfulJobsHistoryLimit", 3, 0),
    failedJobsHistoryLimit: spec.integer("failedJobsHistoryLimit", 1, 0),
    jobLabels: decodeLabels(jobMeta, "labels"),
    jobAnnotations: jobMeta.pairs("annotations") ?? new Map(),
    jobSpec: decodeJobSpec(jobTemplate.objectOrEmpty("spec"), registry),
  };
  jobMeta.skip("name", "creationTimestamp");
  jobMeta.ignoreRest();
  jobTemplate.close(true);
  finish(object, spec);
  return cronJob;
}

function decodeJobSpec(spec: FieldCursor, registry: PodTemplateRegistry): JobSpec {
  const template = decodeTemplate(spec, registry, "OnFailure", "Never");
  const completionMode = spec.oneOf("completionMode", ["NonIndexed", "Indexed"], "NonIndexed");
  const parallelism = spec.optionalInteger("parallelism", 0);
  const completions = spec.optionalInteger("completions", 0);
  // Only when both are missing does the API make completions 1; parallelism alone is a work queue.
  const isBothMissing = parallelism === undefined && completions === undefined;
  if (completionMode === "Indexed" && completions === undefined && !isBothMissing) {
    spec.refuse("completions", "Required value: when completion mode is Indexed", "E_REQUIRED");
  }
  const failurePolicy = spec.object("podFailurePolicy");
  const backoffLimitPerIndex = spec.optionalInteger("backoffLimitPerIndex", 0);
  const jobSpec: JobSpec = {
    parallelism: parallelism ?? 1,
    completions: isBothMissing ? 1 : completions,
    completionMode,
    backoffLimit: spec.integer("backoffLimit", backoffLimitPerIndex === undefined ? 6 : INT_MAX, 0),
    backoffLimitPerIndex,
    maxFailedIndexes: spec.optionalInteger("maxFailedIndexes", 0),
    activeDeadlineSeconds: spec.optionalInteger(
      "activeDeadlineSeconds",
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    ttlSecondsAfterFinished: spec.optionalInteger("ttlSecondsAfterFinished", 0),
    suspend: spec.boolean("suspend"),
    podReplacementPolicy: spec.oneOf(
      "podReplacementPolicy",
      ["TerminatingOrFailed", "Failed"],
      failurePolicy === undefined ? "TerminatingOrFailed" : "Failed",
    ),
    podFailureRules: failurePolicy?.objects("rules").map(decodeFailureRule) ?? [],
    hasPodFailurePolicy: failurePolicy !== undefined,
    successRules: (spec.object("successPolicy")?.objects("rules") ?? []).map((rule) => ({
      succeededIndexes: rule.optionalText("succeededIndexes"),
      succeededCount: rule.optionalInteger("succeededCount", 0),
    })),
    managedBy: spec.text("managedBy"),
    manualSelector: spec.boolean("manualSelector"),
    selector: spec.has("selector") ? decodeLabelSelector(spec, "selector") : undefined,
    template,
  };
  spec.close(true);
  return jobSpec;
}

function decodeFailureRule(rule: FieldCursor): PodFailureRule {
  const exitCodes = rule.object("onExitCodes");
  const decoded: PodFailureRule = {
    action: rule.oneOf("action", ["FailJob", "FailIndex", "Ignore", "Count"], "Count"),
    onExitCodes:
      exitCodes === undefined
        ? undefined
        : {
            containerName: exitCodes.optionalText("containerName"),
            operator: exitCodes.oneOf("operator", ["In", "NotIn"], "In"),
            values: exitCodes.integers("values"),
          },
    onPodConditions: rule.objects("onPodConditions").map((item) => ({
      type: item.text("type"),
      status: item.text("status", "True"),
    })),
  };
  exitCodes?.close(true);
  rule.close(true);
  return decoded;
}

function requiredSpec(object: FieldCursor): FieldCursor {
  if (!object.has("spec")) object.refuse("spec", "Required value", "E_REQUIRED");
  return object.objectOrEmpty("spec");
}

function finish(object: FieldCursor, spec: FieldCursor): void {
  object.skip("status");
  spec.close(true);
}

/** Interns spec.template and checks the restart policies the owner allows. */
function decodeTemplate(
  spec: FieldCursor,
  registry: PodTemplateRegistry,
  ...allowed: readonly string[]
): PodTemplate {
  const raw = spec.raw("template");
  if (!isRecord(raw)) {
    spec.refuse("template", "Required value", "E_REQUIRED");
    return registry.intern({});
  }
  const interned = registry.internChecked(raw);
  replay(interned, new FieldCursor(raw, spec.at("template"), spec.sink), true);
  noteTemplateFields(raw, spec);
  const { restartPolicy } = interned.template;
  if (!allowed.includes(restartPolicy)) {
    const list = allowed.map((policy) => `"${policy}"`).join(", ");
    const message = `Unsupported value: "${restartPolicy}": supported values: ${list}`;
    if (spec.sink.options.validate) {
      spec.sink.error(spec.at("template", "spec", "restartPolicy"), message, "E_UNSUPPORTED_VALUE");
    }
  }
  return interned.template;
}

/** Unknown keys beside metadata and spec of a template. */
function noteTemplateFields(raw: Readonly<Record<string, unknown>>, spec: FieldCursor): void {
  const sink = new DecodeSink(spec.sink.options);
  const template = new FieldCursor(raw, spec.at("template"), sink);
  template.skip("metadata", "spec", "apiVersion", "kind", "status");
  template.close(true);
  const metadata = template.objectOrEmpty("metadata");
  metadata.skip("labels", "annotations", "name", "generateName", "namespace");
  metadata.skip("creationTimestamp", "finalizers", "managedFields");
  metadata.ignore("ownerReferences");
  metadata.close(true);
  spec.sink.problems.push(...sink.problems);
  spec.sink.ignored.push(...sink.ignored);
}

function decodeRequiredSelector(spec: FieldCursor, template: PodTemplate): LabelSelector {
  const selector = decodeLabelSelector(spec, "selector");
  if (!spec.has("selector")) spec.refuse("selector", "Required value", "E_REQUIRED");
  else if (selector.error !== undefined) return selector;
  else if (selector.isEverything) {
    spec.refuse(
      "selector",
      "Invalid value: empty selector is invalid for this kind",
      "E_INVALID_SELECTOR",
    );
  } else checkSelector(spec, selector, template);
  return selector;
}

function checkSelector(spec: FieldCursor, selector: LabelSelector, template: PodTemplate): void {
  if (!spec.sink.options.validate || selector.matches(template.labels)) return;
  const path = spec.at("template", "metadata", "labels");
  spec.sink.error(
    path,
    "Invalid value: `selector` does not match template `labels`",
    "E_INVALID_SELECTOR",
  );
}
