// StrategyError: user code failed or broke its contract.
//
// It says who, at which extension point, when in simulated time, and about which pod. It ends the
// run; the command line turns it into exit code 6 and keeps what the run had so far.

import { formatInstant, type Instant } from "../../base/index.ts";
import type { StrategyCall, UserCallWatch } from "../framework/user-call.ts";

/** The fault of user code, with its place in the simulation. */
export class StrategyError extends Error {
  readonly strategy: string;
  readonly point: string;
  readonly atUs: number;
  readonly pod: string;

  constructor(call: StrategyCall, what: string, cause?: unknown) {
    super(`strategy ${call.strategy} (${placeOf(call)}): ${what}`, { cause });
    this.name = "StrategyError";
    this.strategy = call.strategy;
    this.point = call.point;
    this.atUs = call.atUs;
    this.pod = call.pod;
  }
}

function placeOf({ point, atUs, pod }: StrategyCall): string {
  if (point === "load") return point;
  const about = pod === "" ? "" : `, pod ${pod}`;
  return `${point} at ${formatInstant(atUs as Instant)}${about}`;
}

/**
 * Runs user code and reads its answer; whatever either throws, and a promise, becomes a
 * StrategyError. The answer is read under the same guard, because it may be a getter or a proxy.
 */
export function callStrategy<A, T>(
  call: StrategyCall,
  run: () => A,
  read: (answer: A) => T,
  watch: UserCallWatch | undefined,
): T {
  watch?.enter(call);
  try {
    const answer = run();
    if (isThenable(answer)) {
      answer.then(undefined, () => undefined); // Its rejection is not reported a second time.
      throw new StrategyError(call, "returned a promise; answers must be given at once");
    }
    return read(answer);
  } catch (thrown) {
    if (thrown instanceof StrategyError) throw thrown;
    throw new StrategyError(call, `threw ${describe(thrown)}`, thrown);
  } finally {
    watch?.leave();
  }
}

/** A value in a few words, for messages; never throws. */
export function describe(value: unknown): string {
  try {
    return words(value);
  } catch {
    return "something that cannot be looked at";
  }
}

function words(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return `an object with keys ${describeKeys(value)}`;
  return String(value);
}

function describeKeys(value: object): string {
  const keys = Object.keys(value).slice(0, 5);
  return keys.length === 0 ? "(none)" : keys.join(", ");
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
