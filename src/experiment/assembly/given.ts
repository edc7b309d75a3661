// What a scenario gives of a set of options: the fields that are there, the others left to the preset.

/** The type is named at each call, so that a field the options do not have is an error there. */
export function given<T extends object>(
  values: {
    readonly [K in keyof T]?: T[K] | undefined;
  },
): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
