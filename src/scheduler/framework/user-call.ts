// User calls: where a run is inside a user's code, and who is told of it.
//
// User code may fail, or never return. A failure needs to say where it was; a call that does not
// return can only be ended from outside, by somebody who was told that it began.

/** A call into user code. */
export interface StrategyCall {
  /** Name of the strategy or plugin. */
  readonly strategy: string;
  /** "load", "create", "decide" or the extension point. */
  readonly point: string;
  readonly atUs: number;
  /** namespace/name, or "" when the call was about no pod. */
  readonly pod: string;
}

/** Told of every call into user code; it never changes what a call answers. */
export interface UserCallWatch {
  /** Before the call. What this throws stands for the call, which is then not made. */
  enter(call: StrategyCall): void;
  /** After a call that was entered, however it ended. */
  leave(): void;
}
