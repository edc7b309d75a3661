// A plan from its question to its record: what may change, which losses, the search, the answer.
//
// Everything is judged by running it; nothing is worked out from free room. Who runs the cells is the
// caller's business: `cellRunnerOf` does it in the present thread.

import {
  PLAN_SCHEMA_VERSION,
  type PlanLoss,
  type PlanMonotony,
  type PlanPoint,
  type PlanRecord,
  type RequirementAnswer,
} from "../../analysis/index.ts";
import { documentOfValue, InputError } from "../../base/index.ts";
import type { NodeObject } from "../../cluster/index.ts";
import { KUBERNETES_VERSION, type Threshold } from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import { NODE_POOL_LABEL } from "../assembly/node-pools.ts";
import { refuseOpenWarmUp } from "../open-warm-up.ts";
import { type PreparedRun, prepareRun } from "../prepare-run.ts";
import type { ActiveRun } from "../run.ts";
import type { RunInput } from "../run-input.ts";
import { ShapeRates } from "../shapes/shape-rates.ts";
import { PODSIM_VERSION } from "../versions.ts";
import { PlanStopped, type PlanCellRunner, PointJudge } from "./evaluate-point.ts";
import { type LookDesign, looksOf } from "./judge-requirement.ts";
import { type LossVariants, lossesOf, lossVariantsOf } from "./loss-variants.ts";
import { runPlanCell } from "./plan-cell.ts";
import { type PlanQuestion, requirementsOf } from "./plan-question.ts";
import { nodesOfGroups, type PlanLever, readLevers } from "./plan-sizes.ts";
import { PlanWorld } from "./plan-world.ts";
import { blockedNodes } from "./removable.ts";
import { searchCount } from "./search-count.ts";
import { searchMix } from "./search-mix.ts";

/** A plan whose question fits its inputs. */
export class Plan {
  /** The cluster as it is given, for what its inputs leave out. */
  readonly base: PreparedRun;
  readonly world: PlanWorld;
  readonly requirements: readonly Threshold[];
  private readonly question: PlanQuestion;
  private readonly levers: readonly PlanLever[];
  /** Nodes that must stay, by why, such as "PDB payments/ledger". */
  private readonly blocked: ReadonlyMap<string, readonly string[]>;
  private readonly design: LookDesign;
  private readonly otherNodesCount: number;
  /** Of nodes that no lever counts; unpriced ones cost nothing here, and are told. */
  private readonly otherCostMicros: number;
  private readonly unpricedCount: number;
  private readonly currency: string;
  private readonly points = new Map<string, PlanPoint>();
  private variants: readonly LossVariants[] = [];

  /** Reads and checks; throws an InputError. */
  constructor(input: RunInput, question: PlanQuestion) {
    this.question = question;
    this.requirements = requirementsOf(question);
    const { scenario } = input;
    refuseOpenWarmUp(scenario);
    this.base = prepareRun({ ...input, thresholds: question.requirements });
    const asked = nodesOfGroups(this.base, question.remove);
    this.blocked = asked.size === 0 ? new Map() : blockedNodes(this.base, asked);
    const reading = readLevers(
      question,
      scenario,
      this.base,
      new Set([...this.blocked.values()].flat()),
    );
    if (reading.problem !== undefined) throw planError(reading.problem);
    this.levers = reading.levers;
    this.world = new PlanWorld(input, question, this.levers);
    const isFixed = question.varied.length === 0;
    this.design = {
      ...{ isFixed, confidence: question.confidence },
      looks: isFixed ? [1] : looksOf(question.replicationsMax),
      isSteadyState: scenario.run.study === "steady-state",
    };
    const counted = new Set(this.levers.flatMap(({ names }) => names));
    const pools = new Set(this.levers.flatMap(({ pool }) => pool?.name ?? []));
    const others = this.base.cluster.initial.filter(
      (object): object is NodeObject =>
        object.kind === "Node" &&
        !counted.has(object.meta.name) &&
        !pools.has(object.meta.labels.get(NODE_POOL_LABEL) ?? ""),
    );
    const rates = new ShapeRates(scenario);
    const prices = others.map(
      ({ meta }) => rates.ofLabels(meta.labels, NODE_POOL_LABEL).pricePerHourMicros,
    );
    this.otherNodesCount = others.length;
    this.otherCostMicros = prices.reduce((sum: number, price) => sum + (price ?? 0), 0);
    this.unpricedCount = prices.filter((price) => price === undefined).length;
    this.currency = rates.currency;
  }

  /** Searches, with cells run by `run`; a runner that throws PlanStopped leaves a partial record. */
  async answer(run: PlanCellRunner): Promise<PlanRecord> {
    const judge = new PointJudge(this.requirements, this.design, run);
    const ask = async (counts: readonly number[]): Promise<boolean> => {
      const key = counts.join(",");
      let point = this.points.get(key);
      if (point === undefined) {
        const priced = {
          counts,
          nodesCount: this.otherNodesCount + sum(counts),
          costPerHourMicros: this.costOf(counts),
        };
        this.variants = this.variantsAt(counts);
        point = await judge.judge(priced, lossesOf(this.variants));
        this.points.set(key, point);
      }
      return point.state === "met";
    };
    try {
      const found = await this.search(ask);
      return this.recordOf(found, false);
    } catch (error) {
      if (!(error instanceof PlanStopped)) throw error;
      const best = this.sortedPoints().find(({ state }) => state === "met");
      return this.recordOf({ counts: best?.counts, breaks: [], untriedCount: 0 }, true);
    }
  }

  /** Nothing may change: the question is whether the cluster will do as it is. */
  private async search(ask: (counts: readonly number[]) => Promise<boolean>): Promise<Found> {
    if (this.levers.length > 1) return this.searchMany(ask);
    if (this.levers.length === 1) return this.searchOne(ask);
    return { counts: (await ask([])) ? [] : undefined, breaks: [], untriedCount: 0 };
  }

  private async searchOne(ask: (counts: readonly number[]) => Promise<boolean>): Promise<Found> {
    const { min, max, givenCount } = this.levers[0]!;
    const range = { min, max, start: Math.min(max, Math.max(min, givenCount)) };
    const { smallest, breaks } = await searchCount(range, (count) => ask([count]));
    return {
      counts: smallest === undefined ? undefined : [smallest],
      breaks: breaks.map(({ meets, misses }) => ({ meets: [meets], misses: [misses] })),
      untriedCount: 0,
    };
  }

  private async searchMany(ask: (counts: readonly number[]) => Promise<boolean>): Promise<Found> {
    const sizes = this.levers.map(({ min, max, givenCount, pricePerHourMicros }) => ({
      ...{ min, max, start: givenCount, price: pricePerHourMicros ?? 1 },
    }));
    const free = this.levers.find(({ pricePerHourMicros }) => pricePerHourMicros === 0);
    if (free !== undefined)
      throw planError(`${free.name} costs nothing: the cheapest mix would be any number of it`);
    const found = await searchMix(sizes, ask, this.question.pointsMax);
    return { counts: found.cheapest, breaks: found.breaks, untriedCount: found.untriedCount };
  }

  private variantsAt(counts: readonly number[]): LossVariants[] {
    const { cluster } = this.world.at(counts, { name: "none", nodes: [], zones: [] });
    return lossVariantsOf(cluster.initial, this.question.losses);
  }

  private costOf(counts: readonly number[]): number | null {
    const prices = this.levers.map(({ pricePerHourMicros }) => pricePerHourMicros);
    const isNothingPriced = prices.length === 0 && this.unpricedCount === this.otherNodesCount;
    if (isNothingPriced || prices.some((price) => price === null)) return null;
    return this.otherCostMicros + sum(counts.map((count, at) => count * prices[at]!));
  }

  /** Cheapest first; of equal cost, and where there are no prices, fewest nodes first. */
  private sortedPoints(): PlanPoint[] {
    return [...this.points.values()].sort((a, b) => {
      const byCost = (a.costPerHourMicros ?? 0) - (b.costPerHourMicros ?? 0);
      const at = a.counts.findIndex((count, k) => count !== b.counts[k]);
      return byCost || a.nodesCount - b.nodesCount || (a.counts[at] ?? 0) - (b.counts[at] ?? 0);
    });
  }

  private recordOf(found: Found, isPartial: boolean): PlanRecord {
    const { base, question, design } = this;
    const { run } = base.scenario;
    const answer = found.counts && (this.points.get(found.counts.join(",")) ?? null);
    const points = this.sortedPoints();
    const position =
      answer === undefined || answer === null ? points.length : points.indexOf(answer);
    const given = this.levers.map(({ givenCount }) => givenCount);
    if (answer !== undefined && answer !== null) this.variants = this.variantsAt(answer.counts);
    const next = points.slice(0, position).findLast(({ state }) => state !== "met") ?? null;
    return {
      schemaVersion: PLAN_SCHEMA_VERSION,
      scenario: { name: base.name, inputHash: base.inputHash },
      versions: { podsim: PODSIM_VERSION, kubernetes: KUBERNETES_VERSION },
      scheduler: base.schedulers.map(({ name }) => name).join("+"),
      seed: run.seed,
      study: design.isFixed ? "fixed" : run.study,
      warmUpUs: run.warmup,
      varied: question.varied,
      confidence: question.confidence,
      looks: design.looks,
      requirements: this.requirements.map(({ expression }) => expression),
      losses: this.variants.map((variants) => this.lossOf(variants)),
      sizes: this.levers.map(({ name, kind, givenCount, min, max, pricePerHourMicros }) => ({
        ...{ name, kind, givenCount, min, max, pricePerHourMicros },
      })),
      currency: this.currency,
      otherNodesCount: this.otherNodesCount,
      given: {
        nodesCount: this.otherNodesCount + sum(given),
        costPerHourMicros: this.costOf(given),
      },
      answer: answer ?? null,
      worst:
        answer === undefined || answer === null ? null : worstOf(answer, next, this.requirements),
      next,
      blocked: [...this.blocked].map(([why, names]) => ({ why, nodesCount: names.length })),
      monotony: monotonyOf(found),
      points,
      untriedCount: found.untriedCount,
      runsCount: sum(points.map(({ runsCount }) => runsCount)),
      isPartial,
      caveats: this.caveats(answer ?? undefined, found),
    };
  }

  private lossOf({ asked, losses, possibleCount }: LossVariants): PlanLoss {
    const variants = losses.map(({ name }) => name);
    return { asked, atUs: this.world.loseAtUs ?? null, variants, possibleCount };
  }

  private caveats(answer: PlanPoint | undefined, found: Found): string[] {
    const lines: string[] = [];
    for (const { asked, losses, possibleCount } of this.variants) {
      if (possibleCount === 0) lines.push(`${asked}: there is nothing of that kind to lose`);
      else if (losses.length < possibleCount)
        lines.push(
          `${asked}: ${losses.length} of ${possibleCount} ways were tried, by class of node`,
        );
    }
    const waiting = answer?.losses.find(({ podsPendingAtEndCount }) => podsPendingAtEndCount > 0);
    if (waiting !== undefined)
      lines.push(
        `${waiting.podsPendingAtEndCount} of ${waiting.podsCreatedCount} pods still waited at the end (lost: ${waiting.loss}) and are in no waiting time`,
      );
    if (found.breaks.length > 0)
      lines.push(
        "a larger cluster misses where a smaller one meets: the answer is the smallest that was found, not a bound",
      );
    if (found.untriedCount > 0)
      lines.push(
        `smallest found: ${found.untriedCount} cheaper mixes were not tried (--max-points raises the cap)`,
      );
    if (this.unpricedCount > 0 && this.costOf(this.levers.map(() => 0)) !== null)
      lines.push(`${this.unpricedCount} nodes have no price and count as free`);
    const { inferredOwners } = this.base.cluster;
    if (inferredOwners.length > 0)
      lines.push(`owners inferred for ${sum(inferredOwners.map(({ podCount }) => podCount))} pods`);
    return lines;
  }
}

interface Found {
  readonly counts: readonly number[] | undefined;
  readonly breaks: PlanMonotony["breaks"];
  readonly untriedCount: number;
}

/** Runs cells one after the other in the present thread. */
export function cellRunnerOf(
  plan: Plan,
  question: PlanQuestion,
  hooks: {
    readonly userCalls?: UserCallWatch | undefined;
    /** Lets a run advance to its end while somebody watches; throws PlanStopped to stop the search. */
    readonly advance?: ((run: ActiveRun) => void) | undefined;
  } = {},
): PlanCellRunner {
  let lastKey = "";
  let prepared: PreparedRun | undefined;
  return async (orders) =>
    orders.map(({ counts, loss, replication }) => {
      const key = `${counts.join(",")} ${loss.name}`;
      if (prepared === undefined || key !== lastKey) prepared = plan.world.at(counts, loss);
      lastKey = key;
      const { varied } = question;
      const { requirements } = plan;
      return runPlanCell(prepared, { replication, varied, requirements, ...hooks });
    });
}

function monotonyOf({ breaks }: Found): PlanMonotony {
  return { isMonotone: breaks.length === 0, breaks };
}

/** The loss that leaves the least room to a limit; without limits to be near, the one that the next point misses. */
function worstOf(
  { losses }: PlanPoint,
  next: PlanPoint | null,
  requirements: readonly Threshold[],
): number {
  const rooms = losses.map(({ requirements: answers }) =>
    answers.reduce(
      (least, answer, at) => Math.min(least, roomOf(answer, requirements[at]!)),
      NO_LIMIT,
    ),
  );
  const least = Math.min(...rooms);
  if (least < NO_LIMIT) return rooms.lastIndexOf(least);
  const missed = next?.losses.find((one) => one.requirements.some(({ state }) => state !== "met"));
  const same = losses.findIndex(({ loss }) => loss === missed?.loss);
  return same >= 0 ? same : losses.length - 1;
}

/** Room where there is no limit to be near. */
const NO_LIMIT = 1e300;

/** Distance of the nearer bound to the limit, as a share of the limit. */
function roomOf({ estimate, limit }: RequirementAnswer, { operator }: Threshold): number {
  if (estimate.kind === "absent" || operator === "=" || operator === "!=") return NO_LIMIT;
  const isUpper = operator === "<" || operator === "<=";
  const bound = estimate.kind === "point" ? estimate.value : isUpper ? estimate.high : estimate.low;
  return (isUpper ? limit - bound : bound - limit) / Math.max(Math.abs(limit), 1e-9);
}

function planError(message: string): InputError {
  const document = documentOfValue(undefined, "plan");
  return new InputError([document.problemAt([], { code: "E_PLAN", message })]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
