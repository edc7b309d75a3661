// Running peers: what a driver prints is read and checked, and a peer that fails costs only itself.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDriverReport } from "../../bench/peers/driver-report.ts";
import { formatPeers } from "../../bench/peers/format-peers.ts";
import { reasonOf, whyNotInstalled } from "../../bench/peers/install-peers.ts";
import { type Entrant, measureWorkload } from "../../bench/peers/measure-peers.ts";
import {
  isPublishedResult,
  PEER_WORKLOADS,
  type PeerWorkload,
} from "../../bench/peers/peer-workloads.ts";
import { PEERS } from "../../bench/peers/peers.ts";

const WORKLOAD: PeerWorkload = {
  id: "T",
  title: "a test",
  arguments: ["t", "10"],
  event: "event",
  check: [2],
  tenth: { arguments: ["t", "1"], check: [1] },
};

/** A driver that counts its runs in nothing and prints what the text says; `size` is its argument. */
function entrant(name: string, body: string, isSlow = false): Entrant {
  const code = `const size = Number(process.argv[2]); ${body}`;
  const command = (workload: readonly string[]) =>
    [process.execPath, "-e", code, "--", ...workload] as const;
  return { name, version: "1", isSlow, command: (workload) => [...command(workload)] };
}

const honest = (loopCpu: number): string =>
  `console.log(JSON.stringify({ events: size, loopCpu: ${loopCpu}, processCpu: 3, maxRssMiB: 4, check: [size === 10 ? 2 : 1] }))`;

describe("measuring peers", () => {
  const { entrants } = measureWorkload(
    WORKLOAD,
    [
      entrant("podsim", honest(2)),
      entrant("twice as slow", honest(4)),
      entrant("slow", honest(1), true),
      entrant("wrong", honest(1).replace("2 : 1", "3 : 1")),
      entrant("broken", "throw new Error('no such module')"),
      entrant("silent", ""),
    ],
    2,
  );
  const of = (name: string) => entrants.find((each) => each.name === name)!;

  it("rates are events by CPU seconds; slow peers run a tenth", () => {
    expect(of("podsim")).toMatchObject({ runs: 2, eventsPerCpuSecond: 5, isRight: true });
    expect(of("twice as slow").eventsPerCpuSecond).toBe(2.5);
    expect(of("slow")).toMatchObject({ events: 1, isRight: true });
  });

  it("a result that was not published is marked", () => {
    expect(of("wrong")).toMatchObject({ failure: "", isRight: false });
  });

  it("a peer that fails is left out with its reason, and the others run", () => {
    expect(of("broken").runs).toBe(0);
    expect(of("broken").failure).not.toBe("");
    expect(of("silent").failure).toBe("its driver printed no report");
  });

  it("the table divides podsim's rate by each peer's", () => {
    const text = formatPeers([{ workload: WORKLOAD, loadBefore: 1, loadAfter: 2, entrants }]);
    expect(text).toContain("| twice as slow 1 | 3 | 2.00 times |");
    expect(text).toContain("DIFFERS");
    expect(text).toContain("Left out: silent 1 (its driver printed no report).");
  });
});

describe("peers", () => {
  it("every peer has a pinned version, a driver and workloads that exist", () => {
    const ids = PEER_WORKLOADS.map(({ id }) => id);
    for (const { version, packages = [], workloads } of PEERS) {
      expect(version).not.toBe("");
      for (const name of packages) expect(name).toMatch(/@\d|==\d|^greenlet$/);
      for (const id of workloads) expect(ids).toContain(id);
    }
  });

  it("without a folder nothing is installed, and the reason names the option", () => {
    const folders = { drivers: "bench/peers/drivers", peers: "/nowhere" };
    for (const peer of PEERS) expect(whyNotInstalled(peer, folders)).toContain("--install");
  });

  it("drivers name no registry", () => {
    for (const file of ["simcore/Cargo.toml", "cloudsimplus/pom.xml"]) {
      const path = `bench/peers/drivers/${file}`;
      expect(existsSync(path)).toBe(true);
      expect(readFileSync(path, "utf8")).not.toMatch(/<repositor|registry/);
    }
  });

  it("results agree to a millionth", () => {
    expect(isPublishedResult([100.00001, 7], [100, 7])).toBe(true);
    expect(isPublishedResult([100.001, 7], [100, 7])).toBe(false);
    expect(isPublishedResult([100], [100, 7])).toBe(false);
  });

  it("a report is the last line, and complete", () => {
    const report = { events: 1, loopCpu: 2, processCpu: 3, maxRssMiB: 4, check: [5] };
    expect(parseDriverReport(`noise\n${JSON.stringify(report)}\n`)).toEqual(report);
    expect(parseDriverReport('{"events":1}')).toBeUndefined();
    expect(parseDriverReport("Segmentation fault")).toBeUndefined();
  });

  it("the reason of a failure is its first line", () => {
    expect(reasonOf({ stderr: "\nNo package\nmore", message: "Command failed" })).toBe(
      "No package",
    );
    expect(reasonOf(new Error("spawn mvn ENOENT"))).toBe("spawn mvn ENOENT");
  });
});
