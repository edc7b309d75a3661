// The full-profile workload: a seeded stream of binds, terminations, departures and node changes that
// drives a scheduler's cache and an evaluator directly, without an event loop.
//
// The model of performance-full-profile, section 1: Deployments of 10 to 500 replicas with a service,
// about 65 % of the cpus taken; each arrival is accompanied by one pod of the same application that
// turns terminating and leaves 40 departures later; now and then a node leaves, whose pods come back
// as new pods, and another joins. Equal options give equal streams, whichever evaluator decides.
//
//   const run = new FullProfileRun({ nodes: 5_000, evaluator: "indexed", sampling: "all" });
//   run.prepare(1_000); // nothing of it need be timed
//   const { hash } = run.advance(1_000); // a thousand decisions with everything around them

import type { Evaluator, PodInfo, ProfileDecider, Verdict } from "../../src/scheduler/index.ts";
import type { PodTemplate } from "../../src/cluster/index.ts";
import { ResultHash } from "../harness/result-hash.ts";
import { cpuMs } from "../harness/slices.ts";
import { Application } from "./application.ts";
import { addVerdict, decisionDifference } from "./decision-digest.ts";
import { Draws } from "./draws.ts";
import type { EvaluatorName } from "./evaluators.ts";
import { InitialPlacement } from "./initial-placement.ts";
import {
  imageCount,
  namespaceManifest,
  namespaceOf,
  nodeFacts,
  type NodeFacts,
  nodeManifest,
  requestSize,
} from "./profile-objects.ts";
import { type RecordedDecision, RecordedDecisions } from "./recorded-decisions.ts";
import { changeState } from "./state-changes.ts";
import { type ProfileName, WorkloadWorld } from "./workload-world.ts";

/**
 * Who arrives. `churn`: a random active application replaces a pod; `rolling`: four applications at a
 * time replace all theirs by a new version; `fill`: an empty cluster is filled by one application after
 * the other, and then each arrival ends the oldest pod; `preemption`: as churn at 97 %, four
 * priorities, one arrival in twenty above all of them, whose victims come back as new pods; `attempts`:
 * the same with one in five and of a size that finds no room by itself; `crowd`: full likewise, every
 * other arrival fits nowhere: too large for any node, nobody to evict, or too little gained by it.
 */
export type Pattern = "churn" | "rolling" | "fill" | "preemption" | "attempts" | "crowd";

/** What a run is made of; everything but the size has a default. */
export interface FullProfileOptions {
  readonly nodes: number;
  readonly evaluator?: EvaluatorName;
  /** Decides in place of the evaluator: the same stream, and the evaluator's cost left out. */
  readonly recorded?: readonly RecordedDecision[];
  /** Decides everything as well; a difference throws and says where. */
  readonly comparedWith?: EvaluatorName;
  readonly pattern?: Pattern;
  /** Kubernetes' sampling by size (the default), or all nodes. */
  readonly sampling?: "sampled" | "all";
  /** Applications that change: 100. */
  readonly apps?: number;
  /** Distinct requests: 40. */
  readonly sizes?: number;
  /** Every arrival has a request of its own. */
  readonly uniqueRequests?: boolean;
  /** One node leaves and one joins so often, in steps: 1,000; 0 = never. */
  readonly nodeChangeEvery?: number;
  /** Some other state changes so often (see state-changes.ts): 0 = never. */
  readonly editEvery?: number;
  readonly profile?: ProfileName;
  /** False: matching pods are counted anew at each decision, the plainest way. */
  readonly keepsMatches?: boolean;
  /** False: the feature OpportunisticBatching is off; it only acts where no default spreading is. */
  readonly batching?: boolean;
  readonly seed?: number;
  /** Takes the time of attempts by preemptors and crowds, see `attemptUs`. */
  readonly timesAttempts?: boolean;
}

/** What a stretch of decisions came to. */
export interface FullProfileStretch {
  readonly hash: string;
  readonly decisions: number;
  readonly placed: number;
  /** Placed by preemption's victims' room, later. */
  readonly preempted: number;
  /** Placed with a single feasible node. */
  readonly single: number;
  /** Placed with at least two best nodes. */
  readonly tied: number;
  /** Nodes filtered, over all decisions. */
  readonly visits: number;
}

const LEAVES_AFTER = 40;
const ROLLING_AT_A_TIME = 4;
const REPLICAS_MIN = 10;
const REPLICAS_MAX = 500;
const STEADY_SHARE = 0.65;
const FULL_SHARE = 0.97;
const PREEMPTOR_EVERY = 20;
const PREEMPTOR_APPS = 8;
const PREEMPTOR_PRIORITY = 1_000;
const ATTEMPT_EVERY = 5;
/** Requests and priorities of the pods that fit nowhere, in turn. */
const CROWD = [
  { milliCpu: 100_000, priority: 1_000 },
  { milliCpu: 14_000, priority: 0 },
  { milliCpu: 15_500, priority: 1 },
] as const;
const CROWD_APPS = 12;
const RETRY_AFTER = 3;

/** The number of an application without any special traits, as every hundredth from there on. */
const PLAIN_APP = 1_000_090;

/** Patterns of a cluster with hardly any room left. */
const FULL_PATTERNS: ReadonlySet<Pattern> = new Set(["preemption", "attempts", "crowd"]);

interface Preemptor {
  readonly pod: PodInfo;
  readonly app: Application;
  readonly dueStep: number;
}

/** One cluster under one evaluator. */
export class FullProfileRun {
  readonly world: WorkloadWorld;
  readonly nodes: NodeFacts[] = [];
  readonly apps: Application[] = [];
  /** Decisions so far. */
  step = 0;
  /** CPU microseconds of each such attempt that went on to PostFilter, with `timesAttempts`. */
  readonly attemptUs: number[] = [];
  readonly evaluator: Evaluator;
  private readonly decider: ProfileDecider;
  private readonly reference: ProfileDecider | undefined;
  private readonly options: Required<Omit<FullProfileOptions, "comparedWith" | "recorded">>;
  private readonly arrivals: Draws;
  private readonly draws: Draws;
  private readonly appOf = new WeakMap<PodTemplate, Application>();
  private readonly preemptors: Application[] = [];
  private readonly crowd: Application[] = [];
  /** Both of them. */
  private readonly isLarge = new Set<Application>();
  private readonly waiting: Application[] = [];
  private readonly retries: Preemptor[] = [];
  private readonly prepared: { readonly app: Application; readonly template: PodTemplate }[] = [];
  private readonly rolling: { app: Application; left: number }[] = [];
  private nextRolled = 0;
  private readonly leaving: PodInfo["uid"][] = [];
  private oldest: PodInfo[] = [];
  private oldestAt = 0;
  private burst = { app: 0, left: 0 };
  private podCount = 0;
  private nodeOrdinal = 0;
  private runningMax = 0;
  private running = 0;
  private lastBound: PodInfo | undefined;

  constructor(options: FullProfileOptions) {
    const { comparedWith, recorded, ...given } = options;
    this.options = {
      evaluator: "plain",
      pattern: "churn",
      sampling: "sampled",
      apps: 100,
      sizes: 40,
      uniqueRequests: false,
      nodeChangeEvery: 1_000,
      editEvery: 0,
      profile: "default",
      keepsMatches: true,
      batching: true,
      seed: 1,
      timesAttempts: false,
      ...given,
    };
    const { evaluator, profile, sampling, keepsMatches, batching, seed, pattern } = this.options;
    this.arrivals = new Draws(seed, 1);
    this.draws = new Draws(seed, 2);
    const percentageOfNodesToScore = sampling === "all" ? 100 : 0;
    this.world = new WorkloadWorld({ profile, percentageOfNodesToScore, keepsMatches });
    for (let at = 0; at < options.nodes; at++) this.joinNode();
    this.createApps(FULL_PATTERNS.has(pattern) ? FULL_SHARE : STEADY_SHARE);
    this.evaluator =
      recorded === undefined
        ? this.world.createEvaluator(evaluator, false, batching)
        : new RecordedDecisions(recorded);
    this.decider = this.world.createDecider(this.evaluator);
    if (comparedWith !== undefined) {
      const reference = this.world.createEvaluator(comparedWith, false, batching);
      this.reference = this.world.createDecider(reference);
    }
  }

  /** Makes the templates of so many arrivals ahead, where each has a request of its own. */
  prepare(decisions: number): void {
    if (!this.options.uniqueRequests) return;
    while (this.prepared.length < decisions) this.prepared.push(this.drawUnique());
  }

  /** So many decisions, each with what comes before and after it. */
  advance(decisions: number, look?: (verdict: Verdict) => void): FullProfileStretch {
    const hash = new ResultHash();
    const counts = { placed: 0, preempted: 0, single: 0, tied: 0, visits: 0 };
    for (let k = 0; k < decisions; k++) {
      const verdict = this.takeStep();
      look?.(verdict);
      addVerdict(hash, verdict);
      const { decision } = verdict;
      counts.visits += decision.evaluatedCount;
      if (verdict.postFilter?.preemption?.chosen !== undefined) counts.preempted++;
      if (decision.node === -1) continue;
      counts.placed++;
      if (decision.score === undefined) counts.single++;
      if (decision.tieCount > 1) counts.tied++;
    }
    return { hash: hash.hex(), decisions, ...counts };
  }

  // --- one step --------------------------------------------------------------------------------

  private takeStep(): Verdict {
    const { nodeChangeEvery, editEvery } = this.options;
    const step = ++this.step;
    if (nodeChangeEvery > 0 && step % nodeChangeEvery === 0) {
      this.removeNode(this.draws.below(this.nodes.length));
      this.joinNode();
    }
    if (editEvery > 0 && step % editEvery === 0) changeState(this, this.draws);
    const retry = this.retries[0];
    if (retry !== undefined && retry.dueStep <= step) {
      this.retries.shift();
      return this.decide(retry.pod, retry.app);
    }
    const prepared = this.nextArrival();
    const { app } = prepared;
    this.endOneFor(app);
    if (this.leaving.length > LEAVES_AFTER) this.world.cache.removePod(this.leaving.shift()!);
    return this.decide(this.createPod(app, prepared.template), app);
  }

  private decide(pod: PodInfo, app: Application): Verdict {
    const expected = this.reference?.decide(pod);
    const isTimed = this.options.timesAttempts && this.isLarge.has(app);
    const startMs = isTimed ? cpuMs() : 0;
    const verdict = this.decider.decide(pod);
    if (isTimed && verdict.postFilter !== undefined) {
      this.attemptUs.push((cpuMs() - startMs) * 1_000);
    }
    if (expected !== undefined) this.expectSame(expected, verdict);
    const { decision, postFilter } = verdict;
    const { cache } = this.world;
    if (decision.node !== -1) {
      this.lastBound = this.bind(
        app,
        cache.assume(unnominated(pod), cache.nodeName(decision.node)),
      );
      return verdict;
    }
    const chosen = postFilter?.preemption?.chosen;
    if (chosen === undefined) {
      cache.nominator.delete(pod);
      return verdict;
    }
    for (const victim of chosen.victims) {
      this.forgetPod(victim, true);
      cache.removePod(victim.uid);
    }
    const nominated = { ...pod, nominatedNodeName: chosen.nodeName };
    cache.nominator.add(nominated);
    this.retries.push({ pod: nominated, app, dueStep: this.step + RETRY_AFTER });
    return verdict;
  }

  private bind(app: Application, pod: PodInfo): PodInfo {
    app.live.push(pod);
    this.running++;
    if (this.options.pattern === "fill") this.oldest.push(pod);
    return pod;
  }

  private expectSame(expected: Verdict, verdict: Verdict): void {
    const victims = ({ postFilter }: Verdict): string => {
      const chosen = postFilter?.preemption?.chosen;
      return `${chosen?.nodeName}: ${chosen?.victims.map(({ uid }) => uid).join(" ")}`;
    };
    const difference =
      decisionDifference(verdict.decision, expected.decision) ||
      (victims(expected) === victims(verdict)
        ? ""
        : `victims: ${victims(verdict)} against ${victims(expected)}`);
    if (difference === "") return;
    const { name } = verdict.decision.pod;
    throw new Error(
      `Decision ${this.step} about ${name} differs in ${difference}; options ${JSON.stringify(this.options)}.`,
    );
  }

  // --- arrivals and departures -----------------------------------------------------------------

  private nextArrival(): { app: Application; template?: PodTemplate } {
    const returned = this.waiting.shift();
    if (returned !== undefined) return { app: returned };
    switch (this.options.pattern) {
      case "rolling":
        return { app: this.nextRolling() };
      case "fill":
        return { app: this.nextOfBurst() };
      case "preemption":
        if (this.step % PREEMPTOR_EVERY === 0) {
          return { app: this.preemptors[this.arrivals.below(PREEMPTOR_APPS)]! };
        }
        break;
      case "attempts":
        if (this.step % ATTEMPT_EVERY === 0) {
          return { app: this.preemptors[this.arrivals.below(PREEMPTOR_APPS)]! };
        }
        break;
      case "crowd":
        if (this.step % 2 === 0) return { app: this.crowd[this.arrivals.below(CROWD_APPS)]! };
        break;
      case "churn":
        if (this.options.uniqueRequests) return this.prepared.shift() ?? this.drawUnique();
    }
    return { app: this.drawActive() };
  }

  private drawActive(): Application {
    return this.apps[this.arrivals.below(this.options.apps)]!;
  }

  private drawUnique(): { app: Application; template: PodTemplate } {
    const app = this.drawActive();
    const milliCpu = 250 + this.arrivals.below(3_751);
    const template = app.templateOf({ milliCpu, memoryMi: 256 + this.arrivals.below(8_192) });
    return { app, template };
  }

  private nextRolling(): Application {
    while (this.rolling.length < ROLLING_AT_A_TIME) this.rolling.push(this.startRollout());
    const slot = this.step % ROLLING_AT_A_TIME;
    const { app, left } = this.rolling[slot]!;
    const isDone = (app.old.length === 0 && app.live.length >= app.replicas) || left === 0;
    if (isDone) this.rolling[slot] = this.startRollout();
    this.rolling[slot]!.left--;
    return this.rolling[slot]!.app;
  }

  private startRollout(): { app: Application; left: number } {
    const app = this.apps[this.nextRolled++ % this.options.apps]!;
    app.startVersion();
    return { app, left: 2 * app.replicas };
  }

  private nextOfBurst(): Application {
    if (this.burst.left === 0) {
      const app = (this.burst.app + 1) % this.apps.length;
      this.burst = { app, left: this.apps[app]!.replicas };
    }
    this.burst.left--;
    return this.apps[this.burst.app]!;
  }

  /** A pod of the application turns terminating when all replicas run; it leaves later. */
  private endOneFor(app: Application): void {
    let ended: PodInfo | undefined;
    if (this.options.pattern === "fill") ended = this.takeOldest();
    else if (app.count >= app.replicas) ended = app.takeOne(this.draws);
    if (ended === undefined) return;
    this.running--;
    this.leaving.push(ended.uid);
    this.world.cache.updatePod({ ...ended, deleting: true });
  }

  private takeOldest(): PodInfo | undefined {
    while (this.running >= this.runningMax && this.oldestAt < this.oldest.length) {
      const pod = this.oldest[this.oldestAt++]!;
      if (this.oldestAt > 100_000) {
        this.oldest = this.oldest.slice(this.oldestAt);
        this.oldestAt = 0;
      }
      if (this.appOf.get(pod.template)!.remove(pod.uid)) return pod;
    }
    return undefined;
  }

  private createPod(app: Application, template?: PodTemplate): PodInfo {
    const pod = app.pod(this.podCount++, template);
    this.appOf.set(pod.template, app);
    return pod;
  }

  /** The pod is gone at once; `returns`: a new one of its application arrives in its place. */
  private forgetPod(pod: PodInfo, returns: boolean): void {
    const app = this.appOf.get(pod.template)!;
    if (!app.remove(pod.uid)) return; // it was terminating
    this.running--;
    if (returns) this.waiting.push(app);
  }

  // --- nodes and other state -------------------------------------------------------------------

  private joinNode(): void {
    const { seed, apps } = this.options;
    const facts = nodeFacts(seed, this.nodeOrdinal++, imageCount(apps));
    this.nodes.push(facts);
    this.world.cache.addNode(this.world.node(nodeManifest(facts)));
  }

  private removeNode(at: number): void {
    const { name } = this.nodes[at]!;
    const last = this.nodes.pop()!;
    if (at < this.nodes.length) this.nodes[at] = last;
    const { cache } = this.world;
    const pods = [...cache.podsOn(cache.findRow(name)!)];
    cache.removeNode(name);
    for (const pod of pods) {
      this.forgetPod(pod, true);
      cache.removePod(pod.uid);
    }
  }

  /** The node's object changes in place. */
  changeNode(at: number, change: Partial<NodeFacts>): void {
    const facts = { ...this.nodes[at]!, ...change };
    this.nodes[at] = facts;
    this.world.cache.updateNode(this.world.node(nodeManifest(facts)));
  }

  /** The last binding fails: the pod is forgotten and comes again. */
  forgetLastBound(): void {
    const { cache } = this.world;
    const pod = this.lastBound;
    if (pod === undefined || !cache.isAssumed(pod.uid)) return;
    if (cache.findPod(pod.uid)?.deleting === true) return;
    this.forgetPod(pod, true);
    cache.forget(pod.uid);
  }

  /** The watch confirms the last binding. */
  confirmLastBound(): void {
    const { cache } = this.world;
    const pod = this.lastBound;
    if (pod !== undefined && cache.isAssumed(pod.uid)) cache.addPod(cache.findPod(pod.uid)!);
  }

  /** A pending pod that is not in any list of this workload. */
  createStranger(app: Application): PodInfo {
    return this.createPod(app);
  }

  // --- the beginning ---------------------------------------------------------------------------

  private createApps(share: number): void {
    const { nodes, world, options } = this;
    const isFull = FULL_PATTERNS.has(options.pattern);
    const target = share * nodes.reduce((sum, { milliCpu }) => sum + milliCpu, 0);
    const placement = new InitialPlacement(world, nodes, this.draws);
    if (options.pattern === "crowd") this.createCrowd();
    const hasPreemptors = isFull && options.pattern !== "crowd";
    let taken = hasPreemptors ? this.createPreemptors(placement, target / 20) : 0;
    const mean = Array.from({ length: options.sizes }, (_, at) => requestSize(options.seed, at));
    const meanMilliCpu = mean.reduce((sum, { milliCpu }) => sum + milliCpu, 0) / options.sizes;
    // Active applications share the room when they are many; the rest is filled by idle ones.
    const replicasMax = Math.max(2, Math.floor((1.6 * target) / meanMilliCpu / options.apps));
    for (let number = 0; taken < target || number < options.apps; number++) {
      const app = this.createApp(number, replicasMax, isFull ? number % 4 : 0);
      const before = taken;
      if (options.pattern === "fill") {
        taken += app.replicas * app.size.milliCpu;
      } else {
        taken += this.fill(placement, app, target - taken, isFull);
        app.replicas = Math.max(1, app.live.length); // the steady state is what there is now
      }
      this.runningMax += app.replicas;
      if (taken === before && number >= options.apps) break;
    }
  }

  private createApp(number: number, replicasMax: number, priority: number): Application {
    const { seed, sizes } = this.options;
    const draws = new Draws(seed ^ 0x0a99, number);
    const share = draws.below(1_000) * draws.below(1_000); // few are large
    const drawn = REPLICAS_MIN + Math.floor(((REPLICAS_MAX - REPLICAS_MIN) * share) / 1_000_000);
    const exclusiveMax = Math.max(2, Math.floor(this.nodes.length / 8));
    if (namespaceOf(number) !== namespaceOf(number - 1)) {
      this.world.put(namespaceManifest(number, number % 40 === 0));
    }
    const size = requestSize(seed, number % sizes);
    const app = new Application(this.world, number, size, Math.min(drawn, replicasMax), priority);
    const { excludesOwnHost, hostPort } = app.traits;
    if (excludesOwnHost || hostPort > 0) app.replicas = Math.min(app.replicas, exclusiveMax);
    this.apps.push(app);
    return app;
  }

  private createPreemptors(placement: InitialPlacement, target: number): number {
    let taken = 0;
    for (let at = 0; at < PREEMPTOR_APPS; at++) {
      const base = this.options.pattern === "attempts" ? 8_000 : 2_500;
      const size = { milliCpu: base + 150 * at + 50 * (at % 2), memoryMi: 2_048 };
      const number = PLAIN_APP + 100 * at;
      const replicas = Math.max(1, Math.floor(target / PREEMPTOR_APPS / size.milliCpu));
      const app = new Application(this.world, number, size, replicas, PREEMPTOR_PRIORITY);
      this.preemptors.push(app);
      this.isLarge.add(app);
      taken += this.fill(placement, app, target, true);
    }
    return taken;
  }

  private createCrowd(): void {
    for (let at = 0; at < CROWD_APPS; at++) {
      const { milliCpu, priority } = CROWD[at % CROWD.length]!;
      const number = PLAIN_APP + 100 * at;
      const size = { milliCpu: milliCpu + 10 * at, memoryMi: 2_048 };
      const app = new Application(this.world, number, size, 1, priority);
      this.crowd.push(app);
      this.isLarge.add(app);
    }
  }

  /** Places the replicas while there is room in the share; the cpu that they take. */
  private fill(
    placement: InitialPlacement,
    app: Application,
    milliCpuMax: number,
    thorough: boolean,
  ): number {
    let taken = 0;
    for (let k = 0; k < app.replicas && taken < milliCpuMax; k++) {
      const bound = placement.place(app, this.createPod(app), thorough);
      if (bound === undefined) break;
      app.live.push(bound);
      this.running++;
      taken += app.size.milliCpu;
    }
    return taken;
  }
}

function unnominated(pod: PodInfo): PodInfo {
  return pod.nominatedNodeName === "" ? pod : { ...pod, nominatedNodeName: "" };
}
