// What commands cost in processor time, compared process by process: their children included.
//
// Node does not tell a process what its children took, but the shell's `times` does.

import { execFileSync } from "node:child_process";
import { median } from "./statistics.ts";

/** Seconds of CPU that one run of a command took, measured over so many runs in a row. */
export function cpuSecondsOf(command: readonly string[], runs: number): number {
  const loop =
    'n=$1; shift; while [ "$n" -gt 0 ]; do "$@" >/dev/null || exit 1; n=$((n-1)); done; times';
  const text = execFileSync("sh", ["-c", loop, "sh", String(runs), ...command], {
    encoding: "utf8",
  });
  const [, children = ""] = text.trim().split("\n");
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
  );
  if (seconds.length !== 2) throw new Error(`sh cannot tell times: ${JSON.stringify(text)}`);
  return (seconds[0]! + seconds[1]!) / runs;
}

/** Median costs of two commands and their ratio, in rounds that take turns (ABBA). */
export function compareCommands(
  base: readonly string[],
  head: readonly string[],
  rounds: number,
  runs: number,
): { readonly base: number; readonly head: number; readonly ratio: number } {
  const costs = { base: [] as number[], head: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (["base", "head"] as const) : (["head", "base"] as const);
    for (const which of order)
      costs[which].push(cpuSecondsOf(which === "base" ? base : head, runs));
  }
  const ratios = costs.head.map((cost, round) => cost / costs.base[round]!);
  return { base: median(costs.base), head: median(costs.head), ratio: median(ratios) };
}
