// A catalogue of node shapes that the user brings: lists of machine types as the clouds and their
// tools publish them, and the limits of network interfaces that bound the pods on EKS.
//
// Columns are found by their names, which differ from list to list; a list without a name, a number
// of cores and a memory is refused. Prices, disks and the rest of such lists are not read.

import { readCsv } from "../../base/index.ts";
import { podsByAddresses } from "./built-in-shapes.ts";
import type { NodeShape } from "./node-shape.ts";

/** Shapes read, in the order of the list, and what was wrong with lines that were left out. */
export interface ShapeCatalogue {
  readonly shapes: readonly NodeShape[];
  readonly problems: readonly string[];
}

const NAMES = ["instance_type", "instancetype", "name", "type", "size"];
const CORES = ["karpenter.k8s.aws/instance-cpu", "vcpu", "vcpus", "cpus", "cores", "cpu"];
const MEMORY_MIB = ["karpenter.k8s.aws/instance-memory", "memory_mib"];
const MEMORY_GIB = ["memory_gb", "memory_gib"];
const ARCH = ["kubernetes.io/arch", "architecture", "arch"];
const SHARED = ["shared_cpu"];
/** Families whose lists do not say that they are arm64. */
const ARM_FAMILIES = /^(t2a|c4a|n4a|a4x)-/;

/** Reads a CSV of shapes; `podsOf` gives the pods that the addresses of a type allow. */
export function readShapeCatalogue(
  text: string,
  podsOf: (name: string) => number | undefined,
): ShapeCatalogue {
  const table = readCsv(text);
  const problems = table.problems.map(({ message }) => message);
  const names = table.header.map((name) => name.trim().toLowerCase());
  const find = (known: readonly string[]): number =>
    known.map((name) => names.indexOf(name)).find((index) => index >= 0) ?? -1;
  const [name, cores, mib, gib] = [find(NAMES), find(CORES), find(MEMORY_MIB), find(MEMORY_GIB)];
  const [arch, shared] = [find(ARCH), find(SHARED)];
  if (name < 0 || cores < 0 || (mib < 0 && gib < 0)) {
    const wanted = `a name (${NAMES[0]}), cores (vcpu) and memory (memory_mib or memory_gb)`;
    return { shapes: [], problems: [...problems, `the list needs columns for ${wanted}`] };
  }
  const shapes: NodeShape[] = [];
  for (const { cells, line } of table.rows) {
    const type = (cells[name] ?? "").trim();
    const coreCount = Number(cells[cores]);
    const memoryMib = mib >= 0 ? Number(cells[mib]) : Number(cells[gib]) * 1024;
    if (type === "" || !(coreCount > 0) || !(memoryMib >= 0)) {
      problems.push(`line ${line}: a shape needs a name, cores and memory`);
      continue;
    }
    shapes.push({
      name: type,
      cores: coreCount,
      memoryMib,
      arch: archOf(type, arch < 0 ? undefined : cells[arch]),
      isShared: shared >= 0 && cells[shared]?.toLowerCase() === "true",
      podsByAddresses: podsOf(type),
    });
  }
  return { shapes, problems };
}

function archOf(type: string, given: string | undefined): string {
  if (given !== undefined && given !== "") return given;
  return ARM_FAMILIES.test(type) ? "arm64" : "amd64";
}

/** Limits of network interfaces by type, from JSON lines as amazon-eks-ami publishes them. */
export function readInterfaceLimits(text: string): {
  readonly podsByType: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
} {
  const podsByType = new Map<string, number>();
  const problems: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const limit = limitOf(line);
    if (limit === undefined) problems.push(`line ${index + 1}: no limits of interfaces`);
    else podsByType.set(limit.type, limit.pods);
  }
  return { podsByType, problems };
}

function limitOf(line: string): { readonly type: string; readonly pods: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { instanceType, defaultMaxENIs, ipv4AddressesPerInterface } = value as Readonly<
    Record<string, unknown>
  >;
  if (typeof instanceType !== "string") return undefined;
  if (typeof defaultMaxENIs !== "number" || typeof ipv4AddressesPerInterface !== "number") {
    return undefined;
  }
  return { type: instanceType, pods: podsByAddresses(defaultMaxENIs, ipv4AddressesPerInterface) };
}
