// Claims about handing out: which taker did a job, and when, cannot be seen in what comes back.

import { describe, expect, it } from "vitest";
import { handOut, type Taker } from "../../../src/experiment/node.ts";

/** Takes a job in as many turns as it says. */
const slowly: Taker<number, number> = async (turns) => {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  return turns * 10;
};
const JOBS = [5, 1, 9, 0, 3, 7];

describe("handing out", () => {
  it.each([1, 2, 3, 10])("gives answers in the jobs' order with %i takers", async (count) => {
    const takers = new Array<typeof slowly>(count).fill(slowly);
    expect(await handOut(JOBS, takers)).toEqual([50, 10, 90, 0, 30, 70]);
  });

  it.each([1, 2, 3])("throws the first failure of the list with %i takers", async (count) => {
    const take: Taker<number, number> = async (turns) => {
      const answer = await slowly(turns);
      if (turns === 9 || turns === 0) throw new Error(`job ${turns}`);
      return answer;
    };
    await expect(handOut(JOBS, new Array<typeof take>(count).fill(take))).rejects.toThrow("job 9");
  });

  it("begins nothing after the signal, and ends what it has begun", async () => {
    const aborting = new AbortController();
    const begun: number[] = [];
    const take: Taker<number, number> = async (turns) => {
      begun.push(turns);
      if (turns === 9) aborting.abort();
      return slowly(turns);
    };
    const answers = await handOut(JOBS, [take], { signal: aborting.signal });
    expect(begun).toEqual([5, 1, 9]);
    expect(answers).toEqual([50, 10, 90, undefined, undefined, undefined]);
  });
});
