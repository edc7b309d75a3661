// A checked document to the scenario value: defaults filled in, texts turned into what they mean.
//
// Only documents without a single error come here, so every reading succeeds; one that does not is
// a hole in the schema and breaks an assertion. Nothing is judged here.

import {
  assert,
  compareText,
  Decoder,
  type Duration,
  type Instant,
  type PositionedDocument,
} from "../../base/index.ts";
import {
  EXPECTATION_FIELDS,
  EXPECTATION_SUBJECTS,
  formOf,
  parseWanted,
} from "../expect/expectation-fields.ts";
import type { ResampleSpec, ShakeSpec } from "../../workload/index.ts";
import { type PoolShape, poolNodeOf } from "../shapes/pool-shape.ts";
import {
  type BindingSpec,
  type ClientRate,
  type ClusterSpec,
  type ControlPlaneSpec,
  type StorageSpec,
  type EditStep,
  type EmbeddedObject,
  type EvictionThresholdSpec,
  type Expectation,
  type FaultSpec,
  type FieldValue,
  type FileReference,
  type GeneratorPlan,
  type KubeletSpec,
  type LawDescription,
  type NodePool,
  type NodeRotation,
  type ObjectName,
  type PhaseSpec,
  type PlainMap,
  type PriceList,
  type RegistryImageSpec,
  type RunSpec,
  SCENARIO_API_VERSION,
  type Scenario,
  type SchedulerSpec,
  type ShapeRate,
  type VariedPart,
  type WantedFact,
  type WorkloadSpec,
} from "./scenario.ts";
import {
  durationReader,
  type FieldReader,
  quantityReader,
  readFieldPath,
  readObjectName,
  readPrefill,
  readPricePerHour,
  readRatePerSecond,
  readSeed,
  readTimeLaw,
  readTimestamp,
  readWatts,
  WARMUP_AUTO,
} from "./scenario-fields.ts";
import { DEFAULT_HORIZON } from "./scenario-rules.ts";

/** Seed of a scenario that names none. */
export const DEFAULT_SEED = "1";

/** Builds the value of a document that the schema and the rules have passed. */
export function buildScenario(document: PositionedDocument): Scenario {
  const root = new Decoder(document);
  const scenario: Scenario = {
    apiVersion: SCENARIO_API_VERSION,
    kind: "Scenario",
    metadata: {
      name: textOf(root.at("metadata").at("name")),
      description: textOr(root.at("metadata").at("description"), ""),
    },
    run: buildRun(root.at("run")),
    cluster: buildCluster(root.at("cluster")),
    prices: buildPrices(root.optional("prices")),
    workload: buildWorkload(root.at("workload")),
    schedulers: buildSchedulers(root.at("schedulers")),
    vary: itemsOf(root.at("vary")).map((item) => textOf(item) as VariedPart),
    controlPlane: buildControlPlane(root.at("controlPlane")),
    faults: itemsOf(root.at("faults")).map(buildFault),
    measures: itemsOf(root.at("measures")).map(textOf),
    thresholds: itemsOf(root.at("thresholds")).map(textOf),
    expect: itemsOf(root.at("expect")).map(buildExpectation),
  };
  assert(root.problems.length === 0, "the schema passed a value that cannot be built");
  return scenario;
}

function buildExpectation(at: Decoder): Expectation {
  const [subject] = [...EXPECTATION_SUBJECTS.keys()].filter((key) => at.at(key).isPresent);
  assert(subject !== undefined, "the rules passed an expectation about nothing");
  const only: WantedFact[] = [];
  const facts: WantedFact[] = [];
  for (const [name, field] of EXPECTATION_FIELDS) {
    const given = at.optional(name);
    const use = field.uses[subject];
    if (given === undefined || use === undefined) continue;
    const entries: readonly (readonly [string, unknown])[] =
      use === "map"
        ? [...(given.map() ?? [])].map(([key, inner]) => [`${name}.${key}`, inner.value] as const)
        : [[name, given.value]];
    for (const [fact, value] of entries) {
      const wanted = parseWanted(value, formOf(field, subject));
      assert(typeof wanted !== "string", "the schema passed a wanted value that is none");
      (use === "only" ? only : facts).push({ fact, wanted });
    }
  }
  return {
    ...{ at: instantOr(at.at("at")), subject, name: at.at(subject).text() ?? "" },
    ...{ namespace: optionalText(at.at("namespace")), only, facts, path: at.path },
  };
}

function buildRun(at: Decoder): RunSpec {
  const untilDrained = at.at("until").isPresent;
  const limits = at.at("limits");
  return {
    study: textOr(at.at("study"), "terminating") as RunSpec["study"],
    horizon: durationOr(at.at("horizon")) ?? (untilDrained ? undefined : DEFAULT_HORIZON),
    untilDrained,
    ...buildWarmUp(at.at("warmup")),
    seed: readOr(at.at("seed"), readSeed) ?? DEFAULT_SEED,
    replications: numberOr(at.at("replications")) ?? 1,
    limits: {
      maxEvents: numberOr(limits.at("maxEvents")),
      maxWall: durationOr(limits.at("maxWall")),
    },
  };
}

function buildWarmUp(at: Decoder): Pick<RunSpec, "warmup" | "warmupAuto"> {
  const isAuto = at.value === WARMUP_AUTO;
  return {
    warmup: (isAuto ? undefined : durationOr(at)) ?? (0 as Duration),
    warmupAuto: isAuto ? true : undefined,
  };
}

function buildCluster(at: Decoder): ClusterSpec {
  return {
    manifests: filesOf(at.at("manifests")),
    objects: itemsOf(at.at("objects")).map(embeddedOf),
    nodePools: itemsOf(at.at("nodePools")).map(buildPool),
  };
}

function buildPool(at: Decoder): NodePool {
  const shape = at.optional("shape");
  const node = shape === undefined ? undefined : poolNodeOf(poolShapeOf(shape));
  const given = quantitiesOf(at.at("allocatable"));
  const allocatable = new Map([...(node?.allocatable ?? []), ...given]);
  const capacity = new Map([...(node?.capacity ?? []), ...quantitiesOf(at.at("capacity"))]);
  for (const [resource, quantity] of allocatable) {
    if (!capacity.has(resource)) capacity.set(resource, quantity);
  }
  return {
    name: textOf(at.at("name")),
    count: numberOf(at.at("count")),
    zones: itemsOf(at.at("zones")).map(textOf),
    region: optionalText(at.at("region")),
    allocatable,
    capacity,
    labels: new Map([...(node?.labels ?? []), ...textsOf(at.at("labels"))]),
    annotations: textsOf(at.at("annotations")),
    taints: itemsOf(at.at("taints")).map((taint) => ({
      key: textOf(taint.at("key")),
      value: textOr(taint.at("value"), ""),
      effect: textOf(taint.at("effect")) as "NoSchedule" | "PreferNoSchedule" | "NoExecute",
    })),
    images: itemsOf(at.at("images")).map((image) => ({
      name: textOf(image.at("name")),
      sizeBytes: numberOr(image.at("sizeBytes")) ?? 0,
    })),
    startAge: durationOr(at.at("startAge")) ?? (0 as Duration),
    ...buildRate(at),
    path: at.path,
  };
}

function buildRate(at: Decoder): ShapeRate {
  const power = at.optional("power");
  return {
    pricePerHourMicros: readOr(at.at("pricePerHour"), readPricePerHour),
    power: power && {
      idleMilliwatts: read(power.at("idleWatts"), readWatts),
      fullMilliwatts: read(power.at("fullWatts"), readWatts),
    },
  };
}

function buildPrices(at: Decoder | undefined): PriceList | undefined {
  if (at === undefined) return undefined;
  return {
    currency: textOr(at.at("currency"), ""),
    shapes: new Map(
      itemsOf(at.at("shapes")).map((shape) => [textOf(shape.at("name")), buildRate(shape)]),
    ),
  };
}

function poolShapeOf(at: Decoder): PoolShape {
  const memory = at.at("memory");
  return {
    provider: textOf(at.at("provider")) as PoolShape["provider"],
    type: optionalText(at.at("type")),
    cores: numberOr(at.at("cores")),
    memory: memory.isPresent ? String(memory.value) : undefined,
    maxPods: numberOr(at.at("maxPods")),
  };
}

function buildWorkload(at: Decoder): WorkloadSpec {
  return {
    manifests: itemsOf(at.at("manifests")).map((step) => ({
      name: optionalText(step.at("name")),
      after:
        step.optional("after") === undefined ? undefined : itemsOf(step.at("after")).map(textOf),
      at: instantOr(step.at("at")) ?? (0 as Instant),
      files: filesOf(step.at("files")),
      objects: itemsOf(step.at("objects")).map(embeddedOf),
    })),
    generators: itemsOf(at.at("generators")).map(buildGenerator),
    traces: itemsOf(at.at("traces")).map((trace) => ({
      format: textOf(trace.at("format")),
      files: filesOf(trace.at("files")),
      shake: shakeOf(trace.optional("shake")),
      resample: resampleOf(trace.optional("resample")),
      path: trace.path,
    })),
    edits: itemsOf(at.at("edits")).map(buildEdit),
  };
}

function shakeOf(at: Decoder | undefined): ShakeSpec | undefined {
  return at === undefined
    ? undefined
    : {
        arrivalsUs: durationOr(at.at("arrivals")) ?? 0,
        durationsRatio: numberOr(at.at("durations")) ?? 0,
      };
}

function resampleOf(at: Decoder | undefined): ResampleSpec | undefined {
  return at === undefined
    ? undefined
    : {
        usersCount: numberOr(at.at("users")),
        align: textOf(at.at("align")) as ResampleSpec["align"],
      };
}

function buildGenerator(at: Decoder): GeneratorPlan {
  const arrivals = at.at("arrivals");
  const pod = at.optional("pod");
  return {
    name: textOf(at.at("name")),
    namespace: textOr(at.at("namespace"), "default"),
    process: textOf(arrivals.at("process")) as GeneratorPlan["process"],
    gapSeconds: buildGap(arrivals),
    from: instantOr(arrivals.at("from")) ?? (0 as Instant),
    until: instantOr(arrivals.at("until")),
    countMax: numberOr(arrivals.at("count")),
    prefill: readOr(at.at("prefill"), readPrefill),
    mix:
      pod !== undefined
        ? [{ weight: 1, pod: embeddedOf(pod) }]
        : itemsOf(at.at("mix")).map((kind) => ({
            weight: numberOf(kind.at("weight")),
            pod: embeddedOf(kind.at("pod")),
          })),
    durationSeconds: readOr(at.at("duration"), readTimeLaw),
    path: at.path,
  };
}

// A rate of n per second and an interval of 1/n say the same; both become the mean gap.
function buildGap(arrivals: Decoder): LawDescription {
  const gap = readOr(arrivals.at("gap"), readTimeLaw);
  if (gap !== undefined) return gap;
  const interval = durationOr(arrivals.at("interval"));
  const rate = readOr(arrivals.at("rate"), readRatePerSecond);
  const seconds = interval === undefined ? 1 / rate! : interval / 1_000_000;
  return arrivals.at("process").value === "poisson"
    ? { law: "exponential", mean: seconds }
    : { law: "constant", value: seconds };
}

type EditBase = Pick<EditStep, "at" | "path">;

function buildEdit(at: Decoder): EditStep {
  const base: EditBase = { at: instantOr(at.at("at"))!, path: at.path };
  for (const kind of ["cordon", "uncordon"] as const) {
    const node = at.optional(kind);
    if (node !== undefined) return { ...base, kind, node: textOf(node) };
  }
  for (const kind of ["restart", "pause", "resume", "suspend", "unsuspend", "delete"] as const) {
    const edit = at.optional(kind);
    if (edit !== undefined) return { ...base, kind, target: targetOf(edit) } as EditStep;
  }
  return buildTemplateEdit(at, base) ?? buildNodeEdit(at, base) ?? buildObjectEdit(at, base);
}

function buildTemplateEdit(at: Decoder, base: EditBase): EditStep | undefined {
  const setImage = at.optional("setImage");
  if (setImage !== undefined) {
    return {
      ...{ ...base, kind: "setImage", target: targetOf(setImage) },
      container: optionalText(setImage.at("container")),
      image: textOf(setImage.at("image")),
    };
  }
  const setEnv = at.optional("setEnv");
  if (setEnv !== undefined) {
    return {
      ...{ ...base, kind: "setEnv", target: targetOf(setEnv) },
      container: optionalText(setEnv.at("container")),
      name: textOf(setEnv.at("name")),
      value: textOr(setEnv.at("value"), ""),
    };
  }
  const resize = at.optional("resize");
  if (resize !== undefined) {
    return {
      ...{ ...base, kind: "resize", target: targetOf(resize) },
      container: optionalText(resize.at("container")),
      amounts: {
        requests: Object.fromEntries(quantitiesOf(resize.at("requests"))),
        limits: Object.fromEntries(quantitiesOf(resize.at("limits"))),
      },
    };
  }
  const undo = at.optional("undo");
  if (undo === undefined) return undefined;
  const toRevision = numberOr(undo.at("toRevision"));
  return { ...base, kind: "undo", target: targetOf(undo), toRevision };
}

type Effect = "NoSchedule" | "PreferNoSchedule" | "NoExecute";

function buildNodeEdit(at: Decoder, base: EditBase): EditStep | undefined {
  const taint = at.optional("taint");
  if (taint !== undefined) {
    return {
      ...{ ...base, kind: "taint", node: textOf(taint.at("node")), key: textOf(taint.at("key")) },
      value: textOr(taint.at("value"), ""),
      effect: textOf(taint.at("effect")) as Effect,
    };
  }
  const untaint = at.optional("untaint");
  if (untaint !== undefined) {
    return {
      ...{ ...base, kind: "untaint", node: textOf(untaint.at("node")) },
      key: textOf(untaint.at("key")),
      effect: optionalText(untaint.at("effect")) as Effect | undefined,
    };
  }
  const upgrade = at.optional("upgrade");
  if (upgrade !== undefined) return { ...base, kind: "upgrade", ...rotationOf(upgrade) };
  const drain = at.optional("drain");
  if (drain === undefined) return undefined;
  return {
    ...{ ...base, kind: "drain", node: textOf(drain.at("node")) },
    timeout: durationOr(drain.at("timeout")),
  };
}

// Sorted, because the order of a map's keys is no part of what it says.
function fieldsOf(at: Decoder): FieldValue[] {
  const values = at.map() ?? new Map<string, Decoder>();
  return [...values.keys()].sort(compareText).map((path) => {
    const steps = readFieldPath(path).value;
    assert(steps !== undefined, "the schema passed a path that cannot be read");
    return { path: steps, value: values.get(path)!.value };
  });
}

const DEFAULT_JOIN = 60_000_000 as Duration;

function rotationOf(at: Decoder): NodeRotation {
  const allocatable = quantitiesOf(at.at("allocatable"));
  const maxUnavailable = numberOr(at.at("maxUnavailable")) ?? 0;
  return {
    nodes: at.at("nodes").isPresent ? itemsOf(at.at("nodes")).map(textOf) : undefined,
    pool: optionalText(at.at("pool")),
    surge: numberOr(at.at("surge")) ?? (maxUnavailable === 0 ? 1 : 0),
    maxUnavailable,
    timeout: durationOr(at.at("timeout")),
    join: durationOr(at.at("join")) ?? DEFAULT_JOIN,
    shape:
      allocatable.size === 0
        ? undefined
        : { allocatable, capacity: allocatable, labels: new Map() },
  };
}

function buildObjectEdit(at: Decoder, base: EditBase): EditStep {
  const set = at.optional("set");
  if (set !== undefined) {
    return {
      ...{ ...base, kind: "set", target: targetOf(set) },
      container: optionalText(set.at("container")),
      fields: fieldsOf(set.at("values")),
    };
  }
  const scale = at.optional("scale");
  if (scale !== undefined) {
    return {
      ...{ ...base, kind: "scale", target: targetOf(scale) },
      replicas: numberOf(scale.at("replicas")),
    };
  }
  const label = at.optional("label");
  if (label !== undefined) {
    return {
      ...{ ...base, kind: "label", target: targetOf(label) },
      labels: textsOf(label.at("labels")),
      remove: itemsOf(label.at("remove")).map(textOf),
    };
  }
  const switched = at.at("switchService");
  return {
    ...{ ...base, kind: "switchService", target: targetOf(switched) },
    selector: textsOf(switched.at("selector")),
  };
}

const CLUSTER_WIDE: ReadonlySet<string> = new Set(["Node"]);

function targetOf(at: Decoder): ObjectName {
  const { kind, name } = read(at.at("object"), readObjectName);
  const namespace = CLUSTER_WIDE.has(kind) ? "" : textOr(at.at("namespace"), "default");
  return { kind, namespace, name };
}

function buildSchedulers(at: Decoder): SchedulerSpec[] {
  const schedulers = itemsOf(at).map(buildScheduler);
  if (schedulers.length > 0) return schedulers;
  return [
    {
      name: "default-scheduler",
      schedulerNames: undefined,
      watchLatency: undefined,
      schedulerCycle: undefined,
      schedulerClient: undefined,
      args: {},
      source: { kind: "default" },
      path: [],
    },
  ];
}

function buildScheduler(at: Decoder): SchedulerSpec {
  const args = at.optional("args");
  return {
    name: textOf(at.at("name")),
    schedulerNames: schedulerNamesOf(at.at("schedulerName").value),
    watchLatency: durationOr(at.at("watchLatency")),
    schedulerCycle: durationOr(at.at("schedulerCycle")),
    schedulerClient: clientOf(at.at("schedulerClient")),
    args: args === undefined ? {} : embeddedOf(args).value,
    source: buildSource(at),
    path: at.path,
  };
}

function schedulerNamesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? (value as readonly string[]) : [value as string];
}

function buildSource(at: Decoder): SchedulerSpec["source"] {
  const config = at.optional("config");
  const policy = at.optional("policy");
  const module = at.optional("module");
  if (policy !== undefined) return { kind: "policy", policy: textOf(policy) };
  if (module !== undefined) return { kind: "module", file: fileOf(module) };
  if (config === undefined) return { kind: "default" };
  return typeof config.value === "string"
    ? { kind: "configFile", file: fileOf(config) }
    : { kind: "config", document: embeddedOf(config) };
}

function buildControlPlane(at: Decoder): ControlPlaneSpec {
  const time = (field: string): Duration | undefined => durationOr(at.at(field));
  const number = (field: string): number | undefined => numberOr(at.at(field));
  return {
    preset: textOr(at.at("preset"), "kubernetes-1.36") as ControlPlaneSpec["preset"],
    wallStart: readOr(at.at("wallStart"), readTimestamp),
    apiWrite: time("apiWrite"),
    apiDelete: time("apiDelete"),
    watchLatency: time("watchLatency"),
    syncCost: time("syncCost"),
    kubeletStatusDelay: time("kubeletStatusDelay"),
    schedulerCycle: time("schedulerCycle"),
    controllerClient: clientOf(at.at("controllerClient")),
    schedulerClient: clientOf(at.at("schedulerClient")),
    kubeletClient: clientOf(at.at("kubeletClient")),
    nodeMonitorPeriod: time("nodeMonitorPeriod"),
    nodeMonitorGracePeriod: time("nodeMonitorGracePeriod"),
    nodeEvictionRate: number("nodeEvictionRate"),
    secondaryNodeEvictionRate: number("secondaryNodeEvictionRate"),
    unhealthyZoneThreshold: number("unhealthyZoneThreshold"),
    largeClusterSizeThreshold: number("largeClusterSizeThreshold"),
    terminatedPodGcThreshold: number("terminatedPodGCThreshold"),
    kubelet: buildKubelet(at.at("kubelet")),
    clusterCidr: optionalText(at.at("clusterCIDR")),
    nodeCidrMaskSize: number("nodeCIDRMaskSize"),
    storage: buildStorage(at.at("storage")),
    binding: buildBinding(at.at("binding")),
    phases: buildPhases(at.at("phases")),
  };
}

function buildKubelet(at: Decoder): KubeletSpec {
  return {
    sandbox: durationOr(at.at("sandbox")),
    createContainer: durationOr(at.at("createContainer")),
    startContainer: durationOr(at.at("startContainer")),
    readyWithoutProbe: durationOr(at.at("readyWithoutProbe")),
    stop: durationOr(at.at("stop")),
    boot: durationOr(at.at("boot")),
    volumeMount: durationOr(at.at("volumeMount")),
    claimMount: durationOr(at.at("claimMount")),
    relistPeriod: durationOr(at.at("relistPeriod")),
    pullImages: at.optional("pullImages")?.boolean(),
    imageBytesPerSecond: numberOr(at.at("imageBytesPerSecond")),
    defaultImageBytes: numberOr(at.at("defaultImageBytes")),
    serializeImagePulls: at.optional("serializeImagePulls")?.boolean(),
    maxParallelImagePulls: numberOr(at.at("maxParallelImagePulls")),
    registryBytesPerSecond: numberOr(at.at("registryBytesPerSecond")),
    images: listOr(at.at("images"), buildRegistryImage),
    imageGcHighPercent: numberOr(at.at("imageGCHighThresholdPercent")),
    imageGcLowPercent: numberOr(at.at("imageGCLowThresholdPercent")),
    reportImages: at.optional("reportImages")?.boolean(),
    statusPeriod: durationOr(at.at("statusPeriod")),
    initRun: durationOr(at.at("initRun")),
    restartBackoffMax: durationOr(at.at("restartBackoffMax")),
    restartJitter: at.optional("restartJitter")?.boolean(),
    evictionThresholds: listOr(at.at("evictionThresholds"), buildEvictionThreshold),
    evictionPressureTransitionPeriod: durationOr(at.at("evictionPressureTransitionPeriod")),
    evictionMaxPodGracePeriod: durationOr(at.at("evictionMaxPodGracePeriod")),
    processesMax: numberOr(at.at("processesMax")),
    shutdownGracePeriod: durationOr(at.at("shutdownGracePeriod")),
    shutdownGracePeriodCriticalPods: durationOr(at.at("shutdownGracePeriodCriticalPods")),
  };
}

function buildRegistryImage(at: Decoder): RegistryImageSpec {
  return {
    name: textOf(at.at("name")),
    bytes: numberOr(at.at("bytes")),
    layers: itemsOf(at.at("layers")).map((layer) => ({
      digest: textOf(layer.at("digest")),
      bytes: numberOf(layer.at("bytes")),
    })),
    missing: at.optional("missing")?.boolean() ?? false,
  };
}

function buildEvictionThreshold(at: Decoder): EvictionThresholdSpec {
  const minReclaim = readOr(at.at("minReclaim"), quantityReader("memory"));
  return {
    signal: textOf(at.at("signal")),
    below: String(at.at("below").value),
    grace: durationOr(at.at("grace")),
    minReclaim: minReclaim === undefined ? undefined : Number(minReclaim.value()),
  };
}

function buildStorage(at: Decoder): StorageSpec {
  const onFailure = textOr(at.at("onProvisionFailure"), "");
  return {
    claimSyncPeriod: durationOr(at.at("claimSyncPeriod")),
    provisionSeconds: readOr(at.at("provision"), readTimeLaw),
    provisionFailureRate: numberOr(at.at("provisionFailureRate")),
    failingClasses: itemsOf(at.at("failingClasses")).map(textOf),
    onProvisionFailure: onFailure === "" ? undefined : (onFailure as "retry" | "reschedule"),
  };
}

function buildBinding(at: Decoder): BindingSpec {
  return {
    reserveSeconds: readOr(at.at("reserve"), readTimeLaw),
    permitSeconds: readOr(at.at("permit"), readTimeLaw),
    preBindSeconds: readOr(at.at("preBind"), readTimeLaw),
    bindSeconds: readOr(at.at("bind"), readTimeLaw),
    bindFailureRate: numberOr(at.at("bindFailureRate")),
  };
}

function buildPhases(at: Decoder): PhaseSpec {
  return {
    nodeMonitor: durationOr(at.at("nodeMonitor")),
    taintPass: durationOr(at.at("taintPass")),
    podGc: durationOr(at.at("podGc")),
    metrics: durationOr(at.at("metrics")),
    lease: durationOr(at.at("lease")),
  };
}

function clientOf(at: Decoder): ClientRate | undefined {
  if (!at.isPresent) return undefined;
  if (at.value === "unlimited") return "unlimited";
  return { qps: numberOf(at.at("qps")), burst: numberOf(at.at("burst")) };
}

function buildFault(at: Decoder): FaultSpec {
  const { path } = at;
  const kind = textOf(at.at("kind")) as FaultSpec["kind"];
  switch (kind) {
    case "NodeCrash":
      return {
        ...{ path, kind, node: textOf(at.at("node")), at: instantOr(at.at("at"))! },
        repairAfter: durationOr(at.at("repairAfter")),
      };
    case "ZoneOutage":
      return {
        ...{ path, kind, zone: textOf(at.at("zone")), at: instantOr(at.at("at"))! },
        duration: durationOr(at.at("duration")),
      };
    case "NodeReboot":
      return {
        ...{ path, kind, node: textOf(at.at("node")), at: instantOr(at.at("at"))! },
        duration: durationOr(at.at("duration")) ?? (0 as Duration),
      };
    case "NodeShutdown":
    case "KubeletStop":
      return {
        ...{ path, kind, node: textOf(at.at("node")), at: instantOr(at.at("at"))! },
        duration: durationOr(at.at("duration")),
      };
    case "NetworkPartition":
      return {
        ...{ path, kind, at: instantOr(at.at("at"))! },
        node: optionalText(at.at("node")),
        zone: optionalText(at.at("zone")),
        duration: durationOr(at.at("duration")),
      };
    case "SlowNode":
      return {
        ...{ path, kind, node: textOf(at.at("node")), at: instantOr(at.at("at"))! },
        duration: durationOr(at.at("duration")),
        factor: numberOf(at.at("factor")),
      };
    case "DiskFull":
      return {
        ...{ path, kind, node: textOf(at.at("node")), at: instantOr(at.at("at"))! },
        duration: durationOr(at.at("duration")),
        fillPercent: numberOr(at.at("fillPercent")) ?? 100,
      };
    case "RegistryOutage":
      return {
        ...{ path, kind, at: instantOr(at.at("at"))! },
        duration: durationOr(at.at("duration")),
      };
    case "NodeFailures":
      return {
        ...{ path, kind, pool: textOf(at.at("pool")) },
        upTimeSeconds: read(at.at("upTime"), readTimeLaw),
        repairTimeSeconds: read(at.at("repairTime"), readTimeLaw),
        start: textOr(at.at("start"), "new") as "new" | "stationary",
        from: instantOr(at.at("from")) ?? (0 as Instant),
        until: instantOr(at.at("until")),
      };
  }
}

function read<T>(at: Decoder, reader: FieldReader<T>): T {
  const reading = reader(at.value);
  assert(reading.refusals === undefined, "the schema passed a value that cannot be read");
  return reading.value;
}

function readOr<T>(at: Decoder, reader: FieldReader<T>): T | undefined {
  return at.isPresent ? read(at, reader) : undefined;
}

function durationOr(at: Decoder): Duration | undefined {
  return readOr(at, durationReader());
}

function instantOr(at: Decoder): Instant | undefined {
  return durationOr(at) as number | undefined as Instant | undefined;
}

function textOf(at: Decoder): string {
  return at.text() ?? "";
}

function textOr(at: Decoder, fallback: string): string {
  return at.isPresent ? textOf(at) : fallback;
}

function optionalText(at: Decoder): string | undefined {
  return at.isPresent ? textOf(at) : undefined;
}

function numberOf(at: Decoder): number {
  return at.number() ?? 0;
}

function numberOr(at: Decoder): number | undefined {
  return at.isPresent ? numberOf(at) : undefined;
}

function listOr<T>(at: Decoder, build: (item: Decoder) => T): readonly T[] | undefined {
  return at.isPresent ? itemsOf(at).map(build) : undefined;
}

function itemsOf(at: Decoder): Decoder[] {
  return at.isPresent ? (at.array() ?? []) : [];
}

function textsOf(at: Decoder): Map<string, string> {
  return at.isPresent ? (at.mapOfText() ?? new Map()) : new Map();
}

function quantitiesOf(at: Decoder): Map<string, string> {
  if (!at.isPresent) return new Map();
  return new Map([...(at.map() ?? [])].map(([name, value]) => [name, String(value.value)]));
}

function fileOf(at: Decoder): FileReference {
  return { file: textOf(at), path: at.path };
}

function filesOf(at: Decoder): FileReference[] {
  return itemsOf(at).map(fileOf);
}

function embeddedOf(at: Decoder): EmbeddedObject {
  return { value: at.value as PlainMap, path: at.path };
}
