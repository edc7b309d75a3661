// The inputs of a point as one text that can travel, and back into files on another machine.
//
// Files keep their names and their places to each other, so the copy has the same hash as the original,
// which the worker checks. What lies outside the folders of the inputs cannot travel and is refused.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix, relative, resolve, sep } from "node:path";
import { InputError } from "../../base/index.ts";
import type { RunInputRequest } from "../run-input-request.ts";
import type { StudyPoint } from "../study/study-cell.ts";
import { readRunFiles } from "./load-run-input.ts";
import { moduleFiles } from "./module-files.ts";

/** A point ready to travel: `point` names its files by their place in `files`. */
export interface PackedPoint {
  readonly pointText: string;
  readonly filesHash: string;
  readonly filesText: string;
}

interface PointText {
  readonly point: Omit<StudyPoint, "request"> & { readonly request: RunInputRequest };
  readonly stdin: string | undefined;
  readonly filesHash: string;
}

/** Deep enough that inputs may name a few folders up. */
const DEPTH = "d/d/d/d";
const BYTES_MAX = 256 * 1024 * 1024;

/** Packs a point; throws an InputError for what cannot travel. */
export function packPoint(point: StudyPoint): PackedPoint {
  const { request } = point;
  const { places, schedulerFiles } = readRunFiles(request);
  const files = new Map<string, string>();
  let bytesCount = 0;
  const add = (top: string, place: string, bytes: Uint8Array): void => {
    const path = posix.normalize(`${top}/${DEPTH}/${place.replaceAll(sep, "/")}`);
    if (!path.startsWith(`${top}/`)) throw refuse(`${place} lies too far outside`);
    if (!files.has(path)) bytesCount += bytes.length;
    files.set(path, Buffer.from(bytes).toString("base64"));
  };
  const rewritten = request.inputs.map((input, at) =>
    input === "-" ? input : `in${at}/${DEPTH}/${basename(resolve(input))}`,
  );
  for (const { root, file } of places.given) {
    if (root === "-") continue;
    const at = request.inputs.indexOf(root);
    const inside = relative(dirname(resolve(root)), resolve(file.name));
    add(`in${at}`, inside, readFileSync(file.name));
  }
  // The input that the scenario was found in; its references stand beside it.
  const home = places.given.find(({ file }) => dirname(file.name) === places.folder);
  const top = `in${home === undefined ? 0 : request.inputs.indexOf(home.root)}`;
  const base = home === undefined ? places.folder : dirname(resolve(home.root));
  const isPiped = home === undefined || home.root === "-";
  const addBeside = (path: string): void => {
    if (isPiped) throw refuse(`${path} is named by a scenario that was read from stdin`);
    add(top, relative(base, resolve(path)), readFileSync(path));
  };
  for (const reference of places.references) addBeside(join(places.folder, reference));
  for (const path of schedulerFiles) {
    const isGiven = request.schedulers.includes(path);
    for (const file of moduleFiles(path))
      if (isGiven) add("code", relative(dirname(resolve(path)), file.path), file.bytes);
      else addBeside(file.path);
    const kind = Buffer.from(JSON.stringify({ type: moduleKind(path) }));
    if (isGiven) add("code", "package.json", kind);
    else add(top, join(relative(base, dirname(resolve(path))), "package.json"), kind);
  }
  if (request.prices !== undefined)
    add("prices", basename(request.prices), readFileSync(request.prices));
  if (bytesCount > BYTES_MAX)
    throw refuse(`the inputs are ${bytesCount} bytes; up to ${BYTES_MAX} go through a queue`);
  const filesText = JSON.stringify([...files]);
  const filesHash = createHash("sha256").update(filesText).digest("hex");
  const { stdin, ...rest } = request;
  const text: PointText = {
    point: {
      ...point,
      request: {
        ...rest,
        inputs: rewritten,
        schedulers: request.schedulers.map((name) =>
          schedulerFiles.includes(name) ? `code/${DEPTH}/${basename(name)}` : name,
        ),
        prices: request.prices && `prices/${DEPTH}/${basename(request.prices)}`,
      },
    },
    stdin: stdin === undefined ? undefined : Buffer.from(stdin).toString("base64"),
    filesHash,
  };
  return { pointText: JSON.stringify(text), filesHash, filesText };
}

/** Hash of the files that a packed point needs. */
export function filesHashOf(pointText: string): string {
  return (JSON.parse(pointText) as PointText).filesHash;
}

/** Writes the files below `folder`, once, and gives the point that reads them from there. */
export function unpackPoint(pointText: string, filesText: string, folder: string): StudyPoint {
  const { point, stdin, filesHash } = JSON.parse(pointText) as PointText;
  const root = join(folder, filesHash);
  if (!existsSync(root))
    for (const [path, base64] of JSON.parse(filesText) as [string, string][]) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), Buffer.from(base64, "base64"));
    }
  const { request } = point;
  const placed = (path: string): string =>
    /^(in\d+|code|prices)\//.test(path) ? join(root, path) : path;
  return {
    ...point,
    request: {
      ...request,
      inputs: request.inputs.map(placed),
      schedulers: request.schedulers.map(placed),
      prices: request.prices && placed(request.prices),
      ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin, "base64") }),
    },
  };
}

// What Node takes a .js file for there; on the other machine no package.json stands above it.
function moduleKind(path: string): string {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file) && statSync(file).isFile()) {
      try {
        const { type } = JSON.parse(readFileSync(file, "utf8")) as { readonly type?: unknown };
        return type === "module" ? "module" : "commonjs";
      } catch {
        return "commonjs";
      }
    }
    if (folder === dirname(folder)) return "commonjs";
  }
}

function refuse(message: string): InputError {
  const hint = "run it in shards on machines that have the files";
  return new InputError([
    {
      code: "E_CANNOT_TRAVEL",
      severity: "error",
      message: `${message}: a queue cannot carry it`,
      hint,
    },
  ]);
}
