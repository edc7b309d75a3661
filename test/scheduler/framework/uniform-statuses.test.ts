// One verdict for many nodes: visited as other verdicts are.

import { describe, expect, it } from "vitest";
import type { NodeRow } from "../../../src/scheduler/index.ts";
import { unresolvable, unschedulable } from "../../../src/scheduler/framework/status.ts";
import { UniformStatuses } from "../../../src/scheduler/framework/uniform-statuses.ts";

describe("uniform statuses", () => {
  const rows = [4, 2, 9] as NodeRow[];
  const status = unschedulable("Plugin", "no room");
  const statuses = new UniformStatuses(rows, status, unresolvable("", "not tried"));

  it("visit every node once, in order, as their entries do", () => {
    const visited: [NodeRow, typeof status][] = [];
    statuses.forEach((each, row) => {
      visited.push([row, each]);
    });
    expect(visited).toEqual(rows.map((row) => [row, status]));
    expect(visited).toEqual([...statuses.entries()]);
  });
});
