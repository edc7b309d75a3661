// A price list that the user brings: CSV with what machines cost per hour, and may draw.
//
// Columns by name: shape, pricePerHour, and where there are any currency, idleWatts, fullWatts. A shape
// is an instance type, or the name of a node pool. A line that cannot be read refuses the list: a
// machine that silently costs nothing would be worse.

import { readCsv } from "../../base/index.ts";
import type { PriceList, ShapeRate } from "../scenario/scenario.ts";
import { type FieldReader, readPricePerHour, readWatts } from "../scenario/scenario-fields.ts";

/** A list, or everything that is wrong with it. */
export interface PriceFile {
  readonly prices: PriceList;
  readonly problems: readonly string[];
}

const COLUMNS = ["shape", "priceperhour", "currency", "idlewatts", "fullwatts"] as const;

/** Reads the text of a price list; lines that begin with `#` above its header are remarks. */
export function readPriceFile(text: string): PriceFile {
  const remarks = /^(?:#.*\r?\n)*/.exec(text)?.[0] ?? "";
  const skipped = remarks.split("\n").length - 1;
  const table = readCsv(text.slice(remarks.length));
  const problems = table.problems.map(({ message }) => message);
  const names = table.header.map((name) => name.trim().toLowerCase());
  const [shapeAt, priceAt, currencyAt, idleAt, fullAt] = COLUMNS.map((name) => names.indexOf(name));
  const shapes = new Map<string, ShapeRate>();
  const currencies = new Set<string>();
  if (shapeAt === -1 || (priceAt === -1 && idleAt === -1)) {
    problems.push("the list needs the columns shape and pricePerHour");
    return { prices: { currency: "", shapes }, problems };
  }
  for (const { cells, line } of table.rows) {
    const cell = (at: number | undefined): string => cells[at ?? -1]?.trim() ?? "";
    const complain = (what: string): void => void problems.push(`line ${line + skipped}: ${what}`);
    const read = (at: number | undefined, reader: FieldReader<number>): number | undefined => {
      if (cell(at) === "") return undefined;
      const { value, refusals } = reader(cell(at));
      for (const { message } of refusals ?? []) complain(`${names[at!]}: ${message}`);
      return value;
    };
    const name = cell(shapeAt);
    const rate = rateOf(
      read(priceAt, readPricePerHour),
      read(idleAt, readWatts),
      read(fullAt, readWatts),
    );
    if (name === "") complain("no shape is named");
    else if (shapes.has(name)) complain(`the shape '${name}' stands twice`);
    else if (typeof rate === "string") complain(`${name}: ${rate}`);
    else shapes.set(name, rate);
    if (cell(currencyAt) !== "") currencies.add(cell(currencyAt));
  }
  if (currencies.size > 1)
    problems.push(`prices in several currencies cannot be added: ${[...currencies].join(", ")}`);
  return { prices: { currency: [...currencies][0] ?? "", shapes }, problems };
}

function rateOf(
  pricePerHourMicros: number | undefined,
  idleMilliwatts: number | undefined,
  fullMilliwatts: number | undefined,
): ShapeRate | string {
  if (idleMilliwatts === undefined && fullMilliwatts === undefined) {
    if (pricePerHourMicros === undefined) return "neither a price nor power";
    return { pricePerHourMicros, power: undefined };
  }
  if (idleMilliwatts === undefined || fullMilliwatts === undefined)
    return "power needs both idleWatts and fullWatts";
  if (fullMilliwatts < idleMilliwatts) return "a busy machine draws less than an idle one";
  return { pricePerHourMicros, power: { idleMilliwatts, fullMilliwatts } };
}

/** The scenario's prices with those of a file before them, shape by shape. */
export function joinPrices(own: PriceList | undefined, given: PriceList): PriceList | string {
  if (own === undefined) return given;
  const [before, after] = [own.currency, given.currency];
  if (before !== "" && after !== "" && before !== after)
    return `the scenario's prices are in ${before}, those of the file in ${after}`;
  return {
    currency: after === "" ? before : after,
    shapes: new Map([...own.shapes, ...given.shapes]),
  };
}
