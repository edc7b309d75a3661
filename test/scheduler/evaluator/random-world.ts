// Random worlds for comparing evaluators: small clusters with everything odd that the API permits.
//
// A seed draws a configuration, nodes, applications and a stream of changes. Each step changes the
// state as a watch would tell it, and asks for one decision. Nothing here knows which evaluator decides.

import { RecordedWorld } from "../../../src/experiment/verify/recorded-world.ts";
import {
  definePlugin,
  type PodInfo,
  type Profile,
  registryEntryOf,
  type SchedulerConfiguration,
} from "../../../src/scheduler/index.ts";
import { configuration, node, pod } from "../small-cluster.ts";

type Json = Record<string, unknown>;

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";

/** A small seeded generator: equal seeds, equal worlds. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e3779b1) >>> 0;
  }

  below(count: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  percent(share: number): boolean {
    return this.below(100) < share;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const LEAST_ON_THREE = {
  scoringStrategy: {
    type: "LeastAllocated",
    resources: [
      { name: "cpu", weight: 1 },
      { name: "memory", weight: 3 },
      { name: "example.com/gpu", weight: 2 },
    ],
  },
};
const MOST = {
  scoringStrategy: {
    type: "MostAllocated",
    resources: [
      { name: "memory", weight: 2 },
      { name: "cpu", weight: 1 },
    ],
  },
};
const RATIO = {
  scoringStrategy: {
    type: "RequestedToCapacityRatio",
    resources: [
      { name: "cpu", weight: 1 },
      { name: "memory", weight: 1 },
    ],
    requestedToCapacityRatio: {
      shape: [
        { utilization: 0, score: 0 },
        { utilization: 100, score: 10 },
      ],
    },
  },
};
const args = (name: string, value: Json): Json => ({ pluginConfig: [{ name, args: value }] });
const off = (...names: string[]): Json[] => names.map((name) => ({ name }));

/** Profiles, from the default one to odd ones. */
const PROFILES: readonly Json[] = [
  {},
  {},
  {},
  args("NodeResourcesFit", MOST),
  args("NodeResourcesFit", RATIO),
  args("NodeResourcesFit", LEAST_ON_THREE),
  args("NodeResourcesFit", { ignoredResources: ["example.com/gpu"] }),
  args("InterPodAffinity", { hardPodAffinityWeight: 0 }),
  args("InterPodAffinity", { ignorePreferredTermsOfExistingPods: true, hardPodAffinityWeight: 7 }),
  args("PodTopologySpread", { defaultingType: "List", defaultConstraints: [] }),
  args("PodTopologySpread", {
    defaultingType: "List",
    defaultConstraints: [{ maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: "ScheduleAnyway" }],
  }),
  args("NodeAffinity", {
    addedAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 3, preference: { matchExpressions: [{ key: "disk", operator: "Exists" }] } },
      ],
    },
  }),
  { plugins: { multiPoint: { disabled: off("NodeResourcesFit") } } },
  {
    plugins: {
      multiPoint: { disabled: off("NodeResourcesFit", "NodeResourcesBalancedAllocation") },
    },
  },
  {
    plugins: { score: { disabled: off("*"), enabled: [{ name: "NodeResourcesFit", weight: 5 }] } },
  },
  { plugins: { score: { disabled: off("InterPodAffinity") } } },
  { plugins: { score: { disabled: off("PodTopologySpread", "ImageLocality") } } },
  { plugins: { filter: { disabled: off("PodTopologySpread", "NodePorts") } } },
  { plugins: { preScore: { disabled: off("TaintToleration") } } },
  { plugins: { preFilter: { disabled: off("NodeAffinity") } } },
  {
    plugins: {
      multiPoint: {
        disabled: off("ImageLocality", "TaintToleration"),
        enabled: [
          { name: "ImageLocality", weight: 700 },
          { name: "TaintToleration", weight: 40 },
        ],
      },
    },
  },
  { percentageOfNodesToScore: 30 },
  { plugins: { multiPoint: { enabled: [{ name: "Keyed", weight: 2 }] } } },
  { plugins: { multiPoint: { enabled: [{ name: "Keyed", weight: 9 }, { name: "Unkeyed" }] } } },
];

/** A user's plugin that reads the pod's tier and the node's object, and says so. */
const KEYED = definePlugin({
  name: "Keyed",
  classKey: (pod) => `${pod.labels["tier"]}`,
  filter: (pod, { labels, memoryBytesAllocatable }) => {
    if (pod.labels["tier"] === "db" && labels["disk"] === "hdd") return "no hdd";
    if (memoryBytesAllocatable > 0 || pod.labels["tier"] !== "web") return true;
    return { reasons: ["no hdd"], unresolvable: true };
  },
  score: (pod, { milliCpuAllocatable, name }) =>
    (milliCpuAllocatable / 100 + name.length + (pod.labels["tier"] ?? "").length) % 101,
});
/** One that reads what a node's pods leave free. */
const UNKEYED = definePlugin({
  name: "Unkeyed",
  filter: (_pod, { milliCpuFree }) => milliCpuFree !== 250 || "exactly a quarter is left",
  score: (_pod, { milliCpuFree }) => Math.abs(Math.trunc(milliCpuFree / 100)) % 101,
});

/** What a world is drawn from beside its seed. */
export interface RandomWorldOptions {
  /** Index of the profile among PROFILES; absent: drawn. */
  readonly profile?: number;
  readonly nodesMax?: number;
}

/** How many profiles there are. */
export const PROFILE_COUNT: number = PROFILES.length;

/** One cluster and its stream of changes. */
export class RandomWorld {
  readonly world: RecordedWorld;
  readonly configuration: SchedulerConfiguration;
  readonly profiles: readonly Profile[];
  private readonly dice: Dice;
  private readonly apps: Json[] = [];
  private readonly nodes = new Map<string, Json>();
  private readonly gone: Json[] = [];
  private readonly bound: PodInfo[] = [];
  private readonly lingering: PodInfo[] = [];
  private nominated: PodInfo[] = [];
  private nodeNumber = 0;
  private podNumber = 0;
  private readonly isStrange: boolean;

  constructor(seed: number, options: RandomWorldOptions = {}) {
    this.dice = new Dice(seed);
    const { dice } = this;
    this.isStrange = dice.percent(50);
    const profile = PROFILES[options.profile ?? dice.below(PROFILES.length)]!;
    const second = { ...dice.of(PROFILES), schedulerName: "second" };
    const source = configuration({ schedulerName: "default-scheduler", ...profile });
    (source["profiles"] as Json[]).push(second);
    this.world = new RecordedWorld(this.otherObjects(), dice.percent(4) ? [HUGE] : [], {
      ...{ defaulting: true, hasQueue: true, keepsMatches: dice.percent(50) },
    });
    for (const plugin of [KEYED, UNKEYED]) this.world.plugins.register(registryEntryOf(plugin));
    this.configuration = this.world.readConfiguration(source);
    this.profiles = this.world.createProfiles(this.configuration);
    const count = dice.percent(10) ? dice.below(3) : 2 + dice.below(options.nodesMax ?? 30);
    for (let at = 0; at < count; at++) this.joinNode();
    const apps = 2 + dice.below(6);
    for (let at = 0; at < apps; at++) this.apps.push(this.drawApp(at, apps));
    const pods = dice.below(3 * count + 1);
    for (let at = 0; at < pods && this.nodes.size > 0; at++) this.bindSomewhere();
  }

  /** The profile of that pod. */
  profileOf({ template }: PodInfo): Profile {
    return this.profiles.find(({ schedulerName }) => schedulerName === template.schedulerName)!;
  }

  /** Changes the state a little and draws the next pending pod. */
  next(): PodInfo {
    const changes = this.dice.below(4);
    for (let at = 0; at < changes; at++) this.change();
    return this.pending();
  }

  /** The pod was placed there, or fits nowhere. */
  conclude(decided: PodInfo, nodeName: string | undefined): void {
    const { cache } = this.world;
    this.nominated = this.nominated.filter(({ uid }) => uid !== decided.uid);
    if (nodeName === undefined) {
      cache.nominator.delete(decided);
      return;
    }
    if (this.dice.percent(15)) return; // the binding never begins
    const assumed = cache.assume({ ...decided, nominatedNodeName: "" }, nodeName);
    if (this.dice.percent(5)) cache.forget(assumed.uid);
    else this.bound.push(assumed);
  }

  // ---- changes ---------------------------------------------------------------------------------

  private change(): void {
    const { dice } = this;
    const { cache } = this.world;
    const name = this.someNode();
    switch (dice.below(14)) {
      case 0:
      case 1:
      case 2: {
        const at = dice.below(this.bound.length + 1);
        const pod = this.bound[at];
        if (pod === undefined) return;
        this.bound.splice(at, 1);
        if (dice.percent(50)) cache.removePod(pod.uid);
        else {
          const ending = { ...cache.findPod(pod.uid)!, deleting: true };
          cache.updatePod(ending);
          this.lingering.push(ending);
        }
        return;
      }
      case 3: {
        const ending = this.lingering.shift();
        if (ending !== undefined) cache.removePod(ending.uid);
        return;
      }
      case 4:
        if (this.nodes.size > 0) this.bindSomewhere();
        return;
      case 5:
        if (dice.percent(40)) this.joinNode();
        return;
      case 6:
        if (name !== undefined && dice.percent(40)) this.removeNode(name);
        return;
      case 7: {
        const back = this.gone.pop();
        if (back !== undefined) this.addNode(back);
        return;
      }
      case 8:
      case 9:
      case 10:
        if (name !== undefined) this.editNode(name);
        return;
      case 11:
        this.nominate(name);
        return;
      case 12:
        if (dice.percent(20)) this.world.objects.add(this.world.decode(service(dice.below(6))));
        return;
      case 13:
        if (dice.percent(20))
          this.world.objects.add(this.world.decode(namespaceOf(dice.below(3), dice.percent(50))));
        return;
    }
  }

  private someNode(): string | undefined {
    const names = [...this.nodes.keys()];
    return names.length === 0 ? undefined : this.dice.of(names);
  }

  private joinNode(): void {
    this.addNode(this.drawNode(`n${this.nodeNumber++}`));
  }

  private addNode(source: Json): void {
    const { name } = source["metadata"] as { name: string };
    this.nodes.set(name, source);
    this.world.cache.addNode(this.world.decodeNode(source));
  }

  private removeNode(name: string): void {
    const source = this.nodes.get(name)!;
    this.nodes.delete(name);
    const { cache } = this.world;
    const pods = [...cache.podsOn(cache.findRow(name)!)];
    cache.removeNode(name);
    if (this.dice.percent(70)) {
      for (const { uid } of pods) {
        cache.removePod(uid);
        this.drop(uid);
      }
    }
    // Otherwise its pods stay counted, as until the watch tells of their end.
    if (this.dice.percent(60)) this.gone.push(source);
  }

  private drop(uid: PodInfo["uid"]): void {
    for (const list of [this.bound, this.lingering]) {
      const at = list.findIndex((each) => each.uid === uid);
      if (at !== -1) list.splice(at, 1);
    }
  }

  /** The node's object changes in one respect, or in all. */
  private editNode(name: string): void {
    const old = this.nodes.get(name)!;
    const drawn = this.drawNode(name);
    const part = this.dice.of(["metadata", "spec", "status", "all"]);
    const edited = part === "all" ? drawn : { ...old, [part]: drawn[part] };
    this.nodes.set(name, edited);
    this.world.cache.updateNode(this.world.decodeNode(edited));
  }

  private nominate(name: string | undefined): void {
    const { nominator } = this.world.cache;
    if (this.nominated.length > 0 && this.dice.percent(60)) {
      nominator.delete(this.nominated.shift()!);
      return;
    }
    if (name === undefined || this.dice.percent(60)) return;
    const promised = this.pending();
    nominator.add(promised, "override", name);
    this.nominated.push(promised);
  }

  private bindSomewhere(): void {
    const at = this.dice.below(this.apps.length);
    const source = this.podOf(at, { nodeName: this.someNode()! });
    const info = this.world.podInfo(this.world.decodePod(source));
    this.world.cache.addPod(info);
    this.bound.push(info);
  }

  private pending(): PodInfo {
    const { dice } = this;
    const at = dice.below(this.apps.length);
    const more = dice.percent(20) ? { schedulerName: "second" } : {};
    const name = dice.percent(3) ? this.someNode() : undefined;
    const source = this.podOf(at, more, name === undefined ? {} : { nominatedNodeName: name });
    return this.world.podInfo(this.world.decodePod(source));
  }

  private podOf(at: number, spec: Json, status: Json = {}): Json {
    const app = this.apps[at]!;
    const number = this.podNumber++;
    const metadata = { ...(app["metadata"] as Json), name: `p${number}`, uid: `u${number}` };
    return { ...app, metadata, spec: { ...(app["spec"] as Json), ...spec }, status };
  }

  // ---- objects ---------------------------------------------------------------------------------

  private otherObjects(): Json[] {
    return [
      ...[0, 1, 2].map((at) => namespaceOf(at, at === 1)),
      ...[0, 1].map(service),
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "fast" },
        provisioner: "x",
        volumeBindingMode: "WaitForFirstConsumer",
      },
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "pv" },
        spec: {
          ...{
            capacity: { storage: "1Gi" },
            accessModes: ["ReadWriteOnce"],
            storageClassName: "fast",
          },
          claimRef: { namespace: "ns0", name: "claim", uid: "claim" },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: ZONE, operator: "In", values: ["a", ""] }] },
              ],
            },
          },
        },
      },
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: "claim",
          namespace: "ns0",
          uid: "claim",
          annotations: { "pv.kubernetes.io/bind-completed": "yes" },
        },
        spec: {
          volumeName: "pv",
          storageClassName: "fast",
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1Gi" } },
        },
        status: { phase: "Bound" },
      },
    ];
  }

  private drawNode(name: string): Json {
    const { dice, isStrange } = this;
    const labels: Json = {};
    const zone = dice.of(isStrange ? ["a", "b", "", undefined, "c"] : ["a", "b", "c"]);
    if (zone !== undefined) labels[ZONE] = zone;
    if (dice.percent(40)) labels["disk"] = dice.of(["ssd", "", "hdd"]);
    if (dice.percent(30)) labels["rank"] = String(dice.below(5));
    const taints: Json[] = [];
    if (dice.percent(15)) taints.push({ key: "dedicated", value: "x", effect: "NoSchedule" });
    if (dice.percent(15)) taints.push({ key: "spot", value: "y", effect: "PreferNoSchedule" });
    if (dice.percent(5)) taints.push({ key: "bad", effect: "NoExecute" });
    const images = [0, 1, 2]
      .filter(() => dice.percent(30))
      .map((image) => ({
        names: [`registry.example/i${image}:v1`],
        sizeBytes: (60 + image * 400) * 1_000_000,
      }));
    const allocatable: Json = {
      cpu: dice.of(["0", "500m", "2", "4", "4", "7"]),
      memory: dice.of(["0", "1Gi", "4Gi", "8Gi", "8Gi"]),
      ...(dice.percent(20) ? { "example.com/gpu": String(dice.below(4)) } : {}),
      ...(dice.percent(20) ? { "ephemeral-storage": "10Gi" } : {}),
      pods: dice.of(["110", "3", "0", "110", "110"]),
    };
    const made = node(name, allocatable, {
      labels,
      spec: { taints, ...(dice.percent(8) ? { unschedulable: true } : {}) },
      status: { images },
    });
    const own = (made["metadata"] as { labels: Json }).labels;
    if (isStrange && dice.percent(8)) delete own[HOST];
    else if (isStrange && dice.percent(5)) own[HOST] = dice.of(["twin", ""]);
    return made;
  }

  private drawApp(number: number, apps: number): Json {
    const { dice } = this;
    const namespace = `ns${dice.below(3)}`;
    const requests: Json = {};
    if (dice.percent(80)) requests["cpu"] = dice.of(["100m", "250m", "1", "1500m"]);
    if (dice.percent(70)) requests["memory"] = dice.of(["64Mi", "256Mi", "1Gi"]);
    if (dice.percent(10)) requests["example.com/gpu"] = String(dice.below(3));
    if (dice.percent(10)) requests["ephemeral-storage"] = "1Gi";
    const labels = {
      app: `app-${number}`,
      tier: dice.of(["web", "db", ""]),
      hash: String(dice.below(2)),
    };
    const selector = (): Json => ({ labelSelector: this.drawSelector(apps) });
    const spec: Json = {};
    if (dice.percent(12))
      spec["nodeSelector"] = dice.of([{ disk: "ssd" }, { [HOST]: "n1" }, { [ZONE]: "a" }]);
    if (dice.percent(25)) {
      spec["tolerations"] = dice.of([
        [{ operator: "Exists" }],
        [{ key: "dedicated", operator: "Exists" }],
        [{ key: "spot", operator: "Equal", value: "y" }],
      ]);
    }
    if (dice.percent(25)) spec["priority"] = dice.of([-1, 5, 10]);
    const affinity = this.drawAffinity(selector);
    if (Object.keys(affinity).length > 0) spec["affinity"] = affinity;
    if (dice.percent(40)) spec["topologySpreadConstraints"] = this.drawSpread(selector);
    if (dice.percent(5)) spec["schedulingGates"] = [];
    const container: Json = {
      name: "c",
      image: dice.of(["registry.example/i0:v1", "registry.example/i1:v1", "other:v1"]),
      resources: { requests },
    };
    if (dice.percent(8))
      container["ports"] = [
        {
          containerPort: 80,
          hostPort: dice.of([80, 81]),
          ...(dice.percent(30) ? { hostIP: "10.0.0.1" } : {}),
        },
      ];
    if (dice.percent(4) && namespace === "ns0") {
      spec["volumes"] = [{ name: "v", persistentVolumeClaim: { claimName: "claim" } }];
    }
    return pod(
      `app-${number}`,
      {},
      { labels, spec: { containers: [container], ...spec }, metadata: { namespace } },
    );
  }

  private drawSelector(apps: number): Json {
    const { dice } = this;
    const label = `app-${dice.below(apps)}`;
    return dice.of<Json>([
      { matchLabels: { app: label } },
      { matchLabels: { app: label } },
      { matchLabels: { tier: "web" } },
      { matchExpressions: [{ key: "tier", operator: "Exists" }] },
      { matchExpressions: [{ key: "app", operator: "NotIn", values: [label] }] },
      {},
    ]);
  }

  private drawAffinity(selector: () => Json): Json {
    const { dice } = this;
    const term = (): Json => ({
      ...selector(),
      topologyKey: dice.of([ZONE, ZONE, HOST, HOST, "rank", "nowhere"]),
      ...(dice.percent(20)
        ? { namespaceSelector: dice.of([{}, { matchLabels: { tier: "open" } }]) }
        : {}),
      ...(dice.percent(15) ? { namespaces: ["ns1", "ns2"] } : {}),
      ...(dice.percent(10) ? { matchLabelKeys: ["hash"] } : {}),
    });
    const preferred = (): Json[] =>
      Array.from({ length: 1 + dice.below(2) }, () => ({
        weight: dice.of([1, 10, 100]),
        podAffinityTerm: term(),
      }));
    const affinity: Json = {};
    const required = (): Json => ({ requiredDuringSchedulingIgnoredDuringExecution: [term()] });
    const wished = (): Json => ({ preferredDuringSchedulingIgnoredDuringExecution: preferred() });
    for (const kind of ["podAffinity", "podAntiAffinity"]) {
      const draw = dice.below(100);
      if (draw < 14) affinity[kind] = required();
      else if (draw < 27) affinity[kind] = wished();
      else if (draw < 30) affinity[kind] = { ...required(), ...wished() };
    }
    if (dice.percent(4)) {
      const same = { weight: 9, podAffinityTerm: term() };
      affinity["podAffinity"] = { preferredDuringSchedulingIgnoredDuringExecution: [same] };
      affinity["podAntiAffinity"] = { preferredDuringSchedulingIgnoredDuringExecution: [same] };
    }
    const match = (): Json =>
      dice.of<Json>([
        { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd", ""] }] },
        { matchExpressions: [{ key: "rank", operator: "Gt", values: ["1"] }] },
        { matchExpressions: [{ key: HOST, operator: "NotIn", values: ["n0", "n2"] }] },
        { matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] },
        { matchFields: [{ key: "metadata.name", operator: "NotIn", values: ["n1"] }] },
      ]);
    const nodeAffinity: Json = {};
    if (dice.percent(10))
      nodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"] = {
        nodeSelectorTerms: [match()],
      };
    if (dice.percent(15))
      nodeAffinity["preferredDuringSchedulingIgnoredDuringExecution"] = [
        { weight: dice.of([1, 50]), preference: match() },
      ];
    if (Object.keys(nodeAffinity).length > 0) affinity["nodeAffinity"] = nodeAffinity;
    return affinity;
  }

  private drawSpread(selector: () => Json): Json[] {
    const { dice } = this;
    const keys = dice.of([[ZONE], [HOST], [ZONE, HOST], ["rank"], ["disk", ZONE]]);
    return keys.map((topologyKey) => {
      const isHard = dice.percent(35);
      return {
        maxSkew: 1 + dice.below(3),
        topologyKey,
        whenUnsatisfiable: isHard ? "DoNotSchedule" : "ScheduleAnyway",
        ...selector(),
        ...(isHard && dice.percent(30) ? { minDomains: 1 + dice.below(4) } : {}),
        ...(dice.percent(20) ? { nodeAffinityPolicy: "Ignore" } : {}),
        ...(dice.percent(20) ? { nodeTaintsPolicy: "Honor" } : {}),
        ...(dice.percent(15) ? { matchLabelKeys: ["hash"] } : {}),
      };
    });
  }
}

/** A pod whose amounts make the cache count in 64 bits. */
const HUGE: Json = pod("huge", { memory: "9000000000000000" });

function namespaceOf(at: number, isOpen: boolean): Json {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: `ns${at}`, labels: { tier: isOpen ? "open" : "closed" } },
  };
}

function service(at: number): Json {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `app-${at}`, namespace: `ns${at % 3}` },
    spec: { selector: { app: `app-${at}` } },
  };
}
