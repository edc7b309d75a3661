// From what a user typed to a RunInput: opens files, finds the scenario among them, applies overrides.
//
// Inputs are a scenario, plain Kubernetes objects, or both; which is which shows in the first
// document. Without a scenario one is made: the objects, until nothing more happens, for an hour at most.

import { join } from "node:path";
import {
  documentOfValue,
  hasErrors,
  InputError,
  nearest,
  type Problem,
  readDocuments,
  sortProblems,
} from "../../base/index.ts";
import { POLICIES, type UserCallWatch } from "../../scheduler/index.ts";
import { type InputBytes, type RunInput, withPaths } from "../run-input.ts";
import type { RunInputRequest } from "../run-input-request.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import {
  configuredScheduler,
  defaultScheduler,
  joinSchedulers,
  policyScheduler,
  schedulerOfSpec,
} from "../assembly/scheduler-choice.ts";
import { withEntry, workTogether } from "../assembly/schedulers-together.ts";
import { joinPrices, readPriceFile } from "../shapes/price-file.ts";
import { readScenario, type ScenarioReading } from "../scenario/read-scenario.ts";
import { SCENARIO_API_VERSION, type Scenario, type SchedulerSpec } from "../scenario/scenario.ts";
import { GivenFiles } from "./given-files.ts";
import { INPUT_BYTES_MAX, nameOfInput, readInputFile, readReferencedFile } from "./input-files.ts";
import { type Override, readOverridden } from "./overridden-scenario.ts";
import { isStrategyFile, loadStrategyScheduler } from "./strategy-loader.ts";

/**
 * Reads everything; throws an InputError with all problems that can be seen at this stage. `watch` is
 * told before a module of the user's is loaded.
 */
export async function loadRunInput(
  request: RunInputRequest,
  watch?: UserCallWatch,
): Promise<RunInput> {
  const given = new GivenFiles(request);
  const reading = scenarioOf(given, request);
  if (reading.scenario === undefined || hasErrors(reading.problems))
    throw located(reading.problems, given.paths);
  const { document } = reading;
  const scenario = withPrices(reading.scenario, request);
  const folder = given.scenarioFolder;
  const problems: Problem[] = [];
  const files = referencedFiles(reading, folder, request, problems);
  for (const name of files.keys()) given.paths.set(name, join(folder, name));
  const input: RunInput = {
    scenario,
    ...(document === undefined ? {} : { document }),
    files,
    extra: given.extra,
    paths: given.paths,
    warnings: reading.problems,
    thresholds: request.thresholds,
    ...(request.measures === undefined ? {} : { measures: request.measures }),
    ...(request.evaluator === undefined ? {} : { evaluator: request.evaluator }),
  };
  const scheduler = await chooseScheduler(input, { ...request, watch }, folder, problems);
  if (hasErrors(problems)) throw located(problems, given.paths);
  return scheduler === undefined ? input : { ...input, scheduler };
}

/** Everything that a run reads, before any of it is judged and any user code loaded. */
export interface RunFiles {
  readonly scenario: Scenario;
  /** Files that the scenario names and objects beside it, under the names that go into results. */
  readonly files: readonly InputBytes[];
  /** Files of schedulers: configurations and modules, by their paths. */
  readonly schedulerFiles: readonly string[];
  /** Where the inputs lie. */
  readonly places: InputPlaces;
}

/** The files behind a request, for copying them to another machine. */
export interface InputPlaces {
  /** Folder of the scenario. */
  readonly folder: string;
  /** Files that the scenario names, as written there. */
  readonly references: readonly string[];
  /** Paths of inputs, each with the argument that it was found through. */
  readonly given: readonly { readonly root: string; readonly file: InputBytes }[];
}

/** Reads the scenario and every file it names; throws an InputError with what is wrong. */
export function readRunFiles(request: RunInputRequest): RunFiles {
  const given = new GivenFiles(request);
  const reading = scenarioOf(given, request);
  if (reading.scenario === undefined || hasErrors(reading.problems))
    throw located(reading.problems, given.paths);
  const scenario = withPrices(reading.scenario, request);
  const folder = given.scenarioFolder;
  const problems: Problem[] = [];
  const files = referencedFiles(reading, folder, request, problems);
  if (hasErrors(problems)) throw located(problems, given.paths);
  return {
    scenario,
    files: [...files.values(), ...given.extra],
    schedulerFiles: schedulerFilesOf(scenario, request, folder),
    places: { folder, references: [...files.keys()], given: given.all },
  };
}

// The same choice as chooseScheduler makes, without opening anything.
function schedulerFilesOf(
  { schedulers }: Scenario,
  request: RunInputRequest,
  folder: string,
): string[] {
  const [name] = request.schedulers;
  const used = schedulers.filter((spec) => name === undefined || spec.name === name);
  if (name !== undefined && used.length === 0) {
    const isBuiltIn = name === "default" || POLICIES.has(name);
    return !isBuiltIn && (isStrategyFile(name) || isConfigurationFile(name)) ? [name] : [];
  }
  return used.flatMap(({ source }) =>
    source.kind === "module" ? [join(folder, source.file.file)] : [],
  );
}

/** The scenario alone, with overrides applied; no scheduler is chosen and no user code loaded. */
export function loadScenario(request: RunInputRequest): Scenario {
  const given = new GivenFiles(request);
  const reading = scenarioOf(given, request);
  if (reading.scenario === undefined || hasErrors(reading.problems))
    throw located(reading.problems, given.paths);
  return withPrices(reading.scenario, request);
}

// The list becomes part of the scenario, so that its prices count for the hash of the inputs.
function withPrices(scenario: Scenario, request: RunInputRequest): Scenario {
  const { prices: file } = request;
  if (file === undefined) return scenario;
  const { bytes } = readInputFile(file, request.maxInputBytes);
  const { prices, problems } = readPriceFile(new TextDecoder().decode(bytes));
  const joined = joinPrices(scenario.prices, prices);
  const all = typeof joined === "string" ? [...problems, joined] : problems;
  if (typeof joined !== "string" && all.length === 0) return { ...scenario, prices: joined };
  throw new InputError(
    all.map((message) => ({
      ...{ code: "E_PRICES", severity: "error" as const, file, message },
    })),
  );
}

function scenarioOf(given: GivenFiles, request: RunInputRequest): ScenarioReading {
  const { scenario: file, extra } = given;
  const overrides = overridesOf(request);
  const options = { allowAnyFile: request.allowOutside, hasOtherObjects: extra.length > 0 };
  if (file === undefined) {
    const value = {
      apiVersion: SCENARIO_API_VERSION,
      kind: "Scenario",
      metadata: { name: nameOfInput(request.inputs[0] ?? "objects") },
      run: { study: "terminating", until: "drained", horizon: "1h" },
    };
    return readOverridden(documentOfValue(value, ""), [], overrides, options);
  }
  if (overrides.length === 0) return readScenario(file.bytes, { ...options, file: file.name });
  const { documents, problems } = readDocuments(file.bytes, {
    file: file.name,
    lettersAreText: true,
  });
  const [document] = documents;
  // A text that cannot be read, or holds no scenario, is refused as it is without overrides.
  if (documents.length !== 1 || document === undefined || hasErrors(problems))
    return readScenario(file.bytes, { ...options, file: file.name });
  return readOverridden(document, problems, overrides, options);
}

function overridesOf(request: RunInputRequest): Override[] {
  const overrides = request.overrides.map((text) => ({ flag: `--set ${text}`, text }));
  if (request.seed !== undefined) {
    const text = `run.seed=${JSON.stringify(request.seed)}`;
    overrides.push({ flag: `--seed ${request.seed}`, text });
  }
  if (request.horizon !== undefined)
    overrides.push({ flag: `--for ${request.horizon}`, text: `run.horizon=${request.horizon}` });
  return overrides;
}

function referencedFiles(
  reading: ScenarioReading,
  folder: string,
  request: RunInputRequest,
  problems: Problem[],
): Map<string, InputBytes> {
  const scenario = reading.scenario!;
  const references = [
    ...scenario.cluster.manifests,
    ...scenario.workload.manifests.flatMap((step) => step.files),
    ...scenario.workload.traces.flatMap((trace) => trace.files),
    ...scenario.schedulers.flatMap((scheduler) =>
      scheduler.source.kind === "configFile" ? [scheduler.source.file] : [],
    ),
  ];
  const files = new Map<string, InputBytes>();
  for (const { file, path } of references) {
    if (files.has(file)) continue;
    try {
      const bytesMax = request.maxInputBytes ?? INPUT_BYTES_MAX;
      files.set(file, readReferencedFile(folder, file, request.allowOutside, bytesMax));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // The fault is the file's, the place to mend it is where the scenario names it.
      for (const { code, message, hint } of error.problems) {
        const at = { code, message: `${join(folder, file)}: ${message}` };
        const { document } = reading;
        problems.push(document!.problemAt(path, hint === undefined ? at : { ...at, hint }));
      }
    }
  }
  return files;
}

function located(problems: readonly Problem[], paths: ReadonlyMap<string, string>): InputError {
  return new InputError(sortProblems(withPaths(problems, paths)));
}

interface SchedulerRequest extends RunInputRequest {
  readonly watch: UserCallWatch | undefined;
}

async function chooseScheduler(
  input: RunInput,
  request: SchedulerRequest,
  folder: string,
  problems: Problem[],
): Promise<RunScheduler | readonly RunScheduler[] | undefined> {
  const [name, second] = request.schedulers;
  if (second !== undefined) throw problem("E_SCHEDULERS", "a run uses one scheduler: give -s once");
  const { schedulers } = input.scenario;
  if (name === undefined) {
    if (workTogether(schedulers)) {
      const all: RunScheduler[] = [];
      // One after the other, so that problems stand in the order of the list.
      for (const each of schedulers)
        all.push(await schedulerOf(input, each, request, folder, problems));
      return joinSchedulers(input, all, problems);
    }
    const [only] = schedulers;
    return only !== undefined && schedulers.length === 1
      ? schedulerOf(input, only, request, folder, problems)
      : undefined;
  }
  const spec = schedulers.find((scheduler) => scheduler.name === name);
  if (spec !== undefined) return schedulerOf(input, spec, request, folder, problems);
  if (name === "default" || name === "default-scheduler") return defaultScheduler(name);
  const policy = policyScheduler(name);
  if (policy !== undefined) return policy;
  if (isStrategyFile(name)) return loadModule(name, name, request);
  if (isConfigurationFile(name)) {
    const file = readInputFile(name, request.maxInputBytes);
    const reading = readDocuments(file.bytes, { file: name });
    problems.push(...reading.problems);
    const [document = documentOfValue(undefined, name)] = reading.documents;
    return configuredScheduler(nameOfInput(name), document, problems);
  }
  const known = ["default", ...POLICIES.keys(), ...schedulers.map((scheduler) => scheduler.name)];
  const near = nearest(name, known);
  throw problem(
    "E_UNKNOWN_SCHEDULER",
    `no scheduler is called '${name}': known are ${[...new Set(known)].join(", ")}, or name a file`,
    near === undefined ? undefined : `did you mean '${near}'?`,
  );
}

async function schedulerOf(
  input: RunInput,
  spec: SchedulerSpec,
  request: SchedulerRequest,
  folder: string,
  problems: Problem[],
): Promise<RunScheduler> {
  if (spec.source.kind === "module") {
    const path = join(folder, spec.source.file.file);
    return withEntry(await loadModule(spec.name, path, request), spec, input, problems);
  }
  return schedulerOfSpec(input, spec, problems);
}

async function loadModule(
  name: string,
  path: string,
  request: SchedulerRequest,
): Promise<RunScheduler> {
  if (request.noPlugins)
    throw problem("E_NO_PLUGINS", `${path} is user code, and --no-plugins was given`);
  return loadStrategyScheduler(nameOfInput(name), path, request.watch);
}

function isConfigurationFile(name: string): boolean {
  return /\.(ya?ml|json)$/.test(name);
}

function problem(code: string, message: string, hint?: string): InputError {
  const found: Problem = { code, severity: "error", message };
  return new InputError([hint === undefined ? found : { ...found, hint }]);
}
