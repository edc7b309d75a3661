// What kubelets do with pods and podsim does not: it is named where it occurs in the input.
import { describe, expect, it } from "vitest";
import {
  DecodeSink,
  decodeObject,
  FieldCursor,
  findKind,
  PodTemplateRegistry,
} from "../../../src/cluster/index.ts";

function ignoredOf(more: object): string[] {
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "c", image: "i" }] },
    ...more,
  };
  const sink = new DecodeSink();
  const found = findKind("v1", "Pod");
  decodeObject(found!, object, new FieldCursor(object, [], sink), new PodTemplateRegistry());
  return sink.ignored.map(
    ({ path, changesScheduling }) => `${path.join(" ")}${changesScheduling ? " !" : ""}`,
  );
}

describe("a pod that a kubelet treats in its own way", () => {
  const annotated = (key: string, value: string) => ({
    metadata: { name: "a", annotations: { [key]: value } },
  });
  const resize = { status: { conditions: [{ type: "PodResizePending", status: "True" }] } };
  it.each<[string, object, string[]]>([
    ["a plain one", {}, []],
    ["one from the API", annotated("kubernetes.io/config.source", "api"), []],
    [
      "a mirror of a static pod",
      annotated("kubernetes.io/config.mirror", "4f2a"),
      ["metadata annotations kubernetes.io/config.mirror"],
    ],
    [
      "a static pod",
      annotated("kubernetes.io/config.source", "file"),
      ["metadata annotations kubernetes.io/config.source"],
    ],
    ["one whose resize waits", resize, ["status conditions PodResizePending !"]],
  ])("%s is named for that", (_, more, named) => {
    expect(ignoredOf(more)).toEqual(named);
  });
});
