// docs/results.md names every file, column, measure and note that a run leaves.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPackage } from "./installed-package.ts";
import { ROOT } from "./pages.ts";

const page = readFileSync(join(ROOT, "docs", "results.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "podsim-results-"));
const results = join(folder, "out");

const named = (text: string): boolean => page.includes(`\`${text}\``);

/** A section of the page, by its heading. */
function section(heading: string): string {
  const start = page.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`no section ${heading}`);
  const end = page.indexOf("\n## ", start + 1);
  return page.slice(start, end < 0 ? undefined : end);
}

// One workload, one pod that fits nowhere, a gate, a limit, and a note: every part of the record has
// a member.
const SCENARIO = `apiVersion: podsim.dev/v1
kind: Scenario
metadata: { name: everything }
run: { horizon: 10m, limits: { maxEvents: 400 }, replications: 2 }
cluster:
  nodePools: [{ name: n, count: 1, allocatable: { cpu: "4", memory: 8Gi, pods: "10" } }]
workload:
  manifests:
    - objects:
        - apiVersion: apps/v1
          kind: Deployment
          metadata: { name: web }
          spec:
            replicas: 2
            selector: { matchLabels: { app: web } }
            template:
              metadata: { labels: { app: web } }
              spec: { containers: [{ name: main, image: web:1, resources: { requests: { cpu: "1" } } }] }
        - apiVersion: v1
          kind: Pod
          metadata: { name: wide }
          spec: { containers: [{ name: main, image: web:1, resources: { requests: { cpu: "9" } } }] }
expect: [{ pod: wide, pending: Insufficient cpu }]
`;

beforeAll(() => {
  installPackage(folder);
  writeFileSync(join(folder, "everything.yaml"), SCENARIO);
  const args = ["run", "everything.yaml", "--output-dir", results, "--max-events", "250", "-q"];
  try {
    execFileSync(join(folder, "bin", "podsim"), [...args, "--threshold", "unschedulable=0"], {
      cwd: folder,
      encoding: "utf8",
      stdio: "pipe",
    });
  } catch (error) {
    // A gate fails and a limit is hit, on purpose; what counts are the files.
    if (!readdirSync(folder).includes("out")) throw error;
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Dotted names of all leaves; members of lists are `list[].name`. */
function pathsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) {
    return [path, ...value.flatMap((item) => pathsOf(item, `${path}[]`))];
  }
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(inner, path === "" ? key : `${path}.${key}`),
  );
}

const readResult = (name: string): unknown =>
  JSON.parse(readFileSync(join(results, name), "utf8")) as unknown;

describe("docs/results.md", () => {
  it("names every file of the results folder", () => {
    const files = readdirSync(results);
    expect(files.length).toBe(8);
    expect(files.filter((name) => !named(name))).toEqual([]);
  });

  it("names every measure of summary.json", () => {
    const paths = [...new Set(pathsOf(readResult("summary.json")))];
    expect(paths.length).toBeGreaterThan(70);
    for (const list of [
      "workloads[].kind",
      "thresholds[].value",
      "expectations[].value",
      "notes[].code",
      "pendingAtEnd[].pod",
    ])
      expect(paths).toContain(list);
    expect(paths.filter((path) => !named(path) && path !== "workloads")).toEqual([]);
  });

  it.each(["pods.csv", "nodes.csv", "timeseries.csv", "decisions.csv", "events.csv"])(
    "names every column of %s in its own section, and no other",
    (file) => {
      const header = readFileSync(join(results, file), "utf8").split("\n")[0]!;
      const columns = header.split(",");
      const rows = section(file)
        .split("\n")
        .filter((line) => line.startsWith("| `"));
      const cells = rows.map((line) => line.split("|")[1]!);
      const written = cells.flatMap((cell) =>
        [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]!),
      );
      expect([...written].sort()).toEqual([...columns].sort());
    },
  );

  it("names every field of run.json and timing.json", () => {
    for (const name of ["run.json", "timing.json"]) {
      const text = section(name);
      const fields = Object.keys(readResult(name) as object);
      expect(fields.filter((field) => !text.includes(`\`${field}\``))).toEqual([]);
    }
  });

  it("names every code of a note that the experiment floor writes", () => {
    const sources = readdirSync(join(ROOT, "src", "experiment"), {
      recursive: true,
      encoding: "utf8",
    })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(ROOT, "src", "experiment", name), "utf8"));
    const codes = sources.flatMap((text) =>
      [...text.matchAll(/\b(?:book|notes)\s*\.add\(\s*"([A-Z_]+)"/g)].map((match) => match[1]!),
    );
    expect(codes.length).toBeGreaterThan(5);
    expect([...new Set(codes)].filter((code) => !named(code))).toEqual([]);
  });
});
