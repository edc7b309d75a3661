// The files of an import: finds them among what the user named, unpacks gzip and tar, decodes, in pieces.
//
// No file is ever held whole, so that a trace of many gigabytes needs no more memory than a small one.

import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { createGunzip } from "node:zlib";
import { compareText, InputError } from "../../base/index.ts";
import type { Importer, ImportFile } from "../../workload/index.ts";
import { isTar, TarContent } from "./tar-content.ts";

/** One file of the input, found. */
export interface FoundImportFile {
  readonly file: ImportFile;
  readonly path: string;
}

const PACKED = ["", ".gz", ".tar.gz", ".tgz", ".tar"];

/**
 * The importer's files among what the user named, in the importer's order: a folder is looked into, a
 * file counts under its own name; where the importer reads only one kind of file, whatever is named
 * counts. Throws an InputError that names every required file that is missing.
 */
export function findImportFiles(importer: Importer, paths: readonly string[]): FoundImportFile[] {
  for (const path of paths) if (!existsSync(path)) throw inputError(path, "no such file or folder");
  const found: FoundImportFile[] = [];
  const missing: string[] = [];
  const [only] = importer.files.length === 1 ? importer.files : [];
  for (const file of importer.files) {
    const places = paths.flatMap((given) =>
      statSync(given).isDirectory()
        ? placesIn(file, given)
        : file === only || isCalled(file, given)
          ? [given]
          : [],
    );
    for (const path of new Set(places)) found.push({ file, path });
    if (places.length === 0 && file.isRequired) missing.push(`${file.name} (${file.what})`);
  }
  if (missing.length > 0)
    throw inputError(
      paths.join(", "),
      `${importer.format} needs ${missing.join(", ")}, each also as .gz or .tar.gz`,
    );
  return found;
}

// Exact names are tried first and end the search; patterns may match many.
function placesIn(file: ImportFile, folder: string): string[] {
  const exact = PACKED.map((ending) => join(folder, file.name + ending)).find(isFile);
  if (exact !== undefined) return [exact];
  const places: string[] = [];
  for (const pattern of file.alike ?? []) {
    const parts = pattern.split("/");
    const below = parts.length === 1 ? folder : join(folder, parts[0]!);
    if (!existsSync(below) || !statSync(below).isDirectory()) continue;
    const names = readdirSync(below).filter((name) => matches(parts.at(-1)!, name));
    places.push(...names.toSorted(compareText).map((name) => join(below, name)));
    if (places.length > 0) break;
  }
  return places.filter(isFile);
}

function isCalled(file: ImportFile, path: string): boolean {
  const name = basename(path);
  if (PACKED.some((ending) => name === file.name + ending)) return true;
  const withFolder = `${basename(dirname(resolve(path)))}/${name}`;
  return (file.alike ?? []).some((pattern) =>
    matches(pattern, pattern.includes("/") ? withFolder : name),
  );
}

function matches(pattern: string, name: string): boolean {
  const escaped = pattern.split("*").map((part) => part.replace(/[.\\+?^${}()|[\]]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}(\\.gz|\\.tar\\.gz|\\.tgz|\\.tar)?$`).test(name);
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Gives the text of a file in pieces. Throws an InputError if it cannot be read or unpacked. */
export async function streamImportFile(
  path: string,
  push: (text: string) => void,
  encoding: "utf-8" | "bytes" = "utf-8",
): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const pushBytes = (bytes: Uint8Array): void =>
    push(
      encoding === "bytes"
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
        : decoder.decode(bytes, { stream: true }),
    );
  try {
    await streamContents(path, pushBytes);
    if (encoding === "utf-8") push(decoder.decode());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") throw inputError(path, "is no UTF-8 text");
    if (code?.startsWith("Z_") === true)
      throw inputError(path, "is no whole gzip file (cut off or damaged)");
    if (code?.startsWith("E") === true && error instanceof Error && "errno" in error)
      throw inputError(path, `cannot be read: ${code}`);
    throw error;
  }
}

// A tar archive inside is known by its first block, as gzip is by its first bytes; names lie.
async function streamContents(path: string, push: (bytes: Uint8Array) => void): Promise<void> {
  let tar: TarContent | undefined;
  let isFirst = true;
  for await (const piece of await bytesOf(path)) {
    const bytes = piece as Uint8Array;
    if (isFirst && isTar(bytes)) tar = new TarContent();
    isFirst = false;
    if (tar === undefined) push(bytes);
    else for (const content of tar.contents(bytes)) push(content);
  }
  if (tar?.isWhole === false) throw inputError(path, "is no whole tar archive (cut off)");
}

// Packed files are known by their first bytes; names lie.
async function bytesOf(path: string): Promise<AsyncIterable<unknown>> {
  if (!statSync(path).isFile()) throw inputError(path, "is no regular file (a pipe or device?)");
  const head = createReadStream(path, { start: 0, end: 1 });
  let magic = Buffer.alloc(0);
  for await (const chunk of head) magic = Buffer.concat([magic, chunk as Buffer]);
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return source;
  const unpacked = createGunzip();
  source.on("error", (error) => unpacked.destroy(error));
  return source.pipe(unpacked);
}

function inputError(file: string, message: string): InputError {
  return new InputError([{ code: "E_IMPORT_FILE", severity: "error", file, message }]);
}
