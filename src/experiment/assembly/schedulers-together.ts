// Several schedulers in one run: which pods each takes, at which times of its own, and what must agree.
//
// They share the cluster and nothing else: each has its cache, queue, watch and client, and learns of
// the others' placements by its watch alone. Whether a list of schedulers means this, or alternatives
// of which a run uses one, the scenario says by `schedulerName`.

import { documentOfValue, type Problem } from "../../base/index.ts";
import type { ProfileConfiguration } from "../../scheduler/index.ts";
import type { RunInput } from "../run-input.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import type { SchedulerSpec } from "../scenario/scenario.ts";

/** Profiles that nobody named are called so. */
const UNNAMED = "default-scheduler";

/** True when every scheduler of the list names its pods, so that all of them run. */
export function workTogether(specs: readonly SchedulerSpec[]): boolean {
  return specs.length > 1 && specs.every((spec) => spec.schedulerNames !== undefined);
}

/** The scheduler with the names, times and rate that its entry gives it. */
export function withEntry(
  scheduler: RunScheduler,
  spec: SchedulerSpec,
  input: RunInput,
  problems: Problem[],
): RunScheduler {
  const { watchLatency, schedulerCycle, schedulerClient, schedulerNames } = spec;
  const profiles =
    schedulerNames === undefined
      ? scheduler.configuration.profiles
      : namedProfiles(scheduler, schedulerNames);
  if (typeof profiles === "string") {
    const document = input.document ?? documentOfValue(undefined, "scenario");
    const place = [...spec.path, "schedulerName"];
    problems.push(document.problemAt(place, { code: "E_SCHEDULER_NAME", message: profiles }));
    return scheduler;
  }
  return {
    ...scheduler,
    configuration: { ...scheduler.configuration, profiles },
    ...(watchLatency === undefined ? {} : { watchLatency }),
    ...(schedulerCycle === undefined ? {} : { cycleUs: schedulerCycle }),
    ...(schedulerClient === undefined ? {} : { clientLimit: schedulerClient }),
  };
}

/** The profiles under these names, or why that cannot be. */
function namedProfiles(
  { configuration: { profiles } }: RunScheduler,
  names: readonly string[],
): readonly ProfileConfiguration[] | string {
  const [only, second] = profiles;
  const known = profiles.map((profile) => profile.schedulerName);
  if (second === undefined && (only!.schedulerName === UNNAMED || names.includes(known[0]!))) {
    return names.map((schedulerName) => ({ ...only!, schedulerName }));
  }
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined)
    return `no profile of its configuration is called '${strange}': there is ${known.join(", ")}`;
  // Profiles that the entry does not name take no pods.
  return profiles.filter((profile) => names.includes(profile.schedulerName));
}

/** Schedulers that answer to one name are replicas: another configuration under it is refused. */
export function findDisagreements(
  schedulers: readonly RunScheduler[],
  specs: readonly SchedulerSpec[],
  input: RunInput,
): Problem[] {
  const document = input.document ?? documentOfValue(undefined, "scenario");
  const first = new Map<string, number>();
  const problems: Problem[] = [];
  for (const [at, scheduler] of schedulers.entries()) {
    for (const { schedulerName } of scheduler.configuration.profiles) {
      const other = first.get(schedulerName);
      if (other === undefined) first.set(schedulerName, at);
      else if (!areReplicas(specs[other]!, specs[at]!)) {
        const message = `'${schedulers[other]!.name}' takes the pods of '${schedulerName}' as well and is made otherwise: two schedulers of one name must be replicas of one another`;
        problems.push(
          document.problemAt([...specs[at]!.path, "schedulerName"], {
            code: "E_SCHEDULER_NAME",
            message,
          }),
        );
      }
    }
  }
  return problems;
}

function areReplicas(a: SchedulerSpec, b: SchedulerSpec): boolean {
  const made = ({ source, args }: SchedulerSpec): string =>
    // Where something stands in the file makes no difference.
    JSON.stringify([source, args], (key, value: unknown) =>
      key === "path" && Array.isArray(value) ? undefined : value,
    );
  return made(a) === made(b);
}
