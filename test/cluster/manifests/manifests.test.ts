// Claims about reading manifests: what is decoded, counted, refused, inferred, and never kept.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { formatProblem, readDocuments } from "../../../src/base/index.ts";
import {
  type DeploymentObject,
  hasUnsimulated,
  type ManifestSet,
  PodTemplateRegistry,
  readManifests,
} from "../../../src/cluster/index.ts";

function read(text: string, file = "m.yaml"): ManifestSet {
  const { documents, problems } = readDocuments(text, { file });
  expect(problems).toEqual([]);
  return readManifests(documents, { registry: new PodTemplateRegistry() });
}

function codes(set: ManifestSet): string[] {
  return set.problems.map((problem) => problem.code);
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: nginx, resources: { requests: { cpu: 100m } } }] }
`;

describe("documents", () => {
  it("become objects in file order, with defaults", () => {
    const set = read(
      `${DEPLOYMENT}---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\n`,
    );
    expect(set.problems).toEqual([]);
    expect(set.objects.map(({ object }) => object.kind)).toEqual(["Deployment", "Namespace"]);
    const deployment = set.objects[0]!.object as DeploymentObject;
    expect(deployment).toMatchObject({
      replicas: 1,
      strategy: "RollingUpdate",
      maxSurge: { kind: "percent", value: 25 },
      progressDeadlineSeconds: 600,
      template: {
        terminationGracePeriodSeconds: 30,
        restartPolicy: "Always",
        schedulerName: "default-scheduler",
      },
    });
    expect(set.objects[1]!.object.meta.labels.get("kubernetes.io/metadata.name")).toBe("shop");
  });

  it("may be Lists, also typed ones whose items leave out their kind", () => {
    const list = {
      apiVersion: "v1",
      kind: "List",
      items: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } }],
    };
    const typed = {
      apiVersion: "v1",
      kind: "NodeList",
      items: [{ metadata: { name: "n" }, status: { capacity: { cpu: "4" } } }],
    };
    const set = read(
      JSON.stringify(list) + JSON.stringify(typed).replace(/^/, "\n---\n"),
      "dump.yaml",
    );
    expect(set.problems).toEqual([]);
    expect(set.objects.map(({ object }) => object.meta.name)).toEqual(["a", "n"]);
    expect(set.objects[1]!.object).toMatchObject({ allocatable: { milliCpu: 4000 } });
    expect(set.objects[1]!.path).toEqual(["items", 0]);
  });

  it("say where they are wrong", () => {
    const set = read(DEPLOYMENT.replace("100m", "1K"));
    expect(set.problems).toMatchObject([
      { code: "E_INVALID_QUANTITY", line: 9, severity: "error" },
    ]);
    expect(formatProblem(set.problems[0]!)).toContain("m.yaml:9:");
    expect(formatProblem(set.problems[0]!)).toContain("hint: kilo is written with a small k");
  });

  it.each([
    ["name: web,", "name: -web,", "E_INVALID_NAME"],
    ["name: web,", "name: Web,", "E_INVALID_NAME"],
    ["name: web,", `name: ${"w".repeat(254)},`, "E_INVALID_NAME"],
    ["name: web,", 'name: "<b>",', "E_INVALID_NAME"],
    ["namespace: shop", `namespace: ${"s".repeat(64)}`, "E_INVALID_NAME"],
    ["labels: { app: web }", "labels: { app: db }", "E_INVALID_SELECTOR"],
    ["selector: { matchLabels: { app: web } }", "selector: {}", "E_INVALID_SELECTOR"],
    ["selector: { matchLabels: { app: web } }", "replicas: 2", "E_REQUIRED"],
    ["selector:", "replicas: -1\n  selector:", "E_OUT_OF_RANGE"],
    ["selector:", 'replicas: "2"\n  selector:', "E_WRONG_TYPE"],
    ["apps/v1", "apps/v1beta2", "E_OLD_API_VERSION"],
    ["cpu: 100m", "cpu: 9007199254741", "E_LIMIT_QUANTITY"],
    [
      "selector:",
      "strategy: { type: Recreate, rollingUpdate: {} }\n  selector:",
      "E_INVALID_VALUE",
    ],
    ["selector:", "replicsa: 3\n  selector:", "E_UNKNOWN_FIELD"],
  ])("with %s changed to %s give %s", (from, to, code) => {
    expect(DEPLOYMENT).toContain(from);
    expect(codes(read(DEPLOYMENT.replace(from, to)))).toContain(code);
  });

  it("suggest the field that was meant, and count it as able to change scheduling", () => {
    const set = read(DEPLOYMENT.replace("selector:", "replica: 3\n  selector:"));
    expect(set.problems).toMatchObject([{ severity: "warning", hint: "did you mean 'replicas'?" }]);
    expect(set.ignoredFields).toEqual([
      {
        kind: "Deployment",
        field: "spec.replica",
        count: 1,
        changesScheduling: true,
        isUnknown: true,
      },
    ]);
    expect(hasUnsimulated(set)).toBe(true);
  });

  it("warn of a mistyped template label and of a lifetime in the wrong place", () => {
    const typo = read(DEPLOYMENT.replace("metadata: { labels:", "metadata: { labls: {}, labels:"));
    expect(typo.problems).toMatchObject([
      {
        code: "E_UNKNOWN_FIELD",
        path: "spec.template.metadata.labls",
        hint: "did you mean 'labels'?",
      },
    ]);
    const annotations = 'annotations: { "podsim.dev/run": "5s" }';
    expect(codes(read(DEPLOYMENT.replace("name: web,", `name: web, ${annotations},`)))).toEqual([
      "E_MISPLACED_ANNOTATION",
    ]);
    expect(
      codes(read(DEPLOYMENT.replace("metadata: { labels:", `metadata: { ${annotations}, labels:`))),
    ).toEqual([]);
  });

  it("that are no objects are refused one by one", () => {
    const set = read("- 1\n---\na: b\n---\nkind: Pod\n---\n");
    expect(codes(set)).toEqual(["E_NOT_AN_OBJECT", "E_NOT_AN_OBJECT", "E_NOT_AN_OBJECT"]);
  });
});

describe("kinds that are not decoded", () => {
  it.each([
    ["v1", "ConfigMap", "data: {}", false],
    ["v1", "Secret", "data: {}", false],
    ["rbac.authorization.k8s.io/v1", "Role", "rules: []", false],
    ["apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec: {}", false],
    ["batch.volcano.sh/v1alpha1", "Job", "spec: {}", true],
    ["kueue.x-k8s.io/v1beta1", "LocalQueue", "spec: {}", true],
    ["example.com/v1", "Thing", "spec: { size: 3 }", false],
    [
      "example.com/v1",
      "Thing",
      "spec: { template: { spec: { containers: [{ image: x }] } } }",
      true,
    ],
  ])("%s %s with %s: changes scheduling is %s", (apiVersion, kind, body, changesScheduling) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x }\n${body}\n`;
    const set = read(`${text}---\n${text}`);
    expect(set.problems).toEqual([]);
    expect(set.unsupportedKinds).toEqual([
      { apiVersion, kind, count: 2, changesScheduling, places: ["m.yaml:1", "m.yaml:6"] },
    ]);
    expect(hasUnsimulated(set)).toBe(changesScheduling);
  });
});

describe("dumps", () => {
  const pod = (name: string, owner: object | undefined, more: object = {}): object => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      labels: { app: "web", "pod-template-hash": "abc" },
      managedFields: [{ manager: "kubectl" }],
      creationTimestamp: "2026-01-31T00:00:00Z",
      ...(owner && { ownerReferences: [owner] }),
    },
    spec: {
      nodeName: `node-${name}`,
      containers: [{ name: "c", image: "x" }],
      priorityClassName: "gone",
      priority: 7,
    },
    status: { phase: "Running", startTime: "2026-01-31T00:00:05Z", conditions: [] },
    ...more,
  });
  const owner = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name: "web-abc",
    uid: "u",
    controller: true,
  };
  const dump = (...items: object[]): ManifestSet =>
    read(JSON.stringify({ apiVersion: "v1", kind: "List", items }), "dump.json");

  it("keep node, phase and times, count noise, and share one template", () => {
    const set = dump(pod("a", undefined), pod("b", undefined));
    expect(set.problems).toEqual([]);
    expect(set.noisyObjectCount).toBe(2);
    const [a, b] = set.objects.map(({ object }) => object);
    expect(a).toMatchObject({
      nodeName: "node-a",
      meta: { creationTimestampSeconds: 1769817600 },
      status: { phase: "Running", startTimeSeconds: 1769817605 },
      template: { nodeName: "", priority: 7 },
    });
    expect(a?.kind === "Pod" && b?.kind === "Pod" && a.template === b.template).toBe(true);
  });

  it("get the owners that their pods name", () => {
    const stateful = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      name: "db",
      uid: "s",
      controller: true,
    };
    const custom = {
      apiVersion: "ray.io/v1",
      kind: "RayCluster",
      name: "r",
      uid: "r",
      controller: true,
    };
    const finished = { status: { phase: "Succeeded" } };
    const set = dump(
      pod("a", owner),
      pod("b", owner),
      pod("c", owner, finished),
      pod("d", stateful),
      pod("e", custom),
    );
    expect(set.inferredOwners).toEqual([
      { kind: "ReplicaSet", namespace: "shop", name: "web-abc", podCount: 3 },
      { kind: "StatefulSet", namespace: "shop", name: "db", podCount: 1 },
    ]);
    const replicaSet = set.objects[5]!.object;
    expect(replicaSet).toMatchObject({ kind: "ReplicaSet", replicas: 2, meta: { uid: "u" } });
    const first = set.objects[0]!.object;
    expect(replicaSet.kind === "ReplicaSet" && replicaSet.selector.matches(first.meta.labels)).toBe(
      true,
    );
    expect(codes(set)).toEqual(["E_MISSING_OWNER"]);
  });

  it("never keep secrets", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      stringData: { p: "canary" },
    };
    const holder = pod("a", undefined, {
      spec: { containers: [{ name: "c", image: "x", env: [{ name: "P", value: "canary" }] }] },
    });
    const set = dump(secret, holder);
    const { objects, ...rest } = set;
    const kept = JSON.stringify([objects.map(({ object }) => object), rest], (_, value) =>
      value instanceof Map ? [...value] : typeof value === "bigint" ? `${value}` : value,
    );
    expect(kept).not.toContain("canary");
    expect(set.unsupportedKinds).toMatchObject([{ kind: "Secret", count: 1 }]);
  });
});

describe("sets as a whole", () => {
  const objects = (...texts: string[]): ManifestSet => read(texts.join("\n---\n"));
  const priorityClass = (name: string, more = ""): string =>
    `apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: { name: ${name} }\nvalue: 10\n${more}`;
  const budget = (name: string, spec: string): string =>
    `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: ${name}, namespace: shop }\nspec: ${spec}`;

  it("refuse two default priority classes, unknown classes, and values beyond the bound", () => {
    const twice = objects(
      priorityClass("a", "globalDefault: true"),
      priorityClass("b", "globalDefault: true"),
    );
    expect(codes(twice)).toEqual(["E_TWO_DEFAULT_CLASSES"]);
    const unknown = DEPLOYMENT.replace(
      "spec: { containers",
      "spec: { priorityClassName: high, containers",
    );
    expect(codes(objects(unknown))).toEqual(["E_UNKNOWN_PRIORITY_CLASS"]);
    expect(codes(objects(unknown, priorityClass("high")))).toEqual([]);
    expect(codes(objects(priorityClass("x").replace("10", "1000000001")))).toEqual([
      "E_INVALID_VALUE",
    ]);
    expect(codes(objects(priorityClass("x").replace("10", "4294967296")))).toEqual([
      "E_OUT_OF_RANGE",
    ]);
  });

  it("refuse a budget with both bounds and report budgets that overlap", () => {
    const selector = "selector: { matchLabels: { app: web } }";
    expect(
      codes(objects(budget("b", `{ minAvailable: 1, maxUnavailable: 50%, ${selector} }`))),
    ).toEqual(["E_INVALID_VALUE"]);
    expect(codes(objects(budget("b", `{ minAvailable: 101%, ${selector} }`)))).toEqual([
      "E_INVALID_VALUE",
    ]);
    const overlap = objects(
      DEPLOYMENT,
      budget("b", `{ minAvailable: 1, ${selector} }`),
      budget("c", "{ minAvailable: 1, selector: {} }"),
    );
    expect(overlap.problems).toMatchObject([
      { code: "E_OVERLAPPING_BUDGETS", severity: "warning" },
    ]);
  });

  it("drop owner references that go in circles", () => {
    const owned = (name: string, by: string): string =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, ownerReferences: [{ apiVersion: v1, kind: Service, name: ${by}, uid: x }] }\nspec: { ports: [{ port: 80 }] }`;
    const set = objects(owned("a", "b"), owned("b", "a"), owned("c", "a"), owned("d", "nobody"));
    expect(codes(set)).toEqual(["E_OWNER_CYCLE", "E_OWNER_CYCLE", "E_MISSING_OWNER"]);
    expect(set.objects.map(({ object }) => object.meta.ownerReferences.length)).toEqual([
      0, 0, 1, 1,
    ]);
  });

  it("let the later of two equal names win, with a warning", () => {
    const set = objects(DEPLOYMENT, DEPLOYMENT.replace("nginx", "apache"));
    expect(set.problems).toMatchObject([{ code: "E_DUPLICATE_OBJECT", severity: "warning" }]);
    expect(set.objects.length).toBe(1);
    expect(set.objects[0]!.object).toMatchObject({ template: { images: ["apache:latest"] } });
  });
});

const CORPUS = new URL("../../../../shared/data/manifests/", import.meta.url);

function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return filesBelow(path);
      return /\.(ya?ml|json)$/.test(name) ? [path] : [];
    });
}

describe.skipIf(!existsSync(CORPUS))(
  "manifests written by others (skipped: ../shared is absent)",
  () => {
    it("are read without a crash, and only pieces and old versions are complained of", () => {
      const files = filesBelow(fileURLToPath(CORPUS));
      expect(files.length).toBe(449);
      const kinds = new Map<string, number>();
      const complaints = new Map<string, number>();
      for (const file of files) {
        const { documents } = readDocuments(readFileSync(file), { file });
        const set = readManifests(documents, { registry: new PodTemplateRegistry() });
        for (const { object } of set.objects)
          kinds.set(object.kind, (kinds.get(object.kind) ?? 0) + 1);
        for (const { code } of set.problems) complaints.set(code, (complaints.get(code) ?? 0) + 1);
      }
      expect(Object.fromEntries(kinds)).toMatchObject({
        Deployment: 149,
        Service: 146,
        Pod: 36,
        DaemonSet: 18,
        Node: 11,
      });
      expect(Object.fromEntries(complaints)).toEqual({
        E_NOT_AN_OBJECT: 20, // kustomize patches, kwok outputs and bare JSON without apiVersion or kind
        E_REQUIRED: 6, // kustomize patches of Deployments, one ReplicaSet without selector
        E_UNKNOWN_FIELD: 1, // $patch of a kustomize patch
        E_OLD_API_VERSION: 4,
        E_MISSING_OWNER: 2,
      });
    });
  },
);
