// The sentence for a pod that fits nowhere, word for word.

import { describe, expect, it } from "vitest";
import {
  formatFitError,
  type NodeRow,
  NodeStatuses,
  unresolvable,
  unschedulable,
} from "../../../src/scheduler/index.ts";

function statusesOf(...reasons: string[][]): NodeStatuses {
  const statuses = new NodeStatuses();
  for (const [index, each] of reasons.entries()) {
    statuses.set((index + 1) as NodeRow, unschedulable("P", ...each));
  }
  return statuses;
}

const text = (statuses: NodeStatuses, allNodeCount: number, preFilter = "", postFilter = "") =>
  formatFitError({
    allNodeCount,
    statuses,
    preFilterMessage: preFilter,
    postFilterMessage: postFilter,
  });

describe("the FitError text", () => {
  it("counts every reason of every node and sorts as text, counts included", () => {
    const statuses = statusesOf(
      ["Insufficient cpu", "Insufficient memory"],
      ["Insufficient cpu"],
      ...Array.from({ length: 10 }, () => ["node(s) were unschedulable"]),
    );
    expect(text(statuses, 12)).toBe(
      "0/12 nodes are available: 1 Insufficient memory, 10 node(s) were unschedulable, 2 Insufficient cpu.",
    );
  });

  it("nodes without a status of their own count with the absent one", () => {
    const statuses = statusesOf(["Too many pods"]);
    statuses.absent = unresolvable("", "node(s) didn't satisfy plugin(s) [NodeAffinity]");
    expect(text(statuses, 4)).toBe(
      "0/4 nodes are available: 1 Too many pods, 3 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    );
  });

  it("a PreFilter message replaces the histogram, a PostFilter message follows", () => {
    expect(text(statusesOf(["x"]), 1, "claim not found", "not found")).toBe(
      "0/1 nodes are available: claim not found. not found",
    );
  });

  it("says nothing more when there are no reasons", () => {
    expect(text(new NodeStatuses(), 3)).toBe("0/3 nodes are available:");
  });
});
