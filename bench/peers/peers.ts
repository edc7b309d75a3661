// The simulators and queues that podsim is compared with: pinned versions, how each installs and runs.
//
// Everything goes into one folder outside the project, by the user's own package clients with whatever
// registries they are set up for. Drivers are ours, written from the peers' public documentation.

import { join } from "node:path";

/** A client that installs packages, and the folder where it puts them. */
export type Toolchain = "python" | "javascript" | "rust" | "java";

/** A program and its arguments. */
export type CommandLine = readonly [string, ...string[]];

/** One peer. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly toolchain: Toolchain;
  /** What its client is asked for; undefined: the toolchain's project names it. */
  readonly packages?: readonly string[];
  /** Ids of the workloads that it can run. */
  readonly workloads: readonly string[];
  /** Runs a tenth of a workload where there is one. */
  readonly isSlow?: boolean;
  readonly command: (folder: string, workload: readonly string[]) => CommandLine;
}

const ENGINE = ["E1", "E2", "E3"];
const ENGINE_HOLDS = ["E4 e 1e3", "E4 e 1e5"];
const QUEUE_HOLDS = ["E4 q 1e3", "E4 q 1e5"];

const python =
  (driver: string) =>
  (folder: string, workload: readonly string[]): CommandLine => [
    join(folder, "python", "bin", "python"),
    join(folder, "python", driver),
    ...workload,
  ];

const script =
  (driver: string) =>
  (folder: string, workload: readonly string[]): CommandLine => [
    process.execPath,
    join(folder, "javascript", driver),
    ...workload,
  ];

const native =
  (rename: Readonly<Record<string, string>> = {}) =>
  (folder: string, [name = "", ...sizes]: readonly string[]): CommandLine => [
    join(folder, "rust", "target", "release", "simcore-driver"),
    rename[name] ?? name,
    ...sizes,
  ];

function queue(name: string, version: string, license: string): Peer {
  return {
    name,
    version,
    license,
    toolchain: "javascript",
    packages: [`${name}@${version}`],
    workloads: QUEUE_HOLDS,
    command: (folder, [workload = "", ...sizes]) =>
      script("queues-driver.mjs")(folder, [workload, name, ...sizes]),
  };
}

/** All peers. */
export const PEERS: readonly Peer[] = [
  {
    name: "simcore",
    version: "0.1.0",
    license: "MIT or Apache-2.0",
    toolchain: "rust",
    workloads: [...ENGINE, ...ENGINE_HOLDS],
    command: native(),
  },
  {
    name: "simcore async",
    version: "0.1.0",
    license: "MIT or Apache-2.0",
    toolchain: "rust",
    workloads: ["E1"],
    command: native({ e1: "e1async" }),
  },
  {
    name: "Rust BinaryHeap",
    version: "standard library",
    license: "MIT or Apache-2.0",
    toolchain: "rust",
    workloads: QUEUE_HOLDS,
    command: native(),
  },
  {
    name: "simjs",
    version: "2.0.3",
    license: "MIT",
    toolchain: "javascript",
    packages: ["simjs@2.0.3"],
    workloads: ENGINE,
    command: script("simjs-driver.cjs"),
  },
  {
    name: "simscript",
    version: "1.0.37",
    license: "ISC",
    toolchain: "javascript",
    packages: ["simscript@1.0.37"],
    workloads: ENGINE,
    isSlow: true,
    command: script("simscript-driver.cjs"),
  },
  {
    name: "SimPy",
    version: "4.1.2",
    license: "MIT",
    toolchain: "python",
    packages: ["simpy==4.1.2"],
    workloads: [...ENGINE, ...ENGINE_HOLDS],
    command: python("simpy_driver.py"),
  },
  {
    name: "salabim",
    version: "26.0.9",
    license: "MIT",
    toolchain: "python",
    packages: ["salabim==26.0.9", "greenlet"],
    workloads: ENGINE,
    isSlow: true,
    command: python("salabim_driver.py"),
  },
  queue("fastpriorityqueue", "0.8.0", "Apache-2.0"),
  queue("tinyqueue", "3.0.0", "ISC"),
  queue("heap-js", "2.7.1", "BSD-3-Clause"),
  queue("flatqueue", "3.1.0", "ISC"),
  {
    name: "CloudSim Plus",
    version: "8.5.7",
    license: "GPL-3.0",
    toolchain: "java",
    workloads: ["V1"],
    command: (folder, workload) => [
      "java",
      `@${join(folder, "java", "java-arguments.txt")}`,
      "Placement",
      ...workload,
    ],
  },
];
