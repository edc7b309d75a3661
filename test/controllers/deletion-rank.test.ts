import { describe, expect, it } from "vitest";
import {
  compareForJob,
  compareForReplicaSet,
  type RankedPod,
} from "../../src/controllers/deletion-rank.ts";

const SECOND = 1_000_000;
const NOW = 1_000 * SECOND;

function pod(uid: number, facts: Partial<RankedPod> = {}): RankedPod {
  return {
    uid,
    bound: true,
    phaseOrder: 2,
    ready: true,
    readySinceUs: 100 * SECOND,
    deletionCost: 0,
    rank: 1,
    restartCount: 0,
    sidecarRestartCount: 0,
    createdUs: 90 * SECOND,
    ...facts,
  };
}

describe("a ReplicaSet gives up", () => {
  // each row: the facts of the pod that goes first, against a plain ready pod
  const rows: [why: string, first: Partial<RankedPod>, other: Partial<RankedPod>][] = [
    [
      "unbound before bound",
      { bound: false, phaseOrder: 0, ready: false },
      { phaseOrder: 0, ready: false },
    ],
    ["pending before running", { phaseOrder: 0, ready: false, deletionCost: 9 }, { ready: false }],
    ["not ready before ready", { ready: false, deletionCost: 9 }, {}],
    ["the lower deletion cost", { deletionCost: -5 }, { rank: 3 }],
    ["the one on the fuller node", { rank: 2, readySinceUs: 0 }, { readySinceUs: 990 * SECOND }],
    ["the one ready for less time", { readySinceUs: 990 * SECOND }, { restartCount: 7 }],
    ["the one restarted more often", { restartCount: 2 }, { createdUs: 99 * SECOND }],
    ["a main container's restarts first", { restartCount: 2 }, { sidecarRestartCount: 9 }],
    ["then those of a sidecar", { sidecarRestartCount: 1 }, { createdUs: 99 * SECOND }],
    ["the younger", { createdUs: 999 * SECOND }, {}],
  ];
  it.each(rows)("%s", (_why, firstFacts, otherFacts) => {
    for (const [a, b] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const first = pod(a, firstFacts);
      const other = pod(b, otherFacts);
      expect(compareForReplicaSet(first, other, NOW)).toBeLessThan(0);
      expect(compareForReplicaSet(other, first, NOW)).toBeGreaterThan(0);
    }
  });

  it("the smaller uid when ages fall into one power of two", () => {
    const older = pod(1, { readySinceUs: 100 * SECOND });
    const younger = pod(2, { readySinceUs: 200 * SECOND });
    expect(compareForReplicaSet(older, younger, NOW)).toBeLessThan(0);
  });

  it("the younger object when all rules tie within one second", () => {
    const older = pod(1, { createdUs: 90 * SECOND });
    const younger = pod(2, { createdUs: 90 * SECOND + 900_000 });
    expect(compareForReplicaSet(younger, older, NOW)).toBeLessThan(0);
  });
});

describe("a Job gives up", () => {
  it("the one ready for less time on the plain scale, whatever its uid", () => {
    const older = pod(1, { readySinceUs: 100 * SECOND });
    const younger = pod(2, { readySinceUs: 200 * SECOND });
    expect(compareForJob(younger, older)).toBeLessThan(0);
  });

  it("no heed to deletion cost or ranks", () => {
    const costly = pod(2, { deletionCost: 100, rank: 9 });
    expect(compareForJob(costly, pod(1))).toBeLessThan(0);
  });
});
