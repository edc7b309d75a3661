// What a run says on the terminal: verdict, the numbers that matter, gates, notes.
//
// Takes the record, returns text; knows neither the terminal nor the file system. Every number here
// is one that summary.json holds, only written for people.

import { duration, formatDuration } from "../base/index.ts";
import type {
  DurationSummary,
  ExpectationVerdict,
  RunResult,
  SchedulerSummary,
  ThresholdVerdict,
  WorkloadSummary,
} from "../metrics/index.ts";
import { formatTextTable } from "./text-table.ts";
import { efficiencyRows, energyText, moneyText } from "./unit-text.ts";

/**
 * One line: did the run end well, and what of it did not. Where the scenario has gates (thresholds,
 * expectations), they alone decide, and what is pending or short is only told.
 */
export function verdictLine(result: RunResult): string {
  const { thresholds, expectations } = result;
  const broken: string[] = [];
  if (result.end.partial) broken.push(`partial (${result.end.reason})`);
  const failed = thresholds.filter((threshold) => !threshold.passed).length;
  if (failed > 0) broken.push(`${failed} of ${counted(thresholds.length, "threshold")} failed`);
  const unmet = expectations.filter((expectation) => !expectation.passed).length;
  if (unmet > 0) broken.push(`${unmet} of ${counted(expectations.length, "expectation")} not met`);
  const lacking: string[] = [];
  const unschedulable = result.counts.podsUnschedulableAtEnd;
  if (unschedulable > 0)
    lacking.push(
      `${counted(unschedulable, "pod")} ${unschedulable === 1 ? "fits" : "fit"} on no node`,
    );
  const short = result.workloads.filter(
    (workload) => workload.readyAtEndCount < workload.desiredCount,
  ).length;
  if (short > 0)
    lacking.push(
      `${counted(short, "workload")} ${short === 1 ? "lacks" : "lack"} replicas at the end`,
    );
  const gates = thresholds.length + expectations.length;
  if (broken.length > 0 || (gates === 0 && lacking.length > 0)) {
    return `NOT OK   ${[...broken, ...lacking].join("; ")}`;
  }
  if (lacking.length > 0) return `OK       all gates hold; ${lacking.join("; ")}`;
  return "OK       every pod found a node, every workload is complete";
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The whole summary as text, for `-o table` and `-o wide` (which shows every workload and all pending pods in the record). */
export function formatSummary(
  result: RunResult,
  options: { readonly wide: boolean } = { wide: false },
): string {
  const shownMax = options.wide ? Number.MAX_SAFE_INTEGER : 20;
  const parts = [`VERDICT  ${verdictLine(result)}\n`, headLines(result), measureTable(result)];
  if (result.schedulers.length > 1) parts.push(`\n${schedulerTable(result.schedulers)}`);
  if (result.workloads.length > 0) parts.push(`\n${workloadTable(result.workloads, shownMax)}`);
  if (result.thresholds.length > 0) parts.push(`\n${thresholdLines(result.thresholds)}`);
  if (result.expectations.length > 0) parts.push(`\n${expectationLines(result.expectations)}`);
  if (result.pendingAtEnd.length > 0)
    parts.push(`\n${pendingLines(result, options.wide ? 50 : 10)}`);
  return parts.join("");
}

/** The notes: what was not simulated, inferred or assumed. One line each; for stderr. */
export function formatNotes(result: Pick<RunResult, "notes">): string {
  return result.notes
    .map(
      (note) =>
        `note[${note.code}]: ${note.message}${note.count > 1 ? ` (${note.count} times)` : ""}\n`,
    )
    .join("");
}

/** A duration for people; "n/a" where there is none. */
export function spanText(us: number | null): string {
  return us === null ? "n/a" : formatDuration(duration(roundedForReading(us)));
}

/** A ratio as a percentage with one decimal, more where 99.9 % would hide the difference. */
export function ratioText(ratio: number | null): string {
  if (ratio === null) return "n/a";
  const percent = ratio * 100;
  const digits = percent > 99 && percent < 100 ? 3 : 1;
  const text = percent.toFixed(digits);
  // Never round up to a perfection that was not reached.
  return percent < 100 && Number(text) === 100 ? ">99.999 %" : `${text} %`;
}

function headLines(result: RunResult): string {
  const { counts, end } = result;
  const pods = `${counts.podsCreated} pods on ${counts.nodes} nodes`;
  return `         ${pods}, ${spanText(end.atUs)} of virtual time, seed ${result.seed}\n\n`;
}

/** The same with those counted in that were never bound, where they are many. */
function survivalRows(survival: RunResult["pendingSurvival"]): string[][] {
  if (survival === undefined) return [];
  const { censoredCount, p50Us, p90Us, p99Us, longestUs } = survival;
  const text = (us: number | null): string => (us === null ? "not reached" : spanText(us));
  return [
    [
      `  with ${censoredCount} never bound (Kaplan-Meier)`,
      ...[p50Us, p90Us, p99Us].map(text),
      `>= ${spanText(longestUs)}`,
    ],
  ];
}

function measureTable(result: RunResult): string {
  const rows: string[][] = [
    ["pending time (created to bound)", ...durationCells(result.pending)],
    ...survivalRows(result.pendingSurvival),
    ["start-up time (created to Ready)", ...durationCells(result.startup)],
  ];
  const table = formatTextTable(["MEASURE", "P50", "P90", "P99", "MAX"], rows, [
    "left",
    "right",
    "right",
    "right",
    "right",
  ]);
  const { departures, decisions } = result;
  const gone =
    departures.evictedByTaintCount +
    departures.evictedByApiCount +
    departures.evictedByKubeletCount;
  const single = [
    [
      "scheduling attempts",
      `${decisions.attemptsCount} (${decisions.unschedulableCount} unschedulable, ${decisions.tiedCount} ties)`,
    ],
    [
      "pods evicted / preempted / lost with a node",
      `${gone} / ${departures.preemptedCount} / ${departures.lostWithNodeCount}`,
    ],
    ...(result.lostWork.processesCount === 0
      ? []
      : [
          [
            "work lost with pods cut short",
            `${spanText(result.lostWork.runUs)} in ${result.lostWork.processesCount} runs (${spanText(result.lostWork.coreUs)} of a core)`,
          ],
        ]),
    ["ready replicas over desired", ratioText(result.availabilityRatio)],
    ["longest recovery of all replicas", spanText(result.recoveryMaxUs)],
    ...result.utilization.map((use) => [
      `${use.resource} requested over allocatable`,
      `${ratioText(use.requestedRatio)} (peak ${ratioText(use.peakRatio)})`,
    ]),
    ...efficiencyRows(result, ratioText),
  ];
  return `${table}\n${formatTextTable(["MEASURE", "VALUE"], single)}`;
}

function schedulerTable(schedulers: readonly SchedulerSummary[]): string {
  const rows = schedulers.map((each) => [
    each.name,
    ...[each.attemptsCount, each.boundCount, each.unschedulableCount].map(String),
    ...[each.conflictsCount, each.overcommitsCount].map(String),
  ]);
  const header = ["SCHEDULER", "ATTEMPTS", "BOUND", "UNSCHEDULABLE", "CONFLICTS", "OVERCOMMITS"];
  return formatTextTable(header, rows, ["left", "right", "right", "right", "right", "right"]);
}

function durationCells(summary: DurationSummary): string[] {
  return [summary.p50Us, summary.p90Us, summary.p99Us, summary.maxUs].map(spanText);
}

function workloadTable(workloads: readonly WorkloadSummary[], shownMax: number): string {
  const worstFirst = workloads
    .map((workload, index) => ({ workload, index }))
    .sort((a, b) => availabilityOf(a.workload) - availabilityOf(b.workload) || a.index - b.index);
  const rows = worstFirst
    .slice(0, shownMax)
    .map(({ workload }) => [
      `${workload.kind.toLowerCase()}/${workload.name}`,
      `${workload.readyAtEndCount}/${workload.desiredCount}`,
      ratioText(workload.availabilityRatio),
      spanText(workload.degradedUs),
      spanText(workload.longestDegradedUs),
      String(workload.podsLostCount),
    ]);
  const header = ["WORKLOAD", "READY", "AVAILABILITY", "SHORT FOR", "LONGEST", "PODS LOST"];
  const text = formatTextTable(header, rows, ["left", "right", "right", "right", "right", "right"]);
  const rest = workloads.length - shownMax;
  return rest > 0 ? `${text}... and ${rest} more in summary.json\n` : text;
}

function availabilityOf(workload: WorkloadSummary): number {
  return workload.availabilityRatio ?? -1;
}

function thresholdLines(thresholds: readonly ThresholdVerdict[]): string {
  return thresholds
    .map((threshold) => {
      const value = threshold.unit === "us" ? spanText(threshold.value) : valueText(threshold);
      return `${threshold.passed ? "pass" : "FAIL"}  ${threshold.expression}  (${threshold.measure} is ${value})\n`;
    })
    .join("");
}

function expectationLines(expectations: readonly ExpectationVerdict[]): string {
  return expectations
    .map(({ about, atUs, fact, wanted, value, passed }) => {
      const when = atUs === null ? "" : ` at ${spanText(atUs)}`;
      return `${passed ? "pass" : "FAIL"}  ${about}${when}: ${fact} ${wanted}  (is ${value ?? "n/a"})\n`;
    })
    .join("");
}

function valueText(threshold: ThresholdVerdict): string {
  if (threshold.value === null) return "n/a";
  if (threshold.unit === "money") return moneyText(threshold.value);
  if (threshold.unit === "energy") return energyText(threshold.value);
  return threshold.unit === "ratio" ? ratioText(threshold.value) : String(threshold.value);
}

function pendingLines(result: RunResult, shownMax: number): string {
  const shown = result.pendingAtEnd.slice(0, shownMax);
  const rows = shown.map((pending) => [pending.pod, pending.message]);
  const rest = result.counts.podsPendingAtEnd - shown.length;
  const text = formatTextTable(["STILL PENDING", "WHY"], rows);
  return rest > 0 ? `${text}... and ${rest} more in pods.csv\n` : text;
}

// Virtual time is exact to the microsecond; people read milliseconds, and whole seconds above an hour.
function roundedForReading(us: number): number {
  if (us < 10_000) return us;
  const step = us < 60_000_000 ? 1_000 : us < 3_600_000_000 ? 100_000 : 1_000_000;
  return Math.round(us / step) * step;
}
