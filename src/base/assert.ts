// Assertions: statements about podsim itself that must be true.
//
// A failed assertion is a bug in podsim (or in code that calls it against its contract) and
// ends the run. Wrong input from a user is never reported this way.

/** A statement about the program that turned out false. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AssertionError";
  }
}

/** Throws AssertionError with `message` unless `condition` is truthy. Always on, so keep it cheap. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a place that the types prove impossible; the compiler checks the proof. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable case: ${String(value)}`);
}
