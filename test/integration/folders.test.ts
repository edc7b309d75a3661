// Claims about folders of files, as `podsim run -R` meets them: what was only found and cannot be used
// is left out, named, and needs consent; what was named by the user must be right.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "../../src/base/index.ts";
import { CommandFailure } from "../../src/cli/exit-codes.ts";
import { executeRunJob } from "../../src/cli/run-job.ts";
import { createRunControl, type RunRequest } from "../../src/cli/run-request.ts";
import type { RunResult } from "../../src/metrics/index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "podsim-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

interface Answer {
  readonly exitCode: number;
  readonly text: string;
  readonly result: RunResult | undefined;
}

async function run(inputs: readonly string[], allowUnsimulated = false): Promise<Answer> {
  const outputDir = join(folder, "out");
  const request = {
    inputs,
    recursive: true,
    allowOutside: false,
    allowUnsimulated,
    strict: false,
    overrides: [],
    schedulers: [],
    thresholds: [],
    check: "none",
    outputDir,
    force: true,
    format: "json",
    verifyDeterminism: false,
    noPlugins: true,
    debug: false,
  } as unknown as RunRequest;
  try {
    const { exitCode } = await executeRunJob(request, createRunControl());
    const text = readFileSync(join(outputDir, "summary.json"), "utf8");
    return { exitCode, text, result: JSON.parse(text) as RunResult };
  } catch (error) {
    if (!(error instanceof CommandFailure) && !(error instanceof InputError)) throw error;
    return { exitCode: error.exitCode, text: error.message, result: undefined };
  }
}

const NODE = `apiVersion: v1
kind: Node
metadata: { name: n1 }
status: { allocatable: { cpu: "4", memory: 8Gi, pods: "10" } }
`;

function deployment(spec: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: ${spec}
`;
}

const WHOLE = deployment(
  "{ replicas: 2, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i }] } } }",
);

describe("a folder of files", () => {
  it("with nothing but objects runs as it is", async () => {
    put("set/node.yaml", NODE);
    put("set/deep/web.yaml", WHOLE);
    const { exitCode, result } = await run([join(folder, "set")]);
    expect(exitCode).toBe(0);
    expect(result!.counts).toMatchObject({ nodes: 1, podsRunningAtEnd: 2 });
  });

  it("with files that are no objects stops, names each of them, and goes on with consent", async () => {
    put("set/node.yaml", NODE);
    put("set/web.yaml", WHOLE);
    put("set/values.yaml", "replicas: 3\n");
    put("set/data.json", '{"rows": [1, 2]}');
    put("set/list.yaml", "- a\n- b\n");
    put("set/broken.yaml", `a: [1\n---\n${NODE.replace("name: n1", "name: n2")}`);
    put("set/partial.yaml", deployment("{ replicas: 9 }").replace("web", "other"));
    const refused = await run([join(folder, "set")]);
    expect(refused.exitCode).toBe(3);
    const named = [
      /broken\.yaml:\d+: document is left out: not YAML/,
      /data\.json:1: document is left out: kind: Required value/,
      /list\.yaml:1: document is left out: not a Kubernetes object/,
      /partial\.yaml:\d: Deployment default\/other is left out: spec\.\w+: Required value/,
      /values\.yaml:1: document is left out: kind: Required value/,
    ];
    for (const text of named) expect(refused.text).toMatch(text);
    expect(refused.text).toContain("--allow-unsimulated");
    const allowed = await run([join(folder, "set")], true);
    expect(allowed.exitCode).toBe(0);
    // The second document of the broken file stays.
    expect(allowed.result!.counts).toMatchObject({ nodes: 2, podsRunningAtEnd: 2 });
    const notes = allowed.result!.notes.filter(({ code }) => code === "LEFT_OUT");
    expect(notes.length).toBe(named.length);
    expect(allowed.text).not.toContain(folder);
  });

  it("is refused for limits whatever is consented to", async () => {
    put("set/node.yaml", NODE.replace("8Gi", "8Ei"));
    expect(await run([join(folder, "set")], true)).toMatchObject({
      exitCode: 4,
      text: expect.stringContaining("E_LIMIT_QUANTITY"),
    });
  });

  it.each([
    ["values.yaml", "replicas: 3\n", "E_NOT_AN_OBJECT"],
    ["partial.yaml", deployment("{ replicas: 9 }"), "E_REQUIRED"],
    ["broken.yaml", "a: [1\n", "E_SYNTAX"],
  ])("is judged more mildly than %s named by the user", async (name, text, code) => {
    const file = put(`set/${name}`, text);
    put("set/node.yaml", NODE);
    expect(await run([file], true)).toMatchObject({
      exitCode: 3,
      text: expect.stringContaining(code),
    });
    expect((await run([join(folder, "set")], true)).exitCode).toBe(0);
  });
});

describe("kustomize in a folder", () => {
  const PATCH = deployment(
    "{ replicas: 7, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i }] } } }",
  );

  it.each([
    ["patchesStrategicMerge", "patchesStrategicMerge: [./z-patch.yaml]"],
    ["patches", "patches: [{ path: z-patch.yaml, target: { kind: Deployment } }]"],
    ["patchesJson6902", "patchesJson6902: [{ path: z-patch.yaml }]"],
    ["transformers", "transformers: [z-patch.yaml]"],
  ])("a patch named under %s replaces nothing, though it is a whole object", async (_, field) => {
    put("set/node.yaml", NODE);
    put("set/web.yaml", WHOLE);
    put("set/z-patch.yaml", PATCH);
    put("set/kustomization.yaml", `resources: [node.yaml, web.yaml]\n${field}\n`);
    const refused = await run([join(folder, "set")]);
    expect(refused.exitCode).toBe(3);
    expect(refused.text).toMatch(/z-patch\.yaml:1: document is left out: a piece of kustomization/);
    expect(refused.text).toMatch(/kind Kustomization /);
    const { result } = await run([join(folder, "set")], true);
    expect(result!.counts.podsRunningAtEnd).toBe(2);
  });

  it("a kustomization that only collects is a note", async () => {
    put("set/node.yaml", NODE);
    put("set/web.yaml", WHOLE);
    put("set/kustomization.yaml", "resources: [node.yaml, web.yaml]\n");
    const { exitCode, result } = await run([join(folder, "set")]);
    expect(exitCode).toBe(0);
    expect(result!.notes).toMatchObject([
      { code: "UNSIMULATED_KIND", message: expect.stringContaining("kind Kustomization") },
    ]);
  });
});
