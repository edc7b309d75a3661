// What the actions of a timeline ask of the API: objects made, patched and deleted, as the recording's
// client and kubectl asked.
//
// A patch does not say its type; it follows from its shape by the rules of REPLAY.md 1.2. The last
// manifest of each object is kept, so that a patch is merged as the API server would merge it.

import {
  type ApiResult,
  type ApiWriter,
  ConditionStatus,
  NO_NODE,
  NO_POD,
  type NodeObject,
  type PodIndex,
  type PodStatusPatch,
  type PodTemplate,
  type StorableObject,
  type StoreKind,
  type Taint,
  type Uid,
} from "../../../cluster/index.ts";
import type { ReplayWorld } from "./replay-world.ts";
import type { Json } from "./timeline-file.ts";

const NAMESPACE = "default";
const POD_TEMPLATE_HASH = "pod-template-hash";
const REVISION = "deployment.kubernetes.io/revision";

/** Kinds that only tell the API server where to ask; the replay answers itself. */
const WITHOUT_OBJECT: ReadonlySet<string> = new Set(["APIService"]);

/** A change that replays do not know how to make. */
export class UnknownChange extends Error {}

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
    else if (kind === "Node") this.patchNode(name, patch as Json, answered);
    else this.patchObject(kind as StoreKind, name, patch as Json, answered);
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

  /** POST pods/eviction; told the reason of a refusal. */
  evict(pod: PodIndex, uid: Uid, answered: (reason: string | undefined) => void): void {
    const { api, user } = this.world;
    api.request(
      user,
      "create",
      (writer) => writer.evictPod(pod, uid),
      (result) => answered(result.ok ? undefined : result.reason),
    );
  }

  /** The template of the second highest revision becomes the Deployment's again. */
  undo(name: string, answered: Answered): void {
    const { api, templates } = this.world;
    const deployment = api.objects.find("Deployment", NAMESPACE, name);
    const revisions = api.objects
      .childrenOfOwner(deployment?.uid ?? (-1 as Uid))
      .flatMap(({ object }) => (object.kind === "ReplicaSet" ? [object] : []))
      .sort((a, b) => revisionOf(b.meta.annotations) - revisionOf(a.meta.annotations));
    const before = revisions[1];
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
      (writer) => {
        const before = api.pods.template(pod);
        const after = Array.isArray(patch)
          ? withoutGates(before, patch as readonly Json[], templates)
          : templates.derive(before, podPatchOf(patch as Json));
        return writer.updatePodTemplate(pod, uid, after);
      },
      answered,
    );
  }

  private patchNode(name: string, patch: Json, answered: Answered): void {
    const metadata = (patch["metadata"] ?? {}) as Json;
    const labels = (metadata["labels"] ?? {}) as Readonly<Record<string, string | null>>;
    const spec = (patch["spec"] ?? {}) as Json;
    const { unschedulable } = spec;
    this.changeNode(
      name,
      (before) => {
        const merged = new Map(before.meta.labels);
        for (const [key, value] of Object.entries(labels)) {
          if (value === null) merged.delete(key);
          else merged.set(key, value);
        }
        const taints = (spec["taints"] ?? before.taints) as readonly Taint[];
        return {
          ...before,
          meta: { ...before.meta, labels: merged },
          taints,
          unschedulable: typeof unschedulable === "boolean" ? unschedulable : before.unschedulable,
        };
      },
      answered,
    );
  }

  private patchObject(kind: StoreKind, name: string, patch: Json, answered: Answered): void {
    const { objects } = this.world.api;
    const found = objects.find(kind, NAMESPACE, name) ?? objects.find(kind, "", name);
    const before = this.manifests.get(`${kind}/${name}`);
    if (found === undefined || before === undefined) {
      answered(`no ${kind} ${name}`);
      return;
    }
    const merged = mergePatch(before, patch);
    const { object, refusal } = this.world.read(merged);
    if (object === undefined) {
      answered(refusal);
      return;
    }
    this.manifests.set(`${kind}/${name}`, merged);
    const spec = (patch["spec"] ?? {}) as Json;
    this.ask(
      "patch",
      (writer) =>
        writer.updateObject(kind, found.uid, (present) =>
          withPresentSize(object as StorableObject, present, "replicas" in spec),
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

/** Containers are merged by name; everything else as a merge patch (RFC 7386). */
function mergePatch(base: unknown, patch: unknown): Json {
  const merged: Record<string, unknown> = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch as Json)) {
    if (value === null) delete merged[key];
    else if (key === "containers" && Array.isArray(value)) {
      merged[key] = mergeByName(merged[key], value as readonly Json[]);
    } else merged[key] = isObject(value) ? mergePatch(merged[key], value) : value;
  }
  return merged;
}

function mergeByName(base: unknown, changes: readonly Json[]): readonly Json[] {
  const list = Array.isArray(base) ? (base as readonly Json[]) : [];
  const known = list.map((item) => {
    const change = changes.find((one) => one["name"] === item["name"]);
    return change === undefined ? item : mergePatch(item, change);
  });
  const names = new Set(list.map((item) => item["name"]));
  return [...known, ...changes.filter((change) => !names.has(change["name"]))];
}

/** Removals of scheduling gates by their place, in order. */
function withoutGates(
  before: PodTemplate,
  steps: readonly Json[],
  templates: ReplayWorld["templates"],
): PodTemplate {
  const gates = [...before.schedulingGates];
  for (const step of steps) {
    const place = /^\/spec\/schedulingGates\/(\d+)$/.exec(String(step["path"]));
    if (step["op"] !== "remove" || place === null)
      throw new UnknownChange(`JSON patch ${JSON.stringify(step)}`);
    gates.splice(Number(place[1]), 1);
  }
  const left = gates.length === 0 ? undefined : gates.map((name) => ({ name }));
  return templates.derive(before, { spec: { schedulingGates: left } });
}

function podPatchOf(patch: Json): { labels?: Readonly<Record<string, string>> } {
  const metadata = (patch["metadata"] ?? {}) as Json;
  return { labels: (metadata["labels"] ?? {}) as Readonly<Record<string, string>> };
}

const CONDITION_MEMBERS: ReadonlyMap<string, keyof PodStatusPatch> = new Map([
  ["Ready", "ready"],
  ["ContainersReady", "containersReady"],
] as const);

function podStatusPatch(status: Json): PodStatusPatch {
  const patch: Record<string, unknown> = {};
  for (const { type, status: value, reason } of (status["conditions"] ?? []) as readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
  }[]) {
    const member = CONDITION_MEMBERS.get(type);
    if (member === undefined) throw new UnknownChange(`patch of pod condition ${type}`);
    patch[member] = {
      status: value === "True" ? ConditionStatus.True : ConditionStatus.False,
      reason: reason ?? "",
    };
  }
  return patch as PodStatusPatch;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
