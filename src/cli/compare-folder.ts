// The files of a comparison: the record, and every replication's numbers behind it.
//
// Written beside and renamed, like a run's; the hash of all inputs guards the folder.

import type { CompareCell } from "../experiment/index.ts";
import { PODSIM_VERSION } from "../experiment/index.ts";
import { sha256Hex } from "../base/index.ts";
import { csvText, drawWarmUp } from "../report/index.ts";
import type { Compared } from "./compare-job.ts";
import { ResultFolder } from "./result-folder.ts";

/** Writes the folder; returns the names of its files. */
export function keepComparison(
  { record, cells, plan, scenarioHash }: Compared,
  path: string,
  force: boolean,
  isPartial: boolean,
): readonly string[] {
  const { scenario: _, ...asked } = plan;
  const inputHash = sha256Hex(JSON.stringify([scenarioHash, record.scenario.inputHashes, asked]));
  const folder = ResultFolder.create(path, inputHash, force);
  folder.append("compare.json", `${JSON.stringify(record, undefined, 2)}\n`);
  folder.append("replications.csv", replicationsCsv(cells, plan.alternatives));
  if (record.warmUp !== undefined) folder.append("warm-up.svg", drawWarmUp(record.warmUp));
  const manifest = {
    schemaVersion: "podsim.dev/manifest/v1",
    command: "compare",
    versions: { podsim: PODSIM_VERSION },
    inputHash,
    end: { partial: isPartial },
  };
  folder.append("run.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
  return folder.commit();
}

// A tie audit's runs stand behind the others, under the name of their alternative.
function replicationsCsv(cells: readonly CompareCell[], alternatives: readonly string[]): string {
  const names = cells[0]!.measures.map(({ measure }) => measure);
  const header = ["alternative", "replication", "fingerprint", "unstable", ...names];
  const nameOf = (at: number): string =>
    alternatives[at] ?? `${alternatives[at - alternatives.length]!} (ties drawn)`;
  const rows = cells.map((cell) => [
    nameOf(cell.alternative),
    cell.replication,
    cell.fingerprint,
    cell.isUnstable ? 1 : 0,
    ...cell.measures.map(({ value }) => value),
  ]);
  return csvText([header, ...rows]);
}
