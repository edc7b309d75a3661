// Recorded trajectories: many pods one after another, with sampling and a rotating start.
//
// Every cycle is computed and compared, then the recorded outcome is adopted, so that one difference
// does not spoil the rest. With one worker the choice itself is demanded. What opportunistic batching
// did is compared as well: its hints, and what they leave for the next pod.

import { compareText, InputError, sha256Hex } from "../../base/index.ts";
import type { PodObject } from "../../cluster/index.ts";
import {
  bestPositions,
  createEvaluator,
  CycleState,
  type Decision,
  type Evaluator,
  EvaluatorDifference,
  type EvaluatorName,
  type PodInfo,
  lowerNominations,
  type Profile,
  runPostFilters,
} from "../../scheduler/index.ts";
import {
  atCase,
  type CaseOutcome,
  compareValues,
  type Difference,
  objectList,
  parseCaseLines,
  type RecordedCase,
  ReportBuilder,
  requiredObject,
  type VerifyOptions,
  type VerifyReport,
} from "./case-format.ts";
import { attempt } from "./evaluator-comparison.ts";
import { type FailedCycle, fullMessage, searchEverywhere } from "./preemption-comparison.ts";
import { RecordedWorld } from "./recorded-world.ts";

/** Ties are listed by name up to this many, beyond that by hash. */
const LISTED_TIES_MAX = 12;
/** Beginning of the texts with which preemption refuses to search at all. */
const NOT_ELIGIBLE = "not eligible due to";

/** Replays one recorded trajectory (JSON Lines) and compares every cycle. */
export function verifyTrajectories(
  lines: Iterable<string>,
  file = "trajectory",
  { evaluator = "plain" }: VerifyOptions = {},
): VerifyReport {
  const report = new ReportBuilder(file);
  const [init, ...actions] = parseCaseLines(lines, file);
  if (init === undefined || init["op"] !== "init") {
    throw new InputError([
      {
        code: "E_RECORDED_CASE",
        severity: "error",
        file,
        message: "the first line must be op init",
      },
    ]);
  }
  const replay = atCase(file, "init", () => new TrajectoryReplay(init, evaluator));
  for (const [index, action] of actions.entries()) {
    const place = `${file}:${index + 2}`;
    const outcome = atCase(file, `line ${index + 2}`, () =>
      replay.apply(action as unknown as RecordedAction, place),
    );
    if (outcome !== undefined) report.add(outcome);
  }
  return report.build();
}

/** One recorded action; fields as in the corpus' README. */
interface RecordedAction {
  readonly op: "schedule" | "retry" | "delete" | "addNode" | "removeNode";
  readonly pod?: string;
  readonly template?: string;
  readonly nodeObject?: unknown;
  readonly nodeName?: string;
  readonly pods?: readonly string[];
  readonly start?: number;
  readonly evaluated?: number;
  readonly feasible?: number;
  readonly node?: string;
  readonly score?: number;
  readonly tieCount?: number;
  readonly ties?: readonly string[];
  readonly tieHash?: string;
  readonly message?: string;
  readonly nominated?: string;
  readonly victims?: readonly string[];
  readonly cleared?: readonly string[];
  readonly viaNominated?: boolean;
  readonly hint?: boolean;
  readonly startTime?: string;
}

/** The cluster as it moves through the recorded actions. */
class TrajectoryReplay {
  private readonly world: RecordedWorld;
  private readonly profiles: readonly Profile[];
  private readonly evaluator: Evaluator;
  private readonly templates = new Map<string, PodObject>();
  /** Every pod that exists, bound or pending, by namespace/name. */
  private readonly pods = new Map<string, PodInfo>();
  /** What differed at the beginning; told with the first cycle. */
  private readonly atFirst: Difference[] = [];

  constructor(init: RecordedCase, evaluator: EvaluatorName) {
    const sources = requiredObject(init, "templates");
    const objects = objectList(init, "objects");
    this.world = new RecordedWorld(objects, Object.values(sources), {
      defaulting: true,
      hasQueue: true,
    });
    const configuration = this.world.readConfiguration(init["config"]);
    this.profiles = this.world.createProfiles(configuration);
    const { percentageOfNodesToScore } = configuration;
    this.evaluator = createEvaluator(evaluator, this.world.cache, this.world.objects, {
      percentageOfNodesToScore,
    });
    for (const name of Object.keys(sources)) {
      this.templates.set(name, this.world.decodePod(sources[name]));
    }
    for (const pod of this.world.objects.list("Pod")) {
      this.pods.set(`${pod.meta.namespace}/${pod.meta.name}`, this.world.podInfo(pod));
    }
    // The order comes from a snapshot, which also freezes what snapshots freeze.
    const order = this.world.cache.refreshSnapshot().map((row) => this.world.cache.nodeName(row));
    const nodeOrder = init["nodeOrder"];
    if (nodeOrder === undefined) return;
    compareValues(this.atFirst, { case: "init", what: "nodeOrder" }, nodeOrder, order);
  }

  /** Applies one action; cycles give an outcome, the others none. */
  apply(action: RecordedAction, place: string): CaseOutcome | undefined {
    const { op } = action;
    switch (op) {
      case "schedule":
      case "retry":
        return this.runCycle(action, place);
      case "delete":
        this.removePod(action.pod ?? "");
        return undefined;
      case "addNode":
        this.world.cache.addNode(this.world.decodeNode(action.nodeObject));
        return undefined;
      case "removeNode":
        for (const pod of action.pods ?? []) this.removePod(pod);
        this.world.cache.removeNode(action.nodeName ?? "");
        return undefined;
      default:
        throw wrongCase(`'${String(op)}' is no op of a trajectory`);
    }
  }

  private runCycle(action: RecordedAction, place: string): CaseOutcome {
    const pod = this.findPod(action);
    const name = `${place} ${action.pod}`;
    const profile = this.profiles.find((each) => each.schedulerName === pod.template.schedulerName);
    if (profile === undefined) {
      return { kind: "unsupported", names: [`profile ${pod.template.schedulerName}`] };
    }
    const state = new CycleState();
    const decision = attempt(() => this.evaluator.decide(pod, profile, state));
    if (decision instanceof EvaluatorDifference) return this.differing(decision, name, action, pod);
    const differences: Difference[] = this.atFirst.splice(0);
    this.compare(differences, name, action, decision);
    if (decision.outcome !== "placed") {
      const postFilter = runPostFilters(profile, state, pod, decision.statuses);
      const cycle = { world: this.world, profile, state, decision, postFilter };
      this.compareFailure(differences, name, action, cycle);
    }
    this.adopt(action, pod);
    const unmodelled = decision.notSimulated.map((each) => each.plugin);
    if (unmodelled.length > 0 && differences.length === 0) {
      return { kind: "unsupported", names: unmodelled };
    }
    return { kind: "checked", differences };
  }

  private differing(
    { difference: { field, left, right } }: EvaluatorDifference,
    name: string,
    action: RecordedAction,
    pod: PodInfo,
  ): CaseOutcome {
    this.adopt(action, pod);
    const what = `indexed against plain: ${field}`;
    return { kind: "checked", differences: [{ case: name, what, expected: left, got: right }] };
  }

  private compare(
    out: Difference[],
    name: string,
    action: RecordedAction,
    decision: Decision,
  ): void {
    const { cache } = this.world;
    const check = (what: string, expected: unknown, got: unknown): void =>
      compareValues(out, { case: name, what }, expected, got);
    check("start", action.start, decision.start);
    check("evaluated", action.evaluated, decision.evaluatedCount);
    check("feasible", action.feasible, decision.feasible.length);
    const node = decision.node === -1 ? undefined : cache.nodeName(decision.node);
    check("node", action.node, node);
    check("viaNominated", action.viaNominated === true, decision.viaNominated);
    check("hint", action.hint === true, decision.viaHint);
    if (decision.outcome === "placed") {
      const { totals } = decision;
      const best = totals.length > 1 ? bestPositions(totals) : [0];
      const ties = best.map((position) => cache.nodeName(decision.feasible[position]!));
      check("tieCount", action.tieCount, ties.length);
      if (action.ties !== undefined) check("ties", action.ties, ties);
      else check("tieHash", action.tieHash, hashOfTies(ties));
      check("score", action.score, totals.length > 1 ? totals[best[0]!] : undefined);
    }
  }

  /**
   * The whole text, and what preemption did: the recorded node must be among those that no rule tells
   * apart (among all candidates where a random part was tried), with just the recorded victims.
   */
  private compareFailure(
    out: Difference[],
    name: string,
    action: RecordedAction,
    cycle: FailedCycle,
  ): void {
    const check = (what: string, expected: unknown, got: unknown): void =>
      compareValues(out, { case: name, what }, expected, got);
    check("message", action.message, fullMessage(cycle));
    const { nominated = "" } = action;
    const chosen = cycle.postFilter?.nominate ?? "";
    check("preempts", nominated !== "", chosen !== "");
    if (nominated === "" || chosen === "") return;
    const findings = searchEverywhere(cycle);
    const isPartial =
      cycle.postFilter?.preemption?.candidates.length !== findings?.candidates.length;
    const possible = (isPartial ? findings?.candidates : findings?.acceptable) ?? [];
    const found = possible.find(({ nodeName }) => nodeName === nominated);
    const names = possible.map(({ nodeName }) => nodeName);
    check("nominated", nominated, found?.nodeName ?? `one of ${names.join(", ")}`);
    // Victims are recorded by name, not by importance.
    check("victims", action.victims, found?.victims.map(keyOf).sort(compareText));
    const cleared = lowerNominations(this.world.cache, cycle.decision.pod, nominated);
    check("cleared", action.cleared ?? [], cleared.map(keyOf).sort(compareText));
  }

  /** Makes the recorded outcome true, whatever was computed. */
  private adopt(action: RecordedAction, pod: PodInfo): void {
    const { cache } = this.world;
    for (const victim of action.victims ?? []) this.removePod(victim);
    for (const cleared of action.cleared ?? []) this.nominate(cleared, "");
    if (action.node !== undefined) {
      cache.nominator.delete(pod);
      const startUs =
        action.startTime === undefined ? pod.startUs : this.world.startUsOf(action.startTime);
      const bound: PodInfo = { ...pod, nodeName: action.node, nominatedNodeName: "", startUs };
      this.pods.set(keyOf(pod), bound);
      cache.addPod(bound);
    } else if (action.nominated !== undefined) {
      this.nominate(keyOf(pod), action.nominated);
    } else if (action.message?.includes(NOT_ELIGIBLE) !== true) {
      // A search for victims that finds none clears an earlier nomination; no search leaves it.
      this.nominate(keyOf(pod), "");
    }
  }

  private nominate(name: string, nodeName: string): void {
    const pod = this.pods.get(name);
    if (pod === undefined) return;
    const changed: PodInfo = { ...pod, nominatedNodeName: nodeName };
    this.pods.set(name, changed);
    this.world.cache.nominator.delete(pod);
    if (nodeName !== "") this.world.cache.nominator.add(changed);
  }

  private removePod(name: string): void {
    const pod = this.pods.get(name);
    if (pod === undefined) return;
    this.pods.delete(name);
    this.world.cache.nominator.delete(pod);
    this.world.cache.removePod(pod.uid);
  }

  private findPod(action: RecordedAction): PodInfo {
    const name = action.pod ?? "";
    const known = this.pods.get(name);
    if (known !== undefined) return known;
    const template = this.templates.get(action.template ?? "");
    if (template === undefined) {
      throw wrongCase(`pod ${name} names no template of the init line`);
    }
    const [namespace = "", podName = ""] = name.split("/");
    const pod = { ...this.world.podInfo(template), uid: name, namespace, name: podName };
    this.pods.set(name, pod);
    return pod;
  }
}

function wrongCase(message: string): InputError {
  return new InputError([{ code: "E_RECORDED_CASE", severity: "error", message }]);
}

function keyOf(pod: PodInfo): string {
  return `${pod.namespace}/${pod.name}`;
}

/** The recorder's digest of a long tie: the sorted names, joined by commas. */
function hashOfTies(ties: readonly string[]): string | undefined {
  if (ties.length <= LISTED_TIES_MAX) return undefined;
  return sha256Hex([...ties].sort(compareText).join(",")).slice(0, 16);
}
