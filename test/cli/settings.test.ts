// Where values come from: flag, environment, scenario, default; and what must not change a result.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, podsim, shell, SMALL } from "./command-line.ts";

const folder = freshFolder({ "s.yaml": SMALL });

function settingsOf(args: readonly string[], env: Record<string, string>): Map<string, string> {
  const { code, stdout, stderr } = podsim(
    ["run", "s.yaml", "--print-config", "-o", "json", ...args],
    {
      cwd: folder,
      env,
    },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { settings } = JSON.parse(stdout) as {
    settings: { setting: string; value: string; source: string }[];
  };
  return new Map(settings.map(({ setting, value, source }) => [setting, `${value} <- ${source}`]));
}

describe("run --print-config", () => {
  it("shows each value with its source, and does not run", () => {
    const cwd = freshFolder({ "s.yaml": SMALL });
    const { code, stdout } = podsim(["run", "s.yaml", "--print-config"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^SETTING +VALUE +SOURCE$/m);
    expect(stdout).toMatch(/^run\.horizon +5m0s +s\.yaml:4$/m);
    expect(stdout).toMatch(/^run\.replications +1 +default$/m);
    expect(stdout).toMatch(/^controlPlane\.apiWrite +3ms +preset kubernetes-1\.36$/m);
    expect(readdirSync(cwd)).toEqual(["s.yaml"]);
  });

  it("shows what a scheduler of a list has for itself", () => {
    const list = `${SMALL}schedulers:
  - { name: a, schedulerName: default-scheduler, watchLatency: 20ms }
  - { name: b, schedulerName: [x, y], schedulerClient: { qps: 5, burst: 7 } }
`;
    const cwd = freshFolder({ "s.yaml": list });
    const { code, stdout } = podsim(["run", "s.yaml", "--print-config"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^schedulers +a, b +s\.yaml:\d+$/m);
    expect(stdout).toMatch(/^schedulers\[0\]\.watchLatency +20ms +s\.yaml:\d+$/m);
    expect(stdout).toMatch(/^schedulers\[1\]\.schedulerName +x, y +s\.yaml:\d+$/m);
    expect(stdout).toMatch(
      /^schedulers\[1\]\.schedulerClient +{ qps: 5, burst: 7 } +s\.yaml:\d+$/m,
    );
    expect(stdout).not.toMatch(/schedulers\[1\]\.watchLatency/);
  });

  it("flag beats environment beats scenario beats default", () => {
    const env = {
      PODSIM_SEED: "env",
      PODSIM_FOR: "7m",
      PODSIM_OUTPUT_DIR: "there",
      PODSIM_CHECK: "1",
    };
    const settings = settingsOf(["--seed", "flag", "--set", "controlPlane.apiWrite=9ms"], env);
    expect(settings.get("run.seed")).toBe("flag <- flag --seed");
    expect(settings.get("run.horizon")).toBe("7m0s <- environment PODSIM_FOR");
    expect(settings.get("run.study")).toBe("terminating <- s.yaml:4");
    expect(settings.get("controlPlane.apiWrite")).toBe("9ms <- flag --set");
    expect(settings.get("--output-dir")).toBe("there <- environment PODSIM_OUTPUT_DIR");
    expect(settings.get("--check")).toBe("true <- environment PODSIM_CHECK");
    expect(settings.get("--force")).toBe("false <- default");
  });

  it("the limit of events is a setting of the scenario, whoever gives it", () => {
    const flag = settingsOf(["--max-events", "50"], {});
    expect(flag.get("run.limits.maxEvents")).toBe("50 <- flag --max-events");
    const variable = settingsOf([], { PODSIM_MAX_EVENTS: "60" });
    expect(variable.get("run.limits.maxEvents")).toBe("60 <- environment PODSIM_MAX_EVENTS");
  });
});

describe("the environment", () => {
  it("gives values to a run", () => {
    const { stdout, code } = podsim(["run", "s.yaml", "-q"], {
      cwd: folder,
      env: { PODSIM_SEED: "7", PODSIM_FORMAT: "json" },
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ seed: "7" });
  });

  it.each([
    [{ PODSIM_SEED: "1.5" }, /environment PODSIM_SEED=1\.5: A seed/],
    [{ PODSIM_FORMAT: "xml" }, /environment PODSIM_FORMAT=xml: Allowed choices/],
    [{ PODSIM_FORCE: "maybe" }, /environment PODSIM_FORCE=maybe: 1 or 0/],
  ])("%o is refused by name", (env, message) => {
    const { code, stderr } = podsim(["run", "s.yaml"], { cwd: folder, env });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("a misspelt variable is said, since it does nothing", () => {
    const { code, stderr } = podsim(["run", "s.yaml"], { cwd: folder, env: { PODSIM_SEEED: "7" } });
    expect(code).toBe(0);
    expect(stderr).toContain("PODSIM_SEEED means nothing to podsim (did you mean PODSIM_SEED?)");
  });
});

describe("U10: what a machine is like changes no result", () => {
  it("locale, time zone, umask, home, temporary folder", () => {
    const results = (name: string, env: Record<string, string>, before: string): unknown => {
      const cwd = freshFolder({ "s.yaml": SMALL });
      mkdirSync(join(cwd, "tmp"));
      const { code, stdout } = shell(`${before} $PODSIM run s.yaml -q -o json --output-dir out`, {
        cwd,
        env,
      });
      expect({ name, code }).toEqual({ name, code: 0 });
      const files = readdirSync(join(cwd, "out")).filter((file) => file !== "timing.json");
      return [stdout, ...files.map((file) => readFileSync(join(cwd, "out", file), "utf8"))];
    };
    const plain = results("plain", {}, "");
    const turkish = { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Pacific/Apia" };
    expect(results("locale", turkish, "")).toEqual(plain);
    expect(
      results("umask", { HOME: "/nonexistent", TMPDIR: "/nonexistent" }, "umask 077;"),
    ).toEqual(plain);
    expect(results("files", {}, "ulimit -n 256;")).toEqual(plain);
  });
});
