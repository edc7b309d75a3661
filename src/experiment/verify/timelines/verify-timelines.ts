// `verify timelines`: a recorded timeline replayed run by run, every quantity of its summary computed
// from the replay and judged, and the order of events checked.
//
// Nothing is left out in silence: a key without a row is unknown, a quantity that cannot be computed is
// not supported, and both are named.

import { type Difference, ReportBuilder, type VerifyReport } from "../case-format.ts";
import { judge, round, shorten } from "./judge.ts";
import { CONTROLLER_ORDER_RULES } from "./order-of-controllers.ts";
import { ORDER_RULES, type OrderRule } from "./order-rules.ts";
import { ABSENT, type Computed, type Quantity, type Rule, type Situation } from "./quantity.ts";
import { findQuantity, splitKey } from "./quantities.ts";
import { type ReplayRecord, replayRun, unsupportedParts } from "./replay.ts";
import { UnknownChange } from "./replay-patches.ts";
import { RunView } from "./run-view.ts";
import { readTimeline, type RecordedQuantity, type TimelineFile } from "./timeline-file.ts";

/** All families of the order table. */
export const ALL_ORDER_RULES: readonly OrderRule[] = [...ORDER_RULES, ...CONTROLLER_ORDER_RULES];

/** How far an instant may be from the recorded one when the passes are the same. */
const PASS_SLACK_S = 0.6;

/** How one quantity of one replay was judged. */
export interface QuantityVerdict {
  /** Which run was followed, from 1. */
  readonly run: number;
  readonly key: string;
  readonly class: Rule["kind"] | "order" | "unknown";
  /** What was recorded, shortened. */
  readonly recorded: string;
  readonly simulated: string;
  readonly verdict: "agrees" | "differs" | "not compared" | "not supported" | "unknown key";
  readonly reasons: readonly string[];
}

/** A report with every quantity's verdict. */
export interface TimelineReport extends VerifyReport {
  readonly quantities: readonly QuantityVerdict[];
}

/** What to replay. */
export interface TimelineOptions {
  /** Replays of run 1 with so many seeds and all phases free, instead of one replay of each run. */
  readonly seeds?: number;
}

/** Replays a file and judges it. */
export function verifyTimeline(
  text: string,
  fileName: string,
  options: TimelineOptions = {},
): TimelineReport {
  const file = readTimeline(text, fileName);
  const report = new ReportBuilder(fileName);
  const missing = unsupportedParts(file);
  if (missing.length > 0) {
    report.add({ kind: "unsupported", names: missing });
    return { ...report.build(), quantities: [] };
  }
  const quantities: QuantityVerdict[] = [];
  for (const { run, seed } of replaysOf(file, options)) {
    const followsPasses = options.seeds === undefined;
    const replay = tryReplay(file, run, seed, followsPasses);
    if (typeof replay === "string") {
      report.add({ kind: "unsupported", names: [replay] });
      continue;
    }
    for (const failure of replay.failures) {
      const difference = { case: `run ${run + 1}`, what: "action", expected: "done", got: failure };
      report.add({ kind: "checked", differences: [difference] });
    }
    quantities.push(...judgeReplay(file, run, replay, followsPasses));
  }
  for (const verdict of quantities) addTo(report, verdict);
  const notes = uncompared(quantities);
  return { ...report.build(), notes, quantities };
}

/** What the rules of the replay only tell: by name, so that nothing is left out in silence. */
function uncompared(quantities: readonly QuantityVerdict[]): readonly string[] {
  const names = new Set(
    quantities.flatMap(({ verdict, key }) => (verdict === "not compared" ? [key] : [])),
  );
  return names.size === 0 ? [] : [`for information only: ${[...names].join(", ")}`];
}

/** The replay, or the name of the change that it could not make. */
function tryReplay(
  file: TimelineFile,
  run: number,
  seed: string,
  followsPasses: boolean,
): ReplayRecord | string {
  try {
    return replayRun(file, run, seed, followsPasses);
  } catch (error) {
    if (error instanceof UnknownChange) return error.message;
    throw error;
  }
}

function replaysOf(
  file: TimelineFile,
  { seeds }: TimelineOptions,
): readonly { readonly run: number; readonly seed: string }[] {
  if (seeds === undefined) return file.runs.map((_, run) => ({ run, seed: String(run + 1) }));
  return Array.from({ length: seeds }, (_, k) => ({ run: 0, seed: String(k + 1) }));
}

function addTo(report: ReportBuilder, verdict: QuantityVerdict): void {
  const { run, key, reasons, recorded, simulated } = verdict;
  switch (verdict.verdict) {
    case "not supported":
      report.add({ kind: "unsupported", names: [key] });
      return;
    case "unknown key":
      report.add({ kind: "unsupported", names: [`unknown key ${key}`] });
      return;
    case "not compared":
      return;
    case "agrees":
      report.add({ kind: "checked", differences: [] });
      return;
    case "differs": {
      const difference: Difference = {
        case: `run ${run}: ${key}`,
        what: reasons.join("; "),
        expected: recorded,
        got: simulated,
      };
      report.add({ kind: "checked", differences: [difference] });
    }
  }
}

/** All quantities of one replay. */
function judgeReplay(
  file: TimelineFile,
  run: number,
  replay: ReplayRecord,
  followsPasses: boolean,
): readonly QuantityVerdict[] {
  const recordedView = recordedSituation(file, run);
  const { horizon, events, attempts } = replay;
  const beyond = { view: new RunView(events), attempts };
  const within = {
    view: new RunView(events.filter(({ t }) => t <= horizon)),
    attempts: attempts.filter(({ t }) => t <= horizon),
  };
  const verdicts: QuantityVerdict[] = [];
  for (const [key, recorded] of file.summary) {
    const { prefix } = splitKey(key);
    const followed: Situation = { ...recordedView, key, prefix, recorded };
    const row = findQuantity(followed);
    const situation: Situation = {
      ...followed,
      ...(row?.isPhased === true ? beyond : within),
      actions: replay.actions,
      refusals: replay.refusals,
      snapshots: replay.snapshots,
      zoneStates: replay.zoneStates,
      horizon,
    };
    verdicts.push(judgeQuantity(row, situation, followed, followsPasses));
  }
  const whole: Situation = { ...recordedView, ...beyond, actions: replay.actions, horizon };
  for (const rule of ALL_ORDER_RULES) verdicts.push(judgeOrder(rule, whole));
  return verdicts;
}

function judgeOrder(rule: OrderRule, situation: Situation): QuantityVerdict {
  const breach = rule.check(situation);
  return {
    run: situation.run + 1,
    key: `order of ${rule.name}`,
    class: "order",
    recorded: "holds",
    simulated: breach ?? "holds",
    verdict: breach === undefined ? "agrees" : "differs",
    reasons: breach === undefined ? [] : [breach],
  };
}

/** A recorded run as quantities see it; key and quantity are the caller's. */
export function recordedSituation(file: TimelineFile, run: number): Situation {
  const recordedRun = file.runs[run]!;
  const { events, actions, wallStartSecondOfMinute } = recordedRun;
  const aliasOfName = new Map<string, string>();
  for (const { what, kind, name, alias } of events) {
    if (what === "created" && alias !== "") aliasOfName.set(`${kind}/${name}`, alias);
  }
  return {
    file,
    run,
    key: "",
    prefix: "",
    recorded: {},
    view: new RunView(events),
    actions,
    aliasOfName,
    horizon: events.reduce((max, { t }) => Math.max(max, t), 0) + 0.5,
    wallStartSecondOfMinute,
  };
}

function judgeQuantity(
  row: Quantity | undefined,
  situation: Situation,
  followed: Situation,
  followsPasses: boolean,
): QuantityVerdict {
  const { key, recorded, run } = situation;
  const about = { run: run + 1, key, recorded: recordedText(recorded, run) };
  if (row === undefined) {
    const verdict = "unknown key";
    return { ...about, class: "unknown", simulated: "", verdict, reasons: [] };
  }
  const rule = typeof row.rule === "function" ? row.rule(followed) : row.rule;
  const { kind } = rule;
  if (row.compute === undefined) {
    const verdict = kind === "none" ? "not compared" : "not supported";
    return { ...about, class: kind, simulated: "", verdict, reasons: [] };
  }
  const got = row.compute(situation);
  // A file that leaves objects out tells of single pods in its summary alone.
  const known = situation.file.inputIsCut ? ABSENT : row.compute(followed);
  if (got.absent === true) {
    const verdict = "not compared";
    return { ...about, class: kind, simulated: "nothing of the kind", verdict, reasons: [] };
  }
  const isTold = known.absent !== true && (known.values?.length !== 0 || recorded.n === undefined);
  const count = isTold ? expectedCount(row, situation, followed, known) : undefined;
  const reasons = [
    ...judge(rule, situation, got, count),
    ...(row.followsPass === true && followsPasses ? farFrom(known, got) : []),
  ];
  const verdict = kind === "none" ? "not compared" : reasons.length === 0 ? "agrees" : "differs";
  return { ...about, class: kind, simulated: computedText(got), verdict, reasons };
}

/** Values that are not near those of the run whose passes are followed, one by one. */
function farFrom(known: Computed, got: Computed): readonly string[] {
  const wanted = known.values ?? [];
  const far = (got.values ?? []).filter((value, k) => {
    const near = wanted[k];
    return near !== undefined && Math.abs(value - near) > PASS_SLACK_S;
  });
  return far.length === 0 ? [] : [`${far.map(round).join(", ")} far from the run followed`];
}

/** As many values as in the run followed, or as the replay's own placement allows. */
function expectedCount(
  { applies }: Quantity,
  situation: Situation,
  followed: Situation,
  known: Computed,
): number | undefined {
  const count = known.values?.length;
  if (applies === undefined || count === undefined) return count;
  return applies(situation) - (applies(followed) - count);
}

function recordedText(recorded: RecordedQuantity, run: number): string {
  if (recorded.never === true) return "never";
  if ("everyRun" in recorded) return shorten(JSON.stringify(recorded.everyRun));
  if (recorded.perRun !== undefined) return shorten(JSON.stringify(recorded.perRun[run]));
  const { min = 0, median = 0, max = 0, n = 0 } = recorded;
  return `${min} / ${median} / ${max} (n ${n})`;
}

function computedText({ values, fact }: Computed): string {
  if (values === undefined) return shorten(JSON.stringify(fact) ?? "nothing");
  if (values.length === 0) return "no value";
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
  return `${at(0)} / ${at(0.5)} / ${at(1)} (n ${sorted.length})`;
}
