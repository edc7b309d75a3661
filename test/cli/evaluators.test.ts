// `--evaluator`: the same run under every one, and what is left when two of them disagree.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EVALUATOR_CHOICES } from "../../src/cli/option-parts.ts";
import { executeRunJob } from "../../src/cli/run-job.ts";
import { createRunControl, type RunRequest } from "../../src/cli/run-request.ts";
import { verifyDecisions } from "../../src/experiment/index.ts";
import { IndexedEvaluator } from "../../src/scheduler/evaluator/indexed/indexed.ts";
import { EVALUATOR_NAMES, type EvaluatorName } from "../../src/scheduler/index.ts";
import { freshFolder, SMALL } from "./command-line.ts";

const request = (folder: string, evaluator: EvaluatorName | undefined): RunRequest => ({
  inputs: [join(folder, "s.yaml")],
  ...{ recursive: false, allowOutside: false, allowUnsimulated: false, strict: false },
  ...{ overrides: ["run.horizon=4m"], schedulers: [], thresholds: [] },
  ...{ seed: "7", horizon: undefined, maxWall: undefined, maxInputBytes: undefined },
  ...{ check: "none", force: false, format: "table", debug: false },
  ...{ verifyDeterminism: false, noPlugins: false, evaluator },
  outputDir: join(folder, `out-${evaluator}`),
});

const json = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

/** The indexed evaluator miscounts the ties of decisions about pods of that name. */
function plantFault(isConcerned: (name: string) => boolean): void {
  const { decide } = IndexedEvaluator.prototype;
  vi.spyOn(IndexedEvaluator.prototype, "decide").mockImplementation(function (
    this: IndexedEvaluator,
    ...args
  ) {
    const decision = decide.apply(this, args);
    if (!isConcerned(decision.pod.name)) return decision;
    return Object.create(decision, { tieCount: { value: 77 } }) as typeof decision;
  });
}

describe("--evaluator", () => {
  afterEach(() => vi.restoreAllMocks());

  it("offers the evaluators that there are", () => {
    expect(EVALUATOR_CHOICES).toEqual(EVALUATOR_NAMES);
  });

  it("changes neither fingerprint nor input hash, and stands in the manifest", async () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    const seen = new Set<string>();
    for (const evaluator of [undefined, ...EVALUATOR_NAMES]) {
      const asked = request(folder, evaluator);
      const { exitCode, closing } = await executeRunJob(asked, createRunControl());
      expect(exitCode, closing).toBe(0);
      const manifest = json(join(asked.outputDir!, "run.json"));
      const { evaluator: recorded } = manifest["options"] as { evaluator?: string };
      expect(recorded).toBe(evaluator);
      seen.add(`${String(manifest["fingerprint"])} ${String(manifest["inputHash"])}`);
    }
    expect(seen.size).toBe(1);
  });

  it("both: the first difference ends the run with 70 and a bundle that shows it again", async () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    let concerned = "";
    plantFault((name) => {
      concerned ||= name;
      return name === concerned;
    });
    const asked = request(folder, "both");
    const { exitCode, closing } = await executeRunJob(asked, createRunControl());
    expect(exitCode).toBe(70);
    expect(closing).toContain("ties is ");
    expect(closing).toContain(
      `podsim verify decisions ${join(asked.outputDir!, "case.jsonl")} --evaluator both`,
    );
    const bundle = json(join(asked.outputDir!, "bundle.json"));
    expect(bundle["command"]).toContain("--evaluator both");
    expect(bundle["difference"]).toMatchObject({ field: "ties", decision: 1, other: "77" });
    const lines = readFileSync(join(asked.outputDir!, "case.jsonl"), "utf8").split("\n");
    for (const evaluator of ["indexed", "both"] as const) {
      const report = verifyDecisions(lines, "case.jsonl", { evaluator });
      expect(report.checked).toBe(1);
      expect(report.differences[0]).toMatchObject({
        what: `${evaluator} against plain: ties`,
        got: "77",
      });
    }
    expect(verifyDecisions(lines, "case.jsonl", { evaluator: "fused" }).differ).toBe(0);
    vi.restoreAllMocks();
    expect(verifyDecisions(lines, "case.jsonl", { evaluator: "both" }).differ).toBe(0);
    expect((await executeRunJob(asked, createRunControl())).exitCode).toBe(0);
  });
});
