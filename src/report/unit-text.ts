// Money and energy for people, and the summary's rows for what is measured only when somebody asks.
//
// Results hold whole millionths of a currency and joules; nothing here is ever read back.

import type { CostSummary, EnergySummary, RunResult } from "../metrics/index.ts";

/** An amount of money from its millionths: two digits behind the point, four below ten. */
export function moneyText(micros: number | null, currency: string = ""): string {
  if (micros === null) return "n/a";
  const amount = micros / 1_000_000;
  const digits = Math.abs(amount) >= 10 || amount === 0 ? 2 : 4;
  return `${amount.toFixed(digits)}${currency === "" ? "" : ` ${currency}`}`;
}

/** Joules in the unit that leaves a handy number: kWh, Wh or J. */
export function energyText(joules: number | null): string {
  if (joules === null) return "n/a";
  const size = Math.abs(joules);
  if (size >= 3_600_000) return `${(joules / 3_600_000).toFixed(2)} kWh`;
  if (size >= 3_600) return `${(joules / 3_600).toFixed(2)} Wh`;
  return `${Number.isInteger(joules) ? joules : joules.toFixed(2)} J`;
}

/** Rows of the summary for what was asked for beside the rest; `ratio` writes a ratio. */
export function efficiencyRows(
  { fragmentation, fairness, cost, energy }: RunResult,
  ratio: (value: number | null) => string,
): [string, string][] {
  return [
    ...(fragmentation?.resources ?? []).map(
      ({ resource, fragmentedRatio, strandedRatio }): [string, string] => [
        `free ${resource} fragmented / ${resource} stranded`,
        `${ratio(fragmentedRatio)} / ${ratio(strandedRatio)}`,
      ],
    ),
    ...(fairness === undefined
      ? []
      : [
          [
            `fairness of ${fairness.namespaces.length} namespaces (share / served)`,
            `${ratio(fairness.shareJain)} / ${ratio(fairness.servedJain)}`,
          ] as [string, string],
        ]),
    ...(cost === undefined ? [] : costRows(cost)),
    ...(energy === undefined ? [] : energyRows(energy)),
  ];
}

function costRows(cost: CostSummary): [string, string][] {
  const unpriced = cost.unpricedNodesCount;
  if (unpriced > 0) return [["cost of the nodes", `n/a (${unpriced} nodes have no price)`]];
  const [total, idle] = [cost.totalMicros, cost.idleMicros].map((micros) =>
    moneyText(micros, cost.currency),
  );
  const perPod = cost.perPodMicros === null ? "" : `, ${moneyText(cost.perPodMicros)} per pod`;
  return [["cost of the nodes", `${total} (${idle} for idle room${perPod})`]];
}

function energyRows(energy: EnergySummary): [string, string][] {
  const unrated = energy.unratedNodesCount;
  if (unrated > 0) return [["energy", `n/a (${unrated} nodes have no power rating)`]];
  const idle = energyText(energy.idleJoules);
  return [["energy", `${energyText(energy.totalJoules)} (${idle} with nothing to do)`]];
}
