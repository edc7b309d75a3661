// Growing delays: container restarts, Job retries, work-queue retries.
import { describe, expect, it } from "vitest";
import {
  DEFAULT_JOB_BACKOFF,
  NO_FAILURES,
  recordEnds,
  remainingBackoffUs,
} from "../../src/controllers/job-backoff.ts";
import {
  DEFAULT_RESTART_BACKOFF,
  planRestart,
  type RestartHistory,
} from "../../src/controllers/kubelet/restart-backoff.ts";
import { backoffUs, DEFAULT_RETRIES } from "../../src/controllers/work-queue.ts";

const SECOND = 1_000_000;

describe("CrashLoopBackOff", () => {
  /** Waits from each exit to the next start of a container that runs `runUs` each time. */
  function waits(starts: number, runUs: number, jitter: number): number[] {
    const found: number[] = [];
    let history: RestartHistory | undefined;
    let now = 0;
    for (let n = 0; n < starts; n++) {
      const exitUs = now + runUs;
      const plan = planRestart(
        history,
        exitUs,
        exitUs,
        DEFAULT_RESTART_BACKOFF,
        exitUs % SECOND,
        () => jitter,
      );
      found.push((plan.startUs - exitUs) / SECOND);
      history = { backoffUs: plan.backoffUs, startedUs: plan.startUs };
      now = plan.startUs;
    }
    return found;
  }

  it("waits 0, 10, 20, 40, 80, 160, 300, 300 s without jitter", () => {
    expect(waits(8, 2 * SECOND, 0)).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it("with the largest jitter stays within the recorded ranges", () => {
    const [, second, third, fourth, fifth, sixth] = waits(6, 2 * SECOND, 0.999);
    expect(second).toBeLessThanOrEqual(15);
    expect(third).toBeLessThanOrEqual(30);
    expect(fourth).toBeLessThanOrEqual(60);
    expect(fifth).toBeLessThanOrEqual(120);
    expect(sixth).toBeLessThanOrEqual(190);
  });

  it("starts anew after a run of more than ten minutes", () => {
    const history = { backoffUs: 300 * SECOND, startedUs: 0 };
    const plan = planRestart(
      history,
      601 * SECOND,
      601 * SECOND,
      DEFAULT_RESTART_BACKOFF,
      0,
      () => 0,
    );
    expect(plan).toEqual({
      ...{ startUs: 601 * SECOND, lookUs: 601 * SECOND },
      ...{ backoffUs: 10 * SECOND, backsOff: false },
    });
  });
});

describe("Job back-off", () => {
  it("is 10, 20, 40, 80, 160, 320, 600, 600 s after the n-th failure in a row", () => {
    let record = NO_FAILURES;
    const delays: number[] = [];
    for (let n = 1; n <= 8; n++) {
      record = recordEnds(record, [{ failed: true, finishedUs: 1000 * SECOND }]);
      delays.push(remainingBackoffUs(record, 1000 * SECOND, DEFAULT_JOB_BACKOFF) / SECOND);
    }
    expect(delays).toEqual([10, 20, 40, 80, 160, 320, 600, 600]);
  });

  it("is dropped by a later success, not by an earlier one", () => {
    const failed = { failed: true, finishedUs: 50 * SECOND };
    const early = { failed: false, finishedUs: 40 * SECOND };
    const late = { failed: false, finishedUs: 60 * SECOND };
    expect(recordEnds(NO_FAILURES, [failed, early]).failuresSinceSuccess).toBe(1);
    expect(recordEnds(NO_FAILURES, [late, failed]).failuresSinceSuccess).toBe(0);
  });

  it("counts from the whole second of the finish", () => {
    const record = recordEnds(NO_FAILURES, [{ failed: true, finishedUs: 7_900_000 }]);
    expect(remainingBackoffUs(record, 8 * SECOND, DEFAULT_JOB_BACKOFF)).toBe(9 * SECOND);
  });
});

describe("work-queue retries", () => {
  it("double from 5 ms to 1000 s", () => {
    const delays = [0, 1, 2, 17, 18, 40].map((n) => backoffUs(DEFAULT_RETRIES, n) / 1000);
    expect(delays).toEqual([5, 10, 20, 655_360, 1_000_000, 1_000_000]);
  });
});
