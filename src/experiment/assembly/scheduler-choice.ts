// Which scheduler a run uses: the scenario's, or one that the user names.
//
// A name is looked up in this order: a scheduler of the scenario, `default`, a built-in policy. Files
// (configurations and modules) are recognised by whoever can open them, behind node.ts.

import {
  Decoder,
  documentOfValue,
  type PositionedDocument,
  type Problem,
  readDocuments,
} from "../../base/index.ts";
import {
  createDefaultRegistry,
  createGpuRegistry,
  createPolicyDecider,
  DEFAULT_MULTI_POINT,
  EVALUATOR_NAMES,
  type EvaluatorName,
  POLICIES,
  readSchedulerConfiguration,
  type Registry,
  type SchedulerConfiguration,
} from "../../scheduler/index.ts";
import type { RunInput } from "../run-input.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import type { SchedulerSpec } from "../scenario/scenario.ts";
import { findDisagreements, withEntry, workTogether } from "./schedulers-together.ts";

/** kube-scheduler with its default configuration; `name` is what results call it. */
export function defaultScheduler(name: string = "default"): RunScheduler {
  return { name, configuration: defaultConfiguration() };
}

/** A built-in policy by name; undefined for a name that is none. */
export function policyScheduler(policy: string, name: string = policy): RunScheduler | undefined {
  if (!POLICIES.has(policy)) return undefined;
  return {
    name,
    configuration: defaultConfiguration(),
    createDecider: (parts, run) => createPolicyDecider(policy, parts, run),
  };
}

/**
 * The scheduler of a KubeSchedulerConfiguration (v1) document. Its faults are appended to `problems`;
 * if there are errors among them, what comes back is the default scheduler and not to be used.
 *
 * @param registry plugins that the configuration may name; default: upstream's and those of GPU sharing.
 */
export function configuredScheduler(
  name: string,
  document: PositionedDocument,
  problems: Problem[],
  registry: Registry = createGpuRegistry(),
): RunScheduler {
  const decoder = new Decoder(document);
  const configuration = readSchedulerConfiguration(decoder, {
    registry,
    defaultMultiPoint: DEFAULT_MULTI_POINT,
  });
  problems.push(...decoder.problems);
  if (configuration === undefined) return defaultScheduler(name);
  const notes = configuration.extenders.map((url) => `extender ${url} is never called`);
  return { name, configuration, source: document.value, registry, notes };
}

/** The schedulers of a scenario: all that work together; of alternatives one must be chosen first. */
export function schedulersOfScenario(input: RunInput, problems: Problem[]): RunScheduler[] {
  const { schedulers } = input.scenario;
  if (!workTogether(schedulers)) return [schedulerOfScenario(input, problems)];
  return joinSchedulers(
    input,
    schedulers.map((spec) => schedulerOfSpec(input, spec, problems)),
    problems,
  );
}

/** Schedulers that work together, in the scenario's order, when nothing speaks against it. */
export function joinSchedulers(
  input: RunInput,
  schedulers: readonly RunScheduler[],
  problems: Problem[],
): RunScheduler[] {
  problems.push(...findDisagreements(schedulers, input.scenario.schedulers, input));
  return [...schedulers];
}

function schedulerOfScenario(input: RunInput, problems: Problem[]): RunScheduler {
  const [first, second] = input.scenario.schedulers;
  const document = input.document ?? documentOfValue(undefined, "scenario");
  if (first === undefined) return defaultScheduler();
  if (second !== undefined) {
    const names = input.scenario.schedulers.map((scheduler) => scheduler.name).join(", ");
    const message = `the scenario has several schedulers (${names}); a run uses one`;
    problems.push(
      document.problemAt(["schedulers"], {
        code: "E_SCHEDULERS",
        message,
        hint: "choose it with -s NAME, or give each the schedulerName of its pods to let them work together",
      }),
    );
  }
  return schedulerOfSpec(input, first, problems);
}

const KNOWN_ARGUMENTS: ReadonlySet<string> = new Set(["tieBreak", "evaluator"]);

function isEvaluator(value: unknown): value is EvaluatorName {
  return EVALUATOR_NAMES.some((name) => name === value);
}

/** The scheduler that one entry of the scenario's list describes. */
export function schedulerOfSpec(
  input: RunInput,
  spec: SchedulerSpec,
  problems: Problem[],
): RunScheduler {
  const scheduler = withEntry(schedulerOfSource(input, spec, problems), spec, input, problems);
  const document = input.document ?? documentOfValue(undefined, "scenario");
  const { source, args, path } = spec;
  const takesArguments = source.kind !== "policy" && source.kind !== "module";
  for (const [arg, value] of Object.entries(args)) {
    const place = [...path, "args", arg];
    if (!takesArguments || !KNOWN_ARGUMENTS.has(arg)) {
      const message = takesArguments
        ? "known are tieBreak and evaluator"
        : `a ${source.kind} takes no arguments yet`;
      problems.push(document.problemAt(place, { code: "E_ARGUMENT", message, what: "key" }));
    } else if (arg === "evaluator" ? !isEvaluator(value) : value !== "heap" && value !== "random") {
      const message =
        arg === "evaluator"
          ? `evaluator is one of ${EVALUATOR_NAMES.join(", ")} (all decide alike)`
          : "tieBreak is heap (as kube-scheduler) or random (from the seed)";
      problems.push(document.problemAt(place, { code: "E_VALUE", message }));
    }
  }
  const { tieBreak, evaluator } = args;
  return {
    ...scheduler,
    ...(tieBreak === "random" ? { tieBreak } : {}),
    ...(isEvaluator(evaluator) ? { evaluator } : {}),
  };
}

function schedulerOfSource(
  input: RunInput,
  spec: SchedulerSpec,
  problems: Problem[],
): RunScheduler {
  const document = input.document ?? documentOfValue(undefined, "scenario");
  const { name, source } = spec;
  switch (source.kind) {
    case "default":
      return defaultScheduler(name);
    case "policy":
      return policyScheduler(source.policy, name) ?? defaultScheduler(name);
    case "config":
      return configuredScheduler(
        name,
        document.part(source.document.path, source.document.value),
        problems,
      );
    case "configFile": {
      const file = input.files?.get(source.file.file);
      const reading =
        file === undefined ? undefined : readDocuments(file.bytes, { file: file.name });
      problems.push(...(reading?.problems ?? []));
      const configuration = reading?.documents[0];
      if (configuration !== undefined) return configuredScheduler(name, configuration, problems);
      const message = `the file ${JSON.stringify(source.file.file)} holds no scheduler configuration`;
      problems.push(document.problemAt(source.file.path, { code: "E_NO_FILE", message }));
      return defaultScheduler(name);
    }
    case "module": {
      const message = "modules are loaded by the command line, or given as values to the library";
      problems.push(document.problemAt(source.file.path, { code: "E_MODULE", message }));
      return defaultScheduler(name);
    }
  }
}

function defaultConfiguration(): SchedulerConfiguration {
  const context = { registry: createDefaultRegistry(), defaultMultiPoint: DEFAULT_MULTI_POINT };
  const configuration = readSchedulerConfiguration(new Decoder({ value: undefined }), context);
  if (configuration === undefined)
    throw new Error("the default configuration is refused by its own reader");
  return configuration;
}
