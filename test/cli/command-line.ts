// Runs the built command line in a fresh folder, as a user's shell would.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export const ROOT: string = join(import.meta.dirname, "../..");
/** The built program; the variable is for builds elsewhere than in dist/. */
export const MAIN: string = process.env["PODSIM_TEST_MAIN"] ?? join(ROOT, "dist/cli/main.js");

if (!existsSync(MAIN))
  throw new Error("dist/cli/main.js is missing: these tests run the built program (npm run build)");

/** What a command left behind. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A fresh folder that is removed at the end, holding the files given. */
export function freshFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "podsim-test-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The environment of a plain shell: nothing of the test runner's, nothing that colours. */
export function plainEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] ?? "", HOME: tmpdir(), ...extra };
}

/** Runs `podsim ARGS` to its end. */
export function podsim(args: readonly string[], options: CommandOptions = {}): Outcome {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? freshFolder(),
    env: plainEnvironment(options.env),
    input: options.input ?? "",
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** Runs a line of shell in which `$PODSIM` is the command. */
export function shell(line: string, options: CommandOptions = {}): Outcome {
  const { status, stdout, stderr, error } = spawnSync("bash", ["-c", line], {
    cwd: options.cwd ?? freshFolder(),
    env: plainEnvironment({ PODSIM: `${process.execPath} ${MAIN}`, ...options.env }),
    input: options.input ?? "",
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** Starts `podsim ARGS` and gives the process and its end. */
export function startPodsim(
  args: readonly string[],
  options: CommandOptions = {},
): { readonly child: ChildProcess; readonly end: Promise<Outcome> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? freshFolder(),
    env: plainEnvironment(options.env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const parts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    parts.stdout += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    parts.stderr += chunk.toString("utf8");
  });
  const end = new Promise<Outcome>((resolve) => {
    child.on("close", (code) => resolve({ code, ...parts }));
  });
  return { child, end };
}

/** A scenario that runs in a moment: four nodes, a stream of jobs, one crash. */
export const SMALL = `apiVersion: podsim.dev/v1
kind: Scenario
metadata: { name: small }
run: { study: terminating, horizon: 5m, seed: "1" }
cluster:
  nodePools:
    - { name: n, count: 4, zones: [a, b], allocatable: { cpu: "4", memory: 8Gi, pods: "110" } }
workload:
  generators:
    - name: job
      arrivals: { process: poisson, rate: 6/m }
      pod:
        spec:
          restartPolicy: Never
          containers:
            - { name: main, image: "job:1", resources: { requests: { cpu: 500m, memory: 1Gi } } }
      duration: { law: exponential, mean: 1m }
faults:
  - { kind: NodeCrash, node: n-0, at: 1m, repairAfter: 1m }
`;

/** One whole, unbound pod. */
export const POD = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - { name: main, image: "web:1", resources: { requests: { cpu: 100m } } }
`;
