// Recorded cases of single plugins, arguments, messages and small decisions.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseCaseLines, ReportBuilder } from "../../../src/experiment/verify/case-format.ts";
import { pluginCaseKinds } from "../../../src/experiment/verify/cases-plugins.ts";

const EXAMPLES = fileURLToPath(
  new URL("../../../../shared/conformance/cases/examples.jsonl", import.meta.url),
);
const isHere = existsSync(EXAMPLES);
if (!isHere) console.log(`skipped: the recorded cases are not at ${EXAMPLES}`);

describe.skipIf(!isHere)("recorded plugin cases", () => {
  const cases = isHere ? parseCaseLines(readFileSync(EXAMPLES, "utf8").split("\n"), EXAMPLES) : [];
  it.each([
    ["filter", 22, []],
    ["score", 17, []],
    ["config", 1, []],
    ["decision", 6, []],
    ["fit-error", 1, []],
  ])("%s: %i agree, the others are named", (kind, checked, unsupported) => {
    const report = new ReportBuilder(kind);
    for (const recorded of cases.filter((each) => each["kind"] === kind)) {
      report.add(pluginCaseKinds.get(kind)!(recorded));
    }
    const result = report.build();
    expect(result.differences).toEqual([]);
    expect(result.checked).toBe(checked);
    expect([...result.unsupported.keys()]).toEqual(unsupported);
  });
});

describe("a case built by hand", () => {
  const node = (name: string, cpu: string) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: { allocatable: { cpu, memory: "1Gi", pods: "10" } },
  });
  const base = {
    name: "own",
    plugin: "NodeResourcesFit",
    objects: [node("n1", "1"), node("n2", "2")],
    pod: {
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", resources: { requests: { cpu: "1500m" } } }] },
    },
  };
  const refusal = { code: "UnschedulableAndUnresolvable", reasons: ["Insufficient cpu"] };
  const run = (recorded: Record<string, unknown>) =>
    pluginCaseKinds.get(String(recorded["kind"]))!(recorded);

  it("agrees when the expectation is right and differs when it is not", () => {
    const right = { n1: refusal, n2: { code: "Success" } };
    const agreed = run({ ...base, kind: "filter", expect: { nodes: right } });
    expect(agreed).toEqual({ kind: "checked", differences: [] });
    const wrong = { n1: refusal, n2: refusal };
    const differed = run({ ...base, kind: "filter", expect: { nodes: wrong } });
    expect(differed).toMatchObject({ kind: "checked", differences: [{ node: "n2" }] });
  });

  it("gates that are off in 1.36 are outside, switched-off defaults are not supported", () => {
    const gated = (gates: unknown) =>
      run({ ...base, kind: "filter", featureGates: gates, expect: {} });
    expect(gated({ VolumeLimitScaling: true })).toEqual({
      kind: "outside",
      gates: ["VolumeLimitScaling"],
    });
    expect(gated({ SidecarContainers: false })).toEqual({
      kind: "unsupported",
      names: ["gate SidecarContainers off"],
    });
    expect(gated({ SidecarContainers: true })).toMatchObject({ kind: "checked" });
  });

  it("an unknown plugin is named", () => {
    const outcome = run({ ...base, plugin: "MyPlugin", kind: "filter", expect: {} });
    expect(outcome).toEqual({ kind: "unsupported", names: ["plugin MyPlugin"] });
  });
});
