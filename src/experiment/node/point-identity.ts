// The hash of a study's point: everything that determines its runs but the replication.
//
// Taken without loading user code, so that a coordinator can tell which cells it has; a worker takes it
// again from the files it read, so that a result can never be kept under the hash of other inputs.

import { createHash } from "node:crypto";
import { basename, dirname, relative, resolve } from "node:path";
import { compareText } from "../../base/index.ts";
import { scenarioHash } from "../scenario/scenario-hash.ts";
import type { StudyPoint } from "../study/study-cell.ts";
import { FINGERPRINT_VERSION, PODSIM_VERSION } from "../versions.ts";
import { readRunFiles, type RunFiles } from "./load-run-input.ts";
import { moduleFiles } from "./module-files.ts";

/** Content hash of a point, in hexadecimal; throws an InputError if its inputs cannot be read. */
export function pointHash(
  point: StudyPoint,
  files: RunFiles = readRunFiles(point.request),
): string {
  const { request, varied } = point;
  // As results call it: a copy on another machine lies elsewhere.
  const isFile = (name: string): boolean => files.schedulerFiles.includes(name);
  const parts = [
    ["versions", PODSIM_VERSION, FINGERPRINT_VERSION],
    ["scenario", scenarioHash(files.scenario)],
    ...files.files.map(({ name, bytes }) => ["file", name, sha256(bytes)]),
    ["scheduler", ...request.schedulers.map((name) => (isFile(name) ? basename(name) : name))],
    ...files.schedulerFiles.flatMap((path) => {
      const folder = dirname(resolve(path));
      return moduleFiles(path).map((file) => [
        "code",
        relative(folder, file.path),
        sha256(file.bytes),
      ]);
    }),
    ["thresholds", ...request.thresholds],
    ["measures", ...(request.measures ?? [])],
    ["measures", ...[...new Set(request.measures)].sort(compareText)],
    ["varied", ...varied],
    ...(point.isAntithetic === true ? [["antithetic"]] : []),
  ];
  return sha256(JSON.stringify(parts));
}

function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
