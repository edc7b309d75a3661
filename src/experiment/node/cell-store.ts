// The store of a study: a folder with one file per cell, named by the cell's hash. The store is the truth.
//
// Files are written beside and linked into place, so that any number of processes and machines may
// write at once and be killed at any moment. What is there is never replaced: a result that arrives
// twice is the same bytes, or an error. A file that is not whole says so by its checksum and is as if
// it were not there.

import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { CellResult } from "../study/study-cell.ts";

const CELL_SCHEMA_VERSION = "podsim.dev/cell/v1";
/** Version of the shape of study files. */
export const STUDY_SCHEMA_VERSION = "podsim.dev/study/v1";

/** The store cannot be read or written, or holds what contradicts a result. */
export class StoreError extends Error {
  /** True: one cell has two results; false: the file system refused. */
  readonly isConflict: boolean;

  constructor(message: string, isConflict: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = "StoreError";
    this.isConflict = isConflict;
  }
}

/** One folder of cells. */
export class CellStore {
  readonly folder: string;
  private readonly onDamage: (line: string) => void;

  /** @param onDamage is told of each file that cannot be used, in words for a person. */
  constructor(folder: string, onDamage: (line: string) => void) {
    this.folder = folder;
    this.onDamage = onDamage;
  }

  /** The result of a cell; undefined if it is not there, or its file is damaged. */
  read(hash: string): CellResult | undefined {
    const text = this.textOf(hash);
    return text === undefined ? undefined : resultIn(text, hash);
  }

  /** Keeps a result. Throws a StoreError if the cell has another one. */
  write(hash: string, result: CellResult): void {
    this.writeText(hash, cellText(hash, result));
  }

  /** Keeps the text of a cell's file, as another store had it. */
  writeText(hash: string, text: string): void {
    const path = this.pathOf(hash);
    const present = this.textOf(hash);
    if (present === text) return;
    if (present !== undefined) throw conflict(hash, path);
    attempt(`write ${path}`, () => {
      if (existsSync(path)) rmSync(path, { force: true }); // Damaged, and named as such.
      const isNew = place(this.folder, path, text);
      if (!isNew && this.textOf(hash) !== text) throw conflict(hash, path);
    });
  }

  /** The whole text of a cell's file, checked; undefined if it is not there or damaged. */
  textOf(hash: string): string | undefined {
    const path = this.pathOf(hash);
    const text = readIfThere(path);
    if (text === undefined) return undefined;
    if (resultIn(text, hash) !== undefined) return text;
    this.onDamage(`${path} is damaged: its cell is run again\n`);
    return undefined;
  }

  /** Keeps the description of a study, under the hash of its text; returns that hash. */
  keepStudy(study: object): string {
    const text = `${JSON.stringify({ schemaVersion: STUDY_SCHEMA_VERSION, ...study })}\n`;
    const id = sha256(text).slice(0, 16);
    const path = join(this.folder, "studies", `${id}.json`);
    if (readIfThere(path) === text) return id;
    attempt(`write ${path}`, () => {
      rmSync(path, { force: true });
      place(this.folder, path, text);
    });
    return id;
  }

  /** Every study that was kept, by its hash, sorted. */
  studies(): { readonly id: string; readonly value: unknown }[] {
    const folder = join(this.folder, "studies");
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return names
      .filter((name) => /^[0-9a-f]{16}\.json$/.test(name))
      .sort((a, b) => (a < b ? -1 : 1))
      .flatMap((name) => {
        const id = name.slice(0, 16);
        const text = readIfThere(join(folder, name));
        if (text !== undefined && sha256(text).slice(0, 16) === id)
          return { id, value: JSON.parse(text) as unknown };
        this.onDamage(`${join(folder, name)} is damaged and left out\n`);
        return [];
      });
  }

  private pathOf(hash: string): string {
    return join(this.folder, "cells", hash.slice(0, 2), `${hash}.json`);
  }
}

/** The text of a cell's file. */
export function cellText(hash: string, result: CellResult): string {
  const sha = sha256(JSON.stringify(result));
  return `${JSON.stringify({ schemaVersion: CELL_SCHEMA_VERSION, cell: hash, sha256: sha, result })}\n`;
}

/** The result in such a text; undefined if the text is not whole or belongs to another cell. */
export function resultIn(text: string, hash: string): CellResult | undefined {
  try {
    const file = JSON.parse(text) as Partial<Record<string, unknown>>;
    const {
      schemaVersion,
      cell,
      sha256: sha,
      result,
    } = file as Record<string, unknown> & {
      readonly schemaVersion?: unknown;
      readonly cell?: unknown;
      readonly sha256?: unknown;
      readonly result?: unknown;
    };
    const isWhole =
      schemaVersion === CELL_SCHEMA_VERSION &&
      cell === hash &&
      sha === sha256(JSON.stringify(result ?? null));
    return isWhole ? (result as CellResult) : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a whole file at `path`; false if somebody else was first, whose file then stays. */
function place(folder: string, path: string, text: string): boolean {
  const beside = join(folder, "partial", randomUUID());
  mkdirSync(dirname(beside), { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(beside, text);
  try {
    linkSync(beside, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") return false;
    renameSync(beside, path); // A file system without links.
    return true;
  } finally {
    rmSync(beside, { force: true });
  }
}

function conflict(hash: string, path: string): StoreError {
  return new StoreError(
    `cell ${hash} has two different results: the one in ${path} and the one just made (user code that is not deterministic, or a podsim that was changed without a new version)`,
    true,
  );
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new StoreError(`cannot read ${path}: ${code ?? String(error)}`, false, error);
  }
}

function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StoreError(`cannot ${what}: ${code}`, false, error);
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
