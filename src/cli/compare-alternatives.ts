// Alternatives of a comparison that are no schedulers: the same world with other settings.
//
// `--alternative 'NAME: PATH=VALUE'` sets one value, as `--set` does, in that alternative alone; given
// again with the same name it sets one more. Beside such alternatives the scenario as it stands is one.

import { CommandFailure, EXIT } from "./exit-codes.ts";

/** What the scenario as it stands is called beside alternatives with other settings. */
export const UNCHANGED = "unchanged";

/** One value that one alternative sets. */
export interface AlternativeSetting {
  readonly name: string;
  /** PATH=VALUE, as behind `--set`. */
  readonly override: string;
}

/** Reads one `NAME: PATH=VALUE`. */
export function alternativeSetting(text: string): AlternativeSetting {
  const match = /^\s*([^:=\s][^:=]*?)\s*:\s+(\S.*=.*)$/s.exec(text);
  if (match === null)
    throw usage(
      `--alternative '${text}': a name and a value are expected, such as 'instant: controlPlane.preset=instant'`,
    );
  const [, name = "", override = ""] = match;
  if (name === UNCHANGED)
    throw usage(`--alternative '${text}': '${UNCHANGED}' is the scenario as it stands`);
  return { name, override };
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}

/** Names of all alternatives: schedulers first, then those with other settings. */
export function alternativeNames(
  schedulers: readonly string[],
  settings: readonly AlternativeSetting[],
): string[] {
  if (settings.length === 0) return [...schedulers];
  const named = new Set(settings.map(({ name }) => name));
  return [...(schedulers.length > 0 ? schedulers : [UNCHANGED]), ...named];
}

/** Schedulers and further overrides of one of them; without settings every name is a scheduler's. */
export function worldOfAlternative(
  name: string,
  settings: readonly AlternativeSetting[],
): { readonly schedulers: readonly string[]; readonly overrides: readonly string[] } {
  const overrides = settings.filter((each) => each.name === name).map((each) => each.override);
  const isScheduler = overrides.length === 0 && !(settings.length > 0 && name === UNCHANGED);
  return { schedulers: isScheduler ? [name] : [], overrides };
}
