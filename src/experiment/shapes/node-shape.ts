// What a machine leaves to pods: capacity and allocatable of a node of a provider.
//
// Allocatable is capacity less what the provider reserves for the kubelet and the system, less the
// kubelet's hard eviction threshold (memory only). The formulas are the providers' own; where a
// provider takes a share for the kernel or the hypervisor first, that comes off the capacity.

/** Whose rules reserve resources: EKS as Karpenter computes it, GKE, AKS, or a plain kubelet. */
export type ShapeProvider = (typeof SHAPE_PROVIDERS)[number];

/** All providers. */
export const SHAPE_PROVIDERS = ["eks", "gke", "aks", "bare"] as const;

/** A kind of machine. */
export interface NodeShape {
  readonly name: string;
  readonly cores: number;
  readonly memoryMib: number;
  /** As in label kubernetes.io/arch. */
  readonly arch: string;
  /** True for shapes whose cores are shares of a core. */
  readonly isShared: boolean;
  /** Most pods by the addresses of its network interfaces; undefined = not known or not bounded. */
  readonly podsByAddresses: number | undefined;
}

/** Resources of a node: milli-cpu, bytes, pods. */
export interface ShapeResources {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

/** A node of a shape: what the machine has, and what pods may use. */
export interface NodeOfShape {
  readonly capacity: ShapeResources;
  readonly allocatable: ShapeResources;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const EVICTION_BYTES = 100 * MIB;
const DEFAULT_PODS = 110;

/** The node that a shape makes; `maxPods` is the kubelet's --max-pods where it is set. */
export function nodeOfShape(
  shape: NodeShape,
  provider: ShapeProvider,
  maxPods?: number,
): NodeOfShape {
  const pods = maxPods ?? shape.podsByAddresses ?? DEFAULT_PODS;
  const machineBytes = Math.floor(shape.memoryMib * MIB);
  const machineMilliCpu = shape.cores * 1_000;
  const memoryBytes = machineBytes - hiddenBytes(shape, provider, machineBytes);
  const reserved = reservedOf(shape, provider, machineBytes, pods);
  const threshold = reserved.memoryBytes + EVICTION_BYTES;
  return {
    capacity: { milliCpu: machineMilliCpu, memoryBytes, pods },
    allocatable: {
      milliCpu: Math.max(0, machineMilliCpu - reserved.milliCpu),
      memoryBytes: Math.max(0, memoryBytes - threshold),
      pods,
    },
  };
}

/** What the operating system shows less than the machine has: hypervisor or kernel. */
function hiddenBytes(shape: NodeShape, provider: ShapeProvider, machineBytes: number): number {
  if (provider === "eks") {
    const armBytes = shape.arch === "arm64" ? 64 * MIB : 0;
    const seen = machineBytes - armBytes;
    return armBytes + Math.ceil((seen * 75) / (1_000 * MIB)) * MIB;
  }
  if (provider !== "gke") return 0;
  const bufferBytes = machineBytes > 3 * GIB ? 64 * MIB : 0;
  const smallBytes = machineBytes <= 8 * GIB ? 8 * MIB : 0;
  const imageBytes = Math.min(Math.floor((machineBytes * 175) / 100_000), 248 * MIB);
  const kernelBytes =
    Math.floor(machineBytes / 64) + 16 * MIB + bufferBytes + smallBytes + imageBytes;
  if (shape.arch !== "arm64") return kernelBytes;
  return machineBytes - Math.floor(((machineBytes - kernelBytes) * 9_971) / 10_000);
}

function reservedOf(
  shape: NodeShape,
  provider: ShapeProvider,
  machineBytes: number,
  pods: number,
): { readonly milliCpu: number; readonly memoryBytes: number } {
  const { cores } = shape;
  switch (provider) {
    case "eks":
      return {
        milliCpu: coreShares(cores, [60, 10, 5, 2.5]),
        memoryBytes: (255 + 11 * pods) * MIB,
      };
    case "gke":
      return {
        milliCpu: shape.isShared ? 1_060 : coreShares(cores, [60, 10, 5, 2.5]),
        memoryBytes: gkeMemory(machineBytes),
      };
    case "aks":
      return {
        milliCpu: coreShares(cores, [60, 40, 20, 10]),
        memoryBytes: Math.min((20 * pods + 50) * MIB, Math.floor(machineBytes / 4)),
      };
    case "bare":
      return { milliCpu: 0, memoryBytes: 0 };
  }
}

/**
 * Milli-cpu by brackets, as in income tax: for the first core, the second, each of the next two, each
 * of the rest. Each bracket is cut off to whole thousandths.
 */
function coreShares(
  cores: number,
  [first, second, nextTwo, rest]: readonly [number, number, number, number],
): number {
  const within = (from: number, to: number): number => Math.max(0, Math.min(cores, to) - from);
  return (
    Math.floor(within(0, 1) * first) +
    Math.floor(within(1, 2) * second) +
    Math.floor(within(2, 4) * nextTwo) +
    Math.floor(within(4, Number.POSITIVE_INFINITY) * rest)
  );
}

/** 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the next 8, 6 % of the next 112, 2 % above. */
function gkeMemory(machineBytes: number): number {
  if (machineBytes < GIB) return 255 * MIB;
  const brackets: readonly (readonly [gib: number, percent: number])[] = [
    [4, 25],
    [4, 20],
    [8, 10],
    [112, 6],
    [Number.POSITIVE_INFINITY, 2],
  ];
  let left = machineBytes;
  let reserved = 0;
  for (const [gib, percent] of brackets) {
    const part = Math.min(left, gib * GIB);
    reserved += Math.floor((part * percent) / 100);
    left -= part;
  }
  return reserved;
}
