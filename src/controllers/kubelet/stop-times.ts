// How long a container takes to stop: hook, signal, kill.
//
// Pure arithmetic; who is stopped when is in pod-stops.ts.

const US_PER_SECOND = 1_000_000;
/** A grace that is used up by the hook, or by what had to stop first, still leaves so much. */
export const MINIMUM_GRACE_US: number = 2 * US_PER_SECOND;

/** When a container ends after the kubelet began to stop it, and whether it had to be killed. */
export interface StopTime {
  readonly afterUs: number;
  readonly isKilled: boolean;
}

/**
 * The preStop hook runs inside the grace, then the signal is sent, and after what is left of the
 * grace (of which a hook takes whole seconds; two at least are left after one) whatever still runs
 * is killed.
 */
export function stopTime(graceUs: number, hookUs: number, stopUs: number): StopTime {
  const signalUs = Math.min(hookUs, graceUs);
  const takenUs = Math.floor(signalUs / US_PER_SECOND) * US_PER_SECOND;
  const leftUs = hookUs > 0 ? Math.max(graceUs - takenUs, MINIMUM_GRACE_US) : graceUs;
  return { afterUs: signalUs + Math.min(stopUs, leftUs), isKilled: stopUs > leftUs };
}
