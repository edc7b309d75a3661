// `podsim shapes`: the table a script reads, what is said of lists that lack something, and refusals.

import { describe, expect, it } from "vitest";
import { freshFolder, podsim } from "./command-line.ts";

const limit = { instanceType: "zz.big", defaultMaxENIs: 4, ipv4AddressesPerInterface: 15 };
const FILES = {
  "types.csv":
    "instance_type,vcpu,memory_mib,architecture\nm5.large,2,8192,amd64\nzz.big,4,16384,arm64\n",
  "limits.jsonl": `${JSON.stringify(limit)}\n`,
  "prices.csv": "name,price\nm5.large,1\n",
};

const shapes = (...args: string[]) => podsim(["shapes", ...args], { cwd: freshFolder(FILES) });

describe("podsim shapes", () => {
  it("prints every shape of a catalogue as CSV", () => {
    const { code, stdout, stderr } = shapes(
      ...["--provider", "eks", "--catalogue", "types.csv", "--eni-limits", "limits.jsonl"],
      ...["-o", "csv"],
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(
      "name,cpu_milli,memory_bytes,pods\nm5.large,1930,7238320128,29\nzz.big,3920,14788067328,58\n",
    );
  });

  it("says which types have no limits of interfaces", () => {
    const { code, stdout, stderr } = shapes("--provider", "eks", "--catalogue", "types.csv");
    expect(code).toBe(0);
    expect(stdout).toContain("zz.big");
    expect(stderr).toBe("no interface limits of 1 types (zz.big): 110 pods assumed\n");
  });

  it("lists the shapes it knows without a catalogue", () => {
    const { code, stdout } = shapes("--provider", "bare", "--max-pods", "250");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^name +cpu_milli +memory_bytes +pods\nbare-4x16 +4000 +17075011584 +250\n/,
    );
  });

  it("refuses a list without cores and memory, a missing file and an unknown provider", () => {
    const prices = shapes("--provider", "aks", "--catalogue", "prices.csv");
    expect(prices.code).toBe(3);
    expect(prices.stderr).toContain("the list needs columns for");
    expect(shapes("--provider", "aks", "--catalogue", "none.csv").code).toBe(3);
    expect(shapes("--provider", "ovh").code).toBe(2);
    expect(shapes().code).toBe(2);
  });
});
