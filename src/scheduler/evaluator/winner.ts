// Who wins among nodes of equal total.
//
// Upstream 1.36 builds a binary max-heap over the feasible list and takes its root; without
// extenders its random number is 0 for all, so the order of the list decides alone (scheduler.md
// 5.4). A seeded uniform choice among the best is offered for studies of tie sensitivity.

/** How equal totals are resolved: upstream's heap order, or a uniform draw in (0, 1). */
export type TieBreak = "heap" | (() => number);

/** Position of the chosen node in the feasible list; `totals` is parallel to it and not empty. */
export function pickWinner(totals: readonly number[], tieBreak: TieBreak): number {
  if (tieBreak === "heap") return heapOf(totals)[0]!;
  const best = bestPositions(totals);
  const draw = Math.floor(tieBreak() * best.length);
  return best[Math.min(draw, best.length - 1)]!;
}

/** Positions that share the highest total, in list order. */
export function bestPositions(totals: readonly number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  for (const total of totals) highest = Math.max(highest, total);
  const positions: number[] = [];
  for (let position = 0; position < totals.length; position++) {
    if (totals[position] === highest) positions.push(position);
  }
  return positions;
}

/** All positions in the order in which upstream would pop them; the first is the winner. */
export function popOrder(totals: readonly number[]): number[] {
  const heap = heapOf(totals);
  const order: number[] = [];
  while (heap.length > 0) {
    const last = heap.length - 1;
    swap(heap, 0, last);
    siftDown(heap, totals, 0, last);
    order.push(heap.pop()!);
  }
  return order;
}

function heapOf(totals: readonly number[]): number[] {
  const heap = totals.map((_, position) => position);
  for (let at = Math.trunc(heap.length / 2) - 1; at >= 0; at--) {
    siftDown(heap, totals, at, heap.length);
  }
  return heap;
}

function siftDown(heap: number[], totals: readonly number[], from: number, size: number): void {
  let at = from;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= size) return;
    const right = left + 1;
    const child = right < size && isBetter(heap, totals, right, left) ? right : left;
    if (!isBetter(heap, totals, child, at)) return;
    swap(heap, at, child);
    at = child;
  }
}

function isBetter(heap: number[], totals: readonly number[], a: number, b: number): boolean {
  return totals[heap[a]!]! > totals[heap[b]!]!;
}

function swap(heap: number[], a: number, b: number): void {
  const held = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = held;
}
