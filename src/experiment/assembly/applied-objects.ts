// Applies objects while a run goes on, as a user with kubectl would: requests in order, no waiting.
//
// What the API refuses becomes a note of the result, as kubectl would print an error and go on. What
// exists from the start is not applied here but loaded, see cluster-input.ts.

import {
  type ApiClient,
  type ApiObject,
  type ApiResult,
  type ApiServer,
  type ApiWriter,
  isFinishedPhase,
  type Machines,
  type NodeIndex,
  type NodeObject,
  NO_NODE,
  NO_POD,
  type PodTemplateRegistry,
  refused,
  resized,
  type StorableObject,
  UNCHANGED,
} from "../../cluster/index.ts";
import { RANK } from "../../engine/index.ts";
import type { EditStep } from "../scenario/scenario.ts";
import { type DrainStep, startDrain } from "./drain.ts";
import { startRotation } from "./node-rotation.ts";
import type { NoteBook } from "./notes.ts";
import { editedObject, editedTaints, labelled } from "./object-edits.ts";

type ResizeStep = Extract<EditStep, { kind: "resize" }>;
type LabelStep = Extract<EditStep, { kind: "label" }>;
type UpgradeStep = Extract<EditStep, { kind: "upgrade" }>;

/** Kinds whose spec may be written again as a whole; the API refuses that of others. */
const REPLACEABLE: ReadonlySet<string> = new Set([
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "CronJob", "Service"],
  ...["HorizontalPodAutoscaler", "PodDisruptionBudget", "ResourceQuota", "LimitRange"],
]);

/** The user of a run. Refusals become notes. */
export class ClusterUser {
  private readonly api: ApiServer;
  private readonly machines: Machines;
  private readonly registry: PodTemplateRegistry;
  private readonly notes: NoteBook;
  private readonly client: ApiClient;
  private readonly onDrainStep: ((step: DrainStep) => void) | undefined;

  constructor(
    api: ApiServer,
    machines: Machines,
    registry: PodTemplateRegistry,
    notes: NoteBook,
    onDrainStep?: (step: DrainStep) => void,
  ) {
    this.api = api;
    this.machines = machines;
    this.registry = registry;
    this.notes = notes;
    this.onDrainStep = onDrainStep;
    this.client = api.client("user", { limit: "unlimited", rank: RANK.workload });
  }

  /** POSTs one object. A Node brings a machine with it. */
  apply(object: ApiObject, done: (isCreated: boolean) => void = () => undefined): void {
    const what = `${object.kind} ${object.meta.namespace === "" ? "" : `${object.meta.namespace}/`}${object.meta.name}`;
    this.api.request(
      this.client,
      "create",
      (writer) => this.create(writer, object),
      (result) => {
        if (!result.ok) this.refuse(what, result.message);
        else if (object.kind === "Node" && result.node !== undefined)
          installMachine(this.machines, result.node, object);
        done(result.ok);
      },
    );
  }

  /** Carries out one edit of the scenario. */
  edit(step: EditStep): void {
    if (step.kind === "upgrade") {
      this.upgrade(step);
      return;
    }
    const what =
      "target" in step
        ? `${step.kind} ${step.target.kind} ${step.target.name}`
        : `${step.kind} ${step.node}`;
    if (step.kind === "drain") {
      const { api, client, onDrainStep: onStep } = this;
      const request = { api, client, nodeName: step.node, timeoutUs: step.timeout, onStep };
      startDrain(request, (error) => {
        if (error !== undefined) this.notes.add("REFUSED", `${what}: ${error}`, true);
      });
      return;
    }
    const verb = step.kind === "delete" ? "delete" : "update";
    this.api.request(
      this.client,
      verb,
      (writer) => this.commitEdit(writer, step),
      (result) => {
        if (!result.ok) this.refuse(what, result.message);
      },
    );
  }

  private upgrade(rotation: UpgradeStep): void {
    const { api, machines, client, onDrainStep: onStep } = this;
    startRotation({
      ...{ api, machines, client, rotation, onStep },
      createNode: (node, done) => this.apply(node, done),
      onTrouble: (message) => this.notes.add("REFUSED", `upgrade: ${message}`, true),
    });
  }

  private create(writer: ApiWriter, object: ApiObject): ApiResult {
    if (object.kind === "Node") return writer.createNode(object);
    if (object.kind !== "Pod") return this.createOrReplace(writer, object as StorableObject);
    const { meta, template, nodeName } = object;
    return writer.createPod({
      namespace: meta.namespace,
      ...(meta.name === "" ? { generateName: meta.generateName } : { name: meta.name }),
      template,
      nodeName,
      finalizers: meta.finalizers,
    });
  }

  // kubectl apply: what is there is changed to what the manifest says, and keeps its history.
  private createOrReplace(writer: ApiWriter, object: StorableObject): ApiResult {
    const { namespace, name } = object.meta;
    const there = name === "" ? undefined : this.api.objects.find(object.kind, namespace, name);
    if (there === undefined || !REPLACEABLE.has(object.kind)) return writer.createObject(object);
    return writer.updateObject(there.kind, there.uid, ({ meta: { annotations, ...meta } }) => {
      const all = new Map([...annotations, ...object.meta.annotations]);
      return {
        ...object,
        meta: { ...meta, labels: object.meta.labels, annotations: all },
      } as never;
    });
  }

  private commitEdit(writer: ApiWriter, step: Exclude<EditStep, UpgradeStep>): ApiResult {
    switch (step.kind) {
      case "cordon":
      case "uncordon":
        return this.changeNode(writer, step.node, (before) => ({
          ...before,
          unschedulable: step.kind === "cordon",
        }));
      case "taint":
      case "untaint":
        return this.changeNode(writer, step.node, (before) => editedTaints(step, before));
      case "drain":
        return UNCHANGED; // many requests, begun by `edit`
      case "delete":
        return this.remove(writer, step.target);
      default:
        if (step.kind === "resize") return this.resize(writer, step);
        if (step.kind === "label" && step.target.kind === "Pod") return this.labelPod(writer, step);
        if (step.kind === "label" && step.target.kind === "Node") {
          return this.changeNode(writer, step.target.name, (before) => ({
            ...before,
            meta: { ...before.meta, labels: labelled(before.meta.labels, step) },
          }));
        }
        return this.change(writer, step);
    }
  }

  private changeNode(
    writer: ApiWriter,
    name: string,
    change: (before: NodeObject) => NodeObject,
  ): ApiResult {
    const node = this.api.nodes.find(name);
    if (node === NO_NODE)
      return { ok: false, reason: "NotFound", message: `nodes "${name}" not found` };
    return writer.updateNode(node, this.api.nodes.uid(node), change);
  }

  private labelPod(writer: ApiWriter, step: LabelStep): ApiResult {
    const { pods } = this.api;
    const pod = pods.find(step.target.namespace, step.target.name);
    if (pod === NO_POD) return notFound(step.target);
    const removed = step.remove.map((key): [string, undefined] => [key, undefined]);
    const labels = Object.fromEntries<string | undefined>([...removed, ...step.labels]);
    const template = this.registry.derive(pods.template(pod), { labels });
    return writer.updatePodTemplate(pod, pods.uid(pod), template);
  }

  private resize(writer: ApiWriter, step: ResizeStep): ApiResult {
    const { pods } = this.api;
    const { target, container, amounts } = step;
    const pod = pods.find(target.namespace, target.name);
    if (target.kind !== "Pod" || pod === NO_POD) return notFound(target);
    const before = pods.template(pod);
    const isBound = pods.node(pod) !== NO_NODE;
    const names = [...Object.keys(amounts.requests), ...Object.keys(amounts.limits)];
    if (names.some((name) => name !== "cpu" && name !== "memory"))
      return refused("Invalid", "only cpu and memory resources are mutable");
    const after = resized(this.registry, before, container, amounts, isBound);
    if (after === undefined) return refused("Invalid", `there is no container "${container}"`);
    if (after.qosClass !== before.qosClass)
      return refused("Invalid", "Pod QOS Class may not change as a result of resizing");
    return writer.updatePodTemplate(pod, pods.uid(pod), after);
  }

  private remove(
    writer: ApiWriter,
    target: { kind: string; namespace: string; name: string },
  ): ApiResult {
    if (target.kind === "Pod") {
      const pod = this.api.pods.find(target.namespace, target.name);
      if (pod === NO_POD) return notFound(target);
      return writer.deletePod(
        pod,
        this.api.pods.uid(pod),
        isFinishedPhase(this.api.pods.phase(pod)) ? { graceSeconds: 0 } : {},
      );
    }
    if (target.kind === "Node") {
      const node = this.api.nodes.find(target.name);
      return node === NO_NODE
        ? notFound(target)
        : writer.deleteNode(node, this.api.nodes.uid(node));
    }
    const found = this.api.objects.find(
      target.kind as StorableObject["kind"],
      target.namespace,
      target.name,
    );
    return found === undefined ? notFound(target) : writer.deleteObject(found.kind, found.uid);
  }

  private change(writer: ApiWriter, step: Extract<EditStep, { target: object }>): ApiResult {
    const { kind, namespace, name } = step.target;
    const { objects, simulation } = this.api;
    const found = objects.find(kind as StorableObject["kind"], namespace, name);
    if (found === undefined) return notFound(step.target);
    const context = { objects, registry: this.registry, nowUs: simulation.nowUs };
    const after = editedObject(step, found, context);
    if (typeof after === "string") return refused("Invalid", after);
    return writer.updateObject(found.kind, found.uid, () => after as never);
  }

  private refuse(what: string, message: string): void {
    this.notes.add("REFUSED", `${what}: the API refused it: ${message}`, true);
  }
}

/** Puts a machine under a node that exists, with the images that the node reports. */
export function installMachine(machines: Machines, node: NodeIndex, facts: NodeObject): void {
  if (!machines.isInstalled(node)) machines.install(node);
  for (const image of facts.images) {
    for (const name of image.names) machines.addImage(node, name, image.sizeBytes);
  }
}

function notFound(target: { kind: string; namespace: string; name: string }): ApiResult {
  return {
    ok: false,
    reason: "NotFound",
    message: `${target.kind} "${target.namespace}/${target.name}" not found`,
  };
}
