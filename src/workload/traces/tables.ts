// Reader of podsim's own tables: one CSV of nodes, one of pods, the form that every import writes.
//
// The header says what a column is, so that a reader of some other format only has to fill rows.
// Nodes: `node`, `taints`, `label:KEY`; every other column is a resource with its quantity. Pods:
// `pod`, `namespace`, `at_us`, `run_us`, `image`, `restart`, `scheduler`, `priority`, `priority_class`, `label:KEY`,
// `annotation:KEY`, `node:KEY` (a label of nodes and its allowed values, split by |), `request:NAME` and `limit:NAME`;
// a resource without either prefix is both. An empty cell says nothing. Described in docs/import.md.

import { type CsvRowSink, CsvReader, nearest, type Problem } from "../../base/index.ts";
import { isExtendedResource } from "../../cluster/index.ts";
import { GPU_SHARE_ANNOTATION, gpuSharesNote } from "./gpu-shares.ts";
import {
  piecesOf,
  type Trace,
  type TraceFile,
  type TraceFormat,
  type TraceNote,
  type TracePod,
  type TracePodList,
} from "../trace.ts";
import { TracePodTable } from "../trace-pods.ts";

/** Columns of a node table beside labels and resources. */
export const NODE_TABLE_COLUMNS = ["node", "taints"] as const;
/** Columns of a pod table beside labels, wishes for nodes and resources. */
export const POD_TABLE_COLUMNS = [
  "pod",
  "namespace",
  "at_us",
  "run_us",
  "image",
  "restart",
  "scheduler",
  "priority",
  "priority_class",
] as const;

/** The format's entry in the registry. */
export const TABLES: TraceFormat = {
  format: "tables",
  files: "one table of nodes and one of pods (CSV), as podsim import writes them",
  read: readTables,
};

/** Reads tables of nodes and of pods, told apart by their first column, in any order. */
export function readTables(files: readonly TraceFile[]): Trace {
  const nodes: object[] = [];
  const pods = new PodRows();
  const problems: Problem[] = [];
  for (const file of files) {
    const header = firstColumnOf(file);
    if (header === "node") readNodes(file, nodes, problems);
    else if (header === "pod") pods.read(file, problems);
    else {
      const message = `the first column is '${header}': a table begins with 'node' or 'pod'`;
      const code = "E_TRACE_COLUMN";
      problems.push({ code, severity: "error", message, file: file.name, line: 1 });
    }
  }
  const { templates } = pods;
  return { format: "tables", nodes, templates, pods: pods.sorted(), notes: pods.notes(), problems };
}

function firstColumnOf(file: TraceFile): string {
  for (const piece of piecesOf(file)) return /^\uFEFF?"?([^,"\r\n]*)/.exec(piece)?.[1] ?? "";
  return "";
}

// --- Columns ---------------------------------------------------------------------------------

type ColumnKind = "field" | "label" | "annotation" | "wish" | "resource" | "request" | "limit";

/** What one column is: a field by its name, or a label, wish or amount by its key. */
interface Column {
  readonly kind: ColumnKind;
  readonly key: string;
}

const PREFIXES: ReadonlyMap<string, ColumnKind> = new Map([
  ["label", "label"],
  ["annotation", "annotation"],
  ["node", "wish"],
  ["request", "request"],
  ["limit", "limit"],
]);

function columnsOf(
  header: readonly string[],
  fields: readonly string[],
  prefixes: readonly string[],
  refuse: (message: string, hint?: string) => void,
): Column[] {
  return header.map((name) => {
    if (fields.includes(name)) return { kind: "field", key: name };
    const colon = name.indexOf(":");
    const prefix = name.slice(0, Math.max(0, colon));
    const kind = prefixes.includes(prefix) ? PREFIXES.get(prefix)! : "resource";
    const key = kind === "resource" ? name : name.slice(colon + 1);
    const isAmount = kind === "resource" || kind === "request" || kind === "limit";
    if (key === "" || (isAmount && !isResource(key))) {
      const near = nearest(name, [...fields, "cpu", "memory"]);
      const hint = near === undefined ? undefined : `did you mean '${near}'?`;
      refuse(`the column '${name}' is no field of this table and names no resource`, hint);
    }
    return { kind, key };
  });
}

function isResource(name: string): boolean {
  const isStandard = ["cpu", "memory", "pods", "ephemeral-storage"].includes(name);
  return isStandard || name.startsWith("hugepages-") || isExtendedResource(name);
}

/** A reader whose rows come with the columns of their header. */
function readRows(
  file: TraceFile,
  problems: Problem[],
  table: { readonly fields: readonly string[]; readonly prefixes: readonly string[] },
  sink: (columns: readonly Column[], cells: readonly string[], line: number) => void,
): void {
  let columns: readonly Column[] | undefined;
  const onRow: CsvRowSink = (cells, line) => {
    columns ??= columnsOf(reader.header, table.fields, table.prefixes, (message, hint) => {
      const problem = { code: "E_TRACE_COLUMN", message, file: file.name, line: 1 };
      problems.push({ ...problem, severity: "error", ...(hint === undefined ? {} : { hint }) });
    });
    sink(columns, cells, line);
  };
  const reader = new CsvReader(onRow, { file: file.name, delimiter: "," });
  for (const piece of piecesOf(file)) reader.push(piece);
  reader.end();
  problems.push(...reader.problems);
}

function wrongCell(file: TraceFile, line: number, path: string, message: string): Problem {
  return { code: "E_TRACE_VALUE", severity: "error", message, file: file.name, line, path };
}

// --- Nodes -----------------------------------------------------------------------------------

const NODE_TABLE = { fields: NODE_TABLE_COLUMNS, prefixes: ["label"] };

function readNodes(file: TraceFile, nodes: object[], problems: Problem[]): void {
  readRows(file, problems, NODE_TABLE, (columns, cells, line) => {
    const resources: Record<string, string> = {};
    const labels: Record<string, string> = {};
    let name = "";
    let taints: readonly object[] = [];
    for (const [at, { kind, key }] of columns.entries()) {
      const cell = cells[at]!;
      if (cell === "") continue;
      if (kind === "resource") resources[key] = cell;
      else if (kind === "label") labels[key] = cell;
      else if (key === "node") name = cell;
      else taints = taintsOf(cell, () => problems.push(wrongCell(file, line, key, TAINT_FAULT)));
    }
    if (name === "") problems.push(wrongCell(file, line, "node", "a node has a name"));
    nodes.push({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
      ...(taints.length === 0 ? {} : { spec: { taints } }),
      status: { capacity: resources, allocatable: resources },
    });
  });
}

const TAINT_FAULT = "taints are KEY=VALUE:EFFECT or KEY:EFFECT, split by blanks";

function taintsOf(text: string, refuse: () => void): object[] {
  return text.split(" ").flatMap((word) => {
    const match = /^([^=:]+)(?:=([^:]*))?:([A-Za-z]+)$/.exec(word);
    if (match === null) refuse();
    return match === null ? [] : [{ key: match[1], value: match[2] ?? "", effect: match[3] }];
  });
}

// --- Pods ------------------------------------------------------------------------------------

const POD_TABLE = {
  fields: POD_TABLE_COLUMNS,
  prefixes: ["label", "annotation", "node", "request", "limit"],
};
/** Cells that belong to one pod; all others are its template's. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["pod", "namespace", "at_us", "run_us"]);
const DEFAULT_IMAGE = "podsim.dev/imported";

class PodRows {
  readonly templates: object[] = [];
  private readonly pods = new TracePodTable();
  private readonly templateByKey = new Map<string, number>();
  private endlessCount = 0;
  private sharesCount = 0;

  read(file: TraceFile, problems: Problem[]): void {
    let own: ReadonlyMap<string, number> | undefined;
    let shared: readonly number[] = [];
    let shareAt = -1;
    // The header is part of the key: two tables may have other columns in the same places.
    readRows(file, problems, POD_TABLE, (columns, cells, line) => {
      if (own === undefined) {
        own = new Map(
          columns.flatMap(({ key, kind }, at) =>
            kind === "field" && OWN_FIELDS.has(key) ? [[key, at]] : [],
          ),
        );
        shared = columns.flatMap((column, at) => (own!.get(column.key) === at ? [] : [at]));
        shareAt = columns.findIndex(
          ({ kind, key }) => kind === "annotation" && key === GPU_SHARE_ANNOTATION,
        );
      }
      if ((cells[shareAt] ?? "") !== "") this.sharesCount++;
      const cell = (field: string): string => cells[own!.get(field) ?? -1] ?? "";
      const count = (field: string): number | undefined => {
        const text = cell(field);
        if (text === "") return undefined;
        if (/^\d{1,15}$/.test(text)) return Number(text);
        const message = `${JSON.stringify(text)}: whole microseconds of at least 0 were expected`;
        problems.push(wrongCell(file, line, field, message));
        return 0;
      };
      const name = cell("pod");
      if (name === "") problems.push(wrongCell(file, line, "pod", "a pod has a name"));
      this.add(
        { name, namespace: cell("namespace") || "default" },
        { submittedUs: count("at_us") ?? 0, durationUs: count("run_us") },
        this.templateOf(file.name, columns, shared, cells),
      );
    });
  }

  /** By instant, then by row. */
  sorted(): TracePodList {
    this.pods.orderByInstant();
    return this.pods;
  }

  notes(): TraceNote[] {
    const notes: TraceNote[] = [];
    if (this.sharesCount > 0) notes.push(gpuSharesNote(this.sharesCount));
    if (this.endlessCount > 0) {
      const message = "pods of the table have no run time: they run for ever";
      const code = "TRACE_ENDLESS";
      notes.push({ code, message, count: this.endlessCount, changesScheduling: false });
    }
    return notes;
  }

  private add(
    identity: Pick<TracePod, "name" | "namespace">,
    times: Pick<TracePod, "submittedUs" | "durationUs">,
    template: number,
  ): void {
    if (times.durationUs === undefined) this.endlessCount++;
    this.pods.add({ ...identity, ...times, template });
  }

  private templateOf(
    file: string,
    columns: readonly Column[],
    shared: readonly number[],
    cells: readonly string[],
  ): number {
    let key = file;
    for (const at of shared) key += `\n${cells[at]!}`;
    const known = this.templateByKey.get(key);
    if (known !== undefined) return known;
    this.templates.push(templateOf(shared.map((at) => ({ ...columns[at]!, cell: cells[at]! }))));
    this.templateByKey.set(key, this.templates.length - 1);
    return this.templates.length - 1;
  }
}

function templateOf(parts: readonly (Column & { readonly cell: string })[]): object {
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  const labels: Record<string, string> = {};
  const annotations: Record<string, string> = {};
  const fields = new Map<string, string>();
  const wishes: object[] = [];
  for (const { kind, key, cell } of parts) {
    if (cell === "") continue;
    if (kind === "field") fields.set(key, cell);
    else if (kind === "label") labels[key] = cell;
    else if (kind === "annotation") annotations[key] = cell;
    else if (kind === "wish") wishes.push({ key, operator: "In", values: cell.split("|") });
    else {
      if (kind !== "limit") requests[key] = cell;
      if (kind !== "request") limits[key] = cell;
    }
  }
  const scheduler = fields.get("scheduler");
  const priority = fields.get("priority");
  const priorityClass = fields.get("priority_class");
  const image = fields.get("image") ?? DEFAULT_IMAGE;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      restartPolicy: fields.get("restart") ?? "Never",
      ...(scheduler === undefined ? {} : { schedulerName: scheduler }),
      // Not a number: the reader of manifests says so, with the text that was there.
      ...(priority === undefined ? {} : { priority: numberOr(priority) }),
      ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
      ...(wishes.length === 0 ? {} : { affinity: affinityOf(wishes) }),
      containers: [{ name: "main", image, resources: { requests, limits } }],
    },
  };
}

function numberOr(text: string): number | string {
  return /^-?\d{1,10}$/.test(text) ? Number(text) : text;
}

function affinityOf(matchExpressions: readonly object[]): object {
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions }],
      },
    },
  };
}
