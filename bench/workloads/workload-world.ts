// What a scheduling workload runs on: a cache, the objects plugins look up, profiles, evaluators.
//
// No event loop, API server or queue: the workload tells the cache of every change itself, as the
// watch would, and asks for decisions one after the other.

import { Decoder } from "../../src/base/index.ts";
import {
  type ApiObject,
  decodeObject,
  DecodeSink,
  FieldCursor,
  findKind,
  type NodeObject,
  type PodTemplate,
  PodTemplateRegistry,
} from "../../src/cluster/index.ts";
import {
  createDefaultRegistry,
  DEFAULT_MULTI_POINT,
  type Evaluator,
  Profile,
  ProfileDecider,
  readSchedulerConfiguration,
  SchedulerCache,
  type SchedulerConfiguration,
} from "../../src/scheduler/index.ts";
import { EVALUATORS, type EvaluatorName } from "./evaluators.ts";
import { WorkloadObjects } from "./workload-objects.ts";

/** Which plugins take part. */
export type ProfileName = "default" | "resources";

/** How a world is made. */
export interface WorldOptions {
  readonly profile: ProfileName;
  /** 0: Kubernetes' sampling by size; 100: all nodes. */
  readonly percentageOfNodesToScore: number;
  /** False: pods that selectors match are counted anew at each decision. */
  readonly keepsMatches: boolean;
}

const RESOURCES_ONLY = {
  multiPoint: {
    disabled: [{ name: "*" }],
    enabled: [
      { name: "PrioritySort" },
      { name: "NodeResourcesFit" },
      { name: "NodeResourcesBalancedAllocation" },
      { name: "DefaultBinder" },
    ],
  },
};

/** The parts that decide. */
export class WorkloadWorld {
  readonly cache: SchedulerCache;
  readonly objects: WorkloadObjects = new WorkloadObjects();
  readonly profile: Profile;
  readonly configuration: SchedulerConfiguration;
  private readonly templates = new PodTemplateRegistry({ defaulting: true, validate: false });
  private readonly percentageOfNodesToScore: number;

  constructor(options: WorldOptions) {
    this.percentageOfNodesToScore = options.percentageOfNodesToScore;
    this.cache = new SchedulerCache({ keepsMatches: options.keepsMatches });
    const registry = createDefaultRegistry();
    const source = {
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      percentageOfNodesToScore: options.percentageOfNodesToScore,
      profiles: [options.profile === "resources" ? { plugins: RESOURCES_ONLY } : {}],
    };
    const decoder = new Decoder({ value: source });
    const context = { registry, defaultMultiPoint: DEFAULT_MULTI_POINT };
    this.configuration = readSchedulerConfiguration(decoder, context)!;
    const handle = { cache: this.cache, objects: this.objects.lookUps };
    this.profile = new Profile(this.configuration.profiles[0]!, registry, handle);
  }

  /** An evaluator over this world's cache. */
  createEvaluator(name: EvaluatorName, details = false, batching = true): Evaluator {
    const { percentageOfNodesToScore } = this;
    return EVALUATORS[name](this.cache, this.objects.lookUps, {
      percentageOfNodesToScore,
      details,
      batching,
    });
  }

  /** The same with PostFilter behind it. */
  createDecider(evaluator: Evaluator): ProfileDecider {
    return new ProfileDecider([this.profile], evaluator, this.percentageOfNodesToScore);
  }

  /** The template of pods with this metadata and spec. */
  template(source: object): PodTemplate {
    return this.templates.intern(source);
  }

  /** A node as the API would show it. */
  node(source: object): NodeObject {
    return this.decode({ apiVersion: "v1", kind: "Node", ...source }) as NodeObject;
  }

  /** Adds or replaces an object that plugins look up. */
  put(source: object): void {
    this.objects.put(this.decode(source));
  }

  private decode(source: object): ApiObject {
    const record = source as Record<string, unknown>;
    const kind = findKind(String(record["apiVersion"]), String(record["kind"]));
    if (kind === undefined) throw new Error(`Unknown kind ${String(record["kind"])}.`);
    const sink = new DecodeSink({ defaulting: true, validate: false, int64: false });
    const object = decodeObject(kind, record, new FieldCursor(record, [], sink), this.templates);
    const problem = sink.problems[0];
    if (problem !== undefined) throw new Error(`${problem.path.join(".")}: ${problem.message}`);
    return object;
  }
}
