// A workload of the FGD study: the cluster's nodes, the pods of one trace, and what is typical of them.
//
// Made from the two lists of the openb trace. Times in the lists are not used: the study has none.

import {
  compareText,
  documentOfValue,
  hasErrors,
  InputError,
  type Problem,
} from "../../base/index.ts";
import {
  ManifestReader,
  type NodeObject,
  type PodTemplate,
  PodTemplateRegistry,
} from "../../cluster/index.ts";
import {
  type CountedPod,
  GPU_RESOURCE,
  type TypicalPod,
  typicalPodsOf,
} from "../../scheduler/index.ts";
import { type OpenbPod, readOpenb, readOpenbPods, type TraceFile } from "../../workload/index.ts";

/** A pod of the trace. */
export interface FgdPod extends CountedPod {
  readonly name: string;
  readonly template: PodTemplate;
  /** Thousandths of GPUs, all together. */
  readonly milliTotal: number;
}

/** What all runs of one trace share. */
export interface FgdWorkload {
  readonly name: string;
  /** Sorted by name. */
  readonly nodes: readonly NodeObject[];
  /** Sorted by name. */
  readonly pods: readonly FgdPod[];
  readonly typicalPods: readonly TypicalPod[];
  readonly gpuCount: number;
}

/** Reads a workload; throws an InputError that holds every problem of the two files. */
export function readFgdWorkload(
  name: string,
  nodeList: TraceFile,
  podList: TraceFile,
): FgdWorkload {
  const trace = readOpenb([nodeList, podList]);
  refuse(trace.problems);
  const registry = new PodTemplateRegistry();
  const nodes = decodeNodes(trace.nodes, registry);
  const templates = trace.templates.map((value) => decodeTemplate(value, registry));
  const templateOf = new Map(Array.from(trace.pods, (pod) => [pod.name, templates[pod.template]!]));
  const pods = readOpenbPods(podList).pods.map((row) => podOf(row, templateOf.get(row.name)!));
  pods.sort((a, b) => compareText(a.name, b.name));
  const gpuCount = nodes.reduce(
    (sum, node) => sum + (node.allocatable.scalars.get(GPU_RESOURCE) ?? 0),
    0,
  );
  if (gpuCount === 0) refuseAll(`${nodeList.name}: no node has a GPU`);
  if (pods.length === 0) refuseAll(`${podList.name}: no pods`);
  return { name, nodes, pods, typicalPods: typicalPodsOf(pods), gpuCount };
}

function podOf(row: OpenbPod, template: PodTemplate): FgdPod {
  const { name, milliCpu, gpus, gpuMilli } = row;
  const milliEach = gpus === 0 ? 0 : gpuMilli;
  const gpuSpec = gpus === 0 ? "" : row.gpuSpec;
  return { name, milliCpu, gpus, milliEach, gpuSpec, milliTotal: gpus * milliEach, template };
}

function decodeNodes(values: readonly object[], registry: PodTemplateRegistry): NodeObject[] {
  const reader = new ManifestReader({ registry, inferOwners: false, checkReferences: false });
  for (const value of values) reader.add(documentOfValue(value, "node list"));
  const { objects, problems } = reader.finish();
  refuse(problems);
  const nodes = objects.flatMap(({ object }) => (object.kind === "Node" ? [object] : []));
  return nodes.sort((a, b) => compareText(a.meta.name, b.meta.name));
}

function decodeTemplate(value: object, registry: PodTemplateRegistry): PodTemplate {
  const reader = new ManifestReader({ registry, inferOwners: false, checkReferences: false });
  const { metadata } = value as { readonly metadata: object };
  reader.add(documentOfValue({ ...value, metadata: { ...metadata, name: "pod" } }, "pod list"));
  const { objects, problems } = reader.finish();
  refuse(problems);
  const object = objects[0]?.object;
  if (object?.kind !== "Pod") throw new Error("a template of the trace is no pod");
  return object.template;
}

function refuse(problems: readonly Problem[]): void {
  if (hasErrors(problems)) throw new InputError(problems.slice());
}

function refuseAll(message: string): never {
  throw new InputError([{ code: "E_TRACE_VALUE", severity: "error", message }]);
}
