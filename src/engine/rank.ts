// Ranks: who goes first at one instant. The table of docs/architecture.md, lowest first.
//
// A rank orders what is pending together; it never delays anything. An event may cause one of a
// lower rank at its own instant, which then simply runs next.

/** Order among events of equal instant, lowest first. */
export const RANK = {
  faultBegin: 0,
  faultEnd: 1,
  machine: 2,
  kubelet: 3,
  api: 4,
  watch: 5,
  workload: 6,
  controller: 7,
  scheduler: 8,
  autoscaler: 9,
  measurement: 10,
} as const;
Object.freeze(RANK);

/** One of the values of `RANK`. */
export type Rank = (typeof RANK)[keyof typeof RANK];

/** How many ranks there are; ranks are 0 to this minus 1. */
export const RANK_COUNT = 11;
