// Studies through a real Redis: the same bytes as in one process, also when workers, the coordinator
// and Redis itself are killed. Skipped with a reason where redis-server is not installed (not in CI).

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort, hasRedisServer, runKillTest } from "../../bench/studies/study-kills.ts";
import { freshFolder, MAIN, podsim, SMALL, startPodsim } from "./command-line.ts";

const isSkipped = !hasRedisServer() && process.env["CI"] === undefined;
if (isSkipped) console.log("redis-server is not installed: queues are not tested");

const TWO = ["compare", "s.yaml", "-s", "default", "-s", "mine.js", "-n", "5", "-o", "json", "-q"];
const FILES = {
  "s.yaml": `${SMALL}vary: [arrivals]\n`,
  "package.json": '{ "type": "module" }',
  "part.js": "export const at = 1;\n",
  "mine.js": `import { at } from "./part.js";
export const apiVersion = "podsim.dev/v1";
export default (_pod, view) => ({ node: view.nodes[at] });
`,
};

describe("a comparison in three shards", () => {
  it("has after the merge the bytes of one run, files included", () => {
    const cwd = freshFolder(FILES);
    const once = podsim([...TWO, "--output-dir", "one"], { cwd });
    expect([once.code, once.stderr]).toEqual([0, ""]);
    for (const shard of ["0/3", "1/3", "2/3"])
      expect(podsim([...TWO, "--store", "cells", "--shard", shard], { cwd }).code).toBe(0);
    const args = ["merge", "cells", "-o", "json", "-q", "--output-dir", "merged"];
    expect(podsim(args, { cwd }).stdout).toBe(once.stdout);
    for (const name of ["compare.json", "replications.csv", "run.json"])
      expect(readFileSync(join(cwd, "merged", name), "utf8")).toBe(
        readFileSync(join(cwd, "one", name), "utf8"),
      );
  });
});

describe.skipIf(isSkipped)("a study through a queue", () => {
  it("gives a comparison with the user's own code the bytes of one process", async () => {
    const cwd = freshFolder(FILES);
    const port = await freePort();
    const options = ["--bind", "127.0.0.1", "--save", "", "--dir", cwd];
    const redis = spawn("redis-server", ["--port", String(port), ...options], { stdio: "ignore" });
    const queue = ["--queue", `redis://127.0.0.1:${port}`];
    let worker: ReturnType<typeof startPodsim> | undefined;
    try {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      worker = startPodsim(["worker", ...queue, "--workers", "2"]);
      const far = await startPodsim([...TWO, "--store", "cells", ...queue], { cwd }).end;
      expect([far.code, far.stderr]).toEqual([0, ""]);
      expect(far.stdout).toBe(podsim(TWO, { cwd }).stdout);
      worker.child.kill("SIGTERM");
      const { code, stderr } = await worker.end;
      expect([code, stderr]).toEqual([143, expect.stringMatching(/\d+ cells run/)]);
    } finally {
      worker?.child.kill("SIGKILL");
      redis.kill("SIGKILL");
    }
  }, 120_000);

  it("loses, doubles and changes nothing when processes and Redis are killed at random", async () => {
    const seed = String(process.env["PODSIM_TEST_SEED"] ?? "suite");
    const figures = await runKillTest({
      seed,
      kills: { worker: 6, coordinator: 2, redis: 1 },
      main: MAIN,
      cellsCount: 12,
      say: (line) => console.log(`seed ${seed}: ${line}`),
    });
    expect(figures.faults).toEqual([]);
    expect(figures.killed).toEqual({ worker: 6, coordinator: 2, redis: 1 });
  }, 600_000);
});
