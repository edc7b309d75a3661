// The report of a study from what stores hold of it: the same bytes as of a run in one piece.
//
// A store has the study's description beside its cells; every shard wrote the same. Nothing runs here,
// no input is read, so a merge works wherever the folders are.

import {
  type CellResult,
  type CompareCell,
  type ComparePlan,
  nextCells,
  sweepCells,
  type SweepPlan,
} from "../experiment/index.ts";
import { type CompareOutcome, comparedOf } from "./compare-job.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { openStore } from "./study-run.ts";
import type { SweepOutcome } from "./sweep-job.ts";

/** A study as stores describe it. */
export type KeptStudy =
  | {
      readonly command: "compare";
      readonly scenarioHash: string;
      readonly plan: ComparePlan;
      readonly cells: readonly string[];
    }
  | { readonly command: "sweep"; readonly plan: SweepPlan; readonly cells: readonly string[] };

/** What a merge found. */
export interface Merged {
  readonly outcome:
    | ({ readonly command: "compare" } & CompareOutcome)
    | ({ readonly command: "sweep" } & SweepOutcome);
  /** Places of cells that no store has, with their hashes. */
  readonly missing: readonly { readonly at: number; readonly hash: string }[];
}

/** Merges the study that the folders hold; `id` chooses where they hold several. */
export function mergeStores(folders: readonly string[], id: string | undefined): Merged {
  const stores = folders.map(openStore);
  const studies = new Map<string, KeptStudy>();
  for (const store of stores)
    for (const study of store.studies()) studies.set(study.id, study.value as KeptStudy);
  const study = chosenStudy(studies, id, folders);
  const results = study.cells.map((hash): CellResult | undefined => {
    const texts = stores.flatMap((store) => store.textOf(hash) ?? []);
    const [first] = texts;
    if (texts.some((text) => text !== first))
      throw new CommandFailure(
        EXIT.internal,
        `cell ${hash} has two different results in ${folders.join(", ")}`,
      );
    return first === undefined ? undefined : (JSON.parse(first) as { result: CellResult }).result;
  });
  const missing = study.cells.flatMap((hash, at) =>
    results[at] === undefined ? [{ at, hash }] : [],
  );
  const counts = { done: results.length - missing.length, total: results.length };
  const common = { stoppedBy: undefined, notes: "", counts };
  if (study.command === "sweep") {
    const { plan } = study;
    const swept =
      counts.done === 0 ? undefined : { record: sweepCells(plan, results), plan, results };
    return { outcome: { command: "sweep", swept, ...common }, missing };
  }
  const places = nextCells(study.plan, []);
  const cells = places.flatMap((place, at): CompareCell[] => {
    const result = results[at];
    return result === undefined ? [] : [{ ...place, ...result }];
  });
  const compared = comparedOf(study.plan, study.scenarioHash, cells);
  return { outcome: { command: "compare", compared, ...common }, missing };
}

function chosenStudy(
  studies: ReadonlyMap<string, KeptStudy>,
  id: string | undefined,
  folders: readonly string[],
): KeptStudy {
  const list = [...studies].map(
    ([one, { command, cells }]) => `  ${one}  ${command}, ${cells.length} cells\n`,
  );
  const [first] = [...studies.values()];
  if (first === undefined)
    throw new CommandFailure(
      EXIT.input,
      `no study is kept in ${folders.join(", ")}: name folders that --store made`,
    );
  if (id === undefined && studies.size > 1)
    throw new CommandFailure(
      EXIT.usage,
      `the stores hold ${studies.size} studies: choose one with --study\n${list.join("").trimEnd()}`,
    );
  const study = id === undefined ? first : studies.get(id);
  if (study === undefined)
    throw new CommandFailure(EXIT.usage, `no study is called '${id}':\n${list.join("").trimEnd()}`);
  return study;
}
