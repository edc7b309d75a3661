// TracePodTable: millions of pods of a trace in columns, some thirty bytes each beside their names.
//
// Layout: one row per pod in the order of the file; instants and run times as doubles (-1 = none), the
// template and the namespace as indices; names of 1,024 rows stand in one text, each from the end of the
// one before. Positions go through `order` where the file was not sorted. A pod is made into an object
// when it is asked for.

import { assert, Float64Column, Int32Column, Interner, Uint32Column } from "../base/index.ts";
import type { TracePod, TracePodList } from "./trace.ts";

const NO_DURATION = -1;
const NAMES_PER_TEXT_BITS = 10;
const NAMES_PER_TEXT_MASK = (1 << NAMES_PER_TEXT_BITS) - 1;

/** Pods in columns: `add` all, then `orderByInstant` once, then read by position. */
export class TracePodTable implements TracePodList {
  private readonly submittedUs = new Float64Column();
  private readonly durationUs = new Float64Column();
  private readonly template = new Int32Column();
  private readonly namespace = new Int32Column();
  private readonly nameEnd = new Uint32Column();
  private readonly namespaces = new Interner();
  private readonly nameTexts: string[] = [];
  private newNames: string[] = [];
  private newNamesLength = 0;
  private isInOrder = true;
  private order: Uint32Array | undefined;

  get length(): number {
    return this.template.length;
  }

  /** Appends a pod; `durationUs` undefined: for ever, or as its template says. */
  add({ name, namespace, submittedUs, durationUs, template }: TracePod): void {
    const row = this.length;
    if (row > 0 && this.submittedUs.at(row - 1) > submittedUs) this.isInOrder = false;
    this.submittedUs.push(submittedUs);
    this.durationUs.push(durationUs ?? NO_DURATION);
    this.template.push(template);
    this.namespace.push(this.namespaces.intern(namespace));
    this.newNames.push(name);
    this.newNamesLength += name.length;
    this.nameEnd.push(this.newNamesLength);
    if ((row & NAMES_PER_TEXT_MASK) === NAMES_PER_TEXT_MASK) this.closeNames();
  }

  /** Orders positions by (instant, row). */
  orderByInstant(): void {
    if (this.newNames.length > 0) this.closeNames();
    if (this.isInOrder) return;
    const { submittedUs } = this;
    const order = Uint32Array.from({ length: this.length }, (_, row) => row);
    order.sort((a, b) => submittedUs.at(a) - submittedUs.at(b) || a - b);
    this.order = order;
  }

  /** The pod at this position; undefined behind the last. */
  at(position: number): TracePod | undefined {
    if (position >= this.length) return undefined;
    const row = this.order?.[position] ?? position;
    const durationUs = this.durationUs.at(row);
    return {
      name: this.nameOf(row),
      namespace: this.namespaces.textOf(this.namespace.at(row)),
      submittedUs: this.submittedUs.at(row),
      durationUs: durationUs === NO_DURATION ? undefined : durationUs,
      template: this.template.at(row),
    };
  }

  *[Symbol.iterator](): Iterator<TracePod> {
    for (let position = 0; position < this.length; position++) yield this.at(position)!;
  }

  private nameOf(row: number): string {
    const text = this.nameTexts[row >>> NAMES_PER_TEXT_BITS];
    assert(text !== undefined, "a table is ordered before it is read");
    const start = (row & NAMES_PER_TEXT_MASK) === 0 ? 0 : this.nameEnd.at(row - 1);
    return text.slice(start, this.nameEnd.at(row));
  }

  private closeNames(): void {
    this.nameTexts.push(this.newNames.join(""));
    this.newNames = [];
    this.newNamesLength = 0;
  }
}
