// Reads the files of an import as streams: finds them, unpacks gzip, decodes UTF-8, in pieces.
//
// No file is ever held whole, so that a trace of many gigabytes needs no more memory than a small one.

import { createReadStream, existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { InputError } from "../../base/index.ts";
import type { Importer, ImportFile } from "../../workload/index.ts";

/** One file of the input, found. */
export interface FoundImportFile {
  readonly file: ImportFile;
  readonly path: string;
}

/**
 * The importer's files among what the user named, in the importer's order: a folder is looked into, a
 * file counts under its own name. Throws an InputError that names every required file that is missing.
 */
export function findImportFiles(importer: Importer, paths: readonly string[]): FoundImportFile[] {
  for (const path of paths) if (!existsSync(path)) throw inputError(path, "no such file or folder");
  const found: FoundImportFile[] = [];
  const missing: string[] = [];
  for (const file of importer.files) {
    const path = paths.map((given) => placeOf(file, given)).find((place) => place !== undefined);
    if (path !== undefined) found.push({ file, path });
    else if (file.isRequired) missing.push(`${file.name} (${file.what})`);
  }
  if (missing.length > 0)
    throw inputError(
      paths.join(", "),
      `${importer.format} needs ${missing.join(", ")}, each also as .gz`,
    );
  return found;
}

function placeOf({ name }: ImportFile, given: string): string | undefined {
  if (statSync(given).isDirectory()) {
    const candidates = [join(given, name), join(given, `${name}.gz`)];
    return candidates.find((path) => existsSync(path) && statSync(path).isFile());
  }
  return [name, `${name}.gz`].includes(basename(given)) ? given : undefined;
}

/** Gives the text of a file in pieces. Throws an InputError if it cannot be read or unpacked. */
export async function streamImportFile(path: string, push: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of await bytesOf(path))
      push(decoder.decode(chunk as Uint8Array, { stream: true }));
    push(decoder.decode());
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
