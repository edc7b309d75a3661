// From names on a command line to a run's input: names in results, places in messages, stdin.

import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../../src/base/index.ts";
import { prepareRun, type RunScheduler, runToEnd } from "../../../src/experiment/index.ts";
import { loadRunInput, type RunInputRequest } from "../../../src/experiment/node.ts";

const folder = mkdtempSync(join(tmpdir(), "podsim-load-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pod = (name: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec:\n  containers: [{ name: c, image: "i:1" }]\n`;
for (const place of ["here", "there/deep"]) {
  mkdirSync(join(folder, place), { recursive: true });
  writeFileSync(join(folder, place, "a.yaml"), pod("a"));
  writeFileSync(join(folder, place, "b.yaml"), pod("b"));
}
writeFileSync(join(folder, "wrong.yaml"), pod("UP"));
writeFileSync(join(folder, "a.yaml.gz"), gzipSync(pod("a")));
writeFileSync(join(folder, "torn.yaml.gz"), gzipSync(pod("a")).subarray(0, 40));
writeFileSync(join(folder, "bomb.yaml.gz"), gzipSync(Buffer.alloc(20_000_000)));

const request = (
  inputs: readonly string[],
  more: Partial<RunInputRequest> = {},
): RunInputRequest => ({
  inputs,
  ...{ recursive: false, allowOutside: false, overrides: [], schedulers: [], thresholds: [] },
  ...{ seed: undefined, horizon: undefined, maxInputBytes: undefined, noPlugins: false },
  ...more,
});
const at = (...names: string[]): string[] => names.map((name) => join(folder, name));

async function problemsOf(asked: RunInputRequest): Promise<InputError> {
  try {
    prepareRun(await loadRunInput(asked));
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("an evaluator of the command line", () => {
  it("takes the place of what every scheduler says, and is no part of the input hash", async () => {
    const prepare = async (more: Partial<RunInputRequest>) =>
      prepareRun(await loadRunInput(request(at("here"), more)));
    const asItIs = await prepare({});
    const asked = await prepare({ evaluator: "plain" });
    const policy = await prepare({ evaluator: "fused", schedulers: ["best-fit"] });
    expect(asItIs.schedulers.map(({ evaluator }) => evaluator)).toEqual([undefined]);
    expect(asked.schedulers.map(({ evaluator }) => evaluator)).toEqual(["plain"]);
    expect(policy.schedulers.map(({ evaluator }) => evaluator)).toEqual(["fused"]);
    expect(asked.inputHash).toBe(asItIs.inputHash);
  });
});

describe("names of inputs", () => {
  it("do not tell where the files lay, so the input hash does not either", async () => {
    const named = { overrides: ["metadata.name=same"] };
    const runs = [at("here"), at("there/deep"), at("here/a.yaml", "here/b.yaml")].map(
      async (inputs) => prepareRun(await loadRunInput(request(inputs, named))),
    );
    const [here, there, byFile] = await Promise.all(runs);
    expect(here!.inputs.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["a.yaml", "b.yaml"]),
    );
    expect(there!.inputHash).toBe(here!.inputHash);
    expect(byFile!.inputHash).toBe(here!.inputHash);
  });

  it("are told apart where two files are called the same", async () => {
    const input = await loadRunInput(request(at("here/a.yaml", "there/deep/a.yaml")));
    expect(input.extra?.map(({ name }) => name)).toEqual(["a.yaml", "a.yaml (2)"]);
    expect(input.paths?.get("a.yaml (2)")).toBe(join(folder, "there/deep/a.yaml"));
  });

  it("in messages are the user's own", async () => {
    const { problems } = await problemsOf(request(at("wrong.yaml")));
    expect(problems[0]).toMatchObject({ file: join(folder, "wrong.yaml"), line: 3 });
  });
});

describe("schedulers that work together", () => {
  const head = "apiVersion: podsim.dev/v1\nkind: Scenario\nmetadata: { name: s }\n";
  const list = `${head}schedulers:
  - { name: mine, schedulerName: mine, module: first.mjs }
  - { name: plain, schedulerName: default-scheduler, config: config.yaml, watchLatency: 20ms }
`;
  writeFileSync(
    join(folder, "first.mjs"),
    'export const apiVersion = "podsim.dev/v1";\nexport default function decide(pod, { nodes }) { return { node: nodes[0] }; }\n',
  );
  writeFileSync(
    join(folder, "config.yaml"),
    "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nclientConnection: { qps: 7, burst: 9 }\n",
  );
  writeFileSync(join(folder, "together.yaml"), list);

  it("are all loaded, modules and files too, with the names and times of their entries", async () => {
    const { schedulers } = prepareRun(await loadRunInput(request(at("together.yaml"))));
    expect(schedulers.map(({ name }) => name)).toEqual(["mine", "plain"]);
    const names = schedulers.map(({ configuration }) => configuration.profiles[0]!.schedulerName);
    expect(names).toEqual(["mine", "default-scheduler"]);
    expect(schedulers[0]!.createDecider).toBeDefined();
    expect(schedulers[1]).toMatchObject({ watchLatency: 20_000 });
  });

  it("may each be tried alone, by name", async () => {
    const asked = request(at("together.yaml"), { schedulers: ["plain"] });
    const { schedulers } = prepareRun(await loadRunInput(asked));
    expect(schedulers.map(({ name }) => name)).toEqual(["plain"]);
  });

  it("need names of their own, also when a library user gives them", async () => {
    const input = await loadRunInput(request(at("together.yaml")));
    const [mine] = input.scheduler as readonly RunScheduler[];
    const refusal = (scheduler: readonly RunScheduler[]): string => {
      try {
        prepareRun({ ...input, scheduler });
      } catch (error) {
        return String(error);
      }
      return "";
    };
    expect(refusal([mine!, mine!])).toContain("two schedulers are called 'mine'");
    expect(refusal([])).toContain("a run needs a scheduler");
  });
});

describe("bytes", () => {
  it("gzip is unpacked; torn, swollen and too large files are refused", async () => {
    const input = await loadRunInput(request(at("a.yaml.gz")));
    expect(new TextDecoder().decode(input.extra![0]!.bytes)).toBe(pod("a"));
    expect((await problemsOf(request(at("torn.yaml.gz")))).message).toContain("no whole gzip file");
    const bomb = await problemsOf(request(at("bomb.yaml.gz"), { maxInputBytes: 1_000_000 }));
    expect(bomb.exitCode).toBe(4);
  });

  it("the size limit holds at n and not at n + 1", async () => {
    const { length } = pod("a");
    const limited = (maxInputBytes: number): RunInputRequest =>
      request(at("here/a.yaml"), { maxInputBytes });
    expect((await loadRunInput(limited(length))).extra).toHaveLength(1);
    expect((await problemsOf(limited(length - 1))).exitCode).toBe(4);
  });

  it("MA16: a dump of 1 GiB is refused by its size before a byte of it is read", async () => {
    const huge = join(folder, "huge.json");
    writeFileSync(huge, "");
    truncateSync(huge, 1024 ** 3);
    const before = process.memoryUsage().rss;
    const refused = await problemsOf(request([huge]));
    expect(refused.exitCode).toBe(4);
    expect(refused.problems[0]).toMatchObject({ code: "E_LIMIT_SIZE", file: huge });
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 ** 2);
  });

  it("S19: a file that changes after it was read changes nothing", async () => {
    const file = join(folder, "changing.yaml");
    writeFileSync(file, pod("first"));
    const untouched = prepareRun(await loadRunInput(request([file])));
    const expected = runToEnd(untouched).fingerprint;
    const input = await loadRunInput(request([file]));
    writeFileSync(file, pod("second"));
    const prepared = prepareRun(input);
    expect(prepared.inputHash).toBe(untouched.inputHash);
    expect(runToEnd(prepared).fingerprint).toBe(expected);
    expect(runToEnd(prepareRun(await loadRunInput(request([file])))).fingerprint).not.toBe(
      expected,
    );
  });

  it("stdin may have been read already, under the same limit", async () => {
    const stdin = new TextEncoder().encode(pod("a"));
    const input = await loadRunInput(request(["-"], { stdin }));
    expect(input.extra?.map(({ name }) => name)).toEqual(["stdin"]);
    expect((await problemsOf(request(["-"], { stdin, maxInputBytes: 10 }))).exitCode).toBe(4);
  });
});
