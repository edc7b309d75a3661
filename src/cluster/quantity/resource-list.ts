// Amounts of the resources the scheduler counts, as plain integers.
//
// Everything that runs in the simulator's loops reads this form: milli-cpu, bytes, and whole numbers
// of scalar resources. Quantities with their formats stay at the edge. An amount beyond 2^53 cannot
// be a number exactly: `run` refuses it, `verify` asks for the parallel `exact` 64-bit values.

import { isScalarResource } from "./resource-names.ts";
import type { Quantity } from "./quantity.ts";

/** An integer amount in base units. Exact while its magnitude is at most 2^53 - 1. */
export type Amount = number;

/** Bits of `ResourceList.present`: which of the common resources were named at all, zero or not. */
export const PRESENT = { cpu: 1, memory: 2, ephemeralStorage: 4, pods: 8 } as const;

/** Amounts per resource. Names that the scheduler ignores (unprefixed unknown ones) are not in it. */
export interface ResourceList {
  readonly milliCpu: Amount;
  readonly memoryBytes: Amount;
  readonly ephemeralStorageBytes: Amount;
  /** The allowed number of pods; meaningful in allocatable only. */
  readonly pods: number;
  /** Extended resources, huge pages and other scalars, sorted by name; named ones are present even when 0. */
  readonly scalars: ReadonlyMap<string, Amount>;
  /** Sum of PRESENT bits. */
  readonly present: number;
  /** The 64-bit values, only when some amount is not an exact number; undefined otherwise. */
  readonly exact: ExactResources | undefined;
}

/** The same amounts as signed 64-bit integers, wraps included (recorded edge cases hold such values). */
export interface ExactResources {
  readonly milliCpu: bigint;
  readonly memoryBytes: bigint;
  readonly ephemeralStorageBytes: bigint;
  readonly pods: bigint;
  readonly scalars: ReadonlyMap<string, bigint>;
}

/** Quantities by resource name, in source order: the form of the API objects. */
export type QuantityMap = ReadonlyMap<string, Quantity>;

/** No resource at all. */
export const NO_RESOURCES: ResourceList = Object.freeze({
  milliCpu: 0,
  memoryBytes: 0,
  ephemeralStorageBytes: 0,
  pods: 0,
  scalars: new Map<string, Amount>(),
  present: 0,
  exact: undefined,
});

/**
 * The scheduler's integers of a quantity map: MilliValue for cpu, Value for everything else.
 * `floorAtZero` is the incoming pod's rule (a negative amount counts as 0).
 */
export function resourceListOf(quantities: QuantityMap, floorAtZero = false): ResourceList {
  const read = (raw: bigint): bigint => (floorAtZero && raw < 0n ? 0n : raw);
  let milliCpu = 0n;
  let memoryBytes = 0n;
  let ephemeralStorageBytes = 0n;
  let pods = 0n;
  let present = 0;
  const scalars: [string, bigint][] = [];
  for (const [name, quantity] of quantities) {
    if (name === "cpu") {
      milliCpu = read(quantity.milliValue());
      present |= PRESENT.cpu;
    } else if (name === "memory") {
      memoryBytes = read(quantity.value());
      present |= PRESENT.memory;
    } else if (name === "ephemeral-storage") {
      ephemeralStorageBytes = read(quantity.value());
      present |= PRESENT.ephemeralStorage;
    } else if (name === "pods") {
      pods = read(quantity.value());
      present |= PRESENT.pods;
    } else if (isScalarResource(name)) {
      scalars.push([name, read(quantity.value())]);
    }
  }
  scalars.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const exact: ExactResources = {
    milliCpu,
    memoryBytes,
    ephemeralStorageBytes,
    pods,
    scalars: new Map(scalars),
  };
  return resourceListFromExact(exact, present);
}

/** A list of exact integers; `exact` is kept only when some amount does not fit a number. */
export function resourceListFromExact(exact: ExactResources, present: number): ResourceList {
  const scalars = new Map<string, Amount>();
  let isSafe =
    isSafeAmount(exact.milliCpu) &&
    isSafeAmount(exact.memoryBytes) &&
    isSafeAmount(exact.ephemeralStorageBytes) &&
    isSafeAmount(exact.pods);
  for (const [name, amount] of exact.scalars) {
    scalars.set(name, Number(amount));
    isSafe &&= isSafeAmount(amount);
  }
  return {
    milliCpu: Number(exact.milliCpu),
    memoryBytes: Number(exact.memoryBytes),
    ephemeralStorageBytes: Number(exact.ephemeralStorageBytes),
    pods: Number(exact.pods),
    scalars,
    present,
    exact: isSafe ? undefined : exact,
  };
}

/** The 64-bit form of any list, for evaluators that must wrap as upstream does. */
export function exactResourcesOf(list: ResourceList): ExactResources {
  if (list.exact !== undefined) return list.exact;
  return {
    milliCpu: BigInt(list.milliCpu),
    memoryBytes: BigInt(list.memoryBytes),
    ephemeralStorageBytes: BigInt(list.ephemeralStorageBytes),
    pods: BigInt(list.pods),
    scalars: new Map([...list.scalars].map(([name, amount]) => [name, BigInt(amount)])),
  };
}

/** True when the integer is exact as a JavaScript number. */
export function isSafeAmount(value: bigint): boolean {
  return value <= 9007199254740991n && value >= -9007199254740991n;
}
