// ImportedPods: rows of pods on their way out of a trace: cut to a span, counted, ended if they have no end.
//
// Every importer of a trace with times hands its pods to one of these, so that work that began before
// the trace, work without an end and pieces of a trace mean the same for all formats. It holds only
// unfinished pods whose end is to be drawn.

import {
  compareNumbers,
  EntityDraws,
  entityHash,
  formatDuration,
  type Duration,
  streamName,
} from "../../../base/index.ts";
import type { ImportOption, ImportRequest } from "./importer.ts";
import { givenDuration } from "./import-units.ts";

/** What becomes of work whose end is not in the data. */
export const UNFINISHED_OPTION: ImportOption = {
  name: "unfinished",
  what: "work whose end is not in the data: run (it never ends), drop, or draw (an end from the finished ones)",
  values: ["run", "drop", "draw"],
  default: "run",
};

/** A piece of the trace. */
export const SPAN_OPTIONS: readonly ImportOption[] = [
  { name: "from", what: "leave out what comes earlier; this instant becomes 0", isOptional: true },
  { name: "until", what: "leave out what comes at or after this instant", isOptional: true },
];

/** One pod as the trace has it. */
export interface ImportedPod {
  readonly name: string;
  readonly namespace: string;
  /** Microseconds since the trace's start; below 0 or -Infinity: it was there before. */
  readonly submittedUs: number;
  /** Undefined: its end is not in the data. */
  readonly runUs: number | undefined;
  /** How long it was seen to run, where its end is not in the data. */
  readonly seenUs?: number;
  /** Cells of the columns beside name, namespace and times. */
  readonly cells: readonly string[];
  readonly line?: number | undefined;
  /** How many pods of this row there are; their names end in -0, -1, ... where there are several. */
  readonly count?: number;
}

/** Finished run times that draws are made from. */
const SAMPLE_MAX = 65_536;

/** The way of pods into the table. */
export class ImportedPods {
  /** Rows written or held. */
  count = 0;
  private readonly request: ImportRequest;
  private readonly mode: string;
  private readonly fromUs: number;
  private readonly untilUs: number;
  private readonly held: ImportedPod[] = [];
  private readonly sample: number[] = [];
  private finishedCount = 0;
  private readonly draws = new EntityDraws(streamName("import", 0, "unfinished"));

  constructor(request: ImportRequest, columns: readonly string[]) {
    this.request = request;
    this.mode = request.options.get("unfinished") ?? "run";
    this.fromUs = givenDuration(request, "from") ?? 0;
    this.untilUs = givenDuration(request, "until") ?? Number.POSITIVE_INFINITY;
    request.pods.columns(["pod", "namespace", "at_us", "run_us", ...columns]);
  }

  /** Takes one pod, or several alike. */
  add(pod: ImportedPod): void {
    const { ledger } = this.request;
    const count = pod.count ?? 1;
    const place = { count, ...(pod.line === undefined ? {} : { line: pod.line }) };
    if (pod.runUs !== undefined) this.learn(pod.runUs);
    if (pod.submittedUs >= this.untilUs) {
      ledger.note("dropped", "comes at or after --until", place);
    } else if (pod.submittedUs < this.fromUs && this.fromUs > 0) {
      ledger.note("dropped", "came before --from", place);
    } else if (pod.runUs === undefined && this.mode === "drop") {
      ledger.note("unfinished", "its end is not in the data: left out (--unfinished drop)", place);
    } else {
      if (pod.submittedUs < 0)
        ledger.note("before start", "was there before the trace began: comes at 0", place);
      this.count += count;
      if (pod.runUs !== undefined) this.write(pod, pod.runUs);
      else this.keep(pod, place);
    }
  }

  /** Writes what was held, once all finished work is known. */
  finish(): void {
    const sorted = this.sample.toSorted(compareNumbers);
    for (const [at, pod] of this.held.entries()) {
      const seenUs = pod.seenUs ?? 0;
      const first = firstAtLeast(sorted, seenUs);
      const unit = this.draws.unit(entityHash("pod", at), 0);
      const drawn = sorted[first + Math.floor(unit * (sorted.length - first))];
      if (drawn === undefined)
        this.request.ledger.note("assumed", "no finished work ran longer: ends when last seen");
      this.write(pod, drawn ?? seenUs);
    }
  }

  /** What the scenario's clock is, as a line of the report. */
  clock(zero: string): string {
    const from =
      this.fromUs === 0 ? zero : `${zero} plus ${formatDuration(this.fromUs as Duration)}`;
    return `instant 0 is ${from}`;
  }

  private keep(pod: ImportedPod, place: { count: number; line?: number }): void {
    const { ledger } = this.request;
    if (this.mode === "run") {
      ledger.note("unfinished", "its end is not in the data: never ends (--unfinished run)", place);
      this.write(pod, undefined);
      return;
    }
    const what =
      "its end is not in the data: drawn from finished work that ran at least as long (--unfinished draw)";
    ledger.note("unfinished", what, place);
    this.held.push(pod);
  }

  private write(pod: ImportedPod, runUs: number | undefined): void {
    const atUs = Math.max(0, pod.submittedUs) - this.fromUs;
    const times = [String(Math.max(0, atUs)), runUs === undefined ? "" : String(runUs)];
    const count = pod.count ?? 1;
    for (let at = 0; at < count; at++) {
      const name = count === 1 ? pod.name : `${pod.name}-${at}`;
      this.request.pods.row([name, pod.namespace, ...times, ...pod.cells]);
    }
  }

  // A uniform sample of all that finished, whatever their number.
  private learn(runUs: number): void {
    if (this.mode !== "draw") return;
    const ordinal = this.finishedCount++;
    if (ordinal < SAMPLE_MAX) {
      this.sample.push(runUs);
      return;
    }
    const place = Math.floor(this.draws.unit(entityHash("sample", ordinal), 0) * (ordinal + 1));
    if (place < SAMPLE_MAX) this.sample[place] = runUs;
  }
}

function firstAtLeast(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
