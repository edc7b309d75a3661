// Claims about compiled pod templates: requests in all forms, defaults, affinity, interning, secrets.
import { describe, expect, it } from "vitest";
import {
  type DecodeOptions,
  type PodTemplate,
  PodTemplateRegistry,
} from "../../../src/cluster/index.ts";

type Json = Record<string, unknown>;

function compile(
  spec: Json,
  metadata: Json = {},
  options: Partial<DecodeOptions> = {},
  status?: Json,
): PodTemplate {
  const pod = status === undefined ? { metadata, spec } : { metadata, spec, status };
  return new PodTemplateRegistry(options).internChecked(pod, true).template;
}

function problems(spec: Json, metadata: Json = {}): string[] {
  const found = new PodTemplateRegistry().internChecked({ metadata, spec });
  return found.problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const container = (requests?: Json, limits?: Json, more: Json = {}): Json => ({
  name: "c",
  image: "app:1",
  resources: { ...(requests && { requests }), ...(limits && { limits }) },
  ...more,
});

describe("pod requests", () => {
  // The worked example of the rules: sidecars count from their place in the init order on.
  const spec: Json = {
    containers: [
      container({ cpu: "500m", memory: "100Mi" }, undefined, { name: "a" }),
      container({ cpu: "250m" }, undefined, { name: "b" }),
    ],
    initContainers: [
      container({ cpu: "600m", memory: "50Mi" }, undefined, { name: "i1" }),
      container({ cpu: "100m", memory: "80Mi" }, undefined, {
        name: "s1",
        restartPolicy: "Always",
      }),
      container({ cpu: "800m", memory: "10Mi" }, undefined, { name: "i2" }),
      container({ memory: "5Mi" }, undefined, { name: "s2", restartPolicy: "Always" }),
    ],
    overhead: { cpu: "10m", memory: "1Mi" },
  };

  it("are the larger of running and init phase, plus overhead", () => {
    const { requests, nonZeroRequests, scoreRequests } = compile(spec);
    expect(requests).toMatchObject({ milliCpu: 910, memoryBytes: 186 * 2 ** 20 });
    expect(nonZeroRequests).toMatchObject({ milliCpu: 960, memoryBytes: 404750336 });
    expect(scoreRequests).toMatchObject({ milliCpu: 960, memoryBytes: 404750336 });
  });

  it("count 100m and 200Mi per container that names none; an explicit zero stays zero", () => {
    const three = { containers: ["a", "b", "c"].map((name) => ({ name, image: "x" })) };
    expect(compile(three).nonZeroRequests).toMatchObject({
      milliCpu: 300,
      memoryBytes: 600 * 2 ** 20,
    });
    const zero = { containers: [container({ cpu: "0", memory: 0 })] };
    expect(compile(zero).nonZeroRequests).toMatchObject({ milliCpu: 0, memoryBytes: 0 });
  });

  it("are replaced by the pod level, except where the Fit score is computed", () => {
    const template = compile({
      resources: { requests: { cpu: "2" } },
      containers: [container({ cpu: "200m" })],
    });
    expect(template.requests).toMatchObject({ milliCpu: 2000, memoryBytes: 0 });
    expect(template.nodeRequests.milliCpu).toBe(2000);
    expect(template.nonZeroRequests).toMatchObject({ milliCpu: 2000, memoryBytes: 209715200 });
    expect(template.scoreRequests).toMatchObject({ milliCpu: 200, memoryBytes: 209715200 });
  });

  it("follow limits where the API server would say so", () => {
    const limited = { containers: [container(undefined, { cpu: "1", memory: "1Gi" })] };
    expect(compile(limited)).toMatchObject({
      requests: { milliCpu: 1000 },
      qosClass: "Guaranteed",
    });
    expect(compile(limited, {}, { defaulting: false }).requests.milliCpu).toBe(0);
    const podLevel = { resources: { limits: { cpu: "3", memory: "1Gi" } }, ...limited };
    expect(compile(podLevel).requests).toMatchObject({ milliCpu: 1000, memoryBytes: 2 ** 30 });
  });

  it("take the largest of spec, actual and allocated during a resize, on nodes only", () => {
    const status = (reason: string): Json => ({
      conditions: [{ type: "PodResizePending", reason }],
      containerStatuses: [
        {
          name: "c",
          resources: { requests: { cpu: "700m" } },
          allocatedResources: { cpu: "600m" },
        },
      ],
    });
    const one = { containers: [container({ cpu: "1" })] };
    expect(compile(one, {}, {}, status("Deferred")).nodeRequests.milliCpu).toBe(1000);
    const infeasible = compile(one, {}, {}, status("Infeasible"));
    expect(infeasible.nodeRequests.milliCpu).toBe(700);
    expect(infeasible.requests.milliCpu).toBe(1000);
  });

  it("are refused when negative, above the limit, fractional where whole, or unreadable", () => {
    const of = (requests: Json, limits?: Json): string[] =>
      problems({ containers: [container(requests, limits)] });
    expect(of({ cpu: "-1" })[0]).toContain("must be greater than or equal to 0");
    expect(of({ cpu: "2" }, { cpu: "500m" })[0]).toContain(
      "must be less than or equal to cpu limit of 500m",
    );
    expect(of({ "a.io/gpu": "500m" }, { "a.io/gpu": "500m" })[0]).toContain("must be an integer");
    expect(of({ "a.io/gpu": "1" })[0]).toContain("Limit must be set");
    expect(of({ memory: "1K" })[0]).toContain("unable to parse quantity's suffix");
    expect(of({ memory: "8Ei" })[0]).toContain("2^53 - 1");
    expect(of({ cpu: 0.5, memory: 1024 })).toEqual([]);
  });

  it("keep amounts beyond 2^53 for verification", () => {
    const template = compile({ containers: [container({ memory: "8Ei" })] }, {}, { int64: true });
    expect(template.requests.exact?.memoryBytes).toBe(9223372036854775807n);
  });
});

describe("placement", () => {
  const base = { containers: [container()] };

  it("merges label keys into affinity terms and spread selectors", () => {
    const spec = {
      ...base,
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: "zone",
              labelSelector: { matchLabels: { app: "a" } },
              matchLabelKeys: ["hash", "absent"],
              mismatchLabelKeys: ["team"],
            },
            { topologyKey: "zone", matchLabelKeys: ["hash"] },
          ],
        },
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: {},
          matchLabelKeys: ["hash"],
        },
      ],
    };
    const metadata = { labels: { app: "a", hash: "h", team: "t" } };
    const template = compile(spec, metadata);
    const [first, second] = template.podAntiAffinity.required;
    expect(first?.labelSelector.canonical()).toBe("app=a,hash in (h),team notin (t)");
    expect(first?.isOwnNamespace).toBe(true);
    expect(second?.labelSelector.isNothing).toBe(true);
    const unmerged = compile(spec, metadata, { defaulting: false });
    expect(unmerged.podAntiAffinity.required[0]?.labelSelector.canonical()).toBe("app=a");
    for (const { topologySpreadConstraints } of [template, unmerged]) {
      expect(topologySpreadConstraints[0]?.selector.canonical()).toBe("hash in (h)");
      expect(topologySpreadConstraints[0]).toMatchObject({
        minDomains: 1,
        nodeAffinityPolicy: "Honor",
        nodeTaintsPolicy: "Ignore",
      });
    }
  });

  it.each([
    [{ maxSkew: 0 }, "must be greater than zero"],
    [{ minDomains: 2, whenUnsatisfiable: "ScheduleAnyway" }, "can only use minDomains"],
    [{ topologyKey: "" }, "can not be empty"],
    [{ whenUnsatisfiable: "Maybe" }, "Unsupported value"],
  ])("refuses a spread constraint with %j", (part, message) => {
    const constraint = {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: {},
      ...part,
    };
    expect(problems({ ...base, topologySpreadConstraints: [constraint] }).join()).toContain(
      message,
    );
  });

  it("keeps null and empty apart where plugins do", () => {
    expect(compile(base).nodeSelector).toBeUndefined();
    expect(compile({ ...base, nodeSelector: {} }).nodeSelector?.size).toBe(0);
    const preferred = (terms: unknown): PodTemplate =>
      compile({
        ...base,
        affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } },
      });
    expect(preferred(null).preferredNodeAffinity).toBeUndefined();
    expect(preferred([]).preferredNodeAffinity?.terms).toEqual([]);
  });

  it("collects host ports of containers and sidecars, and of all ports with hostNetwork", () => {
    const port = (part: Json): Json => ({ containerPort: 80, ...part });
    const spec = {
      containers: [
        container(undefined, undefined, {
          ports: [port({ hostPort: 8080, hostIP: "10.0.0.1" }), port({})],
        }),
      ],
      initContainers: [
        container(undefined, undefined, {
          name: "s",
          restartPolicy: "Always",
          ports: [port({ hostPort: 53, protocol: "UDP" })],
        }),
        container(undefined, undefined, { name: "i", ports: [port({ hostPort: 99 })] }),
      ],
    };
    expect(compile(spec).hostPorts).toEqual([
      { ip: "10.0.0.1", protocol: "TCP", port: 8080 },
      { ip: "0.0.0.0", protocol: "UDP", port: 53 },
    ]);
    const onHost = {
      hostNetwork: true,
      containers: [container(undefined, undefined, { ports: [port({})] })],
    };
    expect(compile(onHost).hostPorts).toEqual([{ ip: "0.0.0.0", protocol: "TCP", port: 80 }]);
  });

  it("lists normalised images, init containers first, and image volumes apart", () => {
    const template = compile({
      initContainers: [container(undefined, undefined, { name: "i", image: "init" })],
      containers: [container(undefined, undefined, { image: "reg:5000/app" })],
      volumes: [{ name: "v", image: { reference: "data@sha256:00" } }],
    });
    expect(template.images).toEqual(["init:latest", "reg:5000/app:latest"]);
    expect(template.volumeImages).toEqual(["data@sha256:00"]);
    expect(template.containers[0]?.imagePullPolicy).toBe("Always");
  });

  it("names the node features that a pod needs", () => {
    const rules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [1] } }];
    expect(
      compile({ containers: [container(undefined, undefined, { restartPolicyRules: rules })] })
        .requiredNodeFeatures,
    ).toEqual(["RestartAllContainersOnContainerExits"]);
    expect(compile({ ...base, hostNetwork: true, hostUsers: false }).requiredNodeFeatures).toEqual([
      "UserNamespacesHostNetworkSupport",
    ]);
  });
});

describe("tolerations and names", () => {
  it.each([
    [
      { tolerations: [{ operator: "Equal", value: "x" }] },
      "operator must be Exists when `key` is empty",
    ],
    [{ tolerations: [{ key: "a", operator: "Exists", value: "x" }] }, "value must be empty"],
    [{ tolerations: [{ key: "a", tolerationSeconds: 5 }] }, "must be 'NoExecute'"],
    [{ containers: [] }, "containers: Required value"],
    [{ containers: [{ name: "UPPER", image: "x" }] }, "RFC 1123 label"],
    [
      {
        containers: [
          { name: "c", image: "x" },
          { name: "c", image: "x" },
        ],
      },
      "Duplicate value",
    ],
    [{ containers: [{ name: "c" }] }, "image: Required value"],
    [
      { schedulingGates: [{ name: "g" }], nodeName: "n" },
      "cannot be set until all schedulingGates",
    ],
    [{ restartPolicy: "Sometimes" }, "Unsupported value"],
    [{ nodeSelector: { app: 1 } }, "expected text, found number 1"],
  ])("refuses %j", (part, message) => {
    expect(problems({ containers: [{ name: "c", image: "x" }], ...part }).join("\n")).toContain(
      message,
    );
  });

  it("warns of terms that the API takes and the scheduler cannot parse", () => {
    const expressions = [{ key: "cores", operator: "Gt", values: ["many"] }];
    const found = new PodTemplateRegistry().internChecked({
      spec: {
        containers: [container()],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: expressions }],
            },
          },
        },
      },
    });
    expect(found.problems).toMatchObject([{ severity: "warning", code: "E_UNPARSABLE_TERM" }]);
    expect(found.template.requiredNodeAffinity?.selector?.errors.length).toBe(1);
  });
});

describe("run annotations", () => {
  it("give seconds or durations, exit codes and indexes", () => {
    const annotations = {
      "podsim.dev/run": "90",
      "podsim.dev/run-law": "exponential",
      "podsim.dev/ready": "1m30s",
      "podsim.dev/stop": "0.25",
      "podsim.dev/fail-index": "1, 3",
      "podsim.dev/exit": "7",
    };
    expect(compile({ containers: [container()] }, { annotations }).run).toMatchObject({
      runUs: 90_000_000,
      runLaw: "exponential",
      readyUs: 90_000_000,
      stopUs: 250_000,
      failIndexes: [1, 3],
      exitCode: 7,
      startUs: undefined,
    });
  });

  it.each([
    ["podsim.dev/run", "-1s", "not negative"],
    ["podsim.dev/run", "1ns", "at most microseconds"],
    ["podsim.dev/exit", "256", "0 to 255"],
    ["podsim.dev/rum", "1s", "unknown annotation"],
  ])("refuses %s=%s", (key, value, message) => {
    expect(
      problems({ containers: [container()] }, { annotations: { [key]: value } }).join(),
    ).toContain(message);
  });
});

describe("the registry", () => {
  it("gives equal contents one index, whatever node, order of keys, or token volume", () => {
    const registry = new PodTemplateRegistry();
    const pod = (node: string, token: string): Json => ({
      metadata: { name: node, labels: { a: "1", b: "2" } },
      spec: {
        nodeName: node,
        volumes: [{ name: `kube-api-access-${token}`, projected: {} }],
        containers: [
          {
            name: "c",
            image: "x",
            volumeMounts: [{ name: `kube-api-access-${token}`, mountPath: "/t" }],
          },
        ],
      },
    });
    const first = registry.internChecked(pod("n1", "abcde"), true).template;
    expect(registry.internChecked(pod("n2", "fghij"), true).template).toBe(first);
    expect(first).toMatchObject({ index: 0, nodeName: "" });
    const reordered = {
      metadata: { labels: { b: "2", a: "1" } },
      spec: { containers: [{ image: "x", name: "c" }] },
    };
    const plain = registry.intern(reordered);
    expect(
      registry.intern({
        spec: { containers: [{ name: "c", image: "x" }] },
        metadata: { labels: { a: "1", b: "2" } },
      }),
    ).toBe(plain);
    expect(registry.size).toBe(2);
    expect(registry.get(1)).toBe(plain);
  });

  it("derives variants and finds them again", () => {
    const registry = new PodTemplateRegistry();
    const base = registry.intern({
      metadata: { labels: { app: "a" } },
      spec: { containers: [container({ cpu: "1" })] },
    });
    const derived = registry.derive(base, { labels: { hash: "h" }, spec: { priority: 5 } });
    expect(derived).toMatchObject({ index: 1, priority: 5, requests: { milliCpu: 1000 } });
    expect(derived.labels.get("hash")).toBe("h");
    expect(registry.derive(base, { labels: { hash: "h" }, spec: { priority: 5 } })).toBe(derived);
    expect(
      registry.derive(derived, { labels: { hash: undefined }, spec: { priority: undefined } }),
    ).toBe(base);
  });

  it("tells changes of labels, annotations and reported resources apart", () => {
    const registry = new PodTemplateRegistry();
    const base = registry.intern({
      metadata: { labels: { app: "a", old: "o" } },
      spec: { containers: [container({ cpu: "1" })] },
    });
    const status = { resources: { requests: { cpu: "2" } } };
    const reported = registry.derive(base, { status });
    const changes = [
      { labels: { old: undefined } },
      { labels: { old: "null" } },
      { labels: { old: "" } },
      { labels: { older: "o" } },
      { annotations: { "podsim.dev/run-duration": "1s" } },
      { annotations: { "podsim.dev/run-duration": "2s" } },
      { labels: { old: "null" }, spec: { priority: 1 } },
    ];
    const variants = changes.map((change) => registry.derive(base, change));
    expect(new Set([base, reported, ...variants]).size).toBe(changes.length + 2);
    expect(variants.map(({ labels }) => labels.get("old"))).toEqual([
      undefined,
      "null",
      "",
      "o",
      "o",
      "o",
      "null",
    ]);
    for (const [at, change] of changes.entries()) {
      expect(registry.derive(base, change)).toBe(variants[at]);
    }
    expect(registry.derive(base, { labels: {} })).toBe(base);
    expect(registry.derive(reported, { labels: {}, status: undefined })).toBe(base);
    expect(registry.derive(reported, { labels: {} })).toBe(reported);
  });

  it("tells templates apart by values it does not keep", () => {
    const registry = new PodTemplateRegistry();
    const withPassword = (value: string): PodTemplate =>
      registry.intern({
        metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": value } },
        spec: {
          containers: [
            {
              name: "c",
              image: "x",
              env: [{ name: "PASSWORD", value }],
              args: [`--token=${value}`],
              livenessProbe: {
                httpGet: { path: "/", httpHeaders: [{ name: "Authorization", value }] },
              },
              lifecycle: { preStop: { exec: { command: ["stop", value] } } },
            },
          ],
          volumes: [{ name: "v", csi: { driver: "d", volumeAttributes: { secret: value } } }],
        },
      });
    const one = withPassword("canary-one");
    const two = withPassword("canary-two");
    expect(one.contentHash).not.toBe(two.contentHash);
    const kept = JSON.stringify(one, (_, value) =>
      value instanceof Map ? [...value] : typeof value === "bigint" ? `${value}` : value,
    );
    expect(kept).not.toContain("canary");
    expect(one.containers[0]).toMatchObject({
      hasPreStop: true,
      livenessProbe: { kind: "httpGet", periodSeconds: 10 },
    });
  });

  it("names what is not simulated", () => {
    const { unsimulated } = compile({
      containers: [container(undefined, undefined, { env: [{ name: "A", value: "b" }] })],
      dnsPolicy: "Default",
      resourceClaims: [{ name: "gpu", resourceClaimName: "g" }],
      nodeSelecter: { a: "b" },
    });
    expect(unsimulated).toEqual([
      { field: "spec.containers.env", changesScheduling: false },
      { field: "spec.dnsPolicy", changesScheduling: false },
      { field: "spec.resourceClaims", changesScheduling: true },
      { field: "spec.nodeSelecter", changesScheduling: true },
    ]);
  });
});
