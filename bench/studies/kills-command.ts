// `npm run bench -- study-kills`: the kill test of studies with its figures.
//
// What is killed and what is held against what is in study-kills.ts; here are the words.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hasRedisServer, runKillTest } from "./study-kills.ts";

const USAGE = `usage: npm run bench -- study-kills [--workers 200] [--coordinator 50] [--redis 20] [--cells 40] [--seed TEXT] [--main dist/cli/main.js]
Kills real processes of podsim and a real Redis (redis-server must be installed) at random moments.`;

/** Runs the command; exit code 1 if anything was lost, doubled or different. */
export async function runKillsCommand(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      workers: { type: "string", default: "200" },
      coordinator: { type: "string", default: "50" },
      redis: { type: "string", default: "20" },
      cells: { type: "string", default: "40" },
      seed: { type: "string", default: "kills" },
      main: {
        type: "string",
        default: fileURLToPath(new URL("../../src/cli/main.js", import.meta.url)),
      },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!hasRedisServer()) {
    console.error("redis-server is not installed");
    process.exitCode = 2;
    return;
  }
  console.log(`seed ${values.seed}`);
  const figures = await runKillTest({
    seed: values.seed,
    kills: {
      worker: Number(values.workers),
      coordinator: Number(values.coordinator),
      redis: Number(values.redis),
    },
    main: values.main,
    cellsCount: Number(values.cells),
    say: (line) => console.log(line),
  });
  const { killed, redisKilledWithFile, trials, cells, faults, seconds } = figures;
  console.log(
    `${trials} sweeps of ${cells} cells in ${seconds} s; killed: workers ${killed.worker}, coordinators ${killed.coordinator}, Redis ${killed.redis} (${redisKilledWithFile} with its append-only file, ${killed.redis - redisKilledWithFile} without)`,
  );
  console.log(faults.length === 0 ? "nothing lost, doubled or different" : faults.join("\n"));
  if (faults.length > 0) process.exitCode = 1;
}
