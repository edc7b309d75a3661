// When is a zone so broken that eviction should slow down? The rules of the node lifecycle
// controller, as pure functions over counts.
//
// The idea behind them: if most of a zone is silent, the network is the likelier culprit, and
// deleting its pods would make things worse.

/** How healthy a zone looks to the node lifecycle controller. */
export const ZoneState = {
  Initial: "Initial",
  Normal: "Normal",
  FullDisruption: "FullDisruption",
  PartialDisruption: "PartialDisruption",
} as const;
/** One of the values of the constant of the same name. */
export type ZoneState = (typeof ZoneState)[keyof typeof ZoneState];

/** State of a zone with so many ready and not ready nodes (node-lifecycle.md 3.3; float32 division). */
export function zoneStateOf(
  ready: number,
  notReady: number,
  unhealthyThreshold: number,
): ZoneState {
  if (ready === 0 && notReady > 0) return ZoneState.FullDisruption;
  const share = Math.fround(Math.fround(notReady) / Math.fround(ready + notReady));
  if (notReady > 2 && share >= Math.fround(unhealthyThreshold)) return ZoneState.PartialDisruption;
  return ZoneState.Normal;
}

/** Rates of NoExecute tainting, in nodes per second. */
export interface EvictionRates {
  readonly normalPerSecond: number;
  readonly secondaryPerSecond: number;
  readonly largeClusterSizeThreshold: number;
}

/** Nodes per second that may get a NoExecute taint in a zone of this state and size. */
export function evictionRateOf(state: ZoneState, zoneSize: number, rates: EvictionRates): number {
  if (state !== ZoneState.PartialDisruption) return rates.normalPerSecond;
  return zoneSize > rates.largeClusterSizeThreshold ? rates.secondaryPerSecond : 0;
}
