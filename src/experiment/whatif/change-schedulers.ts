// Changes of what decides: another weight of a plugin, another KubeSchedulerConfiguration.
//
// They hold for every decision of the changed run; pods that have a node already ask for none.

import { documentOfValue, InputError, type Problem, readDocuments } from "../../base/index.ts";
import type { ProfileConfiguration } from "../../scheduler/index.ts";
import { configuredScheduler } from "../assembly/scheduler-choice.ts";
import type { InputBytes } from "../run-input.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import type { Change, ChangeAction } from "./change.ts";
import { ChangeRefused, hintOf } from "./change-words.ts";
import type { Draft } from "./draft.ts";

type Action<V extends ChangeAction["verb"]> = Extract<ChangeAction, { readonly verb: V }>;

/** `weight PLUGIN=N`, in every profile in which the plugin scores. */
export function changeWeight(
  draft: Draft,
  { text }: Change,
  { plugin, weight }: Action<"weight">,
): string {
  const fixed = draft.schedulers.find(
    ({ createDecider, startInstead }) => createDecider !== undefined || startInstead !== undefined,
  );
  if (fixed !== undefined) {
    const message = `the scheduler '${fixed.name}' does not score by the weights of plugins`;
    throw new ChangeRefused(text, plugin, message);
  }
  const known = new Set(
    draft.schedulers.flatMap(({ configuration }) =>
      configuration.profiles.flatMap(({ plugins }) => plugins.score.map(({ name }) => name)),
    ),
  );
  if (!known.has(plugin.text)) {
    const message = `no plugin called '${plugin.text}' scores in any profile`;
    throw new ChangeRefused(text, plugin, message, hintOf(plugin.text, [...known], "such plugin"));
  }
  const before = new Set<number>();
  draft.schedulers = draft.schedulers.map((scheduler) => ({
    ...scheduler,
    configuration: {
      ...scheduler.configuration,
      profiles: scheduler.configuration.profiles.map((profile) =>
        weighted(profile, plugin.text, weight, before),
      ),
    },
  }));
  return `${plugin.text} weighs ${weight} instead of ${[...before].join(", ")}`;
}

function weighted(
  profile: ProfileConfiguration,
  name: string,
  weight: number,
  before: Set<number>,
): ProfileConfiguration {
  const score = profile.plugins.score.flatMap((plugin) => {
    if (plugin.name !== name) return [plugin];
    before.add(plugin.weight);
    return weight === 0 ? [] : [{ name, weight }];
  });
  const isOut = weight === 0;
  const { preScore } = profile.plugins;
  return {
    ...profile,
    plugins: {
      ...profile.plugins,
      score,
      preScore: isOut ? preScore.filter((plugin) => plugin.name !== name) : preScore,
    },
  };
}

/** `config FILE`, in place of the only scheduler. Its faults are thrown as an InputError. */
export function changeConfiguration(
  draft: Draft,
  { text }: Change,
  { file }: Action<"config">,
  files: ReadonlyMap<string, InputBytes>,
): string {
  const [only, second] = draft.schedulers;
  if (only === undefined || second !== undefined) {
    const message = "several schedulers work here: one configuration cannot take their place";
    throw new ChangeRefused(text, file, message);
  }
  const given = files.get(file.text);
  if (given === undefined)
    throw new ChangeRefused(text, file, `the file '${file.text}' was not given`);
  const reading = readDocuments(given.bytes, { file: given.name });
  const problems: Problem[] = [...reading.problems];
  const [document = documentOfValue(undefined, given.name)] = reading.documents;
  const configured = configuredScheduler(only.name, document, problems);
  if (problems.some(({ severity }) => severity === "error")) throw new InputError(problems);
  draft.schedulers = [withOwnTimes(configured, only)];
  return `the scheduler is configured by ${file.text}`;
}

/** How old its view is and how long it thinks belong to the control plane, not to the configuration. */
function withOwnTimes(scheduler: RunScheduler, before: RunScheduler): RunScheduler {
  const { watchLatency, cycleUs, clientLimit, tieBreak, evaluator } = before;
  return {
    ...scheduler,
    ...(watchLatency === undefined ? {} : { watchLatency }),
    ...(cycleUs === undefined ? {} : { cycleUs }),
    ...(clientLimit === undefined ? {} : { clientLimit }),
    ...(tieBreak === undefined ? {} : { tieBreak }),
    ...(evaluator === undefined ? {} : { evaluator }),
  };
}
