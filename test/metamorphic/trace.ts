// What a run of a world did, in a form that can be compared after names and times were mapped.

import {
  decodeScenario,
  defaultScheduler,
  prepareRun,
  type RunOptions,
  runToEnd,
  type RunScheduler,
} from "../../src/experiment/index.ts";
import type { PodRow, RunResult } from "../../src/metrics/index.ts";
import { type Decider, PlainEvaluator, ProfileDecider } from "../../src/scheduler/index.ts";
import { scenarioOf, type World } from "./world.ts";

export interface Attempt {
  readonly atUs: number;
  readonly pod: string;
  readonly result: string;
  readonly node: string;
  readonly message: string;
}

/** One run: its attempts in order, and the last word about every pod, in order of creation. */
export interface Trace {
  readonly attempts: readonly Attempt[];
  readonly pods: readonly PodRow[];
  readonly result: RunResult;
}

export function runScenarioValue(
  scenario: object,
  scheduler?: RunScheduler,
  options: RunOptions = {},
): Trace {
  const reading = decodeScenario(scenario, { file: "world" });
  const errors = reading.problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors[0]!.message);
  const attempts: Attempt[] = [];
  const pods: PodRow[] = [];
  const prepared = prepareRun({
    scenario: reading.scenario!,
    document: reading.document!,
    ...(scheduler === undefined ? {} : { scheduler }),
  });
  const result = runToEnd(prepared, {
    ...options,
    sinks: { pod: (row) => pods.push(row) },
    onDecision: ({ poppedUs, pod, result: outcome, nodeName, message }) =>
      attempts.push({ atUs: poppedUs, pod: pod.name, result: outcome, node: nodeName, message }),
  });
  pods.sort((a, b) => a.uid - b.uid);
  return { attempts, pods, result };
}

export function run(world: World, scheduler?: RunScheduler, options?: RunOptions): Trace {
  return runScenarioValue(scenarioOf(world), scheduler, options);
}

/** How a trace is read before it is compared. */
export interface Reading {
  readonly node?: (name: string) => string;
  readonly pod?: (name: string) => string;
  readonly us?: (us: number) => number;
  readonly withMessages?: boolean;
  /** False: without the instants at which objects go. */
  readonly withRemovals?: boolean;
  readonly keeps?: (pod: string) => boolean;
  /** Nothing from here on. */
  readonly untilUs?: number;
}

/** A trace as lines. */
export function linesOf(trace: Trace, reading: Reading = {}): string[] {
  const { node = same, pod = same, us = same, withMessages = true, keeps = () => true } = reading;
  const { untilUs = Number.POSITIVE_INFINITY, withRemovals = true } = reading;
  const time = (atUs: number | null): string =>
    atUs === null || atUs >= untilUs ? "-" : `${us(atUs)}`;
  const isIn = (atUs: number | null): boolean => atUs !== null && atUs < untilUs;
  const lines: string[] = [];
  for (const { atUs, pod: name, result, node: place, message } of trace.attempts) {
    if (!keeps(name) || atUs >= untilUs) continue;
    const text = withMessages ? message : "";
    lines.push(`${time(atUs)} ${pod(name)} ${result} ${place === "" ? "" : node(place)} ${text}`);
  }
  for (const row of trace.pods) {
    if (!keeps(row.name) || row.createdUs >= untilUs) continue;
    const place = isIn(row.boundUs) ? node(row.node) : "";
    const { createdUs, boundUs, startedUs, finishedUs, deletedUs } = row;
    const goneUs = withRemovals ? deletedUs : null;
    const times = [createdUs, boundUs, startedUs, finishedUs, goneUs].map(time).join(" ");
    const departure = untilUs === Number.POSITIVE_INFINITY ? `${row.phase} ${row.departure}` : "";
    lines.push(`${pod(row.name)} on ${place}: ${times} ${departure}`);
  }
  return lines;
}

function same<T>(value: T): T {
  return value;
}

/** Facts that a mutant may let a decision hang on; a sound scheduler must not. */
export interface MutantFacts {
  readonly pod: string;
  readonly nowUs: number;
  readonly allNodes: readonly string[];
  readonly attemptCount: number;
  readonly world: World;
}

/** Picks another of the feasible nodes (names in list order) than kube-scheduler would. */
export type Mutation = (feasible: readonly string[], facts: MutantFacts) => number;

/** kube-scheduler with one planted fault in its choice among feasible nodes. */
export function mutantScheduler(mutation: Mutation, world: World): RunScheduler {
  return {
    ...defaultScheduler("mutant"),
    createDecider: ({ profiles, cache, simulation }): Decider => {
      const inner = new ProfileDecider(profiles, new PlainEvaluator(cache));
      let attemptCount = 0;
      return {
        profiles: inner.profiles,
        decide: (pod, cycle) => {
          attemptCount++;
          const verdict = inner.decide(pod, cycle);
          const { feasible, outcome, viaNominated } = verdict.decision;
          if (outcome !== "placed" || viaNominated || feasible.length < 2) return verdict;
          const names = feasible.map((row) => cache.nodeName(row));
          const allNodes = cache.nodeList.map((row) => cache.nodeName(row));
          const facts = { pod: pod.name, nowUs: simulation.nowUs, allNodes, attemptCount, world };
          const node = feasible[mutation(names, facts) % feasible.length]!;
          return { ...verdict, decision: { ...verdict.decision, node } };
        },
      };
    },
  };
}
