// A small cluster for controller tests: API server, machines, controllers, and a scheduler that
// knows nothing but taints, node selectors and "fewest pods first".

import { EntityDraws, type Instant, streamName } from "../../src/base/index.ts";
import {
  ApiServer,
  type ControlPlaneLatencies,
  DecodeSink,
  decodeObject,
  FieldCursor,
  AS_API_SERVER,
  FILTERING_EFFECTS,
  findKind,
  findUntoleratedTaint,
  LATENCIES_KUBERNETES_1_36,
  Machines,
  matchesRequiredNodeAffinity,
  NO_NODE,
  NO_OWNER,
  type NodeIndex,
  type NodeObject,
  type PodIndex,
  type PodObject,
  PodTemplateRegistry,
  type StorableObject,
  type Uid,
} from "../../src/cluster/index.ts";
import {
  type ControllerOptions,
  type ControllerSet,
  KUBERNETES_CONTROLLER_OPTIONS,
  type PodMetrics,
  STAND_IN_KUBELET_OPTIONS,
  startControllers,
} from "../../src/controllers/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import {
  AnnotatedPodBehavior,
  type ContainerTimes,
  STAND_IN_CONTAINER_TIMES,
} from "../../src/workload/pod-behavior.ts";

export type Json = Readonly<Record<string, unknown>>;

/** The recorded timelines' set-up: real control plane, stand-in kubelets. */
export const STAND_IN_OPTIONS: ControllerOptions = {
  ...KUBERNETES_CONTROLLER_OPTIONS,
  kubelet: STAND_IN_KUBELET_OPTIONS,
};

export interface RigOptions {
  readonly seed?: string;
  readonly nodes?: number;
  readonly zoneOf?: (index: number) => string;
  readonly options?: ControllerOptions;
  readonly latencies?: ControlPlaneLatencies;
  readonly times?: ContainerTimes;
  readonly check?: boolean;
  /** False: no test scheduler. */
  readonly binds?: boolean;
  readonly podMetrics?: PodMetrics;
}

export interface Rig {
  readonly sim: Simulation;
  readonly api: ApiServer;
  readonly machines: Machines;
  readonly controllers: ControllerSet;
  readonly nodes: readonly NodeIndex[];
  readonly templates: PodTemplateRegistry;
  readonly draws: (purpose: string) => EntityDraws;
  /** Decodes and creates objects, as a user's client would, at the present instant. */
  apply(...objects: Json[]): void;
  decode(object: Json): StorableObject | PodObject | NodeObject;
  /** Changes an object by merging into its decoded form. */
  edit(
    kind: "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job",
    name: string,
    change: Json,
  ): void;
  remove(kind: StorableObject["kind"], name: string): void;
  deletePod(pod: PodIndex): void;
  runFor(seconds: number): void;
  runUntil(seconds: number): void;
  /** Live pods that some owner of this name (or name prefix) has, in creation order. */
  podsOf(ownerPrefix: string): PodIndex[];
  podNames(): string[];
}

export function node(name: string, zone = "z1", more: Json = {}): Json {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone },
    },
    // Room for whatever the test scheduler, which counts no resources, puts there.
    status: { capacity: { cpu: "64", memory: "256Gi", pods: "110" } },
    ...more,
  };
}

/** A pod template with one small container. */
export function podTemplate(app: string, annotations: Json = {}, spec: Json = {}): Json {
  return {
    metadata: { labels: { app }, annotations },
    spec: {
      containers: [
        { name: "c", image: "img:v1", resources: { requests: { cpu: "100m", memory: "64Mi" } } },
      ],
      ...spec,
    },
  };
}

export function deployment(
  name: string,
  replicas: number,
  more: Json = {},
  annotations: Json = {},
): Json {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, annotations),
      ...more,
    },
  };
}

export function createRig(options: RigOptions = {}): Rig {
  const seed = options.seed ?? "1";
  const sim = new Simulation({ check: options.check ?? false });
  const templates = new PodTemplateRegistry();
  const latencies = options.latencies ?? LATENCIES_KUBERNETES_1_36;
  const api = new ApiServer(sim, { latencies, templates });
  const machines = new Machines(sim);
  const draws = createDraws(seed);
  const decode = (object: Json): StorableObject | PodObject | NodeObject => {
    const found = findKind(String(object["apiVersion"]), String(object["kind"]));
    if (found === undefined) throw new Error(`no kind ${String(object["kind"])}`);
    const sink = new DecodeSink(AS_API_SERVER);
    const decoded = decodeObject(found, object, new FieldCursor(object, [], sink), templates);
    const errors = sink.problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) throw new Error(errors.map((problem) => problem.message).join("; "));
    return decoded as StorableObject | PodObject | NodeObject;
  };
  const nodes: NodeIndex[] = [];
  for (let index = 1; index <= (options.nodes ?? 5); index++) {
    const zone = options.zoneOf?.(index) ?? "z1";
    const result = api.initialState.addNode(decode(node(`n${index}`, zone)) as NodeObject);
    if (!result.ok) throw new Error(result.message);
    nodes.push(result.node!);
  }
  const behavior = new AnnotatedPodBehavior(
    api,
    options.times ?? STAND_IN_CONTAINER_TIMES,
    draws("workload/run"),
  );
  const controllers = startControllers(sim, api, machines, {
    templates,
    behavior,
    draws,
    options: options.options ?? STAND_IN_OPTIONS,
    ...(options.podMetrics === undefined ? {} : { podMetrics: options.podMetrics }),
  });
  if (options.binds ?? true) startTestScheduler(sim, api);
  const user = api.client("user", { limit: "unlimited", rank: RANK.workload });
  const rig: Rig = {
    sim,
    api,
    machines,
    controllers,
    nodes,
    templates,
    draws,
    decode,
    apply(...objects) {
      for (const object of objects) {
        const decoded = decode(object);
        api.request(
          user,
          "create",
          (writer) => {
            if (decoded.kind === "Node") return writer.createNode(decoded);
            if (decoded.kind !== "Pod") return writer.createObject(decoded);
            const { template, nodeName } = decoded;
            const { name, namespace } = decoded.meta;
            const place = nodeName === "" ? {} : { nodeName };
            return writer.createPod({ name, namespace, template, ...place });
          },
          (result) => {
            if (!result.ok) throw new Error(result.message);
          },
        );
      }
    },
    edit(kind, name, change) {
      const uid = findUid(api, kind, name);
      api.request(user, "update", (writer) =>
        writer.updateObject(kind, uid, (before) => ({ ...before, ...change }) as never),
      );
    },
    remove(kind, name) {
      const uid = findUid(api, kind, name);
      api.request(user, "delete", (writer) => writer.deleteObject(kind, uid));
    },
    deletePod(pod) {
      const uid = api.pods.uid(pod);
      api.request(user, "delete", (writer) => writer.deletePod(pod, uid));
    },
    runFor(seconds) {
      sim.runUntil((sim.nowUs + Math.round(seconds * 1e6)) as Instant);
    },
    runUntil(seconds) {
      sim.runUntil(Math.round(seconds * 1e6) as Instant);
    },
    podsOf(ownerPrefix) {
      const found: PodIndex[] = [];
      api.pods.forEach((pod) => {
        const owner = api.pods.owner(pod);
        const name = owner === NO_OWNER ? api.pods.name(pod) : api.owners.ref(owner).name;
        if (name === ownerPrefix || name.startsWith(`${ownerPrefix}-`)) found.push(pod);
      });
      return found;
    },
    podNames() {
      const names: string[] = [];
      api.pods.forEach((pod) => {
        names.push(api.pods.name(pod));
      });
      return names;
    },
  };
  return rig;
}

/** Keyed draws by purpose for one seed. */
export function createDraws(seed: string): (purpose: string) => EntityDraws {
  const known = new Map<string, EntityDraws>();
  return (purpose) => {
    let draws = known.get(purpose);
    if (draws === undefined) {
      draws = new EntityDraws(streamName(seed, 0, purpose));
      known.set(purpose, draws);
    }
    return draws;
  };
}

function findUid(api: ApiServer, kind: StorableObject["kind"], name: string): Uid {
  const stored = api.objects.find(kind, "default", name) ?? api.objects.find(kind, "", name);
  if (stored === undefined) throw new Error(`no ${kind} ${name}`);
  return stored.uid;
}

/** Binds each pod 5 ms after it was seen to the eligible node with the fewest pods, or waits for nodes to change. */
function startTestScheduler(sim: Simulation, api: ApiServer): void {
  const client = api.client("test-scheduler", {
    limit: api.latencies.schedulerClient,
    rank: RANK.scheduler,
  });
  const waiting = new Map<Uid, PodIndex>();
  const assumed = new Map<NodeIndex, number>();
  let isPlanned = false;
  const pass = (): void => {
    isPlanned = false;
    for (const [uid, pod] of [...waiting]) {
      if (
        !api.pods.isLive(pod, uid) ||
        api.pods.node(pod) !== NO_NODE ||
        api.pods.isDeleting(pod)
      ) {
        waiting.delete(uid);
        continue;
      }
      const node = bestNode(api, pod, assumed);
      if (node === undefined) continue;
      waiting.delete(uid);
      assumed.set(node, (assumed.get(node) ?? 0) + 1);
      api.request(
        client,
        "create",
        (writer) => writer.bindPod(pod, uid, node),
        () => assumed.set(node, assumed.get(node)! - 1),
      );
    }
  };
  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    sim.callAfter(api.latencies.schedulerCycle, RANK.scheduler, "test scheduler", pass);
  };
  api.watch({
    name: "test-scheduler",
    onPod: (change) => {
      if (change.kind === "Deleted" || change.nodeAfter !== NO_NODE) waiting.delete(change.uid);
      else if (change.kind === "Added") {
        waiting.set(change.uid, change.pod);
        plan();
      }
    },
    onNode: () => {
      if (waiting.size > 0) plan();
    },
  });
}

function bestNode(
  api: ApiServer,
  pod: PodIndex,
  assumed: ReadonlyMap<NodeIndex, number>,
): NodeIndex | undefined {
  const template = api.pods.template(pod);
  let best: NodeIndex | undefined;
  let bestCount = Number.POSITIVE_INFINITY;
  for (const node of api.nodes.collectExisting()) {
    const facts = api.nodes.facts(node);
    if (findUntoleratedTaint(facts.taints, template.tolerations, FILTERING_EFFECTS) !== undefined)
      continue;
    const { labels, name } = facts.meta;
    const affinity = template.requiredNodeAffinity;
    if (affinity !== undefined && !matchesRequiredNodeAffinity(affinity, { name, labels }))
      continue;
    const count = api.pods.countOnNode(node) + (assumed.get(node) ?? 0);
    if (count >= bestCount) continue;
    best = node;
    bestCount = count;
  }
  return best;
}
