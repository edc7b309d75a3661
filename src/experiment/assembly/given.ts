// What a scenario gives of a set of options: the fields that are there.
//
// The others are left to the preset, which an undefined value must not hide.

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
