// The package as a user has it: built from the sources into a folder's node_modules, with its declared
// dependencies beside it and nothing else of the project.
//
// Tests of documents use this and not dist/, so that they judge the sources as they are.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./pages.ts";

/** Installs podsim under `folder` and puts a `podsim` command into `folder`/bin. */
export function installPackage(folder: string): void {
  const home = join(folder, "node_modules", "podsim");
  mkdirSync(home, { recursive: true });
  copyFileSync(join(ROOT, "package.json"), join(home, "package.json"));
  // Types of the sources are another gate's business; those of the examples are checked later.
  compile(["-p", join(ROOT, "tsconfig.json"), "--outDir", join(home, "dist"), "--noCheck"]);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
  mkdirSync(join(folder, "bin"));
  const command = join(folder, "bin", "podsim");
  writeFileSync(command, `#!/bin/sh\nexec node "${join(home, "dist", "cli", "main.js")}" "$@"\n`);
  chmodSync(command, 0o755);
}

/** Runs the compiler; throws what it complains about. */
export function compile(args: readonly string[]): void {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  try {
    execFileSync(process.execPath, [compiler, ...args], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error(`tsc: ${(error as { stdout: string }).stdout}`, { cause: error });
  }
}
