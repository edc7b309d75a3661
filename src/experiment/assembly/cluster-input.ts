// Sorts everything a run is given into what exists at the start and what is applied when.
//
// Nodes, bound pods and whatever comes with a uid (a dump's objects) exist at the start, and so do the
// objects that only describe the cluster (classes, namespaces, volumes, budgets, services). What makes
// pods, and pods without a node, are applied at time zero in the order given, through the API.

import {
  documentOfValue,
  type PositionedDocument,
  type Problem,
  readDocuments,
  sortProblems,
} from "../../base/index.ts";
import {
  type ApiObject,
  type InferredOwner,
  type LeftOut,
  ManifestReader,
  type ManifestSet,
  type PodTemplateRegistry,
  type SourcedObject,
} from "../../cluster/index.ts";
import type { InputBytes, RunInput } from "../run-input.ts";
import type { EmbeddedObject, FileReference } from "../scenario/scenario.ts";
import { findKustomizePieces, withKustomizeKind } from "./kustomize-pieces.ts";
import { nodeManifestsOfPool } from "./node-pools.ts";
import { withPresentRevisions } from "./present-revisions.ts";

/** Objects applied at one instant, in order. */
export interface AppliedStep {
  /** The earliest instant, where it waits for others. */
  readonly atUs: number;
  readonly name?: string | undefined;
  /** Names of the steps whose work must have succeeded before. */
  readonly after?: readonly string[] | undefined;
  readonly objects: readonly ApiObject[];
}

/** Whether a step is applied at time zero, whatever happens. */
export function isAtStart({ atUs, after }: AppliedStep): boolean {
  return atUs === 0 && after === undefined;
}

/** The cluster part of a run, decoded. */
export interface ClusterInput {
  /** In the order in which they are loaded: owners before what they own, nodes before pods. */
  readonly initial: readonly ApiObject[];
  readonly steps: readonly AppliedStep[];
  /** One per set read, for notes. */
  readonly sets: readonly ManifestSet[];
  readonly inferredOwners: readonly InferredOwner[];
  readonly problems: readonly Problem[];
  /** Those of the files' texts alone, such as ambiguous values; a part of `problems`. */
  readonly textProblems: readonly Problem[];
}

/** Reads all manifests of a run. `traceNodes` are node manifests that traces bring. */
export function readClusterInput(
  input: RunInput,
  registry: PodTemplateRegistry,
  traceNodes: readonly object[],
): ClusterInput {
  const sources = new ManifestSources(input);
  const { cluster, workload } = input.scenario;
  const nodes: PositionedDocument[] = [];
  for (const pool of cluster.nodePools) {
    for (const node of nodeManifestsOfPool(pool))
      nodes.push(documentOfValue(node, `node pool ${pool.name}`));
  }
  for (const node of traceNodes) nodes.push(documentOfValue(node, "trace"));
  const base: PositionedDocument[] = [];
  for (const reference of cluster.manifests) base.push(...sources.file(reference));
  for (const object of cluster.objects) base.push(sources.embedded(object));
  base.push(...sources.besides(input.extra ?? []));
  const found = new Set((input.extra ?? []).filter((file) => file.isFound).map(({ name }) => name));
  const whole = read(base, registry, {
    inferOwners: true,
    nodes,
    mayLeaveOut: (document) => found.has(document.file),
  });
  const baseSet: ManifestSet = { ...whole, leftOut: [...sources.leftOut, ...whole.leftOut] };
  const split = splitByTime(baseSet.objects);

  const sets = [baseSet];
  const steps: AppliedStep[] =
    split.applied.length > 0 ? [{ atUs: 0, objects: split.applied }] : [];
  for (const step of workload.manifests) {
    const documents = [
      ...step.files.flatMap((reference) => sources.file(reference)),
      ...step.objects.map((object) => sources.embedded(object)),
    ];
    const set = read(documents, registry, { inferOwners: false, known: classesOf(baseSet) });
    sets.push(set);
    const { at: atUs, name, after } = step;
    steps.push({ atUs, name, after, objects: set.objects.map((sourced) => sourced.object) });
  }
  return {
    initial: withPresentRevisions(split.initial, registry),
    steps,
    sets,
    inferredOwners: baseSet.inferredOwners,
    textProblems: sources.problems,
    problems: sortProblems([...sources.problems, ...sets.flatMap((set) => set.problems)]),
  };
}

class ManifestSources {
  readonly problems: Problem[] = [];
  readonly leftOut: LeftOut[] = [];
  private readonly input: RunInput;

  constructor(input: RunInput) {
    this.input = input;
  }

  file(reference: FileReference): PositionedDocument[] {
    const file = this.input.files?.get(reference.file);
    if (file !== undefined) return this.bytes(file);
    const message = `the file ${JSON.stringify(reference.file)} was not given to the run`;
    const problem = { code: "E_NO_FILE", message };
    const document = this.input.document ?? documentOfValue(undefined, "scenario");
    this.problems.push(document.problemAt(reference.path, problem));
    return [];
  }

  embedded(object: EmbeddedObject): PositionedDocument {
    const document = this.input.document ?? documentOfValue(undefined, "scenario");
    return document.part(object.path, object.value);
  }

  bytes(file: InputBytes): PositionedDocument[] {
    const { documents, problems } = readDocuments(file.bytes, { file: file.name });
    for (const problem of problems) {
      const isFault = problem.severity === "error" && !problem.code.startsWith("E_LIMIT_");
      if (isFault && file.isFound) this.leftOut.push({ what: "document", problem });
      else this.problems.push(problem);
    }
    return documents;
  }

  /** Objects given beside the scenario; patches among the files of a folder are no objects. */
  besides(files: readonly InputBytes[]): PositionedDocument[] {
    const documents = files.flatMap((file) => this.bytes(file)).map(withKustomizeKind);
    const pieces = findKustomizePieces(documents);
    return documents.filter((document) => {
      const kustomization = pieces.get(document.file);
      if (kustomization === undefined) return true;
      const code = "E_KUSTOMIZE_PIECE";
      const message = `a piece of ${kustomization}, not an object: kustomize is not run`;
      this.leftOut.push({ what: "document", problem: document.problemAt([], { code, message }) });
      return false;
    });
  }
}

function read(
  documents: readonly PositionedDocument[],
  registry: PodTemplateRegistry,
  options: {
    readonly inferOwners: boolean;
    readonly known?: readonly PositionedDocument[];
    /** Of nodes that pools and tables made; before the documents. */
    readonly nodes?: readonly PositionedDocument[];
    readonly mayLeaveOut?: (document: PositionedDocument) => boolean;
  },
): ManifestSet {
  const { inferOwners, nodes = [], mayLeaveOut } = options;
  const known = new Set(options.known ?? []);
  const reader = new ManifestReader({
    registry,
    inferOwners,
    ...(mayLeaveOut === undefined ? {} : { mayLeaveOut }),
  });
  for (const document of nodes) reader.addNode(document);
  for (const document of [...known, ...documents]) reader.add(document);
  const set = reader.finish();
  return { ...set, objects: set.objects.filter((sourced) => !known.has(sourced.document)) };
}

// A later step may name priority classes that exist from the start, so its check must know them.
function classesOf(set: ManifestSet): PositionedDocument[] {
  const documents: PositionedDocument[] = [];
  for (const { object } of set.objects) {
    if (object.kind !== "PriorityClass") continue;
    const { value, globalDefault, meta } = object;
    const metadata = { name: meta.name };
    const manifest = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata,
      value,
      globalDefault,
    };
    documents.push(documentOfValue(manifest, "cluster"));
  }
  return documents;
}

function splitByTime(objects: readonly SourcedObject[]): {
  initial: ApiObject[];
  applied: ApiObject[];
} {
  const initial: ApiObject[] = [];
  const applied: ApiObject[] = [];
  for (const { object } of objects) {
    if (existsAtStart(object)) initial.push(object);
    else applied.push(object);
  }
  const order = initial.map((object, index) => ({ object, index }));
  order.sort((a, b) => loadingStage(a.object) - loadingStage(b.object) || a.index - b.index);
  return { initial: order.map(({ object }) => object), applied };
}

const MAKES_PODS: ReadonlySet<string> = new Set([
  "Deployment",
  "ReplicaSet",
  "ReplicationController",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
]);

function existsAtStart(object: ApiObject): boolean {
  if (object.kind === "Pod") return object.nodeName !== "" || object.meta.uid !== undefined;
  if (MAKES_PODS.has(object.kind)) return object.meta.uid !== undefined;
  return true;
}

// Owners first: a Deployment owns ReplicaSets, a CronJob owns Jobs, all of them own pods.
function loadingStage(object: ApiObject): number {
  switch (object.kind) {
    case "Namespace":
    case "PriorityClass":
    case "RuntimeClass":
    case "StorageClass":
      return 0;
    case "Node":
      return 2;
    case "Deployment":
    case "CronJob":
      return 3;
    case "ReplicaSet":
    case "ReplicationController":
    case "StatefulSet":
    case "DaemonSet":
    case "Job":
      return 4;
    case "Pod":
      return 5;
    default:
      return 1;
  }
}
