// Registers the cluster's invariants: what must hold of API state and machines after every event.
//
// Numbers are those of the project's catalogue. Each is tested on a second path: ledgers that watch
// commits and physical changes and keep accounts of their own. Tests at "event" cost O(1); tests at
// "end" scan everything once. Several parts may share one number.

import { InvariantBroken } from "../../../engine/index.ts";
import type { InvariantRegistry } from "../../../engine/index.ts";
import type { ApiServer } from "../api-server.ts";
import type { Machines } from "../machines.ts";
import { CapacityLedger } from "./capacity-ledger.ts";
import { MachineLedger } from "./machine-ledger.ts";
import { NodeLedger } from "./node-ledger.ts";
import { PodLedger } from "./pod-ledger.ts";
import { PolicyLedger } from "./policy-ledger.ts";
import { Violations } from "./violations.ts";

/** What the rules need to know of the run. */
export interface ClusterInvariantOptions {
  /**
   * True while binds are not bounded by NodeResourcesFit: the filter is off, a policy overcommits
   * on purpose, or several schedulers share the nodes. Default: never.
   */
  readonly mayOvercommit?: () => boolean;
}

/** What is noted at the commit and asked for after the event. */
const NOTED: readonly (readonly [id: string, title: string])[] = [
  ["I3", "a bound pod is on the list of its node and no other"],
  ["I9", "restart counts never fall"],
  ["I12", "no bind overcommits a node without a cause on record"],
  ["I13", "no bind exceeds a node's number of pods"],
  ["I16", "an accepted request raises no quota's usage beyond its bound"],
  ["I19", "a machine without power runs nothing"],
  ["I22", "a pod is created, bound and started in that order"],
  ["I28", "pod phases move along the graph, finished ones never"],
  ["I29", "a process starts only with power and after admission"],
  ["I30", "a Node is added only when it is gone, changed only when it exists"],
  ["I32", "deletion is request plus grace, later requests only shorten"],
  ["I33", "an object that is gone is in no table"],
  ["I34", "a pod is bound at most once"],
  ["I35", "what comes back has a new uid"],
  ["I45", "a pod with a preset node is never bound by a scheduler"],
  ["I54", "an eviction is granted only while disruptions are allowed, and takes one"],
  ["I61", "a machine's power alternates"],
];

/** Starts the ledgers and registers their tests; to be called when the initial state is loaded. */
export function registerClusterInvariants(
  registry: InvariantRegistry,
  api: ApiServer,
  machines: Machines,
  options: ClusterInvariantOptions = {},
): void {
  const violations = new Violations();
  const excuses = {
    mayOvercommit: options.mayOvercommit ?? (() => false),
    isInitial: () => api.simulation.stats.fired === 0,
  };
  const pods = new PodLedger(api.pods, violations);
  const capacity = new CapacityLedger(api.pods, api.nodes, violations, excuses);
  const nodes = new NodeLedger(api.nodes, violations);
  const power = new MachineLedger(machines, () => api.simulation.nowUs, violations);
  const policies = new PolicyLedger(violations, () => api.simulation.stats.fired);
  api.observe({
    onPod: (change) => {
      if (change.kind === "Added") policies.seeCreated(api.pods.namespace(change.pod));
      pods.see(change);
      capacity.seePod(change);
    },
    onNode: (change) => {
      nodes.see(change);
      capacity.seeNode(change);
    },
    onObject: (change) => policies.seeObject(change),
  });
  machines.observe({
    onMachine: (change) => power.seeMachine(change),
    onProcess: (change) => power.seeProcess(change),
  });

  // What was noted is asked for after each event by one test in the name of all, since twenty would
  // cost more than the ledgers; the others stand in the registry and run at the end.
  for (const [id, title] of NOTED) {
    registry.register({ id, title, mode: "check", when: "end", test: () => violations.take(id) });
  }
  const titles = new Map(NOTED);
  const breakFirst = (): undefined => {
    const id = violations.firstId;
    if (id === undefined) return undefined;
    throw new InvariantBroken(id, titles.get(id) ?? id, violations.take(id) ?? "");
  };
  registry.register({
    id: "I28",
    title: "everything that ledgers noted during the event",
    mode: "check",
    when: "event",
    test: breakFirst,
  });
  const atEvent = (id: string, title: string, test: () => string | undefined): void =>
    registry.register({ id, title, mode: "check", when: "event", test });
  const atEnd = (id: string, title: string, test: () => string | undefined): void =>
    registry.register({ id, title, mode: "check", when: "end", test });

  atEvent("I1", "pods that came = the sum of their classes", () => pods.testConservation());
  atEvent("I4", "nodes added = the sum of their classes", () => nodes.testConservation());
  atEvent("I69", "number in system = arrivals - departures", () => pods.testNumberInSystem());
  atEvent("I29", "processes = starts - exits", () => power.testProcessCount());

  atEnd("I28", "no phase moved without a commit", () => pods.testPhasesByScan());
  atEnd("I1", "classes counted anew", () => pods.testClassesByScan());
  atEnd("I3", "fields and lists of all nodes agree", () =>
    pods.testListsByScan(api.nodes.rowCount),
  );
  atEnd("I4", "Ready statuses counted anew", () => nodes.testReadyByScan());
  atEnd("I19", "no machine without power runs anything", () => power.testDeadMachines());
  atEnd("I61", "up time + down time = existence", () => power.testPowerTimes());
  atEnd("I67", "sums over nodes = cluster totals", () => nodes.testTotalsByScan(api.pods));
  atEnd("I73", "availability = up share = 1 - down share", () => power.testAvailability());
  registry.register({
    id: "I11",
    title: "requested sums from scratch equal the kept ones",
    mode: "deep",
    when: "instant",
    test: () => capacity.testSumsByScan(),
  });
}
