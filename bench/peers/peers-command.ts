// The command `peers`: podsim and other simulators side by side on the same workloads, in one run.
//
// npm run bench -- peers --install   (once: fetches the peers with pip, npm, cargo and mvn)
// npm run bench -- peers
// It never fails on a peer; it fails when podsim itself gives a result that was not published.

import { existsSync } from "node:fs";
import os from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, formatMachine } from "../harness/machine.ts";
import { formatPeers } from "./format-peers.ts";
import { copyDrivers, installPeers, type PeerFolders, whyNotInstalled } from "./install-peers.ts";
import { type Entrant, measureWorkload, type WorkloadFigures } from "./measure-peers.ts";
import { PEER_WORKLOADS } from "./peer-workloads.ts";
import { type Peer, PEERS } from "./peers.ts";

const USAGE = `usage: npm run bench -- peers [options]
  --install            fetch the peers first, with pip, npm, cargo and mvn
  --folder DIR         where they are (${join(os.tmpdir(), "podsim-peers")})
  --only NAME,...      these peers only
  --workload ID,...    these workloads only: ${PEER_WORKLOADS.map(({ id }) => id).join(", ")}
  --rounds N           runs of each, in turns (4)
  --json`;

/** Runs the command from the project's folder; `args` are those after its name. */
export function runPeersCommand(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      install: { type: "boolean", default: false },
      folder: { type: "string", default: join(os.tmpdir(), "podsim-peers") },
      only: { type: "string" },
      workload: { type: "string" },
      rounds: { type: "string", default: "4" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const folders = { drivers: resolve("bench", "peers", "drivers"), peers: resolve(values.folder) };
  if (!existsSync(folders.drivers)) {
    console.error(`No drivers in ${folders.drivers}; run this from the project's folder.`);
    process.exitCode = 2;
    return;
  }
  const wanted = values.only?.split(",");
  const peers = PEERS.filter(({ name }) => wanted === undefined || wanted.includes(name));
  copyDrivers(folders);
  const missing = findMissing(peers, folders, values.install);
  const machine = describeMachine(4_000_000);
  if (!values.json) console.log(`${formatMachine(machine)}\n`);
  const all: WorkloadFigures[] = [];
  for (const workload of PEER_WORKLOADS) {
    if (values.workload !== undefined && !values.workload.split(",").includes(workload.id))
      continue;
    const entrants = [
      podsim(),
      ...peers
        .filter(({ name, workloads }) => workloads.includes(workload.id) && !missing.has(name))
        .map((peer) => entrantOf(peer, folders)),
    ];
    const figures = measureWorkload(workload, entrants, Number(values.rounds));
    all.push(figures);
    if (!values.json) console.log(`${formatPeers([figures])}\n`);
    if (!figures.entrants[0]!.isRight) process.exitCode = 1;
  }
  if (values.json) {
    console.log(JSON.stringify({ machine, missing: [...missing], workloads: all }, null, 2));
  } else {
    for (const [name, reason] of missing) console.log(`Skipped: ${name} (${reason}).`);
  }
}

function findMissing(
  peers: readonly Peer[],
  folders: PeerFolders,
  installs: boolean,
): ReadonlyMap<string, string> {
  if (installs) return installPeers(peers, folders, (line) => console.error(line));
  const missing = new Map<string, string>();
  for (const peer of peers) {
    const reason = whyNotInstalled(peer, folders);
    if (reason !== "") missing.set(peer.name, reason);
  }
  return missing;
}

function podsim(): Entrant {
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  return {
    name: "podsim",
    version: "here",
    isSlow: false,
    command: (workload) => [process.execPath, main, "podsim-driver", ...workload],
  };
}

function entrantOf(peer: Peer, folders: PeerFolders): Entrant {
  const { name, version, isSlow = false } = peer;
  const command: Entrant["command"] = (workload) => peer.command(folders.peers, workload);
  return { name, version, isSlow, command };
}
