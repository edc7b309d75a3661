// The table of all quantities that the recordings speak of, and the search for the row of a key.
//
// A key that no row is about is not guessed at: whoever asks is told that it is unknown.

import type { Quantity, Situation } from "./quantity.ts";
import { ADMISSION, AUTOSCALING, BULK, GRACEFUL_ENDS } from "./quantities/bulk-and-admission.ts";
import { DEPLOYMENTS } from "./quantities/deployments.ts";
import { CRON_JOBS, JOBS } from "./quantities/jobs.ts";
import { NODE_FAILURES } from "./quantities/node-failures.ts";
import { PREEMPTION } from "./quantities/preemption.ts";
import { REMOVAL_AND_DRAIN } from "./quantities/removal-and-drain.ts";
import { SCHEDULING_QUEUE } from "./quantities/scheduling-queue.ts";
import { SERVICES } from "./quantities/services.ts";
import { DAEMON_SETS, STATEFUL_SETS } from "./quantities/stateful-and-daemon-sets.ts";
import { VOLUMES } from "./quantities/volumes.ts";
import { ZONES } from "./quantities/zones.ts";

const ALL: readonly Quantity[] = [
  ...NODE_FAILURES,
  ...ZONES,
  ...REMOVAL_AND_DRAIN,
  ...DEPLOYMENTS,
  ...SERVICES,
  ...JOBS,
  ...CRON_JOBS,
  ...STATEFUL_SETS,
  ...DAEMON_SETS,
  ...PREEMPTION,
  ...SCHEDULING_QUEUE,
  ...BULK,
  ...ADMISSION,
  ...GRACEFUL_ENDS,
  ...AUTOSCALING,
  ...VOLUMES,
];

const BY_NAME: ReadonlyMap<string, readonly Quantity[]> = groupByName(ALL);

/** A key taken apart: what stands before ": ", and the rest. */
export function splitKey(key: string): { readonly prefix: string; readonly name: string } {
  const place = key.indexOf(": ");
  return place < 0
    ? { prefix: "", name: key }
    : { prefix: key.slice(0, place), name: key.slice(place + 2) };
}

/** The row of a key: undefined if nobody has heard of it. */
export function findQuantity(situation: Situation): Quantity | undefined {
  const { prefix, name } = splitKey(situation.key);
  const rows = BY_NAME.get(name) ?? BY_NAME.get(name.replace(/\d+/g, "#")) ?? [];
  return rows.find(
    (row) =>
      (row.prefix === undefined ? prefix === "" : row.prefix.test(prefix)) &&
      (row.holds === undefined || row.holds(situation)),
  );
}

function groupByName(rows: readonly Quantity[]): ReadonlyMap<string, readonly Quantity[]> {
  const groups = new Map<string, Quantity[]>();
  for (const row of rows) {
    const group = groups.get(row.name);
    if (group === undefined) groups.set(row.name, [row]);
    else group.push(row);
  }
  return groups;
}
