// The kill test of studies: real processes of podsim and a real Redis, killed at random, and the question
// whether anything was lost, doubled or came out different.
//
// A trial is one sweep through a queue with two workers. While it runs, workers, the coordinator and
// Redis are killed (SIGKILL) and started again at moments drawn from a seed. At the end the report and
// every file of the store must have the bytes of a run in one process without a queue. Only processes
// that were started here are killed, by their handles; all listen on the loopback alone.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type RandomStream, seededStream } from "../../src/base/index.ts";

/** What is killed. */
export type Victim = "worker" | "coordinator" | "redis";

/** A kill test. */
export interface KillTest {
  readonly seed: string;
  /** How many of each are to be killed. */
  readonly kills: Readonly<Record<Victim, number>>;
  /** Built command line, such as dist/cli/main.js. */
  readonly main: string;
  /** Cells of one trial. */
  readonly cellsCount: number;
  readonly say: (line: string) => void;
}

/** What came of it; anything in `faults` is a failure. */
export interface KillFigures {
  readonly trials: number;
  readonly cells: number;
  /** With the append-only file, and without. */
  readonly killed: Readonly<Record<Victim, number>>;
  readonly redisKilledWithFile: number;
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** Longest time that one trial may take. */
const TRIAL_MS_MAX = 300_000;
const GAP_MS = [300, 1300] as const;

/** Runs trials until enough has been killed. */
export async function runKillTest(test: KillTest): Promise<KillFigures> {
  const stream = seededStream(`study-kills/${test.seed}`);
  const killed = { worker: 0, coordinator: 0, redis: 0 };
  const faults: string[] = [];
  const startedMs = performance.now();
  let trials = 0;
  let redisKilledWithFile = 0;
  const isShort = (): boolean => VICTIMS.some((victim) => killed[victim] < test.kills[victim]);
  while (isShort() && faults.length === 0) {
    const hasFile = trials % 2 === 0;
    const before = { ...killed };
    const trial = new KillTrial(test, trials, hasFile, stream, killed);
    faults.push(...(await trial.run()));
    if (hasFile) redisKilledWithFile += killed.redis - before.redis;
    trials++;
    test.say(
      `trial ${trials} (append-only ${hasFile ? "on" : "off"}): killed ${VICTIMS.map((victim) => `${victim} ${killed[victim] - before[victim]}`).join(", ")}; ${faults.length === 0 ? "same bytes" : faults.join("; ")}`,
    );
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const cells = trials * test.cellsCount;
  return { trials, cells, killed, redisKilledWithFile, faults, seconds };
}

/** Whether a Redis server can be started here. */
export function hasRedisServer(): boolean {
  return spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;
}

const VICTIMS: readonly Victim[] = ["worker", "coordinator", "redis"];

/** About a tenth of a second per cell: some thousand pods come and go. */
const SCENARIO = `apiVersion: podsim.dev/v1
kind: Scenario
metadata: { name: killed }
run: { study: terminating, horizon: 20m, seed: "1" }
cluster:
  nodePools:
    - { name: n, count: 8, allocatable: { cpu: "8", memory: 32Gi, pods: "110" } }
workload:
  generators:
    - name: job
      arrivals: { process: poisson, rate: 30/m }
      duration: { law: exponential, mean: 1m }
      pod:
        spec:
          restartPolicy: Never
          containers:
            - { name: c, image: "job:1", resources: { requests: { cpu: "1", memory: 1Gi } } }
vary: [arrivals, lifetimes]
`;

class KillTrial {
  private readonly test: KillTest;
  private readonly trial: number;
  private readonly hasFile: boolean;
  private readonly stream: RandomStream;
  private readonly killed: Record<Victim, number>;
  private readonly folder: string;
  private readonly processes = new Map<string, ChildProcess>();
  private port = 0;
  private output = "";
  private code: number | null | undefined;
  private isOver = false;

  constructor(
    test: KillTest,
    trial: number,
    hasFile: boolean,
    stream: RandomStream,
    killed: Record<Victim, number>,
  ) {
    this.test = test;
    this.trial = trial;
    this.hasFile = hasFile;
    this.stream = stream;
    this.killed = killed;
    this.folder = mkdtempSync(join(tmpdir(), "podsim-kills-"));
    writeFileSync(join(this.folder, "s.yaml"), SCENARIO);
    mkdirSync(join(this.folder, "redis"));
  }

  async run(): Promise<string[]> {
    try {
      const expected = spawnSync(
        process.execPath,
        [this.test.main, ...this.sweepArgs("expected"), "--workers", "1"],
        { cwd: this.folder, encoding: "utf8" },
      );
      if (expected.status !== 0) return [`the run in one process failed: ${expected.stderr}`];
      this.port = await freePort();
      this.startRedis();
      this.startWorker("worker-a");
      this.startWorker("worker-b");
      this.startCoordinator();
      await this.killUntilDone();
      return this.faultsAgainst(expected.stdout);
    } finally {
      this.isOver = true;
      for (const child of this.processes.values()) child.kill("SIGKILL");
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  private async killUntilDone(): Promise<void> {
    const startedMs = performance.now();
    const before = { ...this.killed };
    while (this.code === undefined && performance.now() - startedMs < TRIAL_MS_MAX) {
      await pause(GAP_MS[0] + Math.floor(this.stream.nextUnit() * (GAP_MS[1] - GAP_MS[0])));
      const left = VICTIMS.flatMap((victim) => {
        const inAll = this.test.kills[victim] - this.killed[victim];
        const inTrial = SHARE[victim] - (this.killed[victim] - before[victim]);
        return new Array<Victim>(Math.max(0, Math.min(inAll, inTrial))).fill(victim);
      });
      if (left.length === 0 || this.code !== undefined) continue;
      await this.kill(left[Math.floor(this.stream.nextUnit() * left.length)]!);
    }
  }

  private async kill(victim: Victim): Promise<void> {
    const name =
      victim === "worker" ? (this.stream.nextUnit() < 0.5 ? "worker-a" : "worker-b") : victim;
    const child = this.processes.get(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (!child.kill("SIGKILL")) return;
    await gone;
    if (victim === "coordinator" && this.code !== undefined) return; // It had just ended by itself.
    this.killed[victim]++;
    if (victim === "redis") this.startRedis();
    else if (victim === "coordinator") this.startCoordinator();
    else this.startWorker(name);
  }

  private startRedis(): void {
    const file = this.hasFile ? ["--appendonly", "yes", "--appendfsync", "always"] : [];
    this.start("redis", "redis-server", [
      ...["--port", String(this.port), "--bind", "127.0.0.1", "--save", ""],
      ...["--dir", join(this.folder, "redis"), "--maxmemory-policy", "noeviction", ...file],
    ]);
  }

  // One worker shares the coordinator's store, the other has only the queue.
  private startWorker(name: string): void {
    const args = ["worker", "--queue", this.url, "--workers", "1", "--stall", "500ms", "-q"];
    const store = name === "worker-a" ? ["--store", "cells"] : [];
    const own = ["--attempts", "100000", ...store];
    const child = this.start(name, process.execPath, [this.test.main, ...args, ...own]);
    // Without a Redis at its start a worker gives up; whoever runs workers starts them again.
    child.once("exit", (code) => {
      if (code === REMOTE && this.code === undefined && !this.isOver) this.startWorker(name);
    });
  }

  private startCoordinator(): void {
    const args = [this.test.main, ...this.sweepArgs("cells"), "--queue", this.url];
    const child = this.start("coordinator", process.execPath, args);
    let output = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
    child.once("close", (code) => {
      if (child.signalCode !== null || this.isOver) return;
      if (code === REMOTE) return this.startCoordinator();
      this.output = output;
      this.code = code;
    });
  }

  private start(name: string, program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, {
      cwd: this.folder,
      stdio: ["ignore", name === "coordinator" ? "pipe" : "ignore", "ignore"],
    });
    this.processes.set(name, child);
    return child;
  }

  private get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  private sweepArgs(store: string): string[] {
    const sizes = "cluster.nodePools.0.count=6,8";
    const count = String(Math.ceil(this.test.cellsCount / 2));
    const seed = `${this.test.seed}-${this.trial}`;
    return [
      "sweep",
      "s.yaml",
      "--param",
      sizes,
      "-n",
      count,
      "--seed",
      seed,
      "--store",
      store,
    ].concat(...["-o", "json", "-q"]);
  }

  private faultsAgainst(expected: string): string[] {
    if (this.code === undefined) return [`not done after ${TRIAL_MS_MAX / 1000} s`];
    const faults: string[] = [];
    if (this.code !== 0) faults.push(`the coordinator ended with ${this.code}`);
    if (this.output !== expected) faults.push("the report differs");
    const [wanted, found] = ["expected", "cells"].map((store) =>
      filesBelow(join(this.folder, store)),
    ) as [Map<string, string>, Map<string, string>];
    for (const [path, text] of wanted)
      if (!found.has(path)) faults.push(`${path} is lost`);
      else if (found.get(path) !== text) faults.push(`${path} differs`);
    for (const path of found.keys()) if (!wanted.has(path)) faults.push(`${path} is too much`);
    return faults;
  }
}

/** Most kills of each in one trial. */
const SHARE: Readonly<Record<Victim, number>> = { worker: 20, coordinator: 5, redis: 2 };
/** Exit code of a process that cannot reach its queue. */
const REMOTE = 8;

/** Texts by path; what a killed process left beside is nobody's. */
function filesBelow(folder: string): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Map(
    paths
      .filter((path) => path.endsWith(".json"))
      .sort((a, b) => (a < b ? -1 : 1))
      .map((path) => [path, readFileSync(join(folder, path), "utf8")]),
  );
}

/** A port of the loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address!.port : 0));
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
