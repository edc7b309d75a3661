// The scheduler of a run, ready to be started: a configuration, and what decides under it.
//
// A plain record, so that the command line, a scenario and a library user can each make one and a run
// need not know where it came from.

import { type Duration, EntityDraws, entityHash, streamName } from "../base/index.ts";
import type { ApiServer, ClientLimit } from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";
import type {
  Decider,
  DeciderParts,
  EvaluatorName,
  Registry,
  SchedulerConfiguration,
  TieBreak,
} from "../scheduler/index.ts";

/** A scheduler as a run starts it. */
export interface RunScheduler {
  /** As the user calls it; stands in results. */
  readonly name: string;
  readonly configuration: SchedulerConfiguration;
  /** The KubeSchedulerConfiguration it was read from; absent: none was given. */
  readonly source?: unknown;
  /** Plugins that the configuration may name; absent: upstream's. */
  readonly registry?: Registry;
  /** Makes the decider of one run; absent: the plain evaluator over the profiles. */
  readonly createDecider?: (parts: DeciderParts, run: RunIdentity) => Decider;
  /**
   * How equal totals fall: as upstream's heap orders them (the default), or uniformly at random, drawn
   * from the run's seed and the number of the tie, to see how much hangs on ties.
   */
  readonly tieBreak?: "heap" | "random";
  /** Commit to delivery at this scheduler: how old its view is. Absent: the control plane's watchLatency. */
  readonly watchLatency?: Duration;
  /** Pop to decision. Absent: the control plane's schedulerCycle. */
  readonly cycleUs?: Duration;
  /** Its own client's rate. Absent: that of its configuration, else the control plane's schedulerClient. */
  readonly clientLimit?: ClientLimit;
  /** False: pods that selectors match are counted anew at each decision, slowly and to the same end. */
  readonly keepsMatches?: boolean;
  /** Of the profiles; absent: the default. The outcome is the same. */
  readonly evaluator?: EvaluatorName;
  /** Starts something else in this place, which need not be a kube-scheduler at all (benchmarks). */
  readonly startInstead?: (api: ApiServer) => void;
  /** Things about it that are not simulated, such as extenders. */
  readonly notes?: readonly string[];
  /** The user's files it was made from; they decide the outcome like any other input. */
  readonly modules?: readonly ModuleBytes[];
}

/** A module of the user's, as it was when it was loaded. */
export interface ModuleBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** It imports more code, which nobody hashed. */
  readonly hasImports: boolean;
}

/**
 * How ties fall in a run of this scheduler. The number of the tie is the entity of the draw, so the
 * k-th tie draws alike in every run of this seed, also when the run is replayed to explain it; the
 * stream is the scheduler's own, so that another one beside it changes nothing.
 */
export function tieBreakOf(
  scheduler: RunScheduler,
  run: Omit<RunIdentity, "simulation">,
): TieBreak {
  if (scheduler.tieBreak !== "random") return "heap";
  const draws = new EntityDraws(streamName(run.seed, run.replication, `ties/${scheduler.name}`));
  let ties = 0;
  return () => draws.unit(entityHash("tie", ties++), 0);
}

/** What keyed draws of a run hang on. */
export interface RunIdentity {
  readonly seed: string;
  readonly replication: number;
  readonly simulation: Simulation;
  /** Name of the scheduler that is made. */
  readonly scheduler: string;
}
