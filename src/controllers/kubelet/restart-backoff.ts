// CrashLoopBackOff: how long the kubelet waits before it starts an exited container again.
//
// 0, 10, 20, 40 ... 300 s after the exit, looked at on the worker's grid, so real restarts come a
// little later than the expiry. A run of more than ten minutes starts the sequence anew.

const US_PER_SECOND = 1_000_000;

/** Parameters of the sequence; real defaults in DEFAULT_RESTART_BACKOFF. */
export interface RestartBackoffLimits {
  readonly initialUs: number;
  readonly maxUs: number;
  readonly resetAfterUs: number;
  /** Longest pause between two looks at a pod that is backing off. */
  readonly lookUsMax: number;
  /** The worker looks on this grid. */
  readonly tickUs: number;
}

/** crashLoopBackOff.maxContainerRestartPeriod 300 s, forgotten after 600 s. */
export const DEFAULT_RESTART_BACKOFF: RestartBackoffLimits = {
  initialUs: 10 * US_PER_SECOND,
  maxUs: 300 * US_PER_SECOND,
  resetAfterUs: 600 * US_PER_SECOND,
  lookUsMax: 60 * US_PER_SECOND,
  tickUs: US_PER_SECOND,
};

/** What is remembered of a container's restarts; undefined before the first. */
export interface RestartHistory {
  readonly backoffUs: number;
  /** When the container was last started by this rule. */
  readonly startedUs: number;
}

/** When to start again, and what to remember then. */
export interface RestartPlan {
  readonly startUs: number;
  /** The first look after the exit was seen; from then on the pod shows that it backs off. */
  readonly lookUs: number;
  readonly backoffUs: number;
  /** True if it has to wait until then. */
  readonly backsOff: boolean;
}

/**
 * Plans the next start of a container that exited at `exitUs` and whose exit the kubelet sees at
 * `seenUs`. `jitter(k)` in [0,1) stretches the k-th pause between looks by up to a half; `tickPhaseUs`
 * is the kubelet's phase on its grid.
 */
export function planRestart(
  history: RestartHistory | undefined,
  exitUs: number,
  seenUs: number,
  limits: RestartBackoffLimits,
  tickPhaseUs: number,
  jitter: (look: number) => number,
): RestartPlan {
  if (history === undefined || exitUs - history.startedUs > limits.resetAfterUs) {
    return { startUs: seenUs, lookUs: seenUs, backoffUs: limits.initialUs, backsOff: false };
  }
  const expiryUs = exitUs + history.backoffUs;
  let lookUs = seenUs;
  let firstUs = -1;
  for (let look = 0; lookUs < expiryUs; look++) {
    const pause = Math.min(expiryUs - lookUs, limits.lookUsMax);
    const stretched = pause + Math.floor((pause * jitter(look)) / 2);
    lookUs = nextTick(lookUs + stretched, limits.tickUs, tickPhaseUs);
    if (look === 0) firstUs = lookUs;
  }
  return {
    startUs: lookUs,
    lookUs: firstUs < 0 ? lookUs : firstUs,
    backoffUs: Math.min(2 * history.backoffUs, limits.maxUs),
    backsOff: true,
  };
}

/** First instant of the grid phase + k x period that is not before `us`. */
export function nextTick(us: number, periodUs: number, phaseUs: number): number {
  if (periodUs <= 0) return us;
  return phaseUs + Math.ceil((us - phaseUs) / periodUs) * periodUs;
}
