// A folder of result files, written beside and renamed: a reader sees the old files or the new ones.
//
// Every file is written under a temporary name in the same folder, flushed, and renamed when all are
// whole; `run.json` comes last, so its presence says that the rest is complete. The same inputs may
// overwrite their own results (they are the same bytes); anything else needs --force. Nothing that
// podsim did not write is ever removed. A link to a folder is followed, as the user's wish; a link in
// the place of a result file is replaced, never written through.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { CommandFailure, EXIT } from "./exit-codes.ts";

const MANIFEST = "run.json";
/** Left by a run that broke an invariant; gone once the same inputs have run well. */
export const BUNDLE_FILE = "bundle.json";
/** The state in which two evaluators decided otherwise; beside the bundle. */
export const CASE_FILE = "case.jsonl";
const TEMPORARY = /^\.(.+)\.podsim-(\d+)\.tmp$/;

/** An open folder of results; `commit` makes its files visible, `abandon` leaves the old ones. */
export class ResultFolder {
  readonly path: string;
  private readonly open = new Map<string, number>();
  private readonly written: string[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens `path` for the results of `inputHash`. Refuses a folder that holds the results of other
   * inputs, or something that is no result of podsim, unless `force`.
   */
  static create(path: string, inputHash: string, force: boolean): ResultFolder {
    return attempt(`open the output folder ${path}`, () => {
      if (existsSync(path)) refuseForeign(path, inputHash, force);
      makeFolder(path);
      removeLeftovers(path);
      return new ResultFolder(path);
    });
  }

  /** Appends text to a file that will be called `name`. */
  append(name: string, text: string): void {
    attempt(`write ${join(this.path, name)}`, () => {
      let descriptor = this.open.get(name);
      if (descriptor === undefined) {
        descriptor = openSync(this.temporaryName(name), "w");
        this.open.set(name, descriptor);
        this.written.push(name);
      }
      writeFully(descriptor, text);
    });
  }

  /** Flushes every file and gives it its name, the manifest last. Returns the names in that order. */
  commit(): readonly string[] {
    return attempt(`finish the results in ${this.path}`, () => {
      for (const descriptor of this.open.values()) {
        fsyncSync(descriptor);
        closeSync(descriptor);
      }
      this.open.clear();
      const order = [
        ...this.written.filter((name) => name !== MANIFEST),
        ...this.written.filter((name) => name === MANIFEST),
      ];
      if (order.includes(MANIFEST)) rmSync(join(this.path, MANIFEST), { force: true });
      for (const name of order) renameSync(this.temporaryName(name), join(this.path, name));
      if (order.includes(MANIFEST)) {
        for (const name of [BUNDLE_FILE, CASE_FILE]) rmSync(join(this.path, name), { force: true });
      }
      syncFolder(this.path);
      return order;
    });
  }

  /** Whether the results that are there now are those of a run that reached its end. */
  get holdsWholeResults(): boolean {
    return readManifest(join(this.path, MANIFEST))?.end?.partial === false;
  }

  /** Throws away what was not committed; the folder can be written to again. */
  abandon(): void {
    for (const descriptor of this.open.values()) closeSync(descriptor);
    this.open.clear();
    for (const name of this.written.splice(0)) rmSync(this.temporaryName(name), { force: true });
  }

  private temporaryName(name: string): string {
    return join(this.path, `.${name}.podsim-${process.pid}.tmp`);
  }
}

// Step by step: the recursive mkdir of Node never returns where a file system like /proc says that a
// folder does not exist although its parent does.
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || existsSync(parent)) throw error;
    makeFolder(parent);
    mkdirSync(path);
  }
}

function refuseForeign(path: string, inputHash: string, force: boolean): void {
  if (!statSync(path).isDirectory()) {
    throw new CommandFailure(EXIT.files, `the output folder ${path} exists and is no folder`);
  }
  if (force) return;
  const names = readdirSync(path).filter((name) => !TEMPORARY.test(name));
  if (names.length === 0) return;
  const found = hashIn(path);
  if (found === undefined) {
    throw new CommandFailure(
      EXIT.files,
      `${path} exists and holds no results of podsim: choose another --output-dir, or --force to write into it`,
    );
  }
  if (found !== inputHash) {
    throw new CommandFailure(
      EXIT.files,
      `${path} holds the results of other inputs (${found.slice(0, 12)}): choose another --output-dir, or --force to replace them`,
    );
  }
}

// Whose results these are: as the manifest says, or that of a run that broke down, or that of a run
// that was killed while it gave its files their names.
function hashIn(path: string): string | undefined {
  const temporary = readdirSync(path).filter((name) => TEMPORARY.exec(name)?.[1] === MANIFEST);
  for (const name of [MANIFEST, BUNDLE_FILE, ...temporary]) {
    const file = join(path, name);
    if (existsSync(file)) return readManifest(file)?.inputHash ?? "unreadable";
  }
  return undefined;
}

interface ManifestHead {
  readonly inputHash?: string;
  readonly end?: { readonly partial?: boolean };
}

function readManifest(file: string): ManifestHead | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

// Temporary files of processes that are gone: only our own names, only of the dead.
function removeLeftovers(path: string): void {
  for (const name of readdirSync(path)) {
    const match = TEMPORARY.exec(name);
    if (match !== null && !isAlive(Number(match[2]))) rmSync(join(path, name), { force: true });
  }
}

function isAlive(processId: number): boolean {
  if (processId === process.pid) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function writeFully(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset);
}

// Renames are durable once the folder is; some file systems cannot sync a folder, which is no error.
function syncFolder(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EINVAL" && code !== "EISDIR" && code !== "EPERM" && code !== "EACCES")
      throw error;
  }
}

function attempt<T>(action: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    throw new CommandFailure(EXIT.files, `cannot ${action}: ${WORDS.get(code) ?? code}`, {
      cause: error,
    });
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "no space left on the device (ENOSPC)"],
  ["ENOENT", "no such file or folder (ENOENT)"],
  ["EEXIST", "there is something else of that name (EEXIST)"],
  ["EFBIG", "a file became larger than is allowed (EFBIG)"],
  ["EACCES", "permission denied (EACCES)"],
  ["EPERM", "not permitted (EPERM)"],
  ["EROFS", "the file system is read-only (EROFS)"],
  ["ENOTDIR", "a part of the path is no folder (ENOTDIR)"],
  ["EISDIR", "there is a folder of that name (EISDIR)"],
  ["EMFILE", "too many open files (EMFILE)"],
  ["EIO", "input/output error (EIO)"],
  ["EDQUOT", "disk quota exceeded (EDQUOT)"],
]);

/** A folder name from a scenario's name: what every file system takes, at most 60 characters. */
export function folderNameOf(name: string): string {
  const safe = basename(dirname(`${name}/x`))
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 60);
  return safe === "" || /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(safe) ? `run-${safe}` : safe;
}
