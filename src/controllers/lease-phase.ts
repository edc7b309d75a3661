// When does a kubelet renew its node's lease? Computed, not simulated.
//
// A healthy node's heartbeats change nothing but a time that only matters once they stop; so they
// cost no events. Each node renews on a grid of its own: a drawn phase and a drawn interval of 10 s
// up to 4 % longer. (The real jitter is drawn anew each time; one draw per node keeps the age of the
// last renewal, which is all that can be observed, uniform, and its computation constant.)

/** Interval and jitter of lease renewals; real defaults in DEFAULT_LEASE_RENEWAL. */
export interface LeaseRenewal {
  readonly intervalUs: number;
  /** The interval is stretched by up to this many thousandths. */
  readonly jitterThousandths: number;
}

/** A quarter of nodeLeaseDurationSeconds 40, up to 4 % longer. */
export const DEFAULT_LEASE_RENEWAL: LeaseRenewal = {
  intervalUs: 10_000_000,
  jitterThousandths: 40,
};

/** The grid on which one node renews. */
export interface LeaseGrid {
  readonly phaseUs: number;
  readonly intervalUs: number;
}

/** Grid of a node, from two uniform draws in (0,1). */
export function leaseGrid(renewal: LeaseRenewal, phaseDraw: number, jitterDraw: number): LeaseGrid {
  const stretchUs = Math.floor(
    (renewal.intervalUs * renewal.jitterThousandths * jitterDraw) / 1000,
  );
  const intervalUs = renewal.intervalUs + stretchUs;
  return { phaseUs: Math.floor(phaseDraw * intervalUs), intervalUs };
}

/** Last renewal at or before an instant; the lease made at `startUs` counts as the first. */
export function lastRenewalUs(grid: LeaseGrid, startUs: number, nowUs: number): number {
  const passed = Math.floor((nowUs - grid.phaseUs) / grid.intervalUs);
  return Math.max(startUs, grid.phaseUs + passed * grid.intervalUs);
}

/** First renewal strictly after an instant. */
export function nextRenewalUs(grid: LeaseGrid, nowUs: number): number {
  const passed = Math.floor((nowUs - grid.phaseUs) / grid.intervalUs);
  return grid.phaseUs + (passed + 1) * grid.intervalUs;
}
