// The files that a user's module consists of: itself and what it imports from beside it, all the way.
//
// For hashes and for copies on other machines; nothing is loaded. Found by the text of import
// statements with literal relative paths; packages and computed paths are not followed.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const IMPORTED = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["'](\.{1,2}\/[^"'\n]+)["']/g;

/** A file of the module by its absolute path. */
export interface ModuleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The module first, then what it imports, in the order in which the texts name it. */
export function moduleFiles(path: string): ModuleFile[] {
  const found = new Map<string, ModuleFile>();
  const visit = (absolute: string): void => {
    if (found.has(absolute)) return;
    const bytes = readIfThere(absolute);
    if (bytes === undefined) return;
    found.set(absolute, { path: absolute, bytes });
    const text = bytes.toString("utf8");
    for (const [, specifier] of text.matchAll(IMPORTED))
      visit(resolve(dirname(absolute), specifier!));
  };
  visit(resolve(path));
  return [...found.values()];
}

// What is not there is the loader's to complain about, with its own words.
function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
