// Finds and reads input files: a path, a folder, or stdin; plain or gzip; bounded in size.
//
// Only regular files are opened, so that a FIFO or device cannot hang a run. A file that a scenario
// names must lie under the scenario's folder, symbolic links followed.

import { readdirSync, readFileSync, readSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { isatty } from "node:tty";
import { gunzipSync } from "node:zlib";
import { compareText, InputError, type Problem } from "../../base/index.ts";

/** A file that was read: the name that the user gave, and its bytes (unpacked). */
export interface InputFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Largest input file in bytes, packed or not. Raised by a flag. */
export const INPUT_BYTES_MAX: number = 64 * 1024 * 1024;

const STDIN = 0;
const GZIP_RATIO_MAX = 1000;
const MANIFEST_ENDINGS = [".yaml", ".yml", ".json", ".yaml.gz", ".yml.gz", ".json.gz"];

/**
 * Reads what a user names: a file, `-` for stdin (or the bytes that were read from it already), or a
 * folder's manifests in file-name order.
 */
export function readInputPath(
  path: string,
  recursive: boolean,
  bytesMax: number = INPUT_BYTES_MAX,
  stdin?: Uint8Array,
): InputFile[] {
  if (path === "-")
    return [stdin === undefined ? readStdin(bytesMax) : givenStdin(stdin, bytesMax)];
  if (statOf(path).isDirectory()) {
    const files = manifestsIn(path, recursive);
    if (files.length === 0) {
      const hint = recursive ? "" : " (folders below it are read with -R)";
      throw inputError(
        "E_NO_MANIFESTS",
        path,
        `the folder holds no ${MANIFEST_ENDINGS.slice(0, 3).join(", ")} file${hint}`,
      );
    }
    return files.map((file) => readInputFile(file, bytesMax));
  }
  return [readInputFile(path, bytesMax)];
}

/** Reads one regular file; `.gz` is unpacked. */
export function readInputFile(
  path: string,
  bytesMax: number = INPUT_BYTES_MAX,
  shownName: string = path,
): InputFile {
  const stat = statOf(path);
  if (stat.isDirectory())
    throw inputError("E_IS_FOLDER", shownName, "is a folder where a file is expected");
  if (!stat.isFile())
    throw inputError("E_NOT_A_FILE", shownName, "is no regular file (a pipe or device?)");
  if (stat.size > bytesMax) throw tooLarge(shownName, stat.size, bytesMax);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw inputError(
      "E_CANNOT_READ",
      shownName,
      `cannot be read: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  return {
    name: shownName,
    bytes: isGzip(path, bytes) ? unpacked(shownName, bytes, bytesMax) : bytes,
  };
}

/**
 * Reads a file that a scenario names, relative to the scenario's folder and never outside it; its
 * name is the reference as written.
 */
export function readReferencedFile(
  folder: string,
  reference: string,
  outsideAllowed: boolean,
  bytesMax: number = INPUT_BYTES_MAX,
): InputFile {
  const path = resolve(folder, reference);
  const shown = join(folder, reference);
  if (!outsideAllowed) {
    const root = realpathSync(folder);
    const real = realPathOf(path, shown);
    if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) {
      const message = "lies outside the scenario's folder";
      throw inputError("E_OUTSIDE", shown, message, "--allow-outside permits it");
    }
  }
  return { name: reference, bytes: readInputFile(path, bytesMax, shown).bytes };
}

/** The folder that a scenario's references are resolved in. */
export function folderOf(scenarioFile: string): string {
  return scenarioFile === "-" ? "." : dirname(scenarioFile);
}

/** A name for results where no scenario gives one: the file's name without its endings. */
export function nameOfInput(path: string): string {
  if (path === "-") return "stdin";
  return basename(resolve(path))
    .replace(/\.gz$/, "")
    .replace(/\.(ya?ml|jsonl?)$/, "");
}

function manifestsIn(folder: string, recursive: boolean): string[] {
  const found: string[] = [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    compareText(a.name, b.name),
  );
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (recursive) found.push(...manifestsIn(path, true));
    } else if (MANIFEST_ENDINGS.some((ending) => entry.name.endsWith(ending))) {
      found.push(path);
    }
  }
  return found;
}

function givenStdin(bytes: Uint8Array, bytesMax: number): InputFile {
  if (bytes.length > bytesMax) throw tooLarge("stdin", bytes.length, bytesMax);
  return { name: "stdin", bytes };
}

function readStdin(bytesMax: number): InputFile {
  if (isatty(STDIN)) {
    throw inputError(
      "E_STDIN_TERMINAL",
      "-",
      "stdin is a terminal, so there is nothing to read",
      "pipe the objects in, as in: kubectl get nodes,pods -A -o json | podsim run -f -",
    );
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.alloc(256 * 1024);
    const count = readSome(chunk);
    if (count === 0) break;
    size += count;
    if (size > bytesMax) throw tooLarge("stdin", size, bytesMax);
    chunks.push(chunk.subarray(0, count));
  }
  return { name: "stdin", bytes: Buffer.concat(chunks) };
}

function readSome(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(STDIN, chunk, 0, chunk.length, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EOF") return 0;
      if (code === "EAGAIN") {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        continue;
      }
      throw inputError("E_CANNOT_READ", "stdin", `cannot be read: ${code ?? String(error)}`);
    }
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw inputError(
      "E_NO_FILE",
      path,
      code === "ENOENT" ? "no such file or folder" : `cannot be read: ${code}`,
    );
  }
}

function realPathOf(path: string, shownName: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw inputError(
      "E_NO_FILE",
      shownName,
      code === "ENOENT" ? "no such file" : `cannot be read: ${code}`,
    );
  }
}

function isGzip(path: string, bytes: Uint8Array): boolean {
  return path.endsWith(".gz") || (bytes[0] === 0x1f && bytes[1] === 0x8b);
}

function unpacked(name: string, bytes: Uint8Array, bytesMax: number): Uint8Array {
  const most = Math.min(bytesMax, Math.max(1024 * 1024, bytes.length * GZIP_RATIO_MAX));
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(name, most + 1, most);
    throw inputError("E_GZIP", name, "is no whole gzip file (cut off or damaged)");
  }
}

function tooLarge(name: string, size: number, bytesMax: number): InputError {
  return inputError(
    "E_LIMIT_SIZE",
    name,
    `holds ${size} bytes or more, the limit is ${bytesMax}`,
    "--max-input-bytes raises it",
  );
}

function inputError(code: string, file: string, message: string, hint?: string): InputError {
  const problem: Problem = {
    code,
    severity: "error",
    message,
    file,
    ...(hint === undefined ? {} : { hint }),
  };
  return new InputError([problem]);
}
