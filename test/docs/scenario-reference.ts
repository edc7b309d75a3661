// The field tables of docs/scenario.md, made from the JSON Schema of scenario files.
//
// The schema is what readers and editors use, so a table made from it cannot describe another language.
// Run the test with PODSIM_WRITE_DOCS=1 to write the tables after the schema has changed.

import { LAW_SPECS } from "../../src/base/index.ts";
import { scenarioJsonSchema } from "../../src/experiment/index.ts";
import { MEASURES } from "../../src/metrics/index.ts";

/** The parts of JSON Schema that the scenario's schema uses. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

interface Row {
  readonly path: string;
  readonly value: string;
  readonly meaning: string;
  readonly isRequired: boolean;
}

/** Markdown of all field tables, a heading per section. */
export function fieldTables(): string {
  const root = scenarioJsonSchema() as Schema;
  const top: Row[] = [];
  const sections: string[] = [];
  for (const [name, schema] of Object.entries(root.properties ?? {})) {
    top.push(rowOf(name, schema, root.required?.includes(name) === true));
    const rows = innerRows(schema, "");
    if (rows.length > 0) sections.push(`### ${name}\n\n${sentenceOf(schema)}${tableOf(rows)}`);
  }
  return [`### Top level\n\n${tableOf(top)}`, ...sections].join("\n");
}

/** Markdown of the measures that gates may name. */
export function measureTable(): string {
  const lines = [...MEASURES].map(([name, { unit, distribution, meaning, argument }]) => {
    const called = argument === undefined ? name : `${name}(${argument})`;
    const written = distribution ? `\`${called}.STATISTIC\`` : `\`${called}\``;
    return `| ${written} | ${UNITS[unit]} | ${meaning} |\n`;
  });
  return `| measure | unit of the limit | meaning |\n|---|---|---|\n${lines.join("")}`;
}

const UNITS = {
  us: "duration",
  ratio: "ratio or percent",
  count: "whole number",
  money: "amount of money, such as 12.50",
  energy: "energy, such as 12kWh",
};

/** Markdown of the laws of random spans. */
export function lawTable(): string {
  const lines = Object.values(LAW_SPECS).map(({ name, summary, forms }) => {
    const written = forms.map((form) =>
      form.map((part) => `\`${part.name}\`${part.isOptional ? " (optional)" : ""}`).join(", "),
    );
    return `| \`${name}\` | ${written.join("; or ")} | ${summary} |\n`;
  });
  return `| law | parameters | what it is |\n|---|---|---|\n${lines.join("")}`;
}

function sentenceOf({ description }: Schema): string {
  return description === undefined
    ? ""
    : `${description[0]!.toUpperCase()}${description.slice(1)}.\n\n`;
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ path, value, meaning, isRequired }) => {
    const mark = isRequired ? " **required**" : "";
    return `| \`${path}\`${mark} | ${value} | ${meaning} |\n`;
  });
  return `| field | value | meaning |\n|---|---|---|\n${lines.join("")}`;
}

function rowOf(path: string, schema: Schema, isRequired: boolean, only = ""): Row {
  const meaning = [schema.description ?? schema.items?.description ?? "", only];
  return {
    ...{ path, value: valueText(schema), isRequired },
    meaning: meaning.filter((text) => text !== "").join("; "),
  };
}

/** Rows of everything below a schema; list members are written `list[].field`. */
function innerRows(schema: Schema, prefix: string): Row[] {
  if (schema.items !== undefined) return innerRows(schema.items, `${prefix.replace(/\.$/, "")}[].`);
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return variantRows(variants, prefix);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (name === "law" && field.const === undefined) return [];
    const path = `${prefix}${name}`;
    const isRequired = schema.required?.includes(name) === true;
    return [rowOf(path, field, isRequired), ...innerRows(field, `${path}.`)];
  });
}

// Variants are told apart by one constant field; equal fields of several are one row.
function variantRows(variants: readonly Schema[], prefix: string): Row[] {
  const names = [...new Set(variants.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  return names.flatMap((name) => {
    const having = variants.filter(({ properties }) => properties?.[name] !== undefined);
    const constants = having.map(({ properties }) => properties![name]!.const);
    const path = `${prefix}${name}`;
    if (constants[0] !== undefined) {
      const value = `one of ${constants.map((text) => `\`${text}\``).join(", ")}`;
      return [{ path, value, meaning: "which of the forms below", isRequired: true }];
    }
    const field = having[0]!.properties![name]!;
    const kinds = having.map(kindOf).join(", ");
    const only = having.length === variants.length ? "" : `only ${kinds}`;
    const isRequired = having.every(({ required }) => required?.includes(name) === true);
    return [rowOf(path, field, isRequired, only), ...innerRows(field, `${path}.`)];
  });
}

function kindOf({ properties }: Schema): string {
  const constant = Object.values(properties ?? {}).find((field) => field.const !== undefined);
  return `\`${constant?.const}\``;
}

function valueText(schema: Schema): string {
  if (schema.items !== undefined) return `list of ${pluralOf(schema.items)}`;
  if (schema.oneOf !== undefined || schema.anyOf !== undefined) return "map, by form";
  if (schema.enum !== undefined) {
    const words = schema.enum.map((word) => `\`${word}\``).join(", ");
    return schema.enum.length === 1 ? words : `one of ${words}`;
  }
  if (schema.properties?.["law"] !== undefined) return "[law](#laws)";
  if (schema.pattern?.includes("µs") === true) return "duration";
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.includes("integer") && types.length === 1) return rangeOf("whole number", schema);
  if (types.includes("number") && types.length === 1) return rangeOf("number", schema);
  return types.map((type) => WORDS[type] ?? type).join(" or ");
}

const WORDS: Readonly<Record<string, string>> = {
  ...{ string: "text", object: "map", boolean: "true or false" },
  ...{ integer: "whole number", number: "number" },
};

function pluralOf(schema: Schema): string {
  if (schema.enum !== undefined) return valueText(schema);
  return schema.type === "string" ? "texts" : "maps";
}

function rangeOf(noun: string, { minimum, exclusiveMinimum, maximum }: Schema): string {
  const from = exclusiveMinimum === undefined ? `from ${minimum}` : `above ${exclusiveMinimum}`;
  const isOpen = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  return isOpen ? `${noun} ${from}` : `${noun} ${from} to ${maximum}`;
}
