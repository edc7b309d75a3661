// Inputs for the tests of explanations: objects as plain values, prepared as the command line does it.

import {
  decodeScenario,
  type PreparedRun,
  policyScheduler,
  prepareRun,
  type RunScheduler,
} from "../../../src/experiment/index.ts";

export interface NodeShape {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly labels?: Record<string, string>;
  readonly taints?: readonly object[];
  readonly unschedulable?: boolean;
  readonly extra?: Record<string, string>;
}

export function node(name: string, shape: NodeShape = {}): object {
  const { cpu = "4", memory = "8Gi", pods = "110", labels = {}, taints = [], extra = {} } = shape;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec: { taints, ...(shape.unschedulable === true ? { unschedulable: true } : {}) },
    status: { allocatable: { cpu, memory, pods, ...extra } },
  };
}

export interface PodShape {
  readonly namespace?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly node?: string;
  readonly port?: number;
  readonly spec?: object;
  readonly requests?: Record<string, string>;
}

export function pod(name: string, shape: PodShape = {}): object {
  const { namespace = "default", cpu = "1", memory = "1Gi", port } = shape;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: {
      containers: [
        {
          name: "main",
          image: "app:1",
          resources: { requests: { cpu, memory, ...shape.requests }, limits: shape.requests ?? {} },
          ports: port === undefined ? [] : [{ containerPort: port, hostPort: port }],
        },
      ],
      ...(shape.node === undefined ? {} : { nodeName: shape.node }),
      ...shape.spec,
    },
  };
}

/** Prepares objects with a scenario around them. */
export function prepareObjects(
  objects: readonly object[],
  scenario: object = {},
  scheduler?: RunScheduler,
): PreparedRun {
  const value = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "explained" },
    run: { study: "terminating", until: "drained", horizon: "1h" },
    ...scenario,
  };
  const reading = decodeScenario(value, { file: "test" });
  if (reading.scenario === undefined) throw new Error(JSON.stringify(reading.problems));
  const list = { apiVersion: "v1", kind: "List", items: objects };
  const bytes = new TextEncoder().encode(JSON.stringify(list));
  return prepareRun({
    scenario: reading.scenario,
    extra: [{ name: "objects.json", bytes }],
    ...(scheduler === undefined ? {} : { scheduler }),
  });
}

/** A built-in policy by name. */
export function policy(name: string): RunScheduler {
  const found = policyScheduler(name);
  if (found === undefined) throw new Error(`no policy ${name}`);
  return found;
}
