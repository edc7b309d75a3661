// `podsim plan --fit`: the answer in every format, what stops the command, and the wrong ways to ask.

import { describe, expect, it } from "vitest";
import { freshFolder, POD, podsim, SMALL } from "./command-line.ts";

const FILES = { "s.yaml": SMALL, "pod.yaml": POD.replace("100m", "1500m") };
const plan = (...args: string[]) =>
  podsim(["plan", "s.yaml", "--fit", "pod.yaml", ...args], { cwd: freshFolder(FILES) });

describe("podsim plan --fit", () => {
  it("answers with number, reason and shares, and says what it leaves aside", () => {
    const { code, stdout, stderr } = plan();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ANSWER +8 copies fit of default\/web \(cpu 1500m\)\n/);
    expect(stdout).toMatch(/\nSTOPPED +0\/4 nodes are available: 4 Insufficient cpu\./);
    expect(stdout).toMatch(/\n +2 +4\n$/);
    expect(stderr).toBe("note: 1 generators of pods are left aside\n");
    expect(plan("-q").stderr).toBe("");
  });

  it("has a number for scripts, rows for tables and a record for programs", () => {
    expect(plan("-o", "name").stdout).toBe("8\n");
    expect(plan("-o", "csv").stdout).toBe(
      `node,copiesCount,reasons\n${["n-0", "n-1", "n-2", "n-3"].map((name) => `"${name}",2,"Insufficient cpu"\n`).join("")}`,
    );
    const record: unknown = JSON.parse(plan("--limit", "3", "-o", "json").stdout);
    expect(record).toMatchObject({
      schemaVersion: "podsim.dev/fit/v1",
      copiesCount: 3,
      stoppedBy: "limit",
    });
  });

  it("takes overrides, another scheduler and more objects, as run does", () => {
    expect(plan("--set", "cluster.nodePools.0.count=7", "-o", "name").stdout).toBe("14\n");
    expect(plan("-s", "first-fit", "-o", "name").stdout).toBe("8\n");
    expect(plan("--evaluator", "plain", "-o", "name").stdout).toBe("8\n");
    expect(plan("--evaluator", "quick").code).toBe(2);
    const cwd = freshFolder({
      ...FILES,
      "more.yaml": POD.replace("name: web", "name: old").replace("100m", "3"),
    });
    const args = ["plan", "s.yaml", "-f", "more.yaml", "--fit", "pod.yaml"];
    expect(podsim(args, { cwd }).stdout).toContain("1 placed first, 0 waiting");
  });

  it("refuses a pod that is none, a cluster that is none, and questions that are none", () => {
    const cwd = freshFolder({ ...FILES, "two.yaml": `${POD}---\n${POD}` });
    const two = podsim(["plan", "s.yaml", "--fit", "two.yaml"], { cwd });
    expect([two.code, two.stderr.includes("the question takes one Pod")]).toEqual([3, true]);
    expect(podsim(["plan", "s.yaml", "--fit", "none.yaml"], { cwd }).code).toBe(3);
    expect(podsim(["plan", "none.yaml", "--fit", "pod.yaml"], { cwd }).code).toBe(3);
    expect(podsim(["plan", "s.yaml"], { cwd }).code).toBe(2);
    expect(podsim(["plan", "--fit", "pod.yaml"], { cwd }).code).toBe(2);
    const gated = plan("--threshold", "pending.p95<1s");
    expect([gated.code, gated.stderr]).toEqual([
      2,
      expect.stringContaining("'--threshold' judges"),
    ]);
    expect(plan("--limit", "0").code).toBe(2);
  });

  it("does not answer about a pod whose rules are not simulated, unless that is permitted", () => {
    const claims = "spec:\n  resourceClaims: [{ name: gpu, resourceClaimName: g }]";
    const cwd = freshFolder({ ...FILES, "pod.yaml": POD.replace("spec:", claims) });
    const args = ["plan", "s.yaml", "--fit", "pod.yaml"];
    const { code, stderr, stdout } = podsim(args, { cwd });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("--allow-unsimulated answers without it");
    expect(podsim([...args, "--allow-unsimulated"], { cwd }).code).toBe(0);
  });
});
