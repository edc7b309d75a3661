// A scenario with single values changed on the command line (`--set path=value` and its kin).
//
// What was overridden has its place on the command line, everything else keeps that in the file.

import { formatPath, type PositionedDocument, type Problem } from "../../base/index.ts";
import {
  readScenarioDocument,
  type ScenarioOptions,
  type ScenarioReading,
} from "../scenario/read-scenario.ts";
import { applyOverride } from "../scenario/set-field.ts";

/** One `path=value` and the flag it came from. */
export interface Override {
  readonly flag: string;
  readonly text: string;
}

/** Reads a scenario document under overrides, applied in order; `before` are the text's problems. */
export function readOverridden(
  document: PositionedDocument,
  before: readonly Problem[],
  overrides: readonly Override[],
  options: ScenarioOptions,
): ScenarioReading {
  let value = document.value;
  const places: { readonly path: string; readonly flag: string }[] = [];
  const refused: Problem[] = [];
  for (const { flag, text } of overrides) {
    const outcome = applyOverride(value, text, (changed, path) =>
      hasErrorAt(document.part([], changed), formatPath(path), options),
    );
    if (outcome.problem !== undefined) {
      refused.push({ ...outcome.problem, file: flag });
      continue;
    }
    value = outcome.value;
    places.push({ path: formatPath(outcome.path), flag });
  }
  if (refused.length > 0) return { problems: refused };
  const reading = readScenarioDocument(document.part([], value), before, options);
  const problems = reading.problems.map((found) => {
    const place = places.findLast(({ path }) => isWithin(found.path ?? "", path));
    if (place === undefined) return found;
    const { line: _line, column: _column, width: _width, sourceLine: _text, ...rest } = found;
    return { ...rest, file: place.flag };
  });
  return { ...reading, problems };
}

function hasErrorAt(document: PositionedDocument, path: string, options: ScenarioOptions): boolean {
  const { problems } = readScenarioDocument(document, [], options);
  return problems.some((found) => found.severity === "error" && isWithin(found.path ?? "", path));
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`);
}
