// Loads a user's strategy or plugin from a file, by dynamic import.
//
// JavaScript loads anywhere. TypeScript loads where Node strips types itself, or, on older Node,
// when esbuild is installed beside the file; otherwise the message says what to do. Every failure is
// one line with the file's name. User code is trusted code: it is imported, not confined.

import { createRequire, register } from "node:module";
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type StrategyCall, StrategyError, type UserCallWatch } from "../../scheduler/index.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import { readStrategyModule, schedulerOfModule, type StrategyModule } from "../strategy-module.ts";

const EXTENSION = /\.(?:js|mjs|cjs|ts|mts|cts)$/;
/** Code that comes from elsewhere; types alone are none. */
const IMPORTS =
  /^\s*import\b(?!\s+type\b)|^\s*export\b[^;=]*?\bfrom\s*["']|\b(?:import|require)\s*\(/m;
const TYPESCRIPT = /\.(?:ts|mts|cts)$/;

/** True for names that mean a module file and not a policy or profile. */
export function isStrategyFile(name: string): boolean {
  return EXTENSION.test(name);
}

/** The scheduler that a module file describes; `name` stands in results. */
export async function loadStrategyScheduler(
  name: string,
  path: string,
  watch?: UserCallWatch,
): Promise<RunScheduler> {
  const module = await loadStrategyModule(path, watch);
  const bytes = await readFile(path);
  const hasImports = IMPORTS.test(bytes.toString("utf8"));
  const modules = [{ name: basename(path), bytes, hasImports }];
  return { ...schedulerOfModule(name, module), modules };
}

/** Imports the file and checks what it exports; `watch` is told before its first line runs. */
export async function loadStrategyModule(
  path: string,
  watch?: UserCallWatch,
): Promise<StrategyModule> {
  const file = basename(path);
  const call: StrategyCall = { strategy: file, point: "load", atUs: 0, pod: "" };
  const refuse = (what: string, cause?: unknown): never => {
    throw new StrategyError(call, what, cause);
  };
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile() !== true) refuse(`there is no file ${path}`);
  if (TYPESCRIPT.test(file) && !readsTypeScript()) installTypeStripping(absolute, refuse);
  const url = pathToFileURL(absolute).href;
  watch?.enter(call);
  try {
    const exports = (await import(url)) as Readonly<Record<string, unknown>>;
    return readStrategyModule(exports, file.replace(EXTENSION, ""));
  } catch (thrown) {
    if (thrown instanceof StrategyError) throw thrown;
    return refuse(explain(thrown, file), thrown);
  } finally {
    watch?.leave();
  }
}

/** Node 22.18 and newer say so themselves; older ones can be told by a flag. */
function readsTypeScript(): boolean {
  const features = process.features as { readonly typescript?: unknown };
  return Boolean(features.typescript);
}

let isStrippingInstalled = false;

/** Lets this process import TypeScript through the esbuild that is installed for the user's file. */
function installTypeStripping(path: string, refuse: (what: string) => never): void {
  if (isStrippingInstalled) return;
  const esbuild = findEsbuild(path);
  if (esbuild === undefined) {
    refuse(
      `TypeScript needs Node 22.18 or newer (this is ${process.version}), or esbuild installed beside the file; or compile it to JavaScript first`,
    );
  }
  const source = `data:text/javascript,${encodeURIComponent(STRIPPING_HOOKS)}`;
  register(source, { parentURL: pathToFileURL(path).href, data: { esbuild } });
  isStrippingInstalled = true;
}

function findEsbuild(path: string): string | undefined {
  for (const from of [path, fileURLToPath(import.meta.url)]) {
    try {
      return createRequire(from).resolve("esbuild");
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

/** Module hooks run in a thread of their own, so they are source text and get esbuild's path. */
const STRIPPING_HOOKS = `
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
let esbuild;
async function initialize(data) {
  esbuild = createRequire(data.esbuild)(data.esbuild);
}
async function load(url, context, nextLoad) {
  if (!/^file:.*\\.[mc]?ts$/.test(url)) return nextLoad(url, context);
  const text = await readFile(new URL(url), "utf8");
  const { code } = esbuild.transformSync(text, { loader: "ts", format: "esm", logLevel: "silent" });
  return { format: "module", source: code, shortCircuit: true };
}
export { initialize, load };
`;

/** The first line of what went wrong, with a hint for the usual mix-ups. */
function explain(thrown: unknown, file: string): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const line = text.split("\n").find((each) => each.trim() !== "") ?? "an empty error";
  const isMixUp =
    file.endsWith(".js") &&
    /import statement outside a module|Unexpected token 'export'/.test(text);
  const isReverse = /(?:require|module|exports) is not defined/.test(text);
  if (isMixUp) return `${line} (it is read as CommonJS: call it .mjs)`;
  if (isReverse) return `${line} (it is read as an ES module: call it .cjs)`;
  return line;
}
