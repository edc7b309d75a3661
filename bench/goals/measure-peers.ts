// The event loop against SimPy, simjs and simcore on E1 and E2 (P6), where they are installed.
//
// The command `peers` measures; this judges. A peer that is missing or fails is not measured, and never
// a failure; podsim's own result must be the published one.

import { execFileSync } from "node:child_process";
import type { WorkloadFigures } from "../peers/measure-peers.ts";
import type { GoalContext, Measurement } from "./goal.ts";

const BARS: ReadonlyMap<string, number> = new Map([
  ["SimPy", 8],
  ["simjs", 2],
  ["simcore", 0.5],
]);
const WORKLOADS = ["E1", "E2"] as const;

interface PeersReport {
  readonly missing: readonly (readonly [string, string])[];
  readonly workloads: readonly WorkloadFigures[];
}

/** P6. */
export const peers: Measurement = {
  name: "peers",
  goals: ["P6"],
  measure: (context) => {
    context.progress(`P6: ${[...BARS.keys()].join(", ")} on ${WORKLOADS.join(" and ")}`);
    const { missing, workloads } = runPeers(context);
    for (const id of WORKLOADS) {
      const figures = workloads.find(({ workload }) => workload.id === id)!;
      for (const [name, least] of BARS) {
        const reason = missing.find(([who]) => who === name)?.[1];
        reportPeer(name, least, reason, figures, context);
      }
    }
  },
};

function runPeers({ mainPath, slices, peers: folder }: GoalContext): PeersReport {
  const text = execFileSync(
    process.execPath,
    [
      ...[mainPath, "peers", "--json", "--workload", WORKLOADS.join(",")],
      ...["--only", [...BARS.keys()].join(","), "--rounds", String(slices)],
      ...(folder === undefined ? [] : ["--folder", folder]),
    ],
    { encoding: "utf8", maxBuffer: 16 * 1024 * 1024, stdio: ["ignore", "pipe", "inherit"] },
  );
  return JSON.parse(text) as PeersReport;
}

function reportPeer(
  name: string,
  least: number,
  missing: string | undefined,
  { workload, entrants }: WorkloadFigures,
  context: GoalContext,
): void {
  const own = entrants.find((entrant) => entrant.name === "podsim")!;
  if (!own.isRight) throw new Error(`podsim's result on ${workload.id} is not the published one`);
  const peer = entrants.find((entrant) => entrant.name === name);
  const part = `${workload.id}, ${name}`;
  const reason = missing ?? (peer === undefined ? "not run" : peer.failure);
  if (reason !== "" || peer === undefined || !peer.isRight) {
    const note = reason === "" ? "its result is not the published one" : reason;
    context.report({ goal: "P6", part, unit: "x", note });
    return;
  }
  context.report({
    ...{ goal: "P6", part: `${part} ${peer.version}`, unit: "x", bar: { atLeast: least } },
    figure: own.eventsPerCpuSecond / peer.eventsPerCpuSecond,
    hash: String(workload.check.at(-1)),
    spread: own.spread,
    note: "events per CPU second of the loop, podsim's compilation included",
  });
}
