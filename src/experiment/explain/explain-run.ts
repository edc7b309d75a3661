// Explains one decision of a run by making the run again.
//
// Two passes: the first runs to the end without looking inside and finds the attempts on the pod; the
// second stops at the chosen attempt and takes it apart there. So nothing is hoarded, and whatever the
// explanation asks the plugins (user code among them) cannot bend the course of the run.

import { formatDuration, duration } from "../../base/index.ts";
import type { PodIndex } from "../../cluster/index.ts";
import { NO_POD } from "../../cluster/index.ts";
import type { AttemptSpan, ExplainedPod, ExplainRecord, PodRow } from "../../metrics/index.ts";
import {
  createProfileDecider,
  type Decider,
  type DeciderParts,
  type DecisionRecord,
  type PodInfo,
  type Profile,
  StrategyError,
  type UserCallWatch,
  type Verdict,
} from "../../scheduler/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { type ActiveRun, startRun } from "../run.ts";
import type { RunIdentity } from "../run-scheduler.ts";
import { DecisionWorld } from "./decision-world.ts";
import {
  blockingNotes,
  type DecisionParts,
  explainParts,
  NO_DECISION,
  recordHead,
  requestsOf,
} from "./explain-record.ts";
import { QueueFacts } from "./queue-facts.ts";
import { choosePod, keyOf, mayMean, refusal } from "./pod-question.ts";
import { shownOf, whyUntried } from "./untried.ts";

/** Which decision is meant. Absent parts: the last attempt, no particular node, the whole run. */
export interface RunQuestion {
  readonly pod: string;
  readonly attempt?: number | undefined;
  /** The last attempt decided up to this instant. */
  readonly atUs?: number | undefined;
  readonly node?: string | undefined;
  /** How many nearest nodes and suggestions; default 5. */
  readonly top?: number | undefined;
  readonly maxEvents?: number | undefined;
  /** Where the recorded run was stopped; later decisions were never made. */
  readonly untilUs?: number | undefined;
  /** The recorded run's; a replay that ends with another one says so. */
  readonly fingerprint?: string | undefined;
  /** Told of every call into user code. */
  readonly userCalls?: UserCallWatch | undefined;
  /** Told when the decision and its explanation begin to be worked out, and when that is over. */
  readonly onEvaluation?: ((phase: "begin" | "end") => void) | undefined;
}

/** Replays a prepared run and explains the decision asked for. */
export function explainRun(prepared: PreparedRun, question: RunQuestion): ExplainRecord {
  const survey = new Survey(prepared, question);
  const { attempts, row } = survey;
  const chosen = chooseAttempt(attempts, question, row);
  const parts =
    chosen === undefined
      ? { ...NO_DECISION, queue: null }
      : explainAttempt(prepared, question, attempts, chosen);
  return {
    ...recordHead(prepared, "run", chosen?.scheduler),
    pod: survey.pod(),
    untried: chosen === undefined ? survey.untried() : null,
    attempts: spansOf(attempts),
    attempt: chosen === undefined ? null : headOf(chosen),
    ...parts,
    notes: [...survey.notes, ...blockingNotes(prepared)],
  };
}

/** One attempt as the first pass saw it. */
interface Attempt {
  readonly uid: PodInfo["uid"];
  /** Whose attempt it was; several may try one pod. */
  readonly scheduler: string;
  readonly number: number;
  readonly poppedUs: number;
  readonly decidedUs: number;
  readonly result: string;
  readonly node: string;
  readonly message: string;
  readonly evaluatedCount: number;
  readonly feasibleCount: number;
}

// --- First pass ----------------------------------------------------------------------------------

const EVENTS_PER_SLICE = 10_000;

/** The run once through: which pods there were, and when they were tried. */
class Survey {
  readonly run: ActiveRun;
  /** The pod object meant: the youngest of its name. */
  readonly row: PodRow;
  /** Attempts on that pod object, in order. */
  readonly attempts: readonly Attempt[];
  readonly notes: string[] = [];
  private readonly infos = new Map<PodInfo["uid"], PodInfo>();
  private readonly profiles: Profile[] = [];
  private readonly limitUs: number | undefined;

  constructor(prepared: PreparedRun, question: RunQuestion) {
    const attempts: Attempt[] = [];
    const rows = new Map<string, PodRow>();
    this.limitUs = smaller(question.atUs, question.untilUs);
    const watched = withDeciders(prepared, (decider) => {
      this.profiles.push(...decider.profiles.values());
      return decider;
    });
    const { userCalls } = question;
    this.run = startRun(watched, {
      ...(userCalls === undefined ? {} : { userCalls }),
      ...(question.maxEvents === undefined ? {} : { maxEvents: question.maxEvents }),
      sinks: { pod: (row) => keepYoungest(rows, row) },
      onDecision: (record, scheduler) => {
        const { namespace, name } = record.pod;
        if (
          !mayMean(question.pod, namespace, name) ||
          record.decidedUs > (this.limitUs ?? record.decidedUs)
        )
          return;
        attempts.push(attemptOf(record, scheduler));
        this.infos.set(record.pod.uid, record.pod);
      },
    });
    this.advanceAsRecorded(question.untilUs !== undefined);
    const result = this.run.finish(this.limitUs === undefined ? undefined : "stopped");
    if (
      this.limitUs === undefined &&
      question.fingerprint !== undefined &&
      result.fingerprint !== question.fingerprint
    ) {
      this.notes.push(
        `the replay went another way than the recorded run (fingerprint ${result.fingerprint}, recorded ${question.fingerprint}): this explains the replay`,
      );
    }
    this.row = rows.get(choosePod(question.pod, [...rows.keys()], this.where()))!;
    this.attempts = attempts.filter((attempt) => attempt.uid === this.row.uid);
  }

  pod(): ExplainedPod {
    const { row } = this;
    const template = this.infos.get(row.uid)?.template ?? this.liveTemplate();
    const pod = this.livePod();
    return {
      namespace: row.namespace,
      name: row.name,
      uid: row.uid,
      schedulerName: template?.schedulerName ?? "",
      priority: row.priority,
      requests: template === undefined ? requestsOfRow(row) : requestsOf(template),
      phase: row.phase,
      node: row.node === "" ? null : row.node,
      ...(pod === undefined
        ? { shown: { status: row.status, ready: row.ready }, status: null }
        : shownOf(this.run.api, pod)),
    };
  }

  untried(): ExplainRecord["untried"] {
    const { row } = this;
    const pod = this.livePod();
    if (pod !== undefined)
      return whyUntried(
        this.run.api,
        pod,
        this.profiles,
        `when the replay ended (${this.where()})`,
      );
    if (row.node !== "") {
      return {
        reason: "preassigned",
        text: `it came with the node ${row.node} already set: no scheduler was asked`,
      };
    }
    return { reason: "deleting", text: "it was deleted before any scheduler tried it" };
  }

  // A run that its strategy ended is explained up to there: the same call fails again.
  private advanceAsRecorded(wasCutShort: boolean): void {
    try {
      this.advance();
    } catch (error) {
      if (!wasCutShort || !(error instanceof StrategyError)) throw error;
      this.notes.push(`the run ended there: ${error.message}`);
    }
  }

  private advance(): void {
    const { run, limitUs } = this;
    // One event at a time near the limit would be exact; a slice may pass it, which the filter above
    // mends for attempts, and the rows of younger pods are the only ones that could differ.
    while (run.advance(limitUs === undefined ? EVENTS_PER_SLICE : 1)) {
      if (limitUs !== undefined && run.nowUs > limitUs) return;
    }
  }

  private where(): string {
    return this.limitUs === undefined
      ? "the run"
      : `the run up to ${formatDuration(duration(this.limitUs))}`;
  }

  private livePod(): PodIndex | undefined {
    const { pods } = this.run.api;
    const pod = pods.find(this.row.namespace, this.row.name);
    return pod === NO_POD || pods.uid(pod) !== this.row.uid ? undefined : pod;
  }

  private liveTemplate(): PodInfo["template"] | undefined {
    const pod = this.livePod();
    return pod === undefined ? undefined : this.run.api.pods.template(pod);
  }
}

function keepYoungest(rows: Map<string, PodRow>, row: PodRow): void {
  const key = keyOf(row);
  const known = rows.get(key);
  if (known === undefined || known.uid < row.uid) rows.set(key, row);
}

function attemptOf(record: DecisionRecord, scheduler: string): Attempt {
  return {
    uid: record.pod.uid,
    scheduler,
    number: record.attempt,
    poppedUs: record.poppedUs,
    decidedUs: record.decidedUs,
    result: record.result,
    node: record.nodeName,
    message: record.message,
    evaluatedCount: record.evaluatedCount,
    feasibleCount: record.feasibleCount,
  };
}

function requestsOfRow(row: PodRow): ExplainedPod["requests"] {
  const cpu = { resource: "cpu", unit: "milli", amount: row.milliCpuRequested } as const;
  const memory = { resource: "memory", unit: "bytes", amount: row.memoryBytesRequested } as const;
  return [cpu, memory].filter(({ amount }) => amount !== 0);
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

// --- Which attempt -------------------------------------------------------------------------------

function chooseAttempt(
  attempts: readonly Attempt[],
  question: RunQuestion,
  row: PodRow,
): Attempt | undefined {
  if (question.attempt === undefined) return attempts.at(-1);
  const found = attempts.find((attempt) => attempt.number === question.attempt);
  if (found !== undefined) return found;
  const count = attempts.length;
  throw refusal(
    "E_UNKNOWN_ATTEMPT",
    `pod ${keyOf(row)} had no attempt ${question.attempt}`,
    count === 0
      ? "it was never tried"
      : `it had ${count}: ${attempts[0]!.number} to ${attempts[count - 1]!.number}`,
  );
}

function headOf({ number, poppedUs, decidedUs, result }: Attempt): ExplainRecord["attempt"] {
  return { number, poppedUs, decidedUs, result };
}

function spansOf(attempts: readonly Attempt[]): AttemptSpan[] {
  const spans: AttemptSpan[] = [];
  for (const { number, decidedUs, result, node, message } of attempts) {
    const last = spans.at(-1);
    if (
      last !== undefined &&
      last.result === result &&
      (last.node ?? "") === node &&
      last.message === message
    ) {
      spans[spans.length - 1] = { ...last, lastAttempt: number, lastUs: decidedUs };
      continue;
    }
    spans.push({
      firstAttempt: number,
      lastAttempt: number,
      firstUs: decidedUs,
      lastUs: decidedUs,
      result,
      node: node === "" ? null : node,
      message,
    });
  }
  return spans;
}

// --- Second pass ---------------------------------------------------------------------------------

/** Runs again up to that attempt and explains it on the spot. */
function explainAttempt(
  prepared: PreparedRun,
  question: RunQuestion,
  attempts: readonly Attempt[],
  chosen: Attempt,
): DecisionParts & Pick<ExplainRecord, "queue"> {
  const { scheduler } = chosen;
  const own = attempts.filter((attempt) => attempt.scheduler === scheduler);
  let left = own.indexOf(chosen) + 1;
  let parts: (DecisionParts & Pick<ExplainRecord, "queue">) | undefined;
  let nowUs = (): number => 0;
  const facts = new QueueFacts(chosen.uid, () => nowUs());
  const { tieBreak } = prepared.schedulers.find(({ name }) => name === scheduler)!;
  const watched = withDeciders(prepared, (decider, { cache, configuration }, run) => {
    if (run.scheduler !== scheduler) return decider;
    nowUs = () => run.simulation.nowUs;
    const decide = (pod: PodInfo, cycle?: number): Verdict => {
      const isOwn = pod.uid === chosen.uid && parts === undefined;
      if (isOwn && left === 1) question.onEvaluation?.("begin");
      const verdict = decider.decide(pod, cycle);
      if (!isOwn) return verdict;
      left--;
      if (left > 0) {
        facts.passAttempt();
        return verdict;
      }
      refuseOtherWay(chosen, verdict);
      const world = new DecisionWorld(cache, decider, verdict, configuration, tieBreak);
      parts = { ...explainParts(world, verdict, question), queue: facts.build() };
      question.onEvaluation?.("end");
      run.simulation.stop("explained");
      return verdict;
    };
    // Everything else of the decider shows through, whatever it has.
    return Object.assign(Object.create(decider) as Decider, { decide });
  });
  const { maxEvents, userCalls } = question;
  const replay = startRun(watched, {
    onQueueMove: (name, record, place, event) => {
      if (name === scheduler) facts.onMove(record, place, event);
    },
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(userCalls === undefined ? {} : { userCalls }),
  });
  while (parts === undefined && replay.advance(EVENTS_PER_SLICE));
  if (parts === undefined)
    throw new Error(`the second replay made no attempt ${chosen.number} on the pod`);
  return parts;
}

// Two replays of one preparation are the same to the bit; user code that is not shows up here.
function refuseOtherWay(chosen: Attempt, { decision }: Verdict): void {
  const { evaluatedCount, feasible } = decision;
  if (evaluatedCount === chosen.evaluatedCount && feasible.length === chosen.feasibleCount) return;
  throw new Error(
    `two replays differ at attempt ${chosen.number}: ${evaluatedCount} nodes judged, ${chosen.evaluatedCount} before; is the strategy deterministic?`,
  );
}

/** The same run with something around the decider of each scheduler. */
function withDeciders(
  prepared: PreparedRun,
  wrap: (decider: Decider, parts: DeciderParts, identity: RunIdentity) => Decider,
): PreparedRun {
  const schedulers = prepared.schedulers.map((scheduler) => {
    const createDecider = (parts: DeciderParts, identity: RunIdentity): Decider =>
      wrap(
        // What is taken apart afterwards is the plain evaluator's memory of the cycle.
        scheduler.createDecider?.(parts, identity) ??
          createProfileDecider(parts, { evaluator: "plain" }),
        parts,
        identity,
      );
    return { ...scheduler, createDecider };
  });
  return { ...prepared, schedulers };
}
