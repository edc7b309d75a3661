// A law from a plain description such as { law: "weibull", shape: 0.7, scale: 3600 }.
//
// The edge between scenario files and laws: it takes an untrusted value and answers with a law or
// with everything that is wrong and where. Units and files are the caller's: durations written as
// text must already be numbers.

import {
  constant,
  exponential,
  gamma,
  lognormal,
  pareto,
  uniform,
  weibull,
} from "./distributions.ts";
import type { Law } from "./law.ts";
import type { LawFault, LawName } from "./law-specs.ts";
import { LAW_NAMES, LAW_SPECS, findLawFaults, findLawForm } from "./law-specs.ts";
import { empirical, mixture, zipf } from "./list-laws.ts";

/** A law, or why the description is none; exactly one of the two is there. */
export type LawReading =
  | { readonly law: Law; readonly faults?: undefined }
  | { readonly law?: undefined; readonly faults: readonly LawFault[] };

/** Mixtures of mixtures end here; deeper ones are a mistake or an attack. */
const DEPTH_MAX = 8;

/**
 * Reads a description: an object or Map with the name under `law` and one of the forms that
 * LAW_SPECS lists for it. Paths in faults are relative to the description. Never throws.
 */
export function lawFromSpec(description: unknown): LawReading {
  const faults: LawFault[] = [];
  const law = readLaw(description, [], 0, faults);
  return law === undefined ? { faults } : { law };
}

type Path = readonly (string | number)[];

// Parameters were checked against the form, so each constructor gets what its type says.
const CONSTRUCTORS: Readonly<Record<LawName, (parameters: never) => Law>> = {
  constant,
  uniform,
  exponential,
  weibull,
  lognormal,
  pareto,
  gamma,
  zipf,
  empirical,
  mixture,
};

function readLaw(value: unknown, path: Path, depth: number, faults: LawFault[]): Law | undefined {
  const refuse = (message: string, ...rest: Path): undefined => {
    faults.push({ path: [...path, ...rest], message });
    return undefined;
  };
  const fields = fieldsOf(value);
  if (fields === undefined) return refuse("a law must be a map with the name under `law`");
  if (depth > DEPTH_MAX) return refuse(`mixtures are nested more than ${DEPTH_MAX} deep`);
  const name = LAW_NAMES.find((candidate) => candidate === fields.get("law"));
  if (name === undefined) {
    return refuse(`law must be one of ${LAW_NAMES.join(", ")}`, "law");
  }
  fields.delete("law");
  const form = findLawForm(name, [...fields.keys()]);
  if (form === undefined) return refuse(`${name} is described by ${describeForms(name)}`);

  const parameters: Record<string, unknown> = {};
  for (const parameter of form) {
    const given = fields.get(parameter.name);
    if (given === undefined) continue;
    if (parameter.kind === "number" || parameter.kind === "integer") {
      parameters[parameter.name] = given;
    } else if (!isList(given)) {
      return refuse(`${parameter.name} must be a list`, parameter.name);
    } else if (parameter.kind === "numbers") {
      parameters[parameter.name] = given;
    } else {
      const members = Array.from(given, (member, index) =>
        readLaw(member, [...path, parameter.name, index], depth + 1, faults),
      );
      if (members.includes(undefined)) return undefined;
      parameters[parameter.name] = members;
    }
  }
  const found = findLawFaults(name, form, parameters);
  for (const fault of found) faults.push({ ...fault, path: [...path, ...fault.path] });
  return found.length === 0 ? CONSTRUCTORS[name](parameters as never) : undefined;
}

function describeForms(name: LawName): string {
  const texts = LAW_SPECS[name].forms.map((form) =>
    form
      .map((parameter) => (parameter.isOptional ? `[${parameter.name}]` : parameter.name))
      .join(", "),
  );
  return texts.join("; or by ");
}

/** The fields of an object or Map with text keys, those set to undefined left out. */
function fieldsOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || isList(value)) return undefined;
  const entries: Iterable<[unknown, unknown]> =
    value instanceof Map ? value : Object.entries(value);
  const fields = new Map<string, unknown>();
  for (const [key, field] of entries) {
    if (field !== undefined) fields.set(String(key), field);
  }
  return fields;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || value instanceof Float64Array;
}
