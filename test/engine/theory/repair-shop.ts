// Machines that fail and crews that repair them, on the engine. No cluster.
//
// Keeps the time during which each number of machines was up, in microseconds, from the end of the
// warm-up to the horizon.

import { seededStream, streamName } from "../../../src/base/index.ts";
import type { Duration, Instant, Law, RandomStream } from "../../../src/base/index.ts";
import { RANK, Simulation } from "../../../src/engine/index.ts";

export interface RepairSetting {
  readonly machines: number;
  readonly crews: number;
  /** Time to failure and time to repair, in seconds. */
  readonly up: Law;
  readonly repair: Law;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Share of time by number of machines up. */
export function runRepairShop(setting: RepairSetting, replication: number): Float64Array {
  const { machines, crews, up, repair } = setting;
  const simulation = new Simulation();
  const stream = (purpose: string): RandomStream =>
    seededStream(streamName("theory", replication, purpose));
  const failures = stream("failure");
  const repairs = stream("repair");
  const draw = (law: Law, { nextUnit }: RandomStream): Duration =>
    Math.round(law.sample(nextUnit) * 1e6) as Duration;
  const shareByUp = new Float64Array(machines + 1);
  let upCount = machines;
  let countedToUs = 0;
  const count = (): void => {
    shareByUp[upCount] = shareByUp[upCount]! + simulation.nowUs - countedToUs;
    countedToUs = simulation.nowUs;
  };
  const fail = simulation.defineKind("fail", RANK.faultBegin, () => {
    count();
    upCount--;
    if (machines - upCount <= crews) simulation.after(draw(repair, repairs), mend);
  });
  const mend = simulation.defineKind("mend", RANK.faultEnd, () => {
    count();
    upCount++;
    simulation.after(draw(up, failures), fail);
    if (machines - upCount >= crews) simulation.after(draw(repair, repairs), mend);
  });
  for (let i = 0; i < machines; i++) simulation.after(draw(up, failures), fail);
  simulation.runUntil((setting.warmUpSeconds * 1e6) as Instant);
  shareByUp.fill(0);
  countedToUs = simulation.nowUs;
  simulation.runUntil(((setting.warmUpSeconds + setting.seconds) * 1e6) as Instant);
  count();
  return shareByUp.map((us) => us / (setting.seconds * 1e6));
}
