// `--set path=value`: changes single values of a scenario before it is checked.
//
// The value is read as YAML, so numbers are numbers; the scenario's schema then judges it like any
// other. Paths are fields and list positions joined by dots: cluster.nodePools.0.count.

import { hasErrors, InputError, readYaml } from "../../base/index.ts";

/** A copy of `value` with every override applied, in order. */
export function applyOverrides(value: unknown, overrides: readonly string[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const override of overrides) applyOne(copy, override);
  return copy;
}

function applyOne(root: unknown, override: string): void {
  const equals = override.indexOf("=");
  if (equals <= 0) throw refused(override, "write path=value, for example run.seed=7");
  const steps = override.slice(0, equals).split(".");
  if (steps.some((step) => step === "" || step === "__proto__"))
    throw refused(override, "a step of the path is empty or not allowed");
  let place = root;
  for (const step of steps.slice(0, -1)) place = descend(place, step, override);
  write(place, steps[steps.length - 1]!, parsed(override.slice(equals + 1), override), override);
}

function descend(place: unknown, step: string, override: string): unknown {
  if (Array.isArray(place)) {
    const item: unknown = place[position(place, step, override)];
    if (item === undefined)
      throw refused(override, `the list has ${place.length} items, counted from 0`);
    return item;
  }
  if (typeof place !== "object" || place === null)
    throw refused(override, `'${step}' is inside something that is no map`);
  const map = place as Record<string, unknown>;
  if (!Object.hasOwn(map, step) || map[step] === null) map[step] = {};
  return map[step];
}

function write(place: unknown, step: string, value: unknown, override: string): void {
  if (Array.isArray(place)) {
    const at = position(place, step, override);
    if (at > place.length)
      throw refused(override, `the list has ${place.length} items, counted from 0`);
    place[at] = value;
  } else if (typeof place === "object" && place !== null) {
    (place as Record<string, unknown>)[step] = value;
  } else {
    throw refused(override, `'${step}' is inside something that is no map`);
  }
}

function position(list: readonly unknown[], step: string, override: string): number {
  if (!/^\d{1,9}$/.test(step))
    throw refused(override, `'${step}' is no position in a list of ${list.length}`);
  return Number(step);
}

function parsed(text: string, override: string): unknown {
  const { documents, problems } = readYaml(text, {
    file: `--set ${override}`,
    lettersAreText: true,
  });
  if (hasErrors(problems)) throw new InputError(problems);
  return documents[0]?.value ?? null;
}

function refused(override: string, why: string): InputError {
  return new InputError([
    { code: "E_SET", severity: "error", message: `--set ${override}: ${why}` },
  ]);
}
