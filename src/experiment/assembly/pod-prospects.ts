// What a run's pods are told before time begins: no node can ever take them, no scheduler claims them,
// or a rule that they need is not simulated.
//
// Asks the scheduler's own filters that depend on nothing but the pod and an empty node. What other
// pods, volumes or time can change is no business of this file: a pod that passes here may still wait.

import {
  type ApiObject,
  findControllerOf,
  type NodeObject,
  type PersistentVolumeClaimObject,
  type PodTemplate,
  type PodTemplateRegistry,
  type StatefulSetObject,
  templatePlaceOf,
} from "../../cluster/index.ts";
import {
  Code,
  createDefaultRegistry,
  CycleState,
  EXTENSION_POINTS,
  type EnabledPlugin,
  type ExtensionPoint,
  formatFitError,
  NO_OBJECTS,
  NodeStatuses,
  type PodInfo,
  Profile,
  type ProfileConfiguration,
  runFilters,
  runPreFilters,
  SchedulerCache,
} from "../../scheduler/index.ts";
import { RecordedObjects } from "../verify/recorded-objects.ts";
import type { NoteBook } from "./notes.ts";

/** Pods made from one template: who makes them, and how many as far as that is known. */
export interface PodSource {
  readonly what: string;
  readonly template: PodTemplate;
  readonly namespace: string;
  readonly podCount: number;
  /** Fitting nowhere is nothing to be told. */
  readonly mayFitNowhere?: boolean;
}

/** Filters whose verdict no other pod can change. */
const LASTING_FILTERS: ReadonlySet<string> = new Set([
  "NodeUnschedulable",
  "NodeName",
  "TaintToleration",
  "NodeAffinity",
  "NodeResourcesFit",
]);
/** Taints and cordons that controllers and edits take away again. */
const PASSING_TAINT_PREFIX = "node.kubernetes.io/";
const NOTED_MAX = 20;

/** The makers of pods among objects; those that want none, and pods that have a node, are none. */
export function podSourcesOf(
  objects: Iterable<ApiObject>,
  registry: PodTemplateRegistry,
): PodSource[] {
  const sources: PodSource[] = [];
  const all = [...objects];
  const known = new Set(all.map(nameOf));
  for (const object of all) {
    const template = templatePlaceOf(object)?.template;
    if (template === undefined) continue;
    if (object.kind === "Pod" && (object.nodeName !== "" || object.status.phase !== "Pending"))
      continue;
    const owner = findControllerOf(object.meta);
    if (owner !== undefined && known.has(`${owner.kind} ${object.meta.namespace}/${owner.name}`))
      continue;
    const podCount = podCountOf(object);
    if (podCount === 0) continue;
    const what = nameOf(object);
    // A DaemonSet takes the nodes it fits on; with none it makes no pods.
    const mayFitNowhere = object.kind === "DaemonSet";
    sources.push({
      what,
      template: withClaims(object, template, known, registry),
      namespace: object.meta.namespace,
      podCount,
      mayFitNowhere,
    });
  }
  return sources;
}

/** Notes every source whose pods fit on none of the nodes, and every source that no profile claims. */
export function noteHopelessPods(
  notes: NoteBook,
  sources: readonly PodSource[],
  nodes: readonly NodeObject[],
  profilesInUse: readonly ProfileConfiguration[],
): void {
  const profiles = new Map(profilesInUse.map((each) => [each.schedulerName, each]));
  const judges = new Map<string, EmptyCluster>();
  const verdicts = new Map<PodTemplate, string | undefined>();
  let unnoted = 0;
  let noted = 0;
  for (const { what, template, podCount, mayFitNowhere } of sources) {
    if (template.nodeName !== "" || mayFitNowhere) continue;
    const profile = profiles.get(template.schedulerName);
    if (profile === undefined) {
      const known = [...profiles.keys()].join(", ");
      const message = `no scheduler here is called '${template.schedulerName}' (known: ${known}), so nobody picks up the pods of ${what}`;
      notes.add("NO_SCHEDULER", message, false, podCount);
      continue;
    }
    if (!verdicts.has(template)) {
      const judge = judges.get(template.schedulerName) ?? new EmptyCluster(nodes, profile);
      judges.set(template.schedulerName, judge);
      verdicts.set(template, judge.whyNowhere(template));
    }
    const why = verdicts.get(template);
    if (why === undefined) continue;
    if (noted++ < NOTED_MAX)
      notes.add(
        "NEVER_FITS",
        `${what} fits on no node, even an empty one: ${why}`,
        false,
        podCount,
      );
    else unnoted += podCount;
  }
  if (unnoted > 0) notes.add("NEVER_FITS", "more pods fit on no node", false, unnoted);
}

/** Notes the rules that these pods need and this build does not have: they could be placed otherwise. */
export function noteUnsimulatedRules(
  notes: NoteBook,
  sources: readonly PodSource[],
  objects: Iterable<ApiObject>,
  profilesInUse: readonly ProfileConfiguration[],
): void {
  const registry = createDefaultRegistry();
  const known = new RecordedObjects();
  for (const object of objects) known.add(object);
  for (const claim of claimsToBeMade(known)) known.add(claim);
  const handle = { cache: new SchedulerCache(), objects: known };
  for (const profile of profilesInUse) {
    const names = new Set(
      EXTENSION_POINTS.flatMap((point) => profile.plugins[point].map(({ name }) => name)),
    );
    const plugins = [...names].flatMap((name) => {
      const plugin = registry.find(name)?.factory(profile.args.get(name), handle);
      return plugin?.notSimulated === undefined ? [] : [plugin];
    });
    for (const { template, namespace, podCount } of sources) {
      if (template.schedulerName !== profile.schedulerName) continue;
      for (const plugin of plugins) {
        const reason = plugin.notSimulated!(podOf(template, namespace));
        if (reason !== undefined)
          notes.add("UNSIMULATED_RULE", `${plugin.name}: ${reason}`, true, podCount);
      }
    }
  }
}

class EmptyCluster {
  private readonly cache = new SchedulerCache();
  private readonly profile: Profile;

  constructor(nodes: readonly NodeObject[], configuration: ProfileConfiguration) {
    for (const node of nodes) this.cache.addNode(withoutPassing(node));
    this.cache.refreshSnapshot();
    // Upstream's plugins only: a user's plugin is not called before its run begins.
    const handle = { cache: this.cache, objects: NO_OBJECTS };
    this.profile = new Profile(onlyLasting(configuration), createDefaultRegistry(), handle);
  }

  /** The scheduler's own words for why no node takes the pod; undefined if one does. */
  whyNowhere(template: PodTemplate): string | undefined {
    const { cache, profile } = this;
    const nodes = cache.nodeList;
    const pod = podOf(template);
    const state = new CycleState();
    const statuses = new NodeStatuses();
    const { status, nodeNames, narrowingPlugins } = runPreFilters(profile, state, pod, nodes);
    if (status.code === Code.Success) {
      for (const row of nodes) {
        if (nodeNames?.has(cache.nodeName(row)) === false) continue;
        const verdict = runFilters(profile, state, pod, row);
        if (verdict.code === Code.Success) return undefined;
        statuses.set(row, verdict);
      }
      const reason = `node(s) didn't satisfy plugin(s) [${narrowingPlugins.join(" ")}]`;
      statuses.absent = { ...statuses.absent, reasons: [reason] };
    }
    return formatFitError({
      allNodeCount: nodes.length,
      statuses,
      preFilterMessage: status.code === Code.Success ? "" : status.reasons.join(", "),
      postFilterMessage: "",
    });
  }
}

function onlyLasting(configuration: ProfileConfiguration): ProfileConfiguration {
  const none: readonly EnabledPlugin[] = [];
  const plugins = Object.fromEntries(EXTENSION_POINTS.map((point) => [point, none])) as Record<
    ExtensionPoint,
    readonly EnabledPlugin[]
  >;
  for (const point of ["preFilter", "filter"] as const) {
    plugins[point] = configuration.plugins[point].filter(({ name }) => LASTING_FILTERS.has(name));
  }
  plugins.queueSort = [{ name: "PrioritySort", weight: 0 }];
  return { ...configuration, plugins };
}

function withoutPassing(node: NodeObject): NodeObject {
  const taints = node.taints.filter((taint) => !taint.key.startsWith(PASSING_TAINT_PREFIX));
  return { ...node, taints, unschedulable: false };
}

function podOf(template: PodTemplate, namespace = ""): PodInfo {
  return {
    uid: "",
    namespace,
    name: "",
    template,
    priority: template.priority ?? 0,
    startUs: -1,
    deleting: false,
    nodeName: "",
    nominatedNodeName: "",
    pod: -1,
  };
}

function podCountOf(object: ApiObject): number {
  switch (object.kind) {
    case "Deployment":
    case "ReplicaSet":
    case "ReplicationController":
    case "StatefulSet":
      return object.replicas;
    case "Job":
      return object.spec.parallelism;
    default:
      return 1;
  }
}

// The pods of a StatefulSet have volumes that its template does not show. The first pod whose claims
// are still to be made speaks for all.
function withClaims(
  object: ApiObject,
  template: PodTemplate,
  known: ReadonlySet<string>,
  registry: PodTemplateRegistry,
): PodTemplate {
  if (object.kind !== "StatefulSet" || object.volumeClaimTemplates.length === 0) return template;
  const names = claimNamesOf(object);
  const isMissing = (name: string): boolean =>
    !known.has(`PersistentVolumeClaim ${object.meta.namespace}/${name}`);
  const chosen = names.find((each) => each.some(isMissing)) ?? names[0] ?? [];
  const claims = chosen.map((claimName, index) => ({
    name: object.volumeClaimTemplates[index]!.meta.name,
    persistentVolumeClaim: { claimName },
  }));
  const own = template.source.spec["volumes"];
  return registry.derive(template, {
    spec: { volumes: [...(Array.isArray(own) ? own : []), ...claims] },
  });
}

/** Names of the claims of a set, ordinal by ordinal. */
function claimNamesOf(set: StatefulSetObject): string[][] {
  return Array.from({ length: set.replicas }, (_, index) =>
    set.volumeClaimTemplates.map(
      ({ meta }) => `${meta.name}-${set.meta.name}-${set.ordinalsStart + index}`,
    ),
  );
}

/** Claims of StatefulSets that are not among the objects. */
export function claimsToBeMade(objects: RecordedObjects): PersistentVolumeClaimObject[] {
  return objects.list("StatefulSet").flatMap((set) => {
    const { namespace } = set.meta;
    return claimNamesOf(set).flatMap((names) =>
      names.flatMap((name, index) => {
        if (objects.claim(namespace, name) !== undefined) return [];
        const claim = set.volumeClaimTemplates[index]!;
        return [{ ...claim, meta: { ...claim.meta, namespace, name } }];
      }),
    );
  });
}

function nameOf(object: ApiObject): string {
  const { namespace, name, generateName } = object.meta;
  return `${object.kind} ${namespace}/${name === "" ? generateName : name}`;
}
