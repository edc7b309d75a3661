// Recorded decisions: one cluster and one pending pod per line, everything the real scheduler said.
//
// Every part of `expect` is compared that this build models. A case that touches a rule which is not
// modelled is counted by plugin as not supported.

import {
  Code,
  CycleState,
  type Decision,
  errorStatus,
  type EvaluatorName,
  filterNode,
  type NodeRow,
  PlainEvaluator,
  type PodInfo,
  type Profile,
  runPostFilters,
  runPreFilters,
  runScores,
  type Scoring,
  type Status,
} from "../../scheduler/index.ts";
import {
  atCase,
  type CaseOutcome,
  compareValues,
  type Difference,
  objectList,
  parseCaseLines,
  type RecordedCase,
  ReportBuilder,
  requiredObject,
  type VerifyOptions,
  type VerifyReport,
} from "./case-format.ts";
import {
  type ExpectedDecision,
  type Examination,
  comparePreFilter,
  compareNodes,
  compareChoice,
  messageOf,
  compareStatus,
} from "./decision-comparison.ts";
import { compareEvaluators } from "./evaluator-comparison.ts";
import { comparePreemption } from "./preemption-comparison.ts";
import { RecordedWorld } from "./recorded-world.ts";

/**
 * Compares the recorded decisions in `lines` (JSON Lines) with the plain evaluator's, and those with
 * another evaluator's if one is named. A case without `expect` (of a bundle) holds evaluators alone.
 */
export function verifyDecisions(
  lines: Iterable<string>,
  file = "decisions",
  { evaluator = "plain" }: VerifyOptions = {},
): VerifyReport {
  const report = new ReportBuilder(file);
  for (const recorded of parseCaseLines(lines, file)) {
    const name = String(recorded["name"]);
    report.add(atCase(file, name, () => checkDecision(recorded, evaluator)));
  }
  return report.build();
}

function checkDecision(recorded: RecordedCase, evaluator: EvaluatorName): CaseOutcome {
  if (recorded["expect"] === undefined && evaluator !== "plain") {
    return checkEvaluators(recorded, evaluator);
  }
  const name = String(recorded["name"]);
  const expect = requiredObject(recorded, "expect") as unknown as ExpectedDecision;
  requiredObject(expect as unknown as RecordedCase, "nodes");
  const pending = requiredObject(recorded, "pod");
  const objects = objectList(recorded, "objects");
  const world = new RecordedWorld(objects, [pending], { defaulting: true });
  const configuration = world.readConfiguration(recorded["config"]);
  const profiles = world.createProfiles(configuration);
  const pod = world.podInfo(world.decodePod(pending));
  const profile = profiles.find((each) => each.schedulerName === pod.template.schedulerName);
  if (profile === undefined) {
    return { kind: "checked", differences: [noProfile(name, pod)] };
  }
  const differences: Difference[] = [];
  const nodeOrder = world.cache.refreshSnapshot().map((row) => world.cache.nodeName(row));
  compareValues(differences, { case: name, what: "nodeOrder" }, expect.nodeOrder, nodeOrder);
  const gate = firstGate(profile, pod);
  const percentageOfNodesToScore = 100;
  const plain = new PlainEvaluator(world.cache, { percentageOfNodesToScore });
  const state = new CycleState();
  const decision = plain.decide(pod, profile, state);
  if (decision.notSimulated.length > 0) {
    return { kind: "unsupported", names: decision.notSimulated.map((each) => each.plugin) };
  }
  compareEvaluators(differences, name, {
    world,
    profile,
    pod,
    evaluator,
    percentageOfNodesToScore,
  });
  compareStatus(differences, { case: name, what: "preEnqueue" }, expect.preEnqueue, gate);
  if (gate !== undefined) return { kind: "checked", differences };
  const examination = examine(world, profile, pod, decision);
  comparePreFilter(differences, name, expect, examination);
  compareNodes(differences, name, world, expect, examination);
  compareChoice(differences, name, world, expect, examination, profile);
  if (decision.outcome === "error") return { kind: "checked", differences };
  if (decision.outcome !== "unschedulable") {
    compareValues(
      differences,
      { case: name, what: "message" },
      expect.message,
      messageOf(decision),
    );
    compareValues(differences, { case: name, what: "preemption" }, expect.preemption, null);
    return { kind: "checked", differences };
  }
  const postFilter = runPostFilters(profile, state, pod, decision.statuses);
  comparePreemption(differences, name, expect, { world, profile, state, decision, postFilter });
  return { kind: "checked", differences };
}

/** A case that says nothing of the truth: the evaluator is compared with the plain one. */
function checkEvaluators(recorded: RecordedCase, evaluator: EvaluatorName): CaseOutcome {
  const name = String(recorded["name"]);
  const pending = requiredObject(recorded, "pod");
  const objects = objectList(recorded, "objects");
  const world = new RecordedWorld(objects, [pending], { defaulting: true, hasQueue: true });
  const configuration = world.readConfiguration(recorded["config"]);
  const pod = world.podInfo(world.decodePod(pending));
  const profile = world
    .createProfiles(configuration)
    .find((each) => each.schedulerName === pod.template.schedulerName);
  if (profile === undefined) return { kind: "checked", differences: [noProfile(name, pod)] };
  const differences: Difference[] = [];
  const { percentageOfNodesToScore } = configuration;
  const start = Number(recorded["start"] ?? 0);
  compareEvaluators(differences, name, {
    ...{ world, profile, pod, evaluator, percentageOfNodesToScore, start },
  });
  return { kind: "checked", differences };
}

function noProfile(name: string, pod: PodInfo): Difference {
  const got = `no profile named ${pod.template.schedulerName}`;
  return { case: name, what: "profile", expected: "a profile", got };
}

function firstGate(profile: Profile, pod: PodInfo): Status | undefined {
  for (const plugin of profile.preEnqueuePlugins) {
    const status = plugin.preEnqueue(pod);
    if (status.code !== Code.Success) return { ...status, plugin: plugin.name };
  }
  return undefined;
}

/** Asks every node and scores every fitting one, also where a real cycle would not need to. */
function examine(
  world: RecordedWorld,
  profile: Profile,
  pod: PodInfo,
  decision: Decision,
): Examination {
  const { cache } = world;
  const nodes = cache.nodeList;
  const state = new CycleState();
  const preFiltering = runPreFilters(profile, state, pod, nodes);
  const verdicts = new Map<string, Status>();
  const feasible: NodeRow[] = [];
  if (preFiltering.status.code === Code.Success) {
    for (const row of nodes) {
      const name = cache.nodeName(row);
      if (preFiltering.nodeNames?.has(name) === false) continue;
      const status = filterNode(profile, cache, state, pod, row);
      verdicts.set(name, status);
      if (status.code === Code.Success) feasible.push(row);
    }
  }
  const scoring = feasible.length === 0 ? NO_SCORING : runScores(profile, state, pod, feasible);
  return { preFiltering, verdicts, feasible, scoring, decision };
}

const NO_SCORING: Scoring = {
  status: errorStatus("", "nothing to score"),
  totals: [],
  scores: [],
  skipped: [],
};
