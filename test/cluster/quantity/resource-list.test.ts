// Claims about resource lists and resource names.
import { describe, expect, it } from "vitest";
import {
  exactResourcesOf,
  isExtendedResource,
  isQuantityError,
  isScalarResource,
  PRESENT,
  parseQuantity,
  type QuantityMap,
  resourceListOf,
} from "../../../src/cluster/index.ts";

function amounts(source: Record<string, string>): QuantityMap {
  return new Map(
    Object.entries(source).map(([name, text]) => {
      const parsed = parseQuantity(text);
      if (isQuantityError(parsed)) throw new Error(text);
      return [name, parsed];
    }),
  );
}

describe("resource names", () => {
  it.each([
    ["nvidia.com/gpu", true, true],
    ["hugepages-2Mi", false, true],
    ["attachable-volumes-aws-ebs", false, true],
    ["kubernetes.io/batch-cpu", false, true],
    ["requests.nvidia.com/gpu", false, false],
    ["requests.example.com/gpu", false, false],
    ["foo", false, false],
    ["cpu", false, false],
    ["bad_prefix!/gpu", false, false],
  ])("classifies %s", (name, isExtended, isScalar) => {
    expect([isExtendedResource(name), isScalarResource(name)]).toEqual([isExtended, isScalar]);
  });
});

describe("resource lists", () => {
  it("count cpu in thousandths, everything else in whole units, scalars by name", () => {
    const list = resourceListOf(
      amounts({ "z.io/b": "2", cpu: "0.1", memory: "0.3Mi", "a.io/x": "0", foo: "3", pods: "110" }),
    );
    expect(list).toMatchObject({ milliCpu: 100, memoryBytes: 314573, pods: 110, exact: undefined });
    expect([...list.scalars]).toEqual([
      ["a.io/x", 0],
      ["z.io/b", 2],
    ]);
    expect(list.present).toBe(PRESENT.cpu | PRESENT.memory | PRESENT.pods);
  });

  it("floor negative amounts at zero for the incoming pod only", () => {
    const negative = amounts({ cpu: "-1", memory: "-5" });
    expect(resourceListOf(negative).milliCpu).toBe(-1000);
    expect(resourceListOf(negative, true)).toMatchObject({ milliCpu: 0, memoryBytes: 0 });
  });

  it("carry 64-bit amounts beside the numbers when numbers are not exact", () => {
    const list = resourceListOf(amounts({ memory: "9007199254740993", cpu: "1" }));
    expect(list.exact?.memoryBytes).toBe(9007199254740993n);
    expect(exactResourcesOf(resourceListOf(amounts({ cpu: "2" }))).milliCpu).toBe(2000n);
  });
});
