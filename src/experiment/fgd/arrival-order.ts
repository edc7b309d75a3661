// The order in which the FGD study's pods arrive, and the rank of each node, for one seed.
//
// The published protocol: shuffle the pods, tune the demand to 1.3 times the GPUs of the cluster by
// appending clones or deleting pods, then rank the nodes. Draws that only the order of later draws
// shows (a log line, ten starting informers) are part of it.

import { GoRandom } from "./go-random.ts";

/** GPU demand aimed at, as a multiple of the cluster's GPUs: 13 / 10. */
const TUNING_TENTHS = 13;
const INFORMER_DRAWS = 10;

/** What tuning needs to know of a pod. Thousandths of GPUs. */
export interface DemandingPod {
  readonly milliEach: number;
  readonly milliTotal: number;
}

/** Pods by their place in the list sorted by name, nodes by theirs. */
export interface ArrivalOrder {
  readonly arrivals: readonly number[];
  /** Place in `arrivals` of the first clone; -1 where none was appended. */
  readonly firstClone: number;
  /** Pods deleted because the trace asks for too much. */
  readonly removed: number;
  /** Rank of each node; the smallest wins ties. */
  readonly nodeRanks: readonly number[];
}

/**
 * The order for a seed.
 *
 * @param pods sorted by name.
 * @param capacityMilli thousandths of all GPUs of the cluster.
 */
export function arrivalOrder(
  pods: readonly DemandingPod[],
  capacityMilli: number,
  nodeCount: number,
  seed: number,
): ArrivalOrder {
  const random = new GoRandom(seed);
  random.int63();
  const arrivals = pods.map((_, place) => place);
  random.shuffle(arrivals);
  const target = (capacityMilli * TUNING_TENTHS) / 10;
  const demand = pods.reduce((sum, pod) => sum + pod.milliTotal, 0);
  const isShort = demand < target;
  if (isShort) appendClones(arrivals, pods, target - demand, random);
  else deletePods(arrivals, pods, demand - target, random);
  for (let k = 0; k < INFORMER_DRAWS; k++) random.int63();
  return {
    arrivals,
    firstClone: arrivals.length > pods.length ? pods.length : -1,
    removed: Math.max(0, pods.length - arrivals.length),
    nodeRanks: random.perm(nodeCount),
  };
}

/** Ends when one GPU of the drawn pod would be too much, though all of its GPUs are counted. */
function appendClones(
  arrivals: number[],
  pods: readonly DemandingPod[],
  missing: number,
  random: GoRandom,
): void {
  let added = 0;
  for (;;) {
    const place = random.intn(pods.length);
    const { milliEach, milliTotal } = pods[place]!;
    if (added + milliEach > missing) return;
    arrivals.push(place);
    added += milliTotal;
  }
}

function deletePods(
  arrivals: number[],
  pods: readonly DemandingPod[],
  surplus: number,
  random: GoRandom,
): void {
  let removed = 0;
  while (removed < surplus) {
    const [place] = arrivals.splice(random.intn(arrivals.length), 1);
    removed += pods[place!]!.milliTotal;
  }
}
