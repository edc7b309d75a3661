// Installs the peers into a folder with the user's own package clients, each on its own.
//
// A client that is missing or a package that does not install costs that peer only; the reason is kept
// and printed. Nothing is fetched unless this is called.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandLine, Peer, Toolchain } from "./peers.ts";

const INSTALL_MS_MAX = 600_000;
const REASON_CHARACTERS_MAX = 200;

/** Where drivers come from and peers go. */
export interface PeerFolders {
  readonly drivers: string;
  readonly peers: string;
}

/** Puts our drivers beside the packages, so that they find them. */
export function copyDrivers({ drivers, peers }: PeerFolders): void {
  for (const [toolchain, files] of Object.entries(DRIVER_FILES)) {
    const target = join(peers, toolchain);
    mkdirSync(target, { recursive: true });
    for (const file of files) cpSync(join(drivers, file), join(target, file), { recursive: true });
  }
  cpSync(join(drivers, "simcore"), join(peers, "rust"), { recursive: true });
  cpSync(join(drivers, "cloudsimplus"), join(peers, "java"), { recursive: true });
}

const DRIVER_FILES: Readonly<Record<"python" | "javascript", readonly string[]>> = {
  python: ["workload_tools.py", "simpy_driver.py", "salabim_driver.py"],
  javascript: [
    "workload-tools.cjs",
    "simjs-driver.cjs",
    "simscript-driver.cjs",
    "queues-driver.mjs",
  ],
};

/** Installs each peer; gives the reasons of those that did not install. */
export function installPeers(
  peers: readonly Peer[],
  folders: PeerFolders,
  tell: (line: string) => void,
): ReadonlyMap<string, string> {
  const failures = new Map<string, string>();
  const prepared = new Map<Toolchain, string>();
  for (const peer of peers) {
    const { name, version, toolchain } = peer;
    if (!prepared.has(toolchain)) prepared.set(toolchain, prepare(toolchain, folders));
    const failure = prepared.get(toolchain)! || installPackages(peer, folders);
    if (failure !== "") failures.set(name, failure);
    tell(`${name} ${version}: ${failure === "" ? "installed" : failure}`);
  }
  return failures;
}

/** Why a peer cannot run now; "" when it can. */
export function whyNotInstalled(peer: Peer, { peers }: PeerFolders): string {
  const needed = {
    python: join(peers, "python", "bin", "python"),
    javascript: join(peers, "javascript", "node_modules", packageFolder(peer)),
    rust: join(peers, "rust", "target", "release", "simcore-driver"),
    java: join(peers, "java", "java-arguments.txt"),
  }[peer.toolchain];
  return existsSync(needed) ? "" : "not installed; run once with --install";
}

function packageFolder({ packages = [] }: Peer): string {
  return packages[0]?.replace(/@[^@]*$/, "") ?? "";
}

function prepare(toolchain: Toolchain, { peers }: PeerFolders): string {
  const folder = join(peers, toolchain);
  switch (toolchain) {
    case "python":
      return run(folder, ["python3", "-m", "venv", folder]);
    case "javascript":
      writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
      return "";
    case "rust":
      return run(folder, ["cargo", "build", "--release", "--quiet"]);
    case "java":
      return prepareJava(folder);
  }
}

function prepareJava(folder: string): string {
  const list = join(folder, "classpath.txt");
  const goals = ["compile", "dependency:build-classpath", `-Dmdep.outputFile=${list}`];
  const failure = run(folder, ["mvn", "-q", "-B", ...goals]);
  if (failure !== "") return failure;
  const classPath = [join(folder, "target", "classes"), readFileSync(list, "utf8").trim()];
  writeFileSync(join(folder, "java-arguments.txt"), `-cp ${classPath.join(":")}\n`);
  return "";
}

function installPackages({ toolchain, packages }: Peer, { peers }: PeerFolders): string {
  if (packages === undefined) return "";
  const folder = join(peers, toolchain);
  return toolchain === "python"
    ? run(folder, [join(folder, "bin", "pip"), "install", "--quiet", ...packages])
    : run(folder, ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", ...packages]);
}

function run(folder: string, [program, ...programArguments]: CommandLine): string {
  try {
    execFileSync(program, programArguments, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: INSTALL_MS_MAX,
    });
    return "";
  } catch (error) {
    return `${program} ${programArguments[0] ?? ""} failed: ${reasonOf(error)}`;
  }
}

/** The first line that says something, from what the program wrote or from the attempt to start it. */
export function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: unknown; message?: unknown };
  const text = `${String(stderr ?? "")}\n${String(message ?? error)}`;
  const line = text.split("\n").find((each) => each.trim() !== "") ?? "no reason given";
  return line.trim().slice(0, REASON_CHARACTERS_MAX);
}
