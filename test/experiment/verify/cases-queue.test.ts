// Recorded queue cases, hints, order and gates of the real scheduler against podsim's.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { CaseOutcome, RecordedCase } from "../../../src/experiment/verify/case-format.ts";
import { queueCaseKinds } from "../../../src/experiment/verify/cases-queue.ts";

const CASES = fileURLToPath(new URL("../../../../shared/conformance/cases/", import.meta.url));
const isHere = existsSync(CASES);
if (!isHere) console.log(`skipped: the recorded cases are not at ${CASES}`);

interface Tally {
  readonly kinds: Map<string, number>;
  readonly unsupported: string[];
  readonly differences: string[];
  readonly byPlugin: Map<string, number>;
}

function replay(file: string): Tally {
  const tally: Tally = { kinds: new Map(), unsupported: [], differences: [], byPlugin: new Map() };
  const lines = readFileSync(`${CASES}${file}`, "utf8").split("\n");
  for (const line of lines) {
    if (line === "") continue;
    const recorded = JSON.parse(line) as RecordedCase;
    const kind = String(recorded["kind"]);
    const check = queueCaseKinds.get(kind);
    if (check === undefined) continue;
    const outcome: CaseOutcome = check(recorded);
    tally.kinds.set(kind, (tally.kinds.get(kind) ?? 0) + 1);
    if (outcome.kind === "unsupported") tally.unsupported.push(...outcome.names);
    if (outcome.kind !== "checked") continue;
    for (const hint of Object.keys(hintsOf(recorded))) {
      tally.byPlugin.set(hint, (tally.byPlugin.get(hint) ?? 0) + 1);
    }
    for (const difference of outcome.differences)
      tally.differences.push(JSON.stringify(difference));
  }
  return tally;
}

function hintsOf(recorded: RecordedCase): Readonly<Record<string, string>> {
  const expect = recorded["expect"] as { hints?: Readonly<Record<string, string>> } | undefined;
  return expect?.hints ?? {};
}

describe.skipIf(!isHere)("recorded cases of the queue", () => {
  it("agree in every example of every kind", () => {
    const tally = replay("examples.jsonl");
    console.log(Object.fromEntries(tally.kinds), tally.unsupported);
    expect(tally.differences.slice(0, 10)).toEqual([]);
    expect(tally.kinds.get("queue")).toBe(6);
  });

  it("agree in all 2,000 recorded hints", () => {
    const tally = replay("queueing-hints.jsonl");
    console.log(Object.fromEntries(tally.byPlugin), tally.unsupported);
    expect(tally.differences.slice(0, 10)).toEqual([]);
    expect(tally.kinds.get("hints")).toBe(2_000);
    expect(tally.unsupported).toEqual([]);
  });
});
