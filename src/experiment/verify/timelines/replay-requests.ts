// What the actions of a timeline ask of the API: objects made, patched and deleted, as the recording's
// client and kubectl asked.
//
// A patch does not say its type; it follows from its shape by the rules of REPLAY.md 1.2. The last
// manifest of each object is kept, so that a patch is merged as the API server would merge it.

import {
  type ApiResult,
  type ApiWriter,
  NO_NODE,
  NO_POD,
  type NodeObject,
  type PodIndex,
  type StorableObject,
  type StoreKind,
  type Uid,
} from "../../../cluster/index.ts";
import {
  isObject,
  patched,
  patchedNode,
  patchedTemplate,
  podStatusPatch,
} from "./replay-patches.ts";
import type { ReplayWorld } from "./replay-world.ts";
import type { Json } from "./timeline-file.ts";

const NAMESPACE = "default";
const POD_TEMPLATE_HASH = "pod-template-hash";
const REVISION = "deployment.kubernetes.io/revision";

/** Kinds that only tell the API server where to ask; the replay answers itself. */
const WITHOUT_OBJECT: ReadonlySet<string> = new Set(["APIService"]);

/** Told how a request ended: undefined = fine. */
export type Answered = (refusal: string | undefined) => void;

/** The recording's client. */
export class ReplayRequests {
  private readonly world: ReplayWorld;
  private readonly manifests = new Map<string, Json>();

  constructor(world: ReplayWorld) {
    this.world = world;
  }

  /** POST of an object. */
  create(source: Json, answered: Answered): void {
    if (WITHOUT_OBJECT.has(String(source["kind"]))) {
      answered(undefined);
      return;
    }
    const { object, refusal } = this.world.read(source);
    if (object === undefined) {
      answered(refusal);
      return;
    }
    this.manifests.set(`${object.kind}/${object.meta.name}`, source);
    this.ask(
      "create",
      (writer) => {
        if (object.kind === "Node") return writer.createNode(object);
        if (object.kind !== "Pod") return writer.createObject(object);
        const { name, namespace, generateName, finalizers } = object.meta;
        const named = name === "" ? { generateName } : { name };
        const { template } = object;
        return writer.createPod({ namespace, ...named, template, finalizers });
      },
      answered,
    );
  }

  /** PATCH of one object by kind and name. */
  patch(kind: string, name: string, patch: unknown, answered: Answered): void {
    if (kind === "Pod") this.patchPod(name, patch, answered);
    else if (kind === "Node") this.patchNode(name, patch, answered);
    else this.patchObject(kind as StoreKind, name, patch, answered);
  }

  /** DELETE; without a grace the pod's own. */
  delete(kind: string, name: string, grace: number | undefined, answered: Answered): void {
    if (kind === "Pod") {
      const pod = this.findPod(name);
      if (pod === NO_POD) {
        answered("no such pod");
        return;
      }
      const uid = this.world.api.pods.uid(pod);
      const options = grace === undefined ? {} : { graceSeconds: grace };
      this.ask("delete", (writer) => writer.deletePod(pod, uid, options), answered);
      return;
    }
    const found = this.world.api.objects.find(kind as StoreKind, NAMESPACE, name);
    const target = found ?? this.world.api.objects.find(kind as StoreKind, "", name);
    if (target === undefined) answered(`no ${kind} ${name}`);
    else this.ask("delete", (writer) => writer.deleteObject(target.kind, target.uid), answered);
  }

  /** Any change of a node. */
  changeNode(name: string, change: (before: NodeObject) => NodeObject, answered: Answered): void {
    const { nodes } = this.world.api;
    const node = nodes.find(name);
    if (node === NO_NODE) answered(`no node ${name}`);
    else this.ask("patch", (writer) => writer.updateNode(node, nodes.uid(node), change), answered);
  }

  deleteNode(name: string, answered: Answered): void {
    const { nodes } = this.world.api;
    const node = nodes.find(name);
    if (node === NO_NODE) answered(`no node ${name}`);
    else this.ask("delete", (writer) => writer.deleteNode(node, nodes.uid(node)), answered);
  }

  /** The template of a revision (0: the second highest) becomes the Deployment's again. */
  undo(name: string, revision: number, answered: Answered): void {
    const { api, templates } = this.world;
    const deployment = api.objects.find("Deployment", NAMESPACE, name);
    const revisions = api.objects
      .childrenOfOwner(deployment?.uid ?? (-1 as Uid))
      .flatMap(({ object }) => (object.kind === "ReplicaSet" ? [object] : []))
      .sort((a, b) => revisionOf(b.meta.annotations) - revisionOf(a.meta.annotations));
    const before =
      revision === 0
        ? revisions[1]
        : revisions.find(({ meta }) => revisionOf(meta.annotations) === revision);
    if (deployment === undefined || before === undefined) {
      answered(`no earlier revision of ${name}`);
      return;
    }
    const template = templates.derive(before.template, {
      labels: { [POD_TEMPLATE_HASH]: undefined },
    });
    this.ask(
      "patch",
      (writer) =>
        writer.updateObject("Deployment", deployment.uid, (object) => ({ ...object, template })),
      answered,
    );
  }

  /** The pod of a name in the recording's namespace, or NO_POD. */
  findPod(name: string): PodIndex {
    return this.world.api.pods.find(NAMESPACE, name);
  }

  private ask(
    verb: "create" | "patch" | "delete",
    commit: (writer: ApiWriter) => ApiResult,
    answered: Answered,
  ): void {
    const { api, user } = this.world;
    api.request(user, verb, commit, (result) => answered(result.ok ? undefined : result.message));
  }

  private patchPod(name: string, patch: unknown, answered: Answered): void {
    const { api, templates } = this.world;
    const pod = this.findPod(name);
    if (pod === NO_POD) {
      answered("no such pod");
      return;
    }
    const uid = api.pods.uid(pod);
    if (!Array.isArray(patch) && isObject(patch) && isObject(patch["status"])) {
      const status = podStatusPatch(patch["status"]);
      this.ask("patch", (writer) => writer.patchPodStatus(pod, uid, status), answered);
      return;
    }
    this.ask(
      "patch",
      (writer) =>
        writer.updatePodTemplate(
          pod,
          uid,
          patchedTemplate(api.pods.template(pod), patch, templates),
        ),
      answered,
    );
  }

  private patchNode(name: string, patch: unknown, answered: Answered): void {
    this.changeNode(name, (before) => patchedNode(before, patch), answered);
  }

  private patchObject(kind: StoreKind, name: string, patch: unknown, answered: Answered): void {
    const { objects } = this.world.api;
    const found = objects.find(kind, NAMESPACE, name) ?? objects.find(kind, "", name);
    const before = this.manifests.get(`${kind}/${name}`);
    if (found === undefined || before === undefined) {
      answered(`no ${kind} ${name}`);
      return;
    }
    const merged = patched(before, patch);
    const { object, refusal } = this.world.read(merged);
    if (object === undefined) {
      answered(refusal);
      return;
    }
    this.manifests.set(`${kind}/${name}`, merged);
    const isAboutSize = JSON.stringify(patch).includes("replicas");
    this.ask(
      "patch",
      (writer) =>
        writer.updateObject(kind, found.uid, (present) =>
          withPresentSize(object as StorableObject, present, isAboutSize),
        ),
      answered,
    );
  }
}

/** A size that a controller has changed meanwhile stays, unless the patch is about it. */
function withPresentSize(
  patched: StorableObject,
  present: StorableObject,
  isAboutSize: boolean,
): never {
  if (isAboutSize || !("replicas" in patched) || !("replicas" in present)) return patched as never;
  return { ...patched, replicas: present.replicas } as never;
}

function revisionOf(annotations: ReadonlyMap<string, string>): number {
  return Number(annotations.get(REVISION) ?? 0);
}
