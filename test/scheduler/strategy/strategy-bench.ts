// A small cluster on which strategies and user plugins run from pod to binding.

import type { Instant } from "../../../src/base/index.ts";
import { NO_NODE } from "../../../src/cluster/index.ts";
import {
  createDefaultRegistry,
  createStrategyDecider,
  type DecisionRecord,
  type PluginDefinition,
  registerSchedulerInvariants,
  registryEntryOf,
  startScheduler,
  type Strategy,
} from "../../../src/scheduler/index.ts";
import { createWorld, type World } from "../../cluster/state/fixture.ts";
import { configurationOf } from "../configuration.ts";

export interface NodeShape {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
}

const THREE_NODES: readonly NodeShape[] = [
  { name: "small", cpu: "2", memory: "4Gi" },
  { name: "wide", cpu: "8", memory: "8Gi" },
  { name: "deep", cpu: "4", memory: "32Gi" },
];

export interface StrategyBench extends World {
  readonly decisions: DecisionRecord[];
  submit(name: string, cpu: string, memory: string, schedulerName?: string): void;
  run(seconds?: number): void;
  /** Node names of the pods, by pod name. */
  placements(): Record<string, string>;
}

export function strategyBench(
  choice: { readonly strategy?: Strategy; readonly plugins?: readonly PluginDefinition[] },
  nodes: readonly NodeShape[] = THREE_NODES,
  seed = "7",
): StrategyBench {
  const world = createWorld(undefined, { check: true });
  const { simulation, api } = world;
  const registry = createDefaultRegistry();
  const { strategy, plugins = [] } = choice;
  for (const plugin of plugins) registry.register(registryEntryOf(plugin));
  const enabled = plugins.map(({ name, weight }) => ({ name, weight }));
  const configuration = configurationOf(
    {
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      profiles: [{ schedulerName: "default-scheduler", plugins: { multiPoint: { enabled } } }],
    },
    registry,
  );
  const run = { seed, replication: 0, scheduler: "s" };
  const { scheduler } = startScheduler(simulation, api, {
    configuration,
    registry,
    ...(strategy && { createDecider: (parts) => createStrategyDecider(strategy, parts, run) }),
  });
  registerSchedulerInvariants(simulation.invariants, scheduler);
  const decisions: DecisionRecord[] = [];
  scheduler.observe({ onDecision: (record) => decisions.push(record) });
  for (const { name, cpu, memory } of nodes) {
    world.addNode(name, {
      status: {
        capacity: { cpu, memory, pods: "110" },
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
  }
  return {
    ...world,
    decisions,
    submit: (name, cpu, memory, schedulerName = "default-scheduler") => {
      const requests = { cpu, memory };
      const containers = [{ name: "c", image: "i", resources: { requests } }];
      const template = world.template({ containers, schedulerName });
      api.request(world.client, "create", (writer) =>
        writer.createPod({ namespace: "default", name, template }),
      );
    },
    run: (seconds = 1) => {
      simulation.runUntil((simulation.nowUs + seconds * 1_000_000) as Instant);
    },
    placements: () => {
      const found: Record<string, string> = {};
      api.pods.forEach((pod) => {
        const node = api.pods.node(pod);
        found[api.pods.name(pod)] = node === NO_NODE ? "" : api.nodes.name(node);
      });
      return found;
    },
  };
}
