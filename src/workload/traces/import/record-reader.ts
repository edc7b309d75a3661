// Records of a table that a database exported, as JSON (lines or one list) or as CSV with a header.
//
// Which of them it is shows in the first character. Fields inside others are `outer.inner`; exports to
// CSV write that with a dot or an underscore. Values are handed on as text: 64-bit numbers stay whole.

import { CsvReader, JsonElements } from "../../../base/index.ts";
import type { ImportLedger, TextSink } from "./importer.ts";

/** The present record; valid during the call only. */
export interface ImportRecord {
  readonly line: number;
  /** The field's text; empty where it is null or missing. */
  text(field: string): string;
  /** A number; undefined where it is null or missing; refused where it is no number. */
  number(field: string): number | undefined;
  /** How many elements a list has; 0 where it is missing or no list. */
  length(field: string): number;
  /** Stops the import because of this field. */
  refuse(field: string, message: string): void;
}

/** Reads a file of records. */
export function recordReader(
  file: string,
  ledger: ImportLedger,
  sink: (record: ImportRecord) => void,
): TextSink {
  let reader: TextSink | undefined;
  let count = 0;
  const counted = (record: ImportRecord): void => {
    count++;
    sink(record);
  };
  return {
    push: (text) => {
      const first = text.trimStart()[0];
      if (reader === undefined && first === undefined) return;
      reader ??=
        first === "{" || first === "["
          ? jsonReader(file, ledger, counted)
          : csvReader(file, ledger, counted);
      reader.push(text);
    },
    end: () => {
      reader?.end();
      ledger.read(file, count);
    },
  };
}

function jsonReader(
  file: string,
  ledger: ImportLedger,
  sink: (record: ImportRecord) => void,
): TextSink {
  const reader = new JsonElements(
    (value, line) => {
      const at = (field: string): unknown =>
        field
          .split(".")
          .reduce<unknown>(
            (inside, key) =>
              typeof inside === "object" && inside !== null
                ? (inside as Readonly<Record<string, unknown>>)[key]
                : undefined,
            value,
          );
      sink(
        recordOf(file, line, ledger, (field) => {
          const found = at(field);
          return typeof found === "object" && !Array.isArray(found) ? undefined : found;
        }),
      );
    },
    { file },
  );
  const end = (): void => {
    reader.end();
    for (const problem of reader.problems) ledger.refuse(problem);
  };
  return { push: (text) => reader.push(text), end };
}

function csvReader(
  file: string,
  ledger: ImportLedger,
  sink: (record: ImportRecord) => void,
): TextSink {
  let positions: ReadonlyMap<string, number> | undefined;
  const reader = new CsvReader(
    (cells, line) => {
      positions ??= new Map(reader.header.map((name, at) => [name.replaceAll(".", "_"), at]));
      const found = positions;
      sink(
        recordOf(file, line, ledger, (field) => cells[found.get(field.replaceAll(".", "_")) ?? -1]),
      );
    },
    { file, ragged: true },
  );
  const end = (): void => {
    reader.end();
    for (const problem of reader.problems) if (problem.severity === "error") ledger.refuse(problem);
  };
  return { push: (text) => reader.push(text), end };
}

function recordOf(
  file: string,
  line: number,
  ledger: ImportLedger,
  fieldOf: (field: string) => unknown,
): ImportRecord {
  const text = (field: string): string => {
    const value = fieldOf(field);
    return value === undefined || value === null ? "" : String(value);
  };
  const refuse = (field: string, message: string): void =>
    ledger.refuse({ code: "E_IMPORT_VALUE", message, file, line, path: field });
  return {
    line,
    text,
    refuse,
    number: (field) => {
      const found = text(field);
      if (found === "") return undefined;
      const value = Number(found);
      if (Number.isFinite(value)) return value;
      refuse(field, `${JSON.stringify(found)}: a number was expected`);
      return undefined;
    },
    length: (field) => {
      const value = fieldOf(field);
      return Array.isArray(value) ? value.length : 0;
    },
  };
}
