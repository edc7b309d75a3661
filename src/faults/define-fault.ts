// A user's own fault: one object that says what goes wrong and when.
//
// It acts through the same context as the built-in kinds, so it can only do to machines what they
// can, and its effects are in the same ledger.

import type { FaultContext } from "./fault-kind.ts";

/** A fault that a library user wrote. `start` is called once, at the beginning of each run. */
export interface UserFault {
  readonly name: string;
  readonly start: (context: FaultContext) => void;
}

/**
 * Declares a fault. In `start`, ask the context for instants (`beginAt`), for nodes (`nodesOfZone`,
 * `api.nodes`) and for effects (`hold`); draw only from `draws`, keyed by something of your own, so
 * that runs stay repeatable.
 */
export function defineFault(fault: UserFault): UserFault {
  if (typeof fault.name !== "string" || fault.name === "")
    throw new TypeError("a fault has a name");
  if (typeof fault.start !== "function")
    throw new TypeError(`fault ${fault.name}: start is no function`);
  return Object.freeze({ name: fault.name, start: fault.start });
}
