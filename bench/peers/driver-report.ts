// What a driver prints: one line of JSON at its end, the same in every language.

/** One run of one workload in a process of its own. */
export interface DriverReport {
  readonly events: number;
  /** CPU seconds, user and system, of the timed part. */
  readonly loopCpu: number;
  /** CPU seconds of the whole process, start-up included. */
  readonly processCpu: number;
  readonly maxRssMiB: number;
  /** The workload's results, to be compared with the published ones. */
  readonly check: readonly number[];
}

/** Reads the last line of a driver's output; undefined when it is no report. */
export function parseDriverReport(output: string): DriverReport | undefined {
  const line = output.trim().split("\n").at(-1) ?? "";
  try {
    const report = JSON.parse(line) as Partial<DriverReport>;
    const numbers = [report.events, report.loopCpu, report.processCpu, report.maxRssMiB];
    const isComplete = numbers.every((each) => typeof each === "number");
    return isComplete && Array.isArray(report.check) ? (report as DriverReport) : undefined;
  } catch {
    return undefined;
  }
}
