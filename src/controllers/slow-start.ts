// Slow start: creations go out in batches of 1, 2, 4, 8 ..., each in parallel, the next one only if
// the whole batch succeeded. A quota that refuses everything then costs one attempt, not hundreds.

/** Sends request number `index`; calls `reply` once, with an error text if it was refused. */
export type SlowStartStep = (index: number, reply: (error?: string) => void) => void;

/**
 * Runs `count` steps. `done` gets how many succeeded and the first error, if any; steps after a
 * batch with an error are not tried.
 */
export function startSlowly(
  count: number,
  step: SlowStartStep,
  done: (successCount: number, error: string | undefined) => void,
): void {
  let successCount = 0;
  const runBatch = (start: number, size: number): void => {
    if (start >= count) {
      done(successCount, undefined);
      return;
    }
    const end = Math.min(count, start + size);
    let waiting = end - start;
    let firstError: string | undefined;
    const reply = (error?: string): void => {
      if (error === undefined) successCount++;
      else firstError ??= error;
      if (--waiting > 0) return;
      if (firstError !== undefined) done(successCount, firstError);
      else runBatch(end, 2 * size);
    };
    for (let index = start; index < end; index++) step(index, reply);
  };
  runBatch(0, 1);
}

/** Runs `count` steps all at once; `done` as in `startSlowly`. */
export function startTogether(
  count: number,
  step: SlowStartStep,
  done: (successCount: number, error: string | undefined) => void,
): void {
  if (count === 0) {
    done(0, undefined);
    return;
  }
  let waiting = count;
  let successCount = 0;
  let firstError: string | undefined;
  const reply = (error?: string): void => {
    if (error === undefined) successCount++;
    else firstError ??= error;
    if (--waiting === 0) done(successCount, firstError);
  };
  for (let index = 0; index < count; index++) step(index, reply);
}
