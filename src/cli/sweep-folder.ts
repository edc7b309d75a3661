// The files of a sweep: the record, its table as CSV, and every replication's numbers behind it.
//
// Written beside and renamed, like a run's; the hash of all inputs guards the folder.

import { sha256Hex } from "../base/index.ts";
import { PODSIM_VERSION, sweepCellsOf } from "../experiment/index.ts";
import { csvText, drawWarmUp, formatSweep } from "../report/index.ts";
import { ResultFolder } from "./result-folder.ts";
import type { Swept } from "./sweep-job.ts";

/** Writes the folder; returns the names of its files. */
export function keepSweep(swept: Swept, path: string, force: boolean): readonly string[] {
  const { record, plan } = swept;
  const inputHashes = record.rows.map(({ inputHash }) => inputHash);
  const inputHash = sha256Hex(JSON.stringify([inputHashes, plan]));
  const folder = ResultFolder.create(path, inputHash, force);
  folder.append("sweep.json", formatSweep(record, "json"));
  folder.append("sweep.csv", formatSweep(record, "csv"));
  folder.append("replications.csv", replicationsCsv(swept));
  for (const [at, warmUp] of (record.warmUps ?? []).entries())
    folder.append(`warm-up-${at}.svg`, drawWarmUp(warmUp));
  const manifest = {
    schemaVersion: "podsim.dev/manifest/v1",
    command: "sweep",
    versions: { podsim: PODSIM_VERSION },
    inputHash,
    end: { partial: record.missingCellsCount > 0 },
  };
  folder.append("run.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
  return folder.commit();
}

function replicationsCsv({ record, plan, results }: Swept): string {
  const names = record.measures.map(({ measure }) => measure);
  const header = [...plan.parameters, "scheduler", "replication", "fingerprint", "unstable"];
  const rows = sweepCellsOf(plan).flatMap(({ row, replication }, at) => {
    const result = results[at];
    if (result === undefined) return [];
    const { values, scheduler } = plan.rows[row]!;
    const measured = new Map(result.measures.map(({ measure, value }) => [measure, value]));
    return [
      [
        ...[...values, scheduler, replication, result.fingerprint, result.isUnstable ? 1 : 0],
        ...names.map((name) => measured.get(name) ?? null),
      ],
    ];
  });
  return csvText([[...header, ...names], ...rows]);
}
