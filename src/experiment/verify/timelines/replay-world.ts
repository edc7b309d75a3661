// The world of a recorded timeline, rebuilt: nodes under stand-in kubelets, all controllers and a
// scheduler with the recording's settings, some seconds old when the first action comes.
//
// The phases of periodic loops are free and come from the seed; the phase of the wall clock, on which
// whole-second timestamps and schedules hang, is the recording's.

import { Decoder, EntityDraws, entityHash, type Instant, streamName } from "../../../base/index.ts";
import {
  type ApiClient,
  type ApiObject,
  ApiServer,
  AS_API_SERVER,
  decodeObject,
  DecodeSink,
  FieldCursor,
  findKind,
  Machines,
  type NodeObject,
  PodTemplateRegistry,
} from "../../../cluster/index.ts";
import {
  type ControllerOptions,
  type ControllerSet,
  startControllers,
} from "../../../controllers/index.ts";
import { RANK, Simulation } from "../../../engine/index.ts";
import {
  createDefaultRegistry,
  DEFAULT_MULTI_POINT,
  readSchedulerConfiguration,
  type SchedulerConfiguration,
  startScheduler,
} from "../../../scheduler/index.ts";
import { AnnotatedPodBehavior, STAND_IN_CONTAINER_TIMES } from "../../../workload/index.ts";
import { LoadMetrics } from "./load-metrics.ts";
import { Recorder } from "./recorder.ts";
import { gatesOf, latenciesOf, optionsOf } from "./replay-flags.ts";
import { StandInKubelets } from "./stand-in-kubelet.ts";
import type { Json, NodeShape, TimelineFile } from "./timeline-file.ts";

const SECOND_US = 1_000_000;
/** The control plane is this old at least when the first action comes, and up to so much older. */
const AGE_US = 11 * SECOND_US;
const AGE_SPREAD_US = 7 * SECOND_US;

/** One attempt of the scheduler, in seconds since the first action. */
export interface Attempt {
  readonly pod: string;
  readonly t: number;
  readonly isPlaced: boolean;
}

/** How an object was read: as the API decodes it, or the reason why it is refused. */
export type Reading =
  | { readonly object: ApiObject; readonly refusal?: undefined }
  | { readonly object?: undefined; readonly refusal: string };

/** A running world. */
export class ReplayWorld {
  readonly sim: Simulation;
  readonly api: ApiServer;
  readonly templates: PodTemplateRegistry = new PodTemplateRegistry();
  readonly controllers: ControllerSet;
  readonly recorder: Recorder;
  readonly attempts: Attempt[] = [];
  readonly zoneStates: [number, string][] = [];
  /** What autoscalers are told. */
  readonly load: LoadMetrics;
  /** Whoever performs the actions. */
  readonly user: ApiClient;
  readonly originUs: Instant;
  private standIn: StandInKubelets | undefined;

  /** `passT`: an instant of the health pass, in seconds since the first action; undefined = drawn. */
  constructor(file: TimelineFile, wallStartSecond: number, seed: string, passT?: number) {
    this.sim = new Simulation();
    const draws = createDraws(seed);
    const age = draws("timeline/age").unit(entityHash("world", 0), 0);
    const ageUs = AGE_US + Math.floor(age * AGE_SPREAD_US);
    const wallUs = Math.round(wallStartSecond * SECOND_US);
    this.originUs = (wallUs >= ageUs ? wallUs : wallUs + 60 * SECOND_US) as Instant;
    this.sim.runUntil((this.originUs - ageUs) as Instant);
    const { sim, templates } = this;
    this.api = new ApiServer(sim, { latencies: latenciesOf(file), templates });
    this.recorder = new Recorder(this.api);
    this.load = new LoadMetrics(this.api);
    this.user = this.api.client("recorder", { limit: "unlimited", rank: RANK.workload });
    for (const shape of file.nodes) {
      for (const node of nodesOf(shape)) this.api.initialState.addNode(this.decodeNode(node));
    }
    this.controllers = startControllers(sim, this.api, new Machines(sim), {
      templates,
      behavior: new AnnotatedPodBehavior(this.api, STAND_IN_CONTAINER_TIMES, draws("workload/run")),
      draws,
      options: this.optionsWith(file, passT),
      podMetrics: this.load,
      createNodeAgents: (context, heartbeats) => {
        this.standIn = new StandInKubelets(context, heartbeats, (uid) =>
          this.recorder.aliases.ordinalOf(uid),
        );
        return this.standIn;
      },
    });
    this.controllers.nodeLifecycle.onZoneState((zone, state) => {
      const name = zone?.slice(zone.indexOf("/") + 1);
      const text = name === undefined ? state : `zone ${name} -> ${state}`;
      this.zoneStates.push([(sim.nowUs - this.originUs) / SECOND_US, text]);
    });
    const { scheduler } = startScheduler(sim, this.api, {
      configuration: defaultConfiguration(),
      popFromBackoff: gatesOf(file).get("SchedulerPopFromBackoffQ") ?? true,
    });
    scheduler.observe({
      onDecision: ({ pod, decidedUs, result }) => {
        const t = (decidedUs - this.originUs) / SECOND_US;
        this.attempts.push({ pod: pod.name, t, isPlaced: result === "scheduled" });
      },
    });
    sim.runUntil((this.originUs - 1) as Instant);
    this.recorder.begin(this.originUs);
  }

  private optionsWith(file: TimelineFile, passT: number | undefined): ControllerOptions {
    const options = optionsOf(file);
    if (passT === undefined) return options;
    const { nodeMonitorPeriodUs, passDurationUs } = options.nodeLifecycle;
    const passUs = this.originUs + Math.round(passT * SECOND_US);
    const nodeMonitorUs = passUs % (nodeMonitorPeriodUs + passDurationUs);
    return { ...options, phases: { ...options.phases, nodeMonitorUs } };
  }

  get kubelets(): StandInKubelets {
    if (this.standIn === undefined) throw new Error("the controllers have not been started");
    return this.standIn;
  }

  /** Decodes any object as the API server does. */
  read(source: Json): Reading {
    const kind = findKind(String(source["apiVersion"] ?? "v1"), String(source["kind"]));
    if (kind === undefined) return { refusal: `no kind ${String(source["kind"])}` };
    const sink = new DecodeSink(AS_API_SERVER);
    const object = decodeObject(kind, source, new FieldCursor(source, [], sink), this.templates);
    const errors = sink.problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) return { refusal: errors.map(({ message }) => message).join("; ") };
    return { object: object as ApiObject };
  }

  /** A node of the recording's making. */
  decodeNode(source: Json): NodeObject {
    const { object, refusal } = this.read(source);
    if (object?.kind !== "Node") throw new Error(`a node of a timeline was refused: ${refusal}`);
    return object;
  }
}

/** The nodes of a shape as manifests. */
export function nodesOf(shape: NodeShape): readonly Json[] {
  const { prefix, count, start, zone, cpu, memory, pods, labels = {}, taints } = shape;
  const amounts = { cpu, memory, pods };
  const place =
    zone === undefined
      ? {}
      : { "topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": "r" };
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}${start + index}`;
    const os = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" };
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name, ...os, ...place, ...labels } },
      spec: taints === undefined ? {} : { taints },
      status: { capacity: amounts, allocatable: amounts, conditions: CONDITIONS },
    };
  });
}

const CONDITIONS: readonly Json[] = [
  { type: "Ready", status: "True", reason: "KubeletReady" },
  { type: "MemoryPressure", status: "False", reason: "KubeletHasSufficientMemory" },
  { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure" },
  { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID" },
];

function defaultConfiguration(): SchedulerConfiguration {
  const context = { registry: createDefaultRegistry(), defaultMultiPoint: DEFAULT_MULTI_POINT };
  const configuration = readSchedulerConfiguration(new Decoder({ value: undefined }), context);
  if (configuration === undefined) throw new Error("the default configuration was refused");
  return configuration;
}

function createDraws(seed: string): (purpose: string) => EntityDraws {
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
