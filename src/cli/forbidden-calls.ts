// What user code may not call, because a run would not come out the same twice, or not at all.
//
// Clocks, chance, timers, the network and ways out of the process are replaced by functions that
// throw an error with their name and what to use instead. Only in a thread that is about to load user
// code, and only there. This is a fence against slips and no wall: user code is trusted code.

import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";

/** Thrown to user code in place of what it asked for. */
export class ForbiddenCall extends Error {
  constructor(name: string, instead: string) {
    super(`${name} is not for user code: ${instead}`);
    this.name = "ForbiddenCall";
  }
}

const CLOCK = "the simulated time is view.nowUs, the same in every run";
const CHANCE =
  "every run must come out the same; decide(pod, view, random) is given a seeded generator, random.unit()";
const LATER = "answers are given at once, and time is simulated";
const NETWORK = "a run depends on its inputs alone";
const WAY_OUT = "throw an error to end the run";

/** Fences the present thread in; there is no way back. */
export function forbidCalls(): void {
  // The original stays where podsim's own code imports it from.
  const performance = Object.create(globalThis.performance) as object;
  forbid(performance, "performance", ["now", "mark", "measure", "timeOrigin"], CLOCK);
  replace(globalThis, "performance", performance);
  forbid(process, "process", ["hrtime", "uptime"], CLOCK);
  replace(globalThis, "Date", dateWithoutClock());
  forbid(Math, "Math", ["random"], CHANCE);
  forbid(globalThis.crypto, "crypto", ["getRandomValues", "randomUUID"], CHANCE);
  forbid(crypto, "crypto", RANDOM_OF_MODULE, CHANCE);
  const timerNames = ["setTimeout", "setInterval", "setImmediate"];
  forbid(globalThis, "", timerNames, LATER);
  forbid(timers, "timers", timerNames, LATER);
  forbid(timersPromises, "timers/promises", timerNames, LATER);
  forbid(globalThis, "", ["fetch", "WebSocket", "EventSource"], NETWORK);
  forbid(process, "process", ["exit", "reallyExit", "abort", "kill"], WAY_OUT);
  syncBuiltinESMExports();
}

/** Its getRandomValues is that of the global object. */
const RANDOM_OF_MODULE: readonly string[] = [
  "randomUUID",
  "randomBytes",
  "pseudoRandomBytes",
  "randomInt",
  "randomFill",
  "randomFillSync",
];

function forbid(owner: object, label: string, names: readonly string[], instead: string): void {
  for (const name of names) {
    if (!(name in owner)) continue;
    const full = label === "" ? name : `${label}.${name}`;
    replace(owner, name, () => {
      throw new ForbiddenCall(full, instead);
    });
  }
}

function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

/** Dates that are given their time work as ever; the present is refused. */
function dateWithoutClock(): DateConstructor {
  const refuse = (what: string): never => {
    throw new ForbiddenCall(what, CLOCK);
  };
  return new Proxy(Date, {
    construct: (target, given: unknown[], newTarget) =>
      given.length === 0
        ? refuse("new Date()")
        : (Reflect.construct(target, given, newTarget) as object),
    apply: () => refuse("Date()"),
    get: (target, key) =>
      key === "now" ? () => refuse("Date.now") : (Reflect.get(target, key) as unknown),
  });
}
