// The nodes of a pool that says which machines they are instead of what pods may use: a type that
// podsim knows, or cores and memory, under the rules of a provider.
//
// Resources as quantities' texts, as a pool holds them; labels as the provider's kubelets set them.

import { nearest } from "../../base/index.ts";
import { isQuantityError, parseQuantity } from "../../cluster/index.ts";
import { builtInShapes } from "./built-in-shapes.ts";
import {
  type NodeShape,
  nodeOfShape,
  type ShapeProvider,
  type ShapeResources,
} from "./node-shape.ts";

/** A machine as a scenario names it: a type, or cores and memory. */
export interface PoolShape {
  readonly provider: ShapeProvider;
  readonly type: string | undefined;
  readonly cores: number | undefined;
  /** A quantity of bytes. */
  readonly memory: string | undefined;
  readonly maxPods: number | undefined;
}

/** What a node of the shape has, what it leaves to pods, and its labels. */
export interface PoolNode {
  readonly capacity: ReadonlyMap<string, string>;
  readonly allocatable: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
}

/** Why no machine can be made of it, or undefined. */
export function poolShapeProblem(shape: PoolShape): string | undefined {
  const { provider, type, cores, memory } = shape;
  const isSized = cores !== undefined && memory !== undefined;
  if (type === undefined) return isSized ? undefined : "give a type, or cores and memory";
  if (cores !== undefined || memory !== undefined) return "a type has its own cores and memory";
  const known = builtInShapes(provider).map(({ name }) => name);
  if (known.includes(type)) return undefined;
  const close = nearest(type, known);
  const hint = close === undefined ? "" : `, did you mean ${close}?`;
  return `podsim knows no ${provider} type '${type}'${hint} (podsim shapes lists them)`;
}

/** The node of a shape that `poolShapeProblem` finds nothing wrong with. */
export function poolNodeOf(shape: PoolShape): PoolNode {
  const machine = machineOf(shape);
  const { capacity, allocatable } = nodeOfShape(machine, shape.provider, shape.maxPods);
  const labels = new Map([["kubernetes.io/arch", machine.arch]]);
  if (shape.type !== undefined) labels.set("node.kubernetes.io/instance-type", shape.type);
  return { capacity: textsOf(capacity), allocatable: textsOf(allocatable), labels };
}

function machineOf({ provider, type, cores, memory }: PoolShape): NodeShape {
  const known = builtInShapes(provider).find(({ name }) => name === type);
  if (known !== undefined) return known;
  const quantity = parseQuantity(memory ?? "0");
  const bytes = isQuantityError(quantity) ? 0 : Number(quantity.value());
  return {
    name: "",
    cores: cores ?? 0,
    memoryMib: bytes / (1024 * 1024),
    arch: "amd64",
    isShared: false,
    podsByAddresses: undefined,
  };
}

function textsOf({ milliCpu, memoryBytes, pods }: ShapeResources): ReadonlyMap<string, string> {
  return new Map([
    ["cpu", `${milliCpu}m`],
    ["memory", `${memoryBytes}`],
    ["pods", `${pods}`],
  ]);
}
