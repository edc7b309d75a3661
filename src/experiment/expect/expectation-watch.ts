// Judges the expectations of a scenario while its run goes on: each at its instant, the others at the end.
//
// Looks after everything else of an instant has happened, and counts Events only where an expectation
// asks for them; a run without expectations pays nothing.

import type { Instant } from "../../base/index.ts";
import type { ApiServer, KubernetesEvent } from "../../cluster/index.ts";
import { RANK } from "../../engine/index.ts";
import type { ExpectationVerdict } from "../../metrics/index.ts";
import type { Expectation, WantedFact } from "../scenario/scenario.ts";
import { readObjectKind, readObjectName } from "../scenario/scenario-fields.ts";
import { formatWanted, isWanted } from "./expectation-fields.ts";
import { type FactValue, observeFacts } from "./observed-facts.ts";

/** The expectations of one run. */
export class ExpectationWatch {
  private readonly api: ApiServer;
  private readonly expectations: readonly Expectation[];
  /** By expectation: its verdicts, once its instant has come. */
  private readonly judged: (readonly ExpectationVerdict[] | undefined)[];
  /** By expectation: Events so far that it counts. */
  private readonly events: number[];

  /** Joins a run before its first event. */
  constructor(api: ApiServer, expectations: readonly Expectation[]) {
    this.api = api;
    this.expectations = expectations;
    this.judged = expectations.map(() => undefined);
    this.events = expectations.map(() => 0);
    for (const [position, { at }] of expectations.entries()) {
      if (at === undefined) continue;
      const judge = (): void => this.judge(position);
      api.simulation.callAt(at as Instant, RANK.measurement, "expectation", judge);
    }
    if (expectations.some(({ subject }) => subject === "events")) {
      api.events.listen((event) => this.count(event));
    }
  }

  /** All verdicts in the scenario's order; an instant that never came fails without a value. */
  finish(): readonly ExpectationVerdict[] {
    for (const [position, { at }] of this.expectations.entries()) {
      if (at === undefined) this.judge(position);
    }
    return this.expectations.flatMap(
      (expectation, position) =>
        this.judged[position] ??
        expectation.facts.map((wanted) => verdictOf(expectation, wanted, null)),
    );
  }

  private judge(position: number): void {
    const expectation = this.expectations[position]!;
    const factValue = observeFacts(this.api, expectation, this.events[position]!);
    this.judged[position] = expectation.facts.map((wanted) =>
      verdictOf(expectation, wanted, factValue(wanted)),
    );
  }

  private count(event: KubernetesEvent): void {
    for (const [position, expectation] of this.expectations.entries()) {
      if (expectation.subject === "events" && isCounted(expectation, event))
        this.events[position]! += 1;
    }
  }
}

function isCounted(expectation: Expectation, { reason, about, message }: KubernetesEvent): boolean {
  const { name, namespace, only } = expectation;
  if (reason !== name || (namespace !== undefined && about.namespace !== namespace)) return false;
  return only.every(({ fact, wanted }) => {
    if (fact === "message") return isWanted(message, wanted);
    const object = readObjectName(wanted.value).value;
    if (object === undefined) return about.kind === readObjectKind(wanted.value).value;
    return about.kind === object.kind && about.name === object.name;
  });
}

function verdictOf(
  expectation: Expectation,
  { fact, wanted }: WantedFact,
  value: FactValue,
): ExpectationVerdict {
  const { subject, name, namespace, only, at } = expectation;
  const where = namespace === undefined ? "" : ` in ${namespace}`;
  const narrowed = only.map((one) => `, ${one.fact} ${formatWanted(one.wanted)}`).join("");
  return {
    about: `${subject} ${name === "" ? "(all)" : name}${where}${narrowed}`,
    atUs: at ?? null,
    fact,
    wanted: formatWanted(wanted),
    value,
    passed: isWanted(value, wanted),
  };
}
