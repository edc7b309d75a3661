// Nodes and applications of the full-profile workload, as manifests. What each is follows from its
// number (and the seed) alone.
//
// Shares of performance-full-profile, section 1: a tenth of the nodes tainted NoSchedule, 15 %
// PreferNoSchedule, 40 % labelled; of the applications 30 % avoid their own zones (a third of these
// also seek another application), 10 % exclude their own hosts, 3 % use a host port, 10 % require and
// 15 % prefer the label, 10 % tolerate the taint, 10 % have an image on 20 to 70 % of the nodes; one
// request size in ten has no memory.

import { Draws } from "./draws.ts";

export const ZONE = "topology.kubernetes.io/zone";
export const HOST = "kubernetes.io/hostname";

const SHAPES = [
  { cpu: 16, memoryGi: 64 },
  { cpu: 32, memoryGi: 64 },
  { cpu: 32, memoryGi: 128 },
  { cpu: 64, memoryGi: 256 },
] as const;
const IMAGES_MAX = 50;
const APPS_PER_NAMESPACE = 20;

/** A node's facts; every one may change while the workload goes on. */
export interface NodeFacts {
  readonly name: string;
  readonly zone: number;
  readonly milliCpu: number;
  readonly memoryMi: number;
  readonly isDedicated: boolean;
  readonly isSpot: boolean;
  readonly hasSsd: boolean;
  readonly isCordoned: boolean;
  /** Images by number. */
  readonly images: readonly number[];
}

/** The facts of the node that joined as number `ordinal`. */
export function nodeFacts(seed: number, ordinal: number, images: number): NodeFacts {
  const draws = new Draws(seed, ordinal);
  const shape = SHAPES[draws.below(SHAPES.length)]!;
  const kind = draws.below(100);
  return {
    name: `n${ordinal}`,
    zone: draws.below(3),
    milliCpu: shape.cpu * 1000,
    memoryMi: shape.memoryGi * 1024,
    isDedicated: kind < 10,
    isSpot: kind >= 10 && kind < 25,
    hasSsd: draws.percent(40),
    isCordoned: false,
    images: Array.from({ length: images }, (_, image) => image).filter((image) =>
      draws.percent(20 + ((image * 17) % 51)),
    ),
  };
}

/** The node as a manifest. */
export function nodeManifest(facts: NodeFacts): object {
  const labels = {
    [HOST]: facts.name,
    [ZONE]: `zone-${facts.zone}`,
    ...(facts.hasSsd ? { disk: "ssd" } : {}),
  };
  const taints = [
    ...(facts.isDedicated ? [{ key: "dedicated", value: "x", effect: "NoSchedule" }] : []),
    ...(facts.isSpot ? [{ key: "spot", value: "x", effect: "PreferNoSchedule" }] : []),
  ];
  const room = { cpu: `${facts.milliCpu}m`, memory: `${facts.memoryMi}Mi`, pods: "110" };
  return {
    metadata: { name: facts.name, labels },
    spec: { taints, ...(facts.isCordoned ? { unschedulable: true } : {}) },
    status: {
      allocatable: room,
      images: facts.images.map((image) => ({
        names: [imageName(image)],
        sizeBytes: (200 + ((image * 37) % 700)) * 1_000_000,
      })),
    },
  };
}

/** A request; without memory where `memoryMi` is 0. */
export interface RequestSize {
  readonly milliCpu: number;
  readonly memoryMi: number;
}

/** Request size number `at` of `count`: 0.25 to 4 cores, about 1 to 3 GiB per core. */
export function requestSize(seed: number, at: number): RequestSize {
  const draws = new Draws(seed ^ 0x51ed, at);
  const milliCpu = 250 + 5 * draws.below(751);
  const memoryMi = 16 * Math.ceil((milliCpu / 16) * (1 + draws.below(201) / 100));
  return { milliCpu, memoryMi: at % 10 === 9 ? 0 : memoryMi };
}

/** What an application's pods ask for beside room. */
export interface AppTraits {
  readonly avoidsOwnZone: boolean;
  readonly seeksOther: boolean;
  readonly excludesOwnHost: boolean;
  /** 0: none. */
  readonly hostPort: number;
  readonly requiresSsd: boolean;
  readonly prefersSsd: boolean;
  readonly tolerates: boolean;
  /** Number of the image, -1 when no node has it. */
  readonly image: number;
}

/** The traits of application `app`; in every hundred neighbours the shares are exact. */
export function appTraits(app: number): AppTraits {
  const share = (offset: number, percent: number): boolean => (app * 37 + offset) % 100 < percent;
  const avoidsOwnZone = share(0, 30);
  return {
    avoidsOwnZone,
    seeksOther: avoidsOwnZone && app % 3 === 0,
    excludesOwnHost: share(30, 10),
    hostPort: share(63, 3) ? 20_000 + (app % 10_000) : 0,
    requiresSsd: share(17, 10),
    prefersSsd: share(51, 15),
    tolerates: share(83, 10),
    image: share(45, 10) ? Math.floor(app / 10) % IMAGES_MAX : -1,
  };
}

/** Images that nodes hold for so many active applications. */
export function imageCount(apps: number): number {
  return Math.min(IMAGES_MAX, Math.ceil(apps / 10));
}

function imageName(image: number): string {
  return `registry.example/app-${image}:v1`;
}

/** The namespace of an application; so many share one. */
export function namespaceOf(app: number): string {
  return `team-${Math.floor(app / APPS_PER_NAMESPACE)}`;
}

/** A namespace whose label some terms select. */
export function namespaceManifest(app: number, isOpen: boolean): object {
  const metadata = { name: namespaceOf(app), labels: { tier: isOpen ? "open" : "closed" } };
  return { apiVersion: "v1", kind: "Namespace", metadata };
}

/** The service in front of an application. */
export function serviceManifest(app: number): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `app-${app}`, namespace: namespaceOf(app) },
    spec: { selector: { app: `app-${app}` } },
  };
}

/** Name of the ReplicaSet of one version. */
export function replicaSetName(app: number, version: number): string {
  return `app-${app}-v${version}`;
}

/** The ReplicaSet of one version of an application. */
export function replicaSetManifest(app: number, version: number): object {
  const labels = { app: `app-${app}`, "pod-template-hash": `v${version}` };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: replicaSetName(app, version), namespace: namespaceOf(app) },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "x:1" }] } },
    },
  };
}

/** Metadata and spec of the pods of one version of an application. */
export function podManifest(
  app: number,
  version: number,
  { milliCpu, memoryMi }: RequestSize,
  priority: number,
): object {
  const traits = appTraits(app);
  const { hostPort, image } = traits;
  const requests = {
    cpu: `${milliCpu}m`,
    ...(memoryMi > 0 ? { memory: `${memoryMi}Mi` } : {}),
  };
  const container = {
    name: "c",
    image: image === -1 ? `registry.example/other-${app}:v1` : imageName(image),
    resources: { requests },
    ...(hostPort > 0 ? { ports: [{ containerPort: 80, hostPort }] } : {}),
  };
  const tolerations = [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }];
  return {
    metadata: {
      namespace: namespaceOf(app),
      labels: { app: `app-${app}`, "pod-template-hash": `v${version}` },
    },
    spec: {
      containers: [container],
      ...(priority === 0 ? {} : { priority }),
      ...(traits.tolerates ? { tolerations } : {}),
      affinity: affinityOf(app, traits),
    },
  };
}

function affinityOf(app: number, traits: AppTraits): object {
  const selectorOf = (name: string): object => ({ labelSelector: { matchLabels: { app: name } } });
  const own = selectorOf(`app-${app}`);
  const first = Math.floor(app / APPS_PER_NAMESPACE) * APPS_PER_NAMESPACE;
  const other = selectorOf(`app-${first + ((app + 1) % APPS_PER_NAMESPACE)}`);
  const weighted = (term: object): object => ({ weight: 100, podAffinityTerm: term });
  const ssd = { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] };
  const zoneApart = [weighted({ ...own, topologyKey: ZONE })];
  const hostApart = [{ ...own, topologyKey: HOST }];
  const anywhere = { namespaceSelector: { matchLabels: { tier: "open" } } };
  const near = [weighted({ ...other, ...(app % 6 === 0 ? anywhere : {}), topologyKey: ZONE })];
  return {
    nodeAffinity: {
      ...(traits.requiresSsd
        ? { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [ssd] } }
        : {}),
      ...(traits.prefersSsd
        ? { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference: ssd }] }
        : {}),
    },
    podAntiAffinity: {
      ...(traits.avoidsOwnZone
        ? { preferredDuringSchedulingIgnoredDuringExecution: zoneApart }
        : {}),
      ...(traits.excludesOwnHost
        ? { requiredDuringSchedulingIgnoredDuringExecution: hostApart }
        : {}),
    },
    ...(traits.seeksOther
      ? { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: near } }
      : {}),
  };
}
