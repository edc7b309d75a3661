// One override of a scenario: `run.horizon=2h`, `cluster.nodePools.0.count=40`.
//
// It changes the plain value before it is checked, so that an override is judged by the same schema
// as the file. A text is taken for what the field wants: `seed=7` and `name=7` both work.

import { formatPath, type Problem, readYaml } from "../../base/index.ts";

/** The value with the override applied (a copy), or why it cannot be. */
export type OverrideOutcome =
  | {
      readonly value: unknown;
      readonly path: readonly (string | number)[];
      readonly problem?: undefined;
    }
  | { readonly value?: undefined; readonly problem: Problem };

/**
 * Applies `path=value`; steps are separated by dots, list items are numbers, `-` adds one at the end,
 * missing maps and lists are made.
 * The value is read as YAML; `isRefused` says whether the result has an error at the path, in which
 * case the plain text is tried instead.
 */
export function applyOverride(
  scenario: unknown,
  override: string,
  isRefused: (value: unknown, path: readonly (string | number)[]) => boolean,
): OverrideOutcome {
  const equals = override.indexOf("=");
  if (equals <= 0)
    return refuse(`'${override}' is no override: write path=value, such as run.horizon=2h`);
  const steps = override.slice(0, equals).trim().split(".");
  const text = override.slice(equals + 1);
  if (steps.includes("")) return refuse(`'${override}' has an empty step in its path`);
  if (steps.includes("__proto__")) return refuse(`'${override}' names no field`);
  const { documents, problems } = readYaml(text, { lettersAreText: true });
  const isReadable = !problems.some(({ severity }) => severity === "error");
  const candidates: unknown[] = isReadable
    ? [documents.length === 0 ? "" : documents[0]!.value, text]
    : [text];
  let first: OverrideOutcome | undefined;
  for (const candidate of candidates) {
    const path: (string | number)[] = [];
    const copy = structuredClone(scenario);
    const fault = setAt(copy, steps, candidate, path);
    if (fault !== undefined) return refuse(`${formatPath(path)}: ${fault}`);
    first ??= { value: copy, path };
    if (!isRefused(copy, path)) return { value: copy, path };
  }
  return first!;
}

/** The step that adds an item to a list, as in JSON Pointer. */
const APPENDED = "-";

function refuse(message: string): OverrideOutcome {
  return { problem: { code: "E_OVERRIDE", severity: "error", message } };
}

function setAt(
  root: unknown,
  steps: readonly string[],
  value: unknown,
  path: (string | number)[],
): string | undefined {
  let parent: unknown = root;
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    if (Array.isArray(parent)) {
      const isNew = step === APPENDED;
      const at = isNew ? parent.length : /^(0|[1-9]\d{0,8})$/.test(step) ? Number(step) : -1;
      path.push(at === -1 ? step : at);
      if (at === -1) return "a list item is named by its number, from 0, or - for a new one";
      if (isNew && !isLast) return "a new list item is given whole";
      if (at >= parent.length && !isNew)
        return `there are ${parent.length} items, the last is ${parent.length - 1}`;
      if (isLast) parent[at] = value;
      else parent = parent[at];
    } else if (typeof parent === "object" && parent !== null) {
      path.push(step);
      const map = parent as Record<string, unknown>;
      if (isLast) map[step] = value;
      else {
        if (!Object.hasOwn(map, step)) map[step] = steps[index + 1] === APPENDED ? [] : {};
        parent = map[step];
      }
    } else {
      return "there is no field inside a single value";
    }
  }
  return undefined;
}
