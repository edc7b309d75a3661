// From what a user typed to a RunInput: opens files, finds the scenario among them, applies overrides.
//
// Inputs are a scenario, plain Kubernetes objects, or both; which is which shows in the first
// document. Without a scenario one is made: the objects, until nothing more happens, for an hour at most.

import {
  documentOfValue,
  formatPath,
  hasErrors,
  InputError,
  parseDuration,
  type PositionedDocument,
  type Problem,
  readDocuments,
  sortProblems,
} from "../../base/index.ts";
import type { InputBytes, RunInput } from "../run-input.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import {
  configuredScheduler,
  defaultScheduler,
  policyScheduler,
  schedulerOfSpec,
} from "../assembly/scheduler-choice.ts";
import { decodeScenario, readScenario, type ScenarioReading } from "../scenario/read-scenario.ts";
import { applyOverride } from "../scenario/set-field.ts";
import { SCENARIO_API_VERSION, type Scenario, type SchedulerSpec } from "../scenario/scenario.ts";
import {
  folderOf,
  INPUT_BYTES_MAX,
  nameOfInput,
  readInputFile,
  readInputPath,
  readReferencedFile,
} from "./input-files.ts";
import { isStrategyFile, loadStrategyScheduler } from "./strategy-loader.ts";

/** What a command line says about the inputs of a run. */
export interface RunInputRequest {
  readonly inputs: readonly string[];
  readonly recursive: boolean;
  readonly allowOutside: boolean;
  readonly overrides: readonly string[];
  readonly schedulers: readonly string[];
  readonly seed: string | undefined;
  readonly horizon: string | undefined;
  readonly thresholds: readonly string[];
  readonly maxInputBytes: number | undefined;
  readonly noPlugins: boolean;
}

/** Reads everything; throws an InputError with all problems that can be seen at this stage. */
export async function loadRunInput(request: RunInputRequest): Promise<RunInput> {
  const bytesMax = request.maxInputBytes ?? INPUT_BYTES_MAX;
  const files = request.inputs.flatMap((path) => readInputPath(path, request.recursive, bytesMax));
  const scenarioFiles = files.filter(holdsScenario);
  if (scenarioFiles.length > 1) {
    const names = scenarioFiles.map((file) => file.name).join(", ");
    throw problem(
      "E_SCENARIOS",
      `one run has one scenario; these are ${scenarioFiles.length}: ${names}`,
    );
  }
  const [scenarioFile] = scenarioFiles;
  const extra = files.filter((file) => file !== scenarioFile);
  const reading = scenarioOf(scenarioFile, request);
  if (reading.scenario === undefined || hasErrors(reading.problems))
    throw new InputError(sortProblems(reading.problems));
  const { scenario, document } = reading;
  const folder = folderOf(scenarioFile?.name ?? ".");
  const input: RunInput = {
    scenario,
    ...(document === undefined ? {} : { document }),
    files: referencedFiles(scenario, folder, request.allowOutside),
    extra,
    thresholds: request.thresholds,
  };
  const scheduler = await chooseScheduler(input, request, folder);
  return scheduler === undefined ? input : { ...input, scheduler };
}

// Cheap and safe: the kind is looked for before anything is parsed as a whole.
function holdsScenario(file: InputBytes): boolean {
  const head = new TextDecoder().decode(file.bytes.subarray(0, 64 * 1024));
  return (
    /^\s*["']?kind["']?\s*:\s*["']?Scenario["']?\s*,?\s*(#.*)?$/m.test(head) ||
    /"kind"\s*:\s*"Scenario"/.test(head)
  );
}

function scenarioOf(file: InputBytes | undefined, request: RunInputRequest): ScenarioReading {
  const overrides = [...request.overrides];
  if (request.seed !== undefined) overrides.push(`run.seed=${JSON.stringify(request.seed)}`);
  if (request.horizon !== undefined) {
    if (parseDuration(request.horizon) === undefined) {
      throw problem("E_DURATION", `--for ${request.horizon}: no duration (write 30m, 2h, 1h30m)`);
    }
    overrides.push(`run.horizon=${JSON.stringify(request.horizon)}`);
  }
  if (file === undefined) {
    const value = {
      apiVersion: SCENARIO_API_VERSION,
      kind: "Scenario",
      metadata: { name: nameOfInput(request.inputs[0] ?? "objects") },
      run: { study: "terminating", until: "drained", horizon: "1h" },
    };
    return decodeScenario(applyOverrides(value, overrides), { file: "command line" });
  }
  if (overrides.length === 0) return readScenario(file.bytes, { file: file.name });
  const { documents, problems } = readDocuments(file.bytes, {
    file: file.name,
    lettersAreText: true,
  });
  const [document] = documents;
  if (document === undefined || hasErrors(problems))
    return readScenario(file.bytes, { file: file.name });
  const reading = decodeScenario(applyOverrides(document.value, overrides), { file: file.name });
  return { ...reading, problems: reading.problems.map((found) => withPlace(found, document)) };
}

// An overridden scenario is a value; what was not overridden still has its place in the file.
function withPlace(found: Problem, document: PositionedDocument): Problem {
  if (found.path === undefined || found.line !== undefined) return found;
  const path = found.path.split(/\.|\[|\]\.?/).filter((step) => step !== "");
  const steps = path.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const position = document.positionOf(steps, "value");
  return position === undefined ? found : { ...found, ...position };
}

function referencedFiles(
  scenario: Scenario,
  folder: string,
  allowOutside: boolean,
): Map<string, InputBytes> {
  const names = [
    ...scenario.cluster.manifests,
    ...scenario.workload.manifests.flatMap((step) => step.files),
    ...scenario.workload.traces.flatMap((trace) => trace.files),
    ...scenario.schedulers.flatMap((scheduler) =>
      scheduler.source.kind === "configFile" ? [scheduler.source.file] : [],
    ),
  ].map((reference) => reference.file);
  const files = new Map<string, InputBytes>();
  for (const name of names) {
    if (!files.has(name)) files.set(name, readReferencedFile(folder, name, name, allowOutside));
  }
  return files;
}

async function chooseScheduler(
  input: RunInput,
  request: RunInputRequest,
  folder: string,
): Promise<RunScheduler | undefined> {
  const [name, second] = request.schedulers;
  if (second !== undefined) throw problem("E_SCHEDULERS", "a run uses one scheduler: give -s once");
  const { schedulers } = input.scenario;
  if (name === undefined) {
    const [only] = schedulers;
    return only !== undefined && schedulers.length === 1
      ? schedulerOf(input, only, request, folder)
      : undefined;
  }
  const spec = schedulers.find((scheduler) => scheduler.name === name);
  if (spec !== undefined) return schedulerOf(input, spec, request, folder);
  if (name === "default" || name === "default-scheduler") return defaultScheduler(name);
  const policy = policyScheduler(name);
  if (policy !== undefined) return policy;
  if (isStrategyFile(name)) return loadModule(name, name, request);
  if (/\.(ya?ml|json)$/.test(name)) {
    const { documents, problems } = readDocuments(readInputFile(name).bytes, { file: name });
    const scheduler = configuredScheduler(
      nameOfInput(name),
      documents[0] ?? documentOfValue(undefined, name),
      problems,
    );
    if (hasErrors(problems)) throw new InputError(sortProblems(problems));
    return scheduler;
  }
  const known = [
    "default",
    ...POLICY_NAMES_SHOWN,
    ...schedulers.map((scheduler) => scheduler.name),
  ];
  throw problem(
    "E_UNKNOWN_SCHEDULER",
    `no scheduler is called '${name}': known are ${[...new Set(known)].join(", ")}, or name a file`,
  );
}

async function schedulerOf(
  input: RunInput,
  spec: SchedulerSpec,
  request: RunInputRequest,
  folder: string,
): Promise<RunScheduler> {
  if (spec.source.kind === "module") {
    return loadModule(spec.name, `${folder}/${spec.source.file.file}`, request);
  }
  const problems: Problem[] = [];
  const scheduler = schedulerOfSpec(input, spec, problems);
  if (hasErrors(problems)) throw new InputError(sortProblems(problems));
  return scheduler;
}

async function loadModule(
  name: string,
  path: string,
  request: RunInputRequest,
): Promise<RunScheduler> {
  if (request.noPlugins)
    throw problem("E_NO_PLUGINS", `${path} is user code, and --no-plugins was given`);
  return loadStrategyScheduler(nameOfInput(name), path);
}

const POLICY_NAMES_SHOWN = [
  "first-fit",
  "best-fit",
  "worst-fit",
  "random",
  "round-robin",
  "dot-product",
];

function problem(code: string, message: string): InputError {
  return new InputError([{ code, severity: "error", message }]);
}

/** The value with every `--set` applied, in order; a value that the schema refuses as YAML is tried as text. */
function applyOverrides(value: unknown, overrides: readonly string[]): unknown {
  let current = value;
  for (const override of overrides) {
    const outcome = applyOverride(current, override, (candidate, path) =>
      hasErrorAt(candidate, formatPath(path)),
    );
    if (outcome.problem !== undefined)
      throw new InputError([{ ...outcome.problem, file: "--set" }]);
    current = outcome.value;
  }
  return current;
}

function hasErrorAt(value: unknown, path: string): boolean {
  return decodeScenario(value).problems.some(
    (found) => found.severity === "error" && (found.path ?? "").startsWith(path),
  );
}
