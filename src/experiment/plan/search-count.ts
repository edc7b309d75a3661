// The smallest count of one size that meets the requirements: upwards in doubling steps, then bisection.
//
// Bisection takes for granted that more nodes are never worse. That is looked at: neighbours of the
// answer are judged too, and where a larger cluster misses although a smaller one meets, all counts around
// are tried one by one.

/** Judges a count; the same count twice must give the same answer at no cost. */
export type CountJudge = (count: number) => Promise<boolean>;

/** Where to search. */
export interface CountRange {
  readonly min: number;
  readonly max: number;
  /** Where to begin, within the range. */
  readonly start: number;
}

/** What was found. */
export interface CountAnswer {
  /** Undefined: not even the largest count does. */
  readonly smallest: number | undefined;
  /** Pairs of a count that does and a larger one that does not. */
  readonly breaks: readonly { readonly meets: number; readonly misses: number }[];
}

/** Neighbours judged beside the answer, on each side, and around a break. */
const NEIGHBOURS = 2;
const AROUND = 4;

/** Searches; calls `judge` one count after the other. */
export async function searchCount(range: CountRange, judge: CountJudge): Promise<CountAnswer> {
  const known = new Map<number, boolean>();
  const ask = async (count: number): Promise<boolean> => {
    const answer = known.get(count) ?? (await judge(count));
    known.set(count, answer);
    return answer;
  };
  const first = await firstMeeting(range, ask);
  if (first === undefined) return { smallest: undefined, breaks: breaksOf(known) };
  let { low, high } = first;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await ask(middle)) high = middle;
    else low = middle;
  }
  await lookAround(range, high, NEIGHBOURS, ask);
  if (breaksOf(known).length > 0) {
    // One by one, downwards as long as something nearby still does.
    let lowest = smallestMeeting(known);
    for (;;) {
      await lookAround(range, lowest, AROUND, ask);
      const next = smallestMeeting(known);
      if (next === lowest) break;
      lowest = next;
    }
  }
  return { smallest: smallestMeeting(known), breaks: breaksOf(known) };
}

/** A count that does and one below it that does not (min - 1 stands for "none"). */
async function firstMeeting(
  { min, max, start }: CountRange,
  ask: CountJudge,
): Promise<{ readonly low: number; readonly high: number } | undefined> {
  let low = min - 1;
  let count = Math.min(max, Math.max(min, start));
  for (;;) {
    if (await ask(count)) return { low, high: count };
    if (count >= max) return undefined;
    low = count;
    count = Math.min(max, Math.max(count + 1, 2 * count));
  }
}

async function lookAround(
  { min, max }: CountRange,
  center: number,
  distance: number,
  ask: CountJudge,
): Promise<void> {
  for (let step = 1; step <= distance; step++) {
    if (center + step <= max) await ask(center + step);
    if (center - step >= min) await ask(center - step);
  }
}

function smallestMeeting(known: ReadonlyMap<number, boolean>): number {
  return [...known].reduce(
    (least, [count, isMet]) => (isMet && count < least ? count : least),
    Infinity,
  );
}

function breaksOf(known: ReadonlyMap<number, boolean>): CountAnswer["breaks"] {
  const rising = [...known].sort(([a], [b]) => a - b);
  return rising.flatMap(([count, isMet], at) => {
    const below = isMet ? undefined : rising.slice(0, at).findLast(([, met]) => met);
    return below === undefined ? [] : [{ meets: below[0], misses: count }];
  });
}
