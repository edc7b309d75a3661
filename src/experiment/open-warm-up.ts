// A warm-up that is still to be found: who makes no pilot refuses it by name.
//
// Taking it for none would measure the transient and call it the long run.

import { InputError } from "../base/index.ts";
import type { Scenario } from "./scenario/scenario.ts";

/** Throws an InputError if the scenario leaves its warm-up to a pilot. */
export function refuseOpenWarmUp({ run }: Pick<Scenario, "run">): void {
  if (run.warmupAuto !== true) return;
  throw new InputError([
    {
      code: "E_WARMUP_AUTO",
      severity: "error",
      path: "run.warmup",
      message: "'auto' has to be found by a pilot, which this does not make",
      hint: "run, compare and sweep find it; elsewhere write the duration that they found",
    },
  ]);
}
