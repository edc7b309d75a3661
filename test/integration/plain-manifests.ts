// A second reading of manifests, for counts: the YAML package alone, none of podsim's readers.
//
// Where even the package refuses a text, the lines that begin with "kind:" are counted instead.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";

/** A document with a kind, as its text has it. */
export interface PlainObject {
  readonly file: string;
  readonly kind: string;
  readonly apiVersion: string | undefined;
  readonly namespace: string;
  readonly name: string;
  /** One for Pod, DaemonSet, Job and CronJob; replicas for workloads that have them; else 0. */
  readonly pods: number;
  /** The text was too broken to be read, so only the kind is known. */
  readonly isBroken: boolean;
}

/** Every object of a folder of YAML files, in file order; JSON files beside them are no manifests. */
export function plainObjectsBelow(folder: string): PlainObject[] {
  return filesBelow(folder, "").flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    let documents: unknown[];
    try {
      documents = loadAll(text) as unknown[];
    } catch {
      return [...text.matchAll(/^kind: *(\w+)/gm)].map((match) =>
        describeObject(file, { kind: match[1] }, true),
      );
    }
    return documents
      .filter((value) => typeof (value as { kind?: unknown } | null)?.kind === "string")
      .map((value) => describeObject(file, value as Plain, false));
  });
}

type Plain = {
  kind?: string | undefined;
  apiVersion?: string;
  metadata?: { name?: string; namespace?: string };
  spec?: { replicas?: number };
};

const GROUPS = /^(v1|apps\/.*|batch\/.*|extensions\/.*)$/;
const ONE_EACH = ["Pod", "DaemonSet", "Job", "CronJob"];
const REPLICATED = ["Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"];

function describeObject(file: string, value: Plain, isBroken: boolean): PlainObject {
  const kind = value.kind ?? "";
  const makesPods =
    isBroken ||
    (GROUPS.test(value.apiVersion ?? "") && JSON.stringify(value).includes('"containers":'));
  const replicas = REPLICATED.includes(kind) ? (value.spec?.replicas ?? 1) : 0;
  return {
    file,
    kind,
    apiVersion: value.apiVersion,
    namespace: value.metadata?.namespace ?? "default",
    name: value.metadata?.name ?? "",
    pods: makesPods ? (ONE_EACH.includes(kind) ? 1 : replicas) : 0,
    isBroken,
  };
}

function filesBelow(folder: string, prefix: string): string[] {
  return readdirSync(join(folder, prefix))
    .sort()
    .flatMap((name) => {
      const path = prefix === "" ? name : `${prefix}/${name}`;
      if (statSync(join(folder, path)).isDirectory()) return filesBelow(folder, path);
      return /\.ya?ml$/.test(name) ? [path] : [];
    });
}
