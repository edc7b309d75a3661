// Fitted laws as text: how far each is from the values, and the line a scenario takes.
//
// What was observed stands first: it is the default. Parameters have six digits in the table and all of
// them in JSON.

import type { FittedLaw, LawFits } from "../analysis/index.ts";
import { formatTextTable } from "./text-table.ts";

/** What `podsim fit` found. */
export interface LawFitRecord extends LawFits {
  readonly file: string;
  readonly column: string;
  /** What the values are in; empty where they are no time. */
  readonly unit: string;
  readonly emptyCount: number;
  readonly empirical: {
    readonly values: readonly number[];
    readonly kolmogorovSmirnov: number;
  };
}

/** The record as a table for people. */
export function formatLawFits(record: LawFitRecord): string {
  const { count, emptyCount, leftOutCount, min, median, mean, max, unit, empirical } = record;
  const spread = [min, median, mean, max].map((value) => short(value));
  const lines = [
    `${count} values of ${record.column} in ${record.file}${unit === "" ? "" : `, in ${unit}`}` +
      (emptyCount > 0 ? `; ${emptyCount} empty cells` : ""),
    `min ${spread[0]}, median ${spread[1]}, mean ${spread[2]}, max ${spread[3]}`,
    ...(leftOutCount > 0
      ? [
          `${leftOutCount} values of 0 or below are left out of the fits: these laws cannot give them`,
        ]
      : []),
  ];
  const rows = [
    ["empirical", `${empirical.values.length} values`, fixed(empirical.kolmogorovSmirnov), "-"],
    ...record.laws.map((fit) => [
      ...[fit.spec.law, parametersOf(fit), fixed(fit.kolmogorovSmirnov)],
      fixed(fit.andersonDarling),
    ]),
  ];
  const table = formatTextTable(["LAW", "PARAMETERS", "KS", "AD"], rows, [
    ...(["left", "left", "right", "right"] as const),
  ]);
  const specs = [
    `{ law: empirical, values: [${empirical.values.map((value) => short(value)).join(", ")}] }`,
    ...record.laws.map((fit) => `{ law: ${fit.spec.law}, ${parametersOf(fit)} }`),
  ];
  return `${lines.join("\n")}\n\n${table}\nas a law in a scenario:\n${specs.map((spec) => `  ${spec}\n`).join("")}`;
}

function parametersOf({ spec }: FittedLaw): string {
  const { law: _, ...parameters } = spec;
  return Object.entries(parameters)
    .map(([name, value]) => `${name}: ${short(Number(value))}`)
    .join(", ");
}

const DIGITS = 6;

function short(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}

function fixed(value: number): string {
  return value.toFixed(4);
}
