// Small clusters for scheduler tests: a few fields in, a cache with profiles and an evaluator out.
//
// Objects take the same way as recorded ones, so a test reads like a manifest.

import { RecordedWorld } from "../../src/experiment/verify/recorded-world.ts";
import {
  CycleState,
  type Decision,
  type EvaluatorOptions,
  type NodeRow,
  PlainEvaluator,
  type PodInfo,
  type Profile,
  runPreFilters,
  runScores,
  type Scoring,
} from "../../src/scheduler/index.ts";

type Json = Record<string, unknown>;

/** A node with 110 pod slots and its name as hostname label. */
export function node(
  name: string,
  allocatable: Json,
  more: { labels?: Json; spec?: Json; status?: Json } = {},
): Json {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...more.labels } },
    spec: more.spec ?? {},
    status: { allocatable: { pods: "110", ...allocatable }, ...more.status },
  };
}

/** A pod with one container; `nodeName` makes it a bound one. */
export function pod(
  name: string,
  requests: Json = {},
  more: { labels?: Json; nodeName?: string; spec?: Json; status?: Json; metadata?: Json } = {},
): Json {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: more.labels ?? {}, ...more.metadata },
    spec: {
      containers: [{ name: "c", image: "app:1", resources: { requests } }],
      ...(more.nodeName !== undefined && { nodeName: more.nodeName }),
      ...more.spec,
    },
    status: more.status ?? {},
  };
}

/** A KubeSchedulerConfiguration with one profile. */
export function configuration(profile: Json, top: Json = {}): Json {
  return {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    ...top,
    profiles: [profile],
  };
}

/** Arguments of one plugin as a profile. */
export function withArgs(plugin: string, args: Json): Json {
  return configuration({ pluginConfig: [{ name: plugin, args }] });
}

/** A cluster ready to decide. */
export class SmallCluster {
  readonly world: RecordedWorld;
  readonly profile: Profile;
  readonly evaluator: PlainEvaluator;

  constructor(
    objects: readonly Json[],
    options: { config?: Json; evaluator?: EvaluatorOptions; pending?: readonly Json[] } = {},
  ) {
    this.world = new RecordedWorld(objects, options.pending ?? [], {
      defaulting: true,
      hasQueue: true,
    });
    const read = this.world.readConfiguration(options.config ?? null);
    this.profile = this.world.createProfiles(read)[0]!;
    this.evaluator = new PlainEvaluator(this.world.cache, { details: true, ...options.evaluator });
  }

  podInfo(source: Json): PodInfo {
    return this.world.podInfo(this.world.decodePod(source));
  }

  decide(source: Json): Decision {
    return this.evaluator.decide(this.podInfo(source), this.profile);
  }

  /** The name of the chosen node, or undefined. */
  choose(source: Json): string | undefined {
    const { node: row } = this.decide(source);
    return row === -1 ? undefined : this.world.cache.nodeName(row);
  }

  /** Scores of all nodes, whether they fit or not (the worked examples look at plugins alone). */
  scores(source: Json): Scoring {
    const state = new CycleState();
    const info = this.podInfo(source);
    const nodes = this.world.cache.refreshSnapshot();
    runPreFilters(this.profile, state, info, nodes);
    return runScores(this.profile, state, info, nodes);
  }

  /** One plugin's scores by node name: raw, or normalised. */
  scoresOf(source: Json, plugin: string, kind: "raw" | "normalized"): Record<string, number> {
    const { scores } = this.scores(source);
    const found = scores.find((each) => each.plugin === plugin);
    const rows: readonly NodeRow[] = this.world.cache.nodeList;
    return Object.fromEntries(
      rows.map((row, at) => [this.world.cache.nodeName(row), found?.[kind][at] ?? Number.NaN]),
    );
  }
}
