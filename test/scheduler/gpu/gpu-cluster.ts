// A small cluster with GPU devices for tests: a profile of GpuShare and one scoring plugin.

import { RecordedWorld } from "../../../src/experiment/verify/recorded-world.ts";
import { Decoder } from "../../../src/base/index.ts";
import {
  createGpuRegistry,
  CycleState,
  DEFAULT_MULTI_POINT,
  type GpuDevices,
  gpuDevicesOf,
  type NodeRow,
  NO_OBJECTS,
  PlainEvaluator,
  type PodInfo,
  Profile,
  readSchedulerConfiguration,
  type SchedulerCache,
} from "../../../src/scheduler/index.ts";

type Json = Record<string, unknown>;

/** A node with so many GPUs and cores. */
export function gpuNode(name: string, gpus: number, cpu = 96, model = "T4"): Json {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, model } },
    status: {
      allocatable: {
        cpu: String(cpu),
        memory: "512Gi",
        pods: "110",
        ...(gpus > 0 && { "nvidia.com/gpu": String(gpus) }),
      },
    },
  };
}

/** A pod that asks for whole GPUs, or for thousandths of `count` of them. */
export function gpuPod(
  name: string,
  want: { gpus?: number; milli?: number; count?: number; milliCpu?: number; node?: string },
): Json {
  const { gpus, milli, count, milliCpu = 1000, node } = want;
  const annotations = {
    ...(milli !== undefined && { "alibabacloud.com/gpu-milli": String(milli) }),
    ...(count !== undefined && { "alibabacloud.com/gpu-count": String(count) }),
  };
  const amounts = {
    cpu: `${milliCpu}m`,
    ...(gpus !== undefined && { "nvidia.com/gpu": String(gpus) }),
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, annotations },
    spec: {
      containers: [
        { name: "c", image: "app:1", resources: { requests: amounts, limits: amounts } },
      ],
      ...(node !== undefined && { nodeName: node }),
    },
  };
}

/** A cluster that schedules one pod after another. */
export class GpuCluster {
  readonly cache: SchedulerCache;
  readonly devices: GpuDevices;
  readonly profile: Profile;
  private readonly world: RecordedWorld;
  private readonly evaluator: PlainEvaluator;

  constructor(objects: readonly Json[], plugin = "GpuBestFit", args?: Json) {
    this.world = new RecordedWorld(objects, [], { defaulting: true });
    this.cache = this.world.cache;
    this.devices = gpuDevicesOf(this.cache);
    const registry = createGpuRegistry();
    const names = ["PrioritySort", "NodeResourcesFit", "GpuShare", plugin, "DefaultBinder"];
    const enabled = names.map((name) => ({ name }));
    const decoder = new Decoder({
      value: {
        apiVersion: "kubescheduler.config.k8s.io/v1",
        kind: "KubeSchedulerConfiguration",
        profiles: [
          {
            plugins: {
              multiPoint: { disabled: [{ name: "*" }], enabled },
              score: { disabled: [{ name: "NodeResourcesFit" }] },
            },
            ...(args && { pluginConfig: [{ name: plugin, args }] }),
          },
        ],
      },
    });
    const read = readSchedulerConfiguration(decoder, {
      registry,
      defaultMultiPoint: DEFAULT_MULTI_POINT,
    });
    if (read === undefined) throw new Error(decoder.problems.map((p) => p.message).join("; "));
    const handle = { cache: this.cache, objects: NO_OBJECTS };
    this.profile = new Profile(read.profiles[0]!, registry, handle);
    this.evaluator = new PlainEvaluator(this.cache, { tieBreak: () => 0, batching: false });
  }

  podInfo(source: Json): PodInfo {
    return this.world.podInfo(this.world.decodePod(source));
  }

  row(node: string): NodeRow {
    return this.cache.findRow(node)!;
  }

  /** Raw scores by node name, fitting or not. */
  scores(source: Json): Record<string, number> {
    const pod = this.podInfo(source);
    const rows = this.cache.refreshSnapshot();
    const { plugin } = this.profile.scorePlugins[0]!;
    const state = new CycleState();
    return Object.fromEntries(
      rows.map((row) => [this.cache.nodeName(row), plugin.score(state, pod, row)]),
    );
  }

  /** Places the pod and reserves its devices: "node: devices", or why it fits nowhere. */
  place(source: Json): string {
    const state = new CycleState();
    const pod = this.podInfo(source);
    const decision = this.evaluator.decide(pod, this.profile, state);
    if (decision.node === -1) return decision.message;
    const row = decision.node as NodeRow;
    this.keep(pod, row, state);
    const name = this.cache.nodeName(row);
    return `${name}: ${this.devices.devicesOf(pod, row) ?? "none"}`;
  }

  /** Puts a pod on a node and reserves its devices. */
  keep(pod: PodInfo, row: NodeRow, state: CycleState = new CycleState()): void {
    const name = this.cache.nodeName(row);
    const assumed = this.cache.assume(pod, name);
    for (const plugin of this.profile.reservePlugins) plugin.reserve(state, assumed, name);
  }

  /** Takes some pod off some node, as drawn; nothing if that node is empty. */
  letGo(below: (n: number) => number): void {
    const rows = this.cache.nodeList;
    const pods = this.cache.podsOn(rows[below(rows.length)]!);
    if (pods.length > 0) this.cache.forget(pods[below(pods.length)]!.uid);
  }

  left(node: string): readonly number[] {
    return this.devices.stateOf(this.row(node)).left;
  }
}
