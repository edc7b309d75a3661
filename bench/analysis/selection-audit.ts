// How often the best of many is chosen, and after how many runs: KN and KN++.
//
// The hardest means that the promise covers: all others lag by exactly the indifference amount. With
// common worlds that make alternatives correlated, as compared schedulers are.

import { normalQuantile, seededStream } from "../../src/base/index.ts";
import { Selection } from "../../src/analysis/index.ts";
import { type Audit, type AuditSize, type AuditTable, percent } from "./audit.ts";

/** Chance of a right choice at the promised 95 %. */
export const selectionAudit: Audit = {
  name: "selection",
  repeats: 2_000,
  run: (size) => [choices(size)],
};

/** Own noise per replication, in indifference amounts. */
const NOISE = 2;

function choices({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  for (const procedure of ["KN", "KN++"] as const)
    for (const alternatives of [2, 5, 10])
      for (const lag of [1, 3]) {
        let right = 0;
        let runs = 0;
        const stream = seededStream(`selection/${procedure}/${alternatives}/${lag}`);
        const draw = (): number => normalQuantile(stream.nextUnit());
        for (let repeat = 0; repeat < repeats; repeat++) {
          const options = { indifference: 1, direction: "lower", procedure } as const;
          const selection = new Selection(alternatives, options);
          const best = repeat % alternatives;
          let survivors = selection.state;
          while (survivors.kind === "undecided") {
            const world = 5 * draw();
            runs += survivors.survivors.length;
            const values = Array.from({ length: alternatives }, (_, at) =>
              at === best ? world + NOISE * draw() : lag + world + NOISE * draw(),
            );
            survivors = selection.add(values);
          }
          if (survivors.best === best) right += 1;
        }
        rows.push([
          procedure,
          String(alternatives),
          String(lag),
          percent(right, repeats),
          (runs / repeats).toFixed(0),
        ]);
      }
  return {
    title: `Selection of the best at 95 %, noise ${NOISE} indifference amounts, ${repeats} choices per row`,
    header: ["procedure", "alternatives", "others lag by", "right", "mean runs"],
    rows,
  };
}
