// What stands beside an estimate, in words: a second interval, and waiting with unbound pods counted in.
//
// Comparisons and sweeps say it alike; each puts the name of the alternative or row before it.

import type {
  AntitheticAnswer,
  AntitheticPilot,
  BootstrapBeside,
  Estimate,
  SweepRow,
  WaitingEstimates,
} from "../analysis/index.ts";
import type { MeasureUnit } from "../metrics/index.ts";
import { amountText } from "./amount-text.ts";
import { spanText } from "./summary-text.ts";

/** One line, or none where the first interval is as good: within its bounds, or the same as shown. */
export function bootstrapText(
  estimate: Estimate,
  { reason, skewness, interval, isBeyondBounds }: BootstrapBeside,
  unit: MeasureUnit,
): string[] {
  if (estimate.kind !== "interval" || (reason === "bounded" && !isBeyondBounds)) return [];
  const bounds = ({ low, high }: { low: number; high: number }): string =>
    `[${amountText(low, unit)}, ${amountText(high, unit)}]`;
  const why =
    reason === "skewed"
      ? `replications are skewed (${skewness.toFixed(1)})`
      : "the interval holds what cannot be";
  const [second, first] = [bounds(interval), bounds(estimate)];
  return second === first ? [] : [`${why}; bootstrap (BCa) says ${second} beside ${first}`];
}

/** What the first pairs of a study said, and how it went on; none where no pairs were asked for. */
export function pilotText(pilot: AntitheticPilot | undefined): string[] {
  if (pilot === undefined) return [];
  const { pairsCount, meanCorrelation, isKept } = pilot;
  const said =
    meanCorrelation === null
      ? "nothing varied"
      : `correlation ${meanCorrelation.toFixed(2)} on average`;
  return [
    isKept
      ? `antithetic pairs: the first ${pairsCount} opposed each other (${said})`
      : `no antithetic pairs: the first ${pairsCount} did not oppose each other (${said}), so plain replications were run`,
  ];
}

/** Which measures gained from antithetic pairs, and which did not. */
export function antitheticText(answers: readonly AntitheticAnswer[]): string[] {
  const known = answers.filter(({ correlation }) => correlation !== null);
  const list = (isOpposed: boolean): string =>
    known
      .filter((one) => one.isOpposed === isOpposed)
      .map(({ measure, correlation }) => `${measure} (${correlation!.toFixed(2)})`)
      .join(", ");
  const [gain, none] = [list(true), list(false)];
  return [
    ...(gain === "" ? [] : [`antithetic pairs oppose each other in ${gain}: narrower intervals`]),
    ...(none === ""
      ? []
      : [`no gain from antithetic pairs in ${none}: plain replications say more there`]),
  ];
}

/** How replications were chosen by how many machines fail; none where they were not. */
export function strataText(strata: SweepRow["strata"]): string[] {
  if (strata === undefined) return [];
  const parts = strata.map(({ machinesMin, machinesMax, probability, replicationsCount }) => {
    const machines =
      machinesMax === null
        ? `${machinesMin} or more`
        : machinesMax === machinesMin
          ? `${machinesMin}`
          : `${machinesMin} to ${machinesMax}`;
    const share = `${Number((100 * probability).toPrecision(3))} %`;
    return `${machines} in ${replicationsCount} replications (weight ${share})`;
  });
  return [`machines that fail at least once: ${parts.join(", ")}; counts of pods are unweighted`];
}

/** One line, or none where nearly all were bound. */
export function waitingText(waiting: WaitingEstimates | undefined): string[] {
  if (waiting === undefined) return [];
  const { count, censoredCount, p50Us, p95Us } = waiting;
  const who = `with the ${censoredCount} of ${count} that were never bound counted in (Kaplan-Meier)`;
  return [`${who}, pending p50 is ${percentileText(p50Us)}, p95 ${percentileText(p95Us)}`];
}

function percentileText(estimate: Estimate): string {
  if (estimate.kind === "absent") {
    const { reason, affectedCount, count } = estimate;
    if (reason === "missing-values") return `not reached in ${affectedCount} of ${count} runs`;
    if (reason === "unstable") return "n/a (work piles up)";
    return "n/a (too few pods)";
  }
  const value = spanText(Math.round(estimate.value));
  if (estimate.kind === "point") return value;
  // No wait is below 0, so cutting the interval there loses nothing of what it covers.
  const low = spanText(Math.max(0, Math.round(estimate.low)));
  return `${value} [${low}, ${spanText(Math.round(estimate.high))}]`;
}
