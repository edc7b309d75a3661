// The house's own law as pure functions: source files in, violations out.
//
// Floors and doors, header comments, documented exports, one importer per package, Node modules
// only where they belong, and what may not occur in deterministic floors. Regular expressions over
// imports and blanked text; no compiler. Types, formatting and style are left to tsc and biome.

import { posix } from "node:path";
import { blank } from "./blank.ts";

/** One source file; the path is relative to the repository, such as src/base/assert.ts. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One breach of one rule. */
export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Which floors' doors each floor may import: the table of docs/architecture.md. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  engine: ["base"],
  cluster: ["base", "engine"],
  scheduler: ["base", "engine", "cluster"],
  workload: ["base", "engine", "cluster"],
  faults: ["base", "engine", "cluster"],
  controllers: ["base", "engine", "cluster", "scheduler"],
  metrics: ["base", "engine", "cluster", "scheduler", "controllers"],
  analysis: ["base", "metrics"],
  experiment: [
    ...["base", "engine", "cluster", "scheduler", "workload", "faults", "controllers"],
    ...["metrics", "analysis"],
  ],
  report: ["base", "metrics", "analysis"],
  cli: ["base", "metrics", "analysis", "experiment", "report"],
};

/** The package's own door, src/index.ts, sees every floor but the command line. */
const ROOT_MAY_IMPORT = Object.keys(MAY_IMPORT).filter((floor) => floor !== "cli");

/** Floors in which the same input must give the same bytes everywhere. */
const DETERMINISTIC = ROOT_MAY_IMPORT.filter((floor) => floor !== "report");

/** What may not occur in the code of deterministic floors, and what to use instead. */
const NOT_DETERMINISTIC: readonly (readonly [RegExp, string])[] = [
  [/\bMath\.random\b/, "named streams of base"],
  [
    /\bMath\.(pow|exp|expm1|log|log2|log10|log1p|a?sinh?|a?cosh?|a?tanh?|atan2|cbrt|hypot|sumPrecise)\b/,
    "exact math of base",
  ],
  [/\bDate\b(?!["'])/, "instants of base"],
  [/\bIntl\b/, "plain formatting"],
  [/\bperformance\s*\.\s*now\b/, "a clock handed in"],
  [/\.\s*toLocale\w*/, "plain formatting"],
  [/\.\s*localeCompare\b/, "compareText"],
  [/\.\s*(sort|toSorted)\s*\(\s*\)/, "a comparator such as compareNumbers or compareText"],
  [
    /\b(setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\b/,
    "simulated time",
  ],
  [
    /\bprocess\s*\.\s*(env|argv|exit|cwd|hrtime|std\w+|nextTick|memoryUsage|platform|versions?|pid|uptime|cpuUsage)\b/,
    "a parameter",
  ],
  [/\bconsole\s*\./, "a returned value"],
  [/\b(crypto|navigator|WeakRef|FinalizationRegistry)\b\s*[.(]/, "a parameter"],
];

/** Marks of work that was left for later, and switches that silence the compiler. */
const UNFINISHED =
  /\b(TODO|FIXME|XXX|HACK)\b|\b[Nn]ot (yet )?implemented\b|@ts-(ignore|nocheck|expect-error)/;

/** A power whose base and exponent are integers is exact on every engine. */
const EXACT_POWER = /\b(2|10|1000|1024)\s*\*\*\s*(-?\(?-?\d|\(?[A-Z][A-Z0-9_]*\b)|\dn\b|\bBigInt\b/;

const FORBIDDEN_NAME = /(^|-)(helpers?|utils?|manager|data|info)(-|\.|$)/;
const KUBERNETES_NAME = /(^|-)(node|pod|queued-pod|image|service)-info(-|\.|$)/;

interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly isTypeOnly: boolean;
}

/** Every violation in `files`, which are all the files of src. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  const code = files.filter((file) => !file.path.endsWith(".d.ts"));
  const importsByPath = new Map(files.map((file) => [file.path, importsOf(file)]));
  const portable = reachable(
    files.filter((file) => isFloorDoor(file.path) && floorOf(file.path) !== "cli"),
    importsByPath,
  );
  return [
    ...code.flatMap((file) => importViolations(file, importsByPath.get(file.path)!, files)),
    ...nodeViolations(importsByPath, portable),
    ...packageViolations(importsByPath),
    ...circleViolations(importsByPath),
    ...doorViolations(code),
    ...files.flatMap(headerViolations),
    ...code.flatMap(documentationViolations),
    ...files.flatMap(nameViolations),
    ...code.flatMap((file) => wordViolations(file, portable)),
  ];
}

/** The floor of a path in src, or "" for files directly in src. */
export function floorOf(path: string): string {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1]! : "";
}

function isFloorDoor(path: string): boolean {
  return /^src\/[^/]+\/index\.ts$/.test(path);
}

function isDoor(path: string): boolean {
  return isFloorDoor(path) || path === "src/index.ts" || path === "src/experiment/node.ts";
}

/** Every module that the file names: imports, re-exports and dynamic imports of literals. */
export function importsOf(file: SourceFile): Import[] {
  const text = blank(file.text, "comments");
  const found: Import[] = [];
  const patterns = [
    /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?["']([^"'\n]+)["']/gm,
    /\b(?:import|require)\s*(\(\s*)["']([^"'\n]+)["']/g,
    /\bnew\s+URL\s*(\(\s*)["']([^"'\n]+\.[jt]s)["']/g,
  ];
  for (const [index, pattern] of patterns.entries()) {
    for (const match of text.matchAll(pattern)) {
      found.push({
        // A worker is named by its built file.
        specifier: index === 2 ? match[2]!.replace(/\.js$/, ".ts") : match[2]!,
        line: lineAt(text, match.index + match[0].length),
        isTypeOnly: index === 0 && match[1] !== undefined,
      });
    }
  }
  return found;
}

/** The path in the repository that a relative specifier means. */
function resolve(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Floors, doors, endings of relative imports. */
function importViolations(
  file: SourceFile,
  imports: readonly Import[],
  files: readonly SourceFile[],
): Violation[] {
  const violations: Violation[] = [];
  const floor = floorOf(file.path);
  const known = new Set(files.map((other) => other.path));
  for (const { specifier, line } of imports) {
    if (!specifier.startsWith(".")) continue;
    const report = (rule: string, message: string): void => {
      violations.push({ rule, path: file.path, line, message });
    };
    const target = resolve(file.path, specifier);
    if (!target.startsWith("src/")) report("floors", `${specifier} leaves src`);
    if (!/\.(ts|json|css|svg|html)$/.test(target)) report("endings", `${specifier} needs .ts`);
    else if (target.endsWith(".ts") && !known.has(target)) {
      report("missing", `${specifier} does not exist`);
    }
    const targetFloor = floorOf(target);
    if (targetFloor === floor && floor !== "") {
      if (isFloorDoor(target)) report("doors", `${floor} imports its own door`);
      continue;
    }
    const allowed = floor === "" ? ROOT_MAY_IMPORT : (MAY_IMPORT[floor] ?? []);
    if (!allowed.includes(targetFloor)) {
      report("floors", `${floor || "src"} may not import ${targetFloor || "src"}`);
    } else if (!isDoor(target)) {
      report("doors", `${specifier} is not the door of ${targetFloor}`);
    }
  }
  return violations;
}

/** Node modules only in the command line and behind experiment/node.ts. */
function nodeViolations(
  importsByPath: ReadonlyMap<string, readonly Import[]>,
  portable: ReadonlySet<string>,
): Violation[] {
  const violations: Violation[] = [];
  for (const [path, imports] of importsByPath) {
    for (const { specifier, line } of imports) {
      if (!/^(node:|fs$|path$|os$|url$|crypto$|worker_threads$|child_process$)/.test(specifier)) {
        continue;
      }
      if (floorOf(path) === "cli") continue;
      const message =
        floorOf(path) !== "experiment"
          ? `${specifier} outside cli and experiment`
          : portable.has(path)
            ? `${specifier} is reached from a portable door`
            : undefined;
      if (message !== undefined) violations.push({ rule: "node modules", path, line, message });
    }
  }
  return violations;
}

/** Each third-party package has one importing file; its types may be named in the same floor. */
function packageViolations(importsByPath: ReadonlyMap<string, readonly Import[]>): Violation[] {
  const owners = new Map<string, string>();
  const uses: { name: string; path: string; use: Import }[] = [];
  for (const [path, imports] of importsByPath) {
    for (const use of imports) {
      const { specifier } = use;
      if (specifier.startsWith(".") || specifier.startsWith("node:")) continue;
      const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      if (!use.isTypeOnly && !owners.has(name)) owners.set(name, path);
      uses.push({ name, path, use });
    }
  }
  return uses.flatMap(({ name, path, use }) => {
    const owner = owners.get(name) ?? path;
    if (path === owner || (use.isTypeOnly && floorOf(path) === floorOf(owner))) return [];
    const message = `${name} belongs to ${owner}`;
    return [{ rule: "packages", path, line: use.line, message }];
  });
}

/** No file imports itself through others; types alone are erased and may. */
function circleViolations(importsByPath: ReadonlyMap<string, readonly Import[]>): Violation[] {
  const violations: Violation[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      const circle = [...trail.slice(trail.indexOf(path)), path].join(" -> ");
      violations.push({ rule: "circles", path, line: 1, message: circle });
      return;
    }
    state.set(path, "open");
    for (const { specifier, isTypeOnly } of importsByPath.get(path) ?? []) {
      if (specifier.startsWith(".") && !isTypeOnly)
        visit(resolve(path, specifier), [...trail, path]);
    }
    state.set(path, "done");
  };
  for (const path of importsByPath.keys()) visit(path, []);
  return violations;
}

/** Every floor has a door, and a door holds named exports only. */
function doorViolations(files: readonly SourceFile[]): Violation[] {
  const violations: Violation[] = [];
  const paths = new Set(files.map((file) => file.path));
  for (const floor of new Set(files.map((file) => floorOf(file.path)))) {
    if (floor === "" || floor === "cli") continue;
    const path = `src/${floor}/index.ts`;
    if (!(floor in MAY_IMPORT)) {
      violations.push({ rule: "floors", path, line: 1, message: `${floor} is not a floor` });
    } else if (!paths.has(path)) {
      violations.push({ rule: "doors", path, line: 1, message: `${floor} has no door` });
    }
  }
  for (const { path, text } of files) {
    const code = blank(text, "comments and strings");
    for (const match of code.matchAll(/^\s*export\s+(\*|default\b)/gm)) {
      const message = `export ${match[1]}: doors list named exports`;
      violations.push({
        rule: "exports",
        path,
        line: lineAt(code, match.index + match[0].length),
        message,
      });
    }
    if (!isDoor(path)) continue;
    const rest = code.replaceAll(/export\s+(type\s+)?\{[^}]*\}\s*from\s+;?/g, "").trim();
    if (rest !== "") {
      const message = `a door only re-exports, this one also has: ${rest.slice(0, 60)}`;
      violations.push({ rule: "doors", path, line: 1, message });
    }
  }
  return violations;
}

const HEADER_LINES_MIN = 2;

/** A file opens with a comment of at least two lines, after an interpreter line if it has one. */
function headerViolations({ path, text }: SourceFile): Violation[] {
  const lines = text.replace(/^#!.*\n/, "").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  const header = lines.slice(0, end < 0 ? lines.length : end);
  const written = header.filter((line) => line.length > 3).length;
  if (written >= HEADER_LINES_MIN) return [];
  const message = `opens with ${written} comment lines; say what it is, why, and what it is not`;
  return [{ rule: "header", path, line: 1, message }];
}

/** Every exported declaration has a doc comment directly above. */
function documentationViolations({ path, text }: SourceFile): Violation[] {
  const violations: Violation[] = [];
  const lines = text.split("\n");
  let previousName = "";
  for (const [index, line] of lines.entries()) {
    const match =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type) (\w+)/.exec(
        line,
      );
    if (match === null) continue;
    const name = match[1]!;
    const isOverload = name === previousName;
    previousName = name;
    if (isOverload || (lines[index - 1] ?? "").trimEnd().endsWith("*/")) continue;
    violations.push({
      rule: "documented",
      path,
      line: index + 1,
      message: `${name} has no doc comment`,
    });
  }
  return violations;
}

/** Kebab-case, and no names that say nothing. */
function nameViolations({ path }: SourceFile): Violation[] {
  return path
    .split("/")
    .slice(1)
    .flatMap((name) => {
      const message = !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?(\.tsx?)?$/.test(name)
        ? `${name} is not kebab-case`
        : FORBIDDEN_NAME.test(name) && !KUBERNETES_NAME.test(name)
          ? `${name} says nothing about what it holds`
          : undefined;
      return message === undefined ? [] : [{ rule: "names", path, line: 1, message }];
    });
}

/** Words that may not occur: everywhere, and in the code of deterministic floors. */
function wordViolations({ path, text }: SourceFile, portable: ReadonlySet<string>): Violation[] {
  const violations: Violation[] = [];
  const floor = floorOf(path);
  // What only experiment/node.ts reaches deals with files, threads and real time.
  const isNodeOnly = floor === "experiment" && !portable.has(path);
  const isDeterministic = DETERMINISTIC.includes(floor) && !isNodeOnly;
  const code = blank(text, "comments and strings").split("\n");
  for (const [index, original] of text.split("\n").entries()) {
    const report = (rule: string, message: string): void => {
      violations.push({ rule, path, line: index + 1, message });
    };
    const left = UNFINISHED.exec(original)?.[0];
    if (left !== undefined) report("unfinished", left);
    if (/\.\.\/shared\b/.test(original)) report("unfinished", "the product reads nothing outside");
    if (!isDeterministic) continue;
    const line = code[index]!;
    for (const [pattern, instead] of NOT_DETERMINISTIC) {
      const word = pattern.exec(line)?.[0];
      if (word !== undefined) report("determinism", `${word.trim()}: use ${instead}`);
    }
    if (/\*\*/.test(line) && !EXACT_POWER.test(line)) {
      report("determinism", "** of other than whole numbers: use pow of base");
    }
  }
  return violations;
}

/** Every file that the given ones reach through imports, themselves included. */
function reachable(
  from: readonly SourceFile[],
  importsByPath: ReadonlyMap<string, readonly Import[]>,
): Set<string> {
  const seen = new Set<string>();
  const waiting = from.map((file) => file.path);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { specifier, isTypeOnly } of importsByPath.get(path) ?? []) {
      if (specifier.startsWith(".") && !isTypeOnly) waiting.push(resolve(path, specifier));
    }
  }
  return seen;
}
