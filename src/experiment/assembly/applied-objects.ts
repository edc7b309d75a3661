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
  type PodTemplate,
  type PodTemplateRegistry,
  type StorableObject,
} from "../../cluster/index.ts";
import { RANK } from "../../engine/index.ts";
import type { EditStep } from "../scenario/scenario.ts";
import type { NoteBook } from "./notes.ts";

/** The user of a run. Refusals become notes. */
export class ClusterUser {
  private readonly api: ApiServer;
  private readonly machines: Machines;
  private readonly registry: PodTemplateRegistry;
  private readonly notes: NoteBook;
  private readonly client: ApiClient;

  constructor(api: ApiServer, machines: Machines, registry: PodTemplateRegistry, notes: NoteBook) {
    this.api = api;
    this.machines = machines;
    this.registry = registry;
    this.notes = notes;
    this.client = api.client("user", { limit: "unlimited", rank: RANK.workload });
  }

  /** POSTs one object. A Node brings a machine with it. */
  apply(object: ApiObject): void {
    const what = `${object.kind} ${object.meta.namespace === "" ? "" : `${object.meta.namespace}/`}${object.meta.name}`;
    this.api.request(
      this.client,
      "create",
      (writer) => this.create(writer, object),
      (result) => {
        if (!result.ok) this.refuse(what, result.message);
        else if (object.kind === "Node" && result.node !== undefined)
          installMachine(this.machines, result.node, object);
      },
    );
  }

  /** Carries out one edit of the scenario. */
  edit(step: EditStep): void {
    const what =
      "target" in step
        ? `${step.kind} ${step.target.kind} ${step.target.name}`
        : `${step.kind} ${step.node}`;
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

  private create(writer: ApiWriter, object: ApiObject): ApiResult {
    if (object.kind === "Node") return writer.createNode(object);
    if (object.kind !== "Pod") return writer.createObject(object as StorableObject);
    const { meta, template, nodeName } = object;
    return writer.createPod({
      namespace: meta.namespace,
      ...(meta.name === "" ? { generateName: meta.generateName } : { name: meta.name }),
      template,
      nodeName,
      finalizers: meta.finalizers,
    });
  }

  private commitEdit(writer: ApiWriter, step: EditStep): ApiResult {
    switch (step.kind) {
      case "cordon":
      case "uncordon":
        return this.setUnschedulable(writer, step.node, step.kind === "cordon");
      case "delete":
        return this.remove(writer, step.target);
      case "scale":
        return this.change(writer, step.target, (object) => ({
          ...object,
          replicas: step.replicas,
        }));
      case "setImage":
        return this.change(writer, step.target, (object) => ({
          ...object,
          template: this.withImage(
            (object as { template: PodTemplate }).template,
            step.container,
            step.image,
          ),
        }));
      case "switchService":
        return this.change(writer, step.target, (object) => ({
          ...object,
          selector: new Map(step.selector),
        }));
    }
  }

  private setUnschedulable(writer: ApiWriter, name: string, unschedulable: boolean): ApiResult {
    const node = this.api.nodes.find(name);
    if (node === NO_NODE)
      return { ok: false, reason: "NotFound", message: `nodes "${name}" not found` };
    return writer.updateNode(node, this.api.nodes.uid(node), (before) => ({
      ...before,
      unschedulable,
    }));
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

  private change(
    writer: ApiWriter,
    target: { kind: string; namespace: string; name: string },
    change: (object: object) => object,
  ): ApiResult {
    const found = this.api.objects.find(
      target.kind as StorableObject["kind"],
      target.namespace,
      target.name,
    );
    if (found === undefined) return notFound(target);
    return writer.updateObject(found.kind, found.uid, (object) => change(object) as never);
  }

  private withImage(
    template: PodTemplate,
    container: string | undefined,
    image: string,
  ): PodTemplate {
    const spec = template.source.spec as { containers: readonly { name: string }[] };
    const containers = spec.containers.map((item) =>
      container === undefined || item.name === container ? { ...item, image } : item,
    );
    return this.registry.derive(template, { spec: { containers } });
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
