// Wrong input through the command line: every problem at once with its place, as text and as JSON.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, POD, podsim, shell, SMALL } from "./command-line.ts";

const THREE_ERRORS = SMALL.replace("horizon: 5m", "horizn: 5m")
  .replace("count: 4", "count: four")
  .replace("node: n-0", "nod: n-0");

describe("a scenario with three errors", () => {
  const folder = freshFolder({ "s.yaml": THREE_ERRORS });
  const places = ["s.yaml:4:", "s.yaml:7:", "s.yaml:19:"];

  it.each(["run", "validate"])("%s names all with line and column, sorted", (command) => {
    const { code, stdout, stderr } = podsim([command, "s.yaml"], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    const at = places.map((place) => stderr.search(new RegExp(`^${place}\\d+: error\\[E_`, "m")));
    expect(Math.min(...at)).toBeGreaterThanOrEqual(0);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(stderr).toContain("hint: did you mean 'horizon'?");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each(["run", "validate"])("%s -o json gives the same list", (command) => {
    const { code, stdout, stderr } = podsim([command, "s.yaml", "-o", "json"], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 3, stderr: "" });
    const { schemaVersion, problems } = JSON.parse(stdout) as {
      schemaVersion: string;
      problems: { code: string; file: string; line: number; column: number }[];
    };
    expect(schemaVersion).toBe("podsim.dev/problems/v1");
    expect([...new Set(problems.map(({ line }) => line))]).toEqual([4, 7, 19]);
    for (const { file, column } of problems)
      expect({ file, isPlaced: column > 0 }).toEqual({ file: "s.yaml", isPlaced: true });
  });

  it("keeps the places of what an override leaves alone, and names the flag of what it changes", () => {
    const args = ["run", "s.yaml", "--set", "run.seed=3", "--set", "cluster.nodePools.0.count=-1"];
    const { code, stderr } = podsim(args, { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^s\.yaml:4:\d+: error\[E_UNKNOWN_FIELD\]: run\.horizn/m);
    expect(stderr).toMatch(/^--set cluster\.nodePools\.0\.count=-1: error\[E_RANGE\]/m);
  });

  it("shows a stack trace only with --debug", () => {
    expect(podsim(["run", "s.yaml", "--debug"], { cwd: folder }).stderr).toMatch(/\n\s+at /);
  });
});

const WITH_FILES = (cluster: string, workload: string): string =>
  SMALL.replace("cluster:", `cluster:\n  manifests: [${cluster}]`).replace(
    "workload:",
    `workload:\n  manifests: [{ at: 0s, files: [${workload}] }]`,
  );

describe("files that a scenario names", () => {
  const badPod = POD.replace("100m", "1Ki5").replace("name: web", "name: A_B");

  it("keep their own places, seen from where the user stands", () => {
    const folder = freshFolder();
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "deep/s.yaml"), WITH_FILES("", "pod.yaml"));
    writeFileSync(join(folder, "deep/pod.yaml"), badPod);
    const { code, stderr } = podsim(["run", "deep/s.yaml"], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^deep\/pod\.yaml:3:\d+: error\[E_INVALID_NAME\]/m);
    expect(stderr).toMatch(/^deep\/pod\.yaml:6:\d+: error\[E_INVALID_QUANTITY\]/m);
  });

  it("S13: stay under the scenario's folder, and none of them hangs", () => {
    const outside = freshFolder({ "secret.yaml": POD });
    const folder = freshFolder({
      "s.yaml": WITH_FILES("pipe.yaml, link.yaml", "nosuch.yaml, folder.yaml"),
    });
    mkdirSync(join(folder, "folder.yaml"));
    symlinkSync(join(outside, "secret.yaml"), join(folder, "link.yaml"));
    const { code, stderr } = shell("mkfifo pipe.yaml && $PODSIM run s.yaml", { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toMatch(/s\.yaml:\d+:\d+: error\[E_NOT_A_FILE\].*pipe\.yaml/);
    expect(stderr).toMatch(/s\.yaml:\d+:\d+: error\[E_OUTSIDE\].*link\.yaml/);
    expect(stderr).toMatch(/s\.yaml:\d+:\d+: error\[E_NO_FILE\].*nosuch\.yaml/);
    expect(stderr).toMatch(/s\.yaml:\d+:\d+: error\[E_IS_FOLDER\].*folder\.yaml/);
  });

  it.each(["../out.yaml", "/etc/passwd", "/dev/zero"])("S13: %s is refused by name", (name) => {
    const folder = freshFolder({ "s.yaml": WITH_FILES(`"${name}"`, "") });
    const { code, stderr } = podsim(["run", "s.yaml"], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain(name);
  });

  it("S13: may lie outside with --allow-outside", () => {
    const folder = freshFolder({ "pod.yaml": POD });
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "deep/s.yaml"), WITH_FILES("", "../pod.yaml"));
    const args = ["validate", "deep/s.yaml"];
    expect(podsim(args, { cwd: folder }).code).toBe(3);
    expect(podsim([...args, "--allow-outside"], { cwd: folder }).code).toBe(0);
  });
});

describe("inputs that are none", () => {
  it.each([
    [
      "S1: an empty file",
      { "a.yaml": "" },
      ["a.yaml"],
      /a\.yaml: error\[E_EMPTY\][\s\S]*podsim init/,
    ],
    ["S1: only comments", { "a.yaml": "# a\n---\n# b\n" }, ["a.yaml"], /E_EMPTY/],
    [
      "S1: a misspelt kind",
      { "a.yaml": SMALL.replace("Scenario", "Scenari") },
      ["a.yaml"],
      /did you mean 'Scenario'/,
    ],
    ["no such file", {}, ["nosuch.yaml"], /nosuch\.yaml: error\[E_NO_FILE\]/],
    ["an empty folder", {}, ["."], /E_NO_MANIFESTS/],
    [
      "two scenarios",
      { "a.yaml": SMALL, "b.yaml": SMALL },
      ["a.yaml", "b.yaml"],
      /one run has one scenario.*a\.yaml, b\.yaml/,
    ],
    [
      "U9: control characters in a name",
      {},
      ["no\u001b[31mred\n.yaml"],
      /no\\x1b\[31mred\\x0a\.yaml/,
    ],
    [
      "S16: an unknown scheduler",
      { "a.yaml": SMALL },
      ["a.yaml", "-s", "best-fitt"],
      /known are default.*\nhint: did you mean 'best-fit'/,
    ],
    [
      "a bad override",
      { "a.yaml": SMALL },
      ["a.yaml", "--set", "run.horizon"],
      /E_OVERRIDE.*write path=value/,
    ],
  ] as const)("%s", (_, files, args, message) => {
    const { code, stdout, stderr } = podsim(["run", ...args], { cwd: freshFolder(files) });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  });

  it("U4: stdin works, closed or empty is said, a terminal is not waited for", () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    expect(podsim(["run", "-", "-q", "-o", "name"], { cwd: folder, input: SMALL }).stdout).toBe(
      "run/small\n",
    );
    expect(shell("$PODSIM run - <&-", { cwd: folder })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("E_EMPTY") as unknown,
    });
    const terminal = shell('script -qec "$PODSIM run -f -" /dev/null < /dev/null', { cwd: folder });
    expect(terminal.stdout).toContain("stdin is a terminal");
  });
});

describe("what is not simulated", () => {
  const node =
    "apiVersion: v1\nkind: Node\nmetadata: { name: node-1 }\nstatus: { allocatable: { cpu: 4, memory: 8Gi, pods: 110 } }\n";
  const claim = POD.replace("spec:", "spec:\n  resourceClaims: [{ name: gpu }]");
  const harmless = POD.replace("spec:", "spec:\n  dnsPolicy: Default\n  enableServiceLinks: false");
  const folder = freshFolder({
    "claim.yaml": `${node}---\n${claim}`,
    "plain.yaml": `${node}---\n${harmless}`,
  });

  it("stops a run with the list if it could change scheduling", () => {
    const { code, stderr } = podsim(["run", "claim.yaml"], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toMatch(/error\[E_UNSIMULATED\]: Pod: field .*resourceClaims/);
    expect(stderr).toContain("--allow-unsimulated");
    expect(podsim(["validate", "claim.yaml"], { cwd: folder }).code).toBe(3);
    const json = podsim(["run", "claim.yaml", "-o", "json"], { cwd: folder });
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({
      problems: [{ code: "E_UNSIMULATED" }, { code: "E_UNSIMULATED" }],
    });
  });

  it("goes on with --allow-unsimulated, and says so", () => {
    const { code, stderr } = podsim(["run", "claim.yaml", "--allow-unsimulated"], { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toMatch(/note\[UNSIMULATED_FIELD\].*resourceClaims/);
  });

  it("is a note otherwise, and an error under --strict", () => {
    const lenient = podsim(["run", "plain.yaml"], { cwd: folder });
    expect(lenient.code).toBe(0);
    expect(lenient.stderr).toMatch(/note\[UNSIMULATED_FIELD\].*dnsPolicy/);
    for (const command of ["run", "validate"]) {
      const strict = podsim([command, "plain.yaml", "--strict"], { cwd: folder });
      expect(strict.code).toBe(3);
      expect(strict.stderr).toMatch(/error\[UNSIMULATED_FIELD\].*dnsPolicy[\s\S]*--strict/);
    }
  });

  it("C7: an extender is never called and stops the run", () => {
    const config =
      "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nextenders: [{ urlPrefix: 'http://127.0.0.1:9/x', filterVerb: filter }]\n";
    const withConfig = freshFolder({ "s.yaml": SMALL, "config.yaml": config });
    const { code, stderr } = podsim(["run", "s.yaml", "-s", "config.yaml"], { cwd: withConfig });
    expect(code).toBe(3);
    expect(stderr).toContain("extender http://127.0.0.1:9/x is never called");
  });

  it("replications that a run does not do are said", () => {
    const many = freshFolder({
      "s.yaml": SMALL.replace('seed: "1"', 'seed: "1", replications: 20'),
    });
    const { stderr } = podsim(["run", "s.yaml"], { cwd: many });
    expect(stderr).toMatch(/note\[ONE_REPLICATION\].*20 replications/);
  });
});

describe("init", () => {
  it("writes a scenario that runs, and overwrites nothing", () => {
    const folder = freshFolder();
    expect(podsim(["init"], { cwd: folder })).toMatchObject({ code: 0, stdout: "" });
    expect(podsim(["validate", "scenario.yaml", "--strict"], { cwd: folder }).code).toBe(0);
    const run = podsim(["run", "scenario.yaml"], { cwd: folder });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^VERDICT {2}OK/);
    expect(run.stderr).toMatch(/^next {8}podsim explain results\//m);
    expect(podsim(["init"], { cwd: folder })).toMatchObject({
      code: 7,
      stderr: expect.stringContaining("scenario.yaml exists") as unknown,
    });
    expect(podsim(["init", "--force"], { cwd: folder }).code).toBe(0);
  });

  it("points the editor at the schema that it writes", () => {
    const folder = freshFolder();
    podsim(["init"], { cwd: folder });
    const { stdout } = shell("head -1 scenario.yaml; ls", { cwd: folder });
    const schema = /\$schema=\.\/(\S+)/.exec(stdout)?.[1] ?? "none";
    expect(stdout.split("\n")).toContain(schema);
  });
});
