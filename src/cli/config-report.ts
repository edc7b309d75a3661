// `run --print-config`: every setting with its value and where it comes from, without running.
//
// The list of settings is the experiment floor's; where a value comes from (flag, environment,
// scenario, default) is known only here.

import type { Command, Option } from "commander";
import { formatPath } from "../base/index.ts";
import { listSettings, prepareRun } from "../experiment/index.ts";
import { loadRunInput } from "../experiment/node.ts";
import { formatTextTable } from "../report/index.ts";
import { variableOf } from "./environment.ts";
import { refuseWrongValues } from "./request-checks.ts";
import type { RunRequest } from "./run-request.ts";

/** One line of the report. */
interface ConfigLine {
  readonly setting: string;
  readonly value: string;
  readonly source: string;
}

/** The report as text: a table, or JSON. */
export async function configReport(
  request: RunRequest,
  command: Command,
  asJson: boolean,
): Promise<string> {
  refuseWrongValues(request);
  const input = await loadRunInput(request);
  const { scenario } = prepareRun(input);
  const overridden = overriddenPaths(request, command);
  const lines: ConfigLine[] = listSettings(scenario).map(({ path, value, fromPreset }) => ({
    setting: path,
    value,
    source:
      overridden.findLast((entry) => path === entry.path || path.startsWith(`${entry.path}.`))
        ?.source ??
      placeInScenario(input, path) ??
      (fromPreset ? `preset ${scenario.controlPlane.preset}` : "default"),
  }));
  lines.push(...optionLines(command));
  if (asJson) {
    return `${JSON.stringify({ schemaVersion: "podsim.dev/config/v1", settings: lines }, undefined, 2)}\n`;
  }
  const rows = lines.map(({ setting, value, source }) => [setting, value, source]);
  return formatTextTable(["SETTING", "VALUE", "SOURCE"], rows);
}

// Paths that flags and variables change, in the order in which they are applied.
function overriddenPaths(
  request: RunRequest,
  command: Command,
): { readonly path: string; readonly source: string }[] {
  const paths = request.overrides.map((text) => {
    const steps = text.slice(0, text.indexOf("=")).split(".");
    const path = formatPath(steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step)));
    const key = path === "run.limits.maxEvents" && !sets(command, text) ? "maxEvents" : "set";
    return { path, source: sourceOf(command, key) };
  });
  if (request.seed !== undefined)
    paths.push({ path: "run.seed", source: sourceOf(command, "seed") });
  if (request.horizon !== undefined)
    paths.push({ path: "run.horizon", source: sourceOf(command, "for") });
  if (request.maxWall !== undefined)
    paths.push({ path: "run.limits.maxWall", source: sourceOf(command, "maxWall") });
  if (request.schedulers.length > 0)
    paths.push({ path: "schedulers", source: sourceOf(command, "scheduler") });
  return paths;
}

function sets(command: Command, override: string): boolean {
  const given: unknown = command.getOptionValue("set");
  return Array.isArray(given) && given.includes(override);
}

function placeInScenario(
  { document, paths }: Awaited<ReturnType<typeof loadRunInput>>,
  path: string,
): string | undefined {
  const steps = path.split(/[.[]/).map((step) => (step.endsWith("]") ? parseInt(step, 10) : step));
  const position = document?.positionOf(steps, "value");
  if (document === undefined || position === undefined) return undefined;
  return `${paths?.get(document.file) ?? document.file}:${position.line}`;
}

// Options that are no part of a scenario: where results go, what is checked, what is printed.
function optionLines(command: Command): ConfigLine[] {
  return command.options
    .filter((option) => !PART_OF_SCENARIO.has(option.attributeName()))
    .map((option) => {
      const key = option.attributeName();
      const value: unknown = command.getOptionValue(key);
      const source = sourceOf(command, key);
      return { setting: option.long ?? option.flags, value: shown(value, option), source };
    });
}

const PART_OF_SCENARIO: ReadonlySet<string> = new Set([
  ...["set", "seed", "for", "maxWall", "maxEvents", "printConfig", "help"],
]);

function shown(value: unknown, option: Option): string {
  if (!option.required && !option.optional) return String(value === !option.negate);
  if (value === undefined) return "none";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function sourceOf(command: Command, key: string): string {
  const option = command.options.find((candidate) => candidate.attributeName() === key);
  const source = command.getOptionValueSource(key);
  if (option === undefined || (source !== "cli" && source !== "env")) return "default";
  return source === "cli" ? `flag ${option.long}` : `environment ${variableOf(option)}`;
}
