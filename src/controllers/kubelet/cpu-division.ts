// How a node's cpu is divided when its containers want more than there is. Pure arithmetic.
//
// By weight (cpu.shares of the request), nobody more than it wants or than its limit: who wants less
// than its part leaves the rest to the others. One level of weights; the real hierarchy of cgroups
// weighs pods inside their classes first.

/** What one container wants, and with what weight. */
export interface CpuClaim {
  /** Milli-cpu, its limit applied. */
  readonly wanted: number;
  readonly weight: number;
}

/** Milli-cpu granted to each claim, in their order. */
export function divideCpu(capacity: number, claims: readonly CpuClaim[]): number[] {
  const granted = claims.map(({ wanted }) => wanted);
  const total = granted.reduce((sum, wanted) => sum + wanted, 0);
  if (total <= capacity) return granted;
  const open = new Set(claims.keys());
  let left = capacity;
  for (;;) {
    let weights = 0;
    for (const i of open) weights += claims[i]!.weight;
    const share = left / weights;
    const content = [...open].filter((i) => claims[i]!.wanted <= share * claims[i]!.weight);
    if (content.length === 0) {
      for (const i of open) granted[i] = share * claims[i]!.weight;
      return granted;
    }
    for (const i of content) {
      open.delete(i);
      left -= claims[i]!.wanted;
    }
  }
}
