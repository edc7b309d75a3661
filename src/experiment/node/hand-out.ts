// Jobs handed out one by one to whoever is free, answers in the jobs' order.
//
// The order in which jobs end cannot be seen in the outcome, a failure included: jobs are begun in the
// list's order, so when one fails, those before it are waited for and the first failure in the list is
// reported. What a taker is (a thread, a process) is the caller's business.

/** Does jobs, one at a time. */
export type Taker<Job, Answer> = (job: Job) => Promise<Answer>;

/** What may be watched and stopped while jobs are handed out. */
export interface HandOutWatch<Job, Answer> {
  readonly onDone?: (job: Job, answer: Answer) => void;
  /** Aborted: present jobs end, no further ones begin. */
  readonly signal?: AbortSignal | undefined;
}

/** Answers parallel to `jobs`; undefined for those that were not begun. Throws the first failure. */
export async function handOut<Job, Answer>(
  jobs: readonly Job[],
  takers: readonly Taker<Job, Answer>[],
  watch: HandOutWatch<Job, Answer> = {},
): Promise<(Answer | undefined)[]> {
  const answers = new Array<Answer | undefined>(jobs.length).fill(undefined);
  const failures: { readonly at: number; readonly error: unknown }[] = [];
  let next = 0;
  const serve = async (take: Taker<Job, Answer>): Promise<void> => {
    while (next < jobs.length && failures.length === 0 && watch.signal?.aborted !== true) {
      const at = next++;
      try {
        const answer = await take(jobs[at]!);
        answers[at] = answer;
        watch.onDone?.(jobs[at]!, answer);
      } catch (error) {
        failures.push({ at, error });
      }
    }
  };
  await Promise.all(takers.slice(0, jobs.length).map(serve));
  if (failures.length === 0) return answers;
  throw failures.reduce((a, b) => (b.at < a.at ? b : a)).error;
}
