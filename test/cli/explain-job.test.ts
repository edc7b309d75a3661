import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExplainOptions } from "../../src/cli/commands/explain-command.ts";
import { explainHere } from "../../src/cli/explain-here.ts";
import { explainObjects, explainRunFolder } from "../../src/cli/explain-job.ts";
import { executeRunJob } from "../../src/cli/run-job.ts";
import { createRunControl } from "../../src/cli/run-request.ts";

const folder = mkdtempSync(join(tmpdir(), "podsim-explain-"));
const objects = join(folder, "objects.json");
const results = join(folder, "out");
const OPTIONS: ExplainOptions = { format: "table", plugins: true };

function manifests(cpu: string): string {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "a" },
    status: { allocatable: { cpu: "2", memory: "4Gi", pods: "10" } },
  };
  const container = { name: "main", image: "app:1", resources: { requests: { cpu } } };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web" },
    spec: { containers: [container] },
  };
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: [node, pod] });
}

async function refusal(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

const explainWeb = () => explainRunFolder(results, "web", OPTIONS);

beforeAll(async () => {
  writeFileSync(objects, manifests("1"));
  const request = {
    inputs: [objects],
    recursive: false,
    allowOutside: false,
    allowUnsimulated: false,
    strict: false,
    overrides: [],
    schedulers: [],
    seed: undefined,
    horizon: undefined,
    thresholds: [],
    check: "none",
    maxEvents: undefined,
    maxInputBytes: undefined,
    maxWall: undefined,
    debug: false,
    outputDir: results,
    force: false,
    format: "table",
    verifyDeterminism: false,
    noPlugins: false,
  } as const;
  await executeRunJob(request, createRunControl());
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("explaining a result folder", () => {
  it("tells when the decision and its explanation are worked out, once", async () => {
    const phases: string[] = [];
    await explainRunFolder(results, "web", OPTIONS, {
      onEvaluation: (phase) => phases.push(phase),
    });
    expect(phases).toEqual(["begin", "end"]);
  });

  it("says what deciding and explaining took, and what all of it took", async () => {
    const { notes, output } = await explainHere(
      { positional: [results, "web"], options: { ...OPTIONS, debug: false } },
      undefined,
    );
    expect(notes).toMatch(
      /^time {8}\d+ ms to decide and explain, \d+\.\d\d s with loading and replay\n$/,
    );
    expect(output).not.toContain("ms to decide");
  });

  it("replays the very run: same scheduler, same hash, no note", async () => {
    const record = await explainWeb();
    const manifest = JSON.parse(readFileSync(join(results, "run.json"), "utf8"));
    expect(record.scenario.inputHash).toBe(manifest.inputHash);
    expect(record.decision).toMatchObject({ outcome: "placed", node: "a" });
    expect(record.notes).toEqual([]);
  });

  it("refuses inputs that changed or went away", async () => {
    writeFileSync(objects, manifests("500m"));
    expect(await refusal(explainWeb)).toMatch(
      /objects\.json: error\[E_INPUT_CHANGED\]: has changed since/,
    );
    rmSync(objects);
    expect(await refusal(explainWeb)).toMatch(
      /E_NO_FILE[\s\S]*hint: the run's inputs are looked for/,
    );
    writeFileSync(objects, manifests("1"));
    expect((await explainWeb()).decision!.node).toBe("a");
  });

  it("says so when other versions or another course were recorded", async () => {
    const file = join(results, "run.json");
    const text = readFileSync(file, "utf8");
    const manifest = JSON.parse(text);
    const changed = {
      ...manifest,
      fingerprint: "f".repeat(16),
      versions: { ...manifest.versions, podsim: "0.0.1" },
    };
    writeFileSync(file, JSON.stringify(changed));
    const { notes } = await explainWeb();
    writeFileSync(file, text);
    expect(notes[0]).toContain("made with podsim 0.0.1");
    expect(notes[1]).toContain("another way");
  });

  it.each([
    ["{", "no readable JSON"],
    ['{"schemaVersion":"podsim.dev/run/v9"}', "no manifest of podsim.dev/run/v1"],
    ["null", "no manifest"],
  ])("refuses the manifest %s", async (damaged, message) => {
    const file = join(results, "run.json");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, damaged);
    const said = await refusal(explainWeb);
    writeFileSync(file, text);
    expect(said).toContain(message);
  });

  it("refuses what is no result folder", async () => {
    expect(await refusal(() => explainRunFolder(objects, "web", OPTIONS))).toContain("is a file");
    expect(await refusal(() => explainRunFolder(folder, "web", OPTIONS))).toContain(
      "holds no run.json",
    );
    expect(await refusal(() => explainRunFolder(join(folder, "none"), "web", OPTIONS))).toContain(
      "no such folder",
    );
  });

  it("refuses a time that is none", async () => {
    expect(
      await refusal(() => explainRunFolder(results, "web", { ...OPTIONS, at: "soon" })),
    ).toContain("--at soon");
  });
});

it("judges objects without a run, by any scheduler", async () => {
  const record = await explainObjects(undefined, {
    ...OPTIONS,
    filename: [objects],
    scheduler: ["first-fit"],
  });
  expect(record).toMatchObject({ source: "snapshot", scheduler: "first-fit", attempt: null });
  expect(record.decision!.node).toBe("a");
});
