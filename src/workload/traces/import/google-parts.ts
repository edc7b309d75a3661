// What Google's cluster traces of 2011 and 2019 have in common: their clock, machines, shares, priorities.
//
// Microseconds, the trace begins at 600 s, 0 is before it and 2^63-1 after its end. Cpu and memory are
// shares of the largest machine; what that is, nobody outside knows, so the user says it.

import type { ImportLedger, ImportRequest } from "./importer.ts";
import { cpuText, givenAmount, memoryText, UNIT_OPTIONS } from "./import-units.ts";
import { notePodsPerNode, PODS_PER_NODE } from "./given-nodes.ts";

/** Options that both importers have first. */
export const GOOGLE_UNITS: typeof UNIT_OPTIONS = UNIT_OPTIONS;
/** Columns of a pod of either trace, beside name, namespace and times. */
export const GOOGLE_POD_COLUMNS = ["priority_class", "request:cpu", "request:memory"] as const;

const START_US = 600_000_000;
const AFTER_END = "9223372036854775807";

/** A time of the trace as microseconds since its start; undefined: after its end, or no number. */
function traceInstantUs(text: string): number | undefined {
  if (text === AFTER_END) return undefined;
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const rawUs = Number(text);
  return rawUs === 0 ? Number.NEGATIVE_INFINITY : rawUs - START_US;
}

/** What both forms of a row or record offer. */
interface TimedRow {
  readonly line: number;
  text(column: "time"): string;
  refuse(column: "time", message: string): void;
}

/** The instant of an event; undefined, and said in the ledger, for one without or after the end. */
export function eventInstantUs(row: TimedRow, ledger: ImportLedger): number | undefined {
  const text = row.text("time");
  const atUs = traceInstantUs(text);
  if (atUs !== undefined) return atUs;
  // Whatever happens at 2^63-1 happens after the end, if at all.
  if (text === AFTER_END)
    ledger.note("dropped", "events after the end of the trace", { line: row.line });
  else row.refuse("time", `${JSON.stringify(text)}: whole microseconds were expected`);
  return undefined;
}

/** Shares as quantities, by what 1.0 stands for. */
export class Shares {
  private readonly cpuMilli: number;
  private readonly memoryBytes: number;

  constructor(request: ImportRequest) {
    this.cpuMilli = givenAmount(request, "cpu-unit", "milli") ?? 1;
    this.memoryBytes = givenAmount(request, "memory-unit", "whole") ?? 1;
  }

  /** Rounded up to a thousandth of a core; empty for an unknown share. */
  cpu(share: number | undefined): string {
    return share === undefined ? "" : cpuText(Math.ceil(share * this.cpuMilli));
  }

  /** Rounded up to a byte; empty for an unknown share. */
  memory(share: number | undefined): string {
    return share === undefined ? "" : memoryText(Math.ceil(share * this.memoryBytes));
  }

  /** A line of the report. */
  unit(): string {
    return `cpu: 1.0 is ${cpuText(this.cpuMilli)} cores; memory: 1.0 is ${memoryText(this.memoryBytes)} (both as given)`;
  }
}

/** Machines of a log of machine events: each is a node from the start. */
export class GoogleMachines {
  count = 0;
  private readonly request: ImportRequest;
  private readonly shares: Shares;
  private readonly known = new Set<string>();
  private readonly bare = new Map<string, number>();
  private readonly platforms = new Map<string, number>();

  constructor(request: ImportRequest, shares: Shares) {
    this.request = request;
    this.shares = shares;
    request.nodes.columns(["node", "cpu", "memory", "pods", "label:podsim.dev/platform"]);
  }

  /** One event; capacities are undefined where the cell is empty. */
  take(machine: {
    readonly line: number;
    readonly id: string;
    readonly event: "add" | "remove" | "update";
    readonly atUs: number;
    readonly platform: string;
    readonly cpu: number | undefined;
    readonly memory: number | undefined;
  }): void {
    const { line, id, event, atUs, cpu, memory } = machine;
    const { ledger } = this.request;
    if (event === "remove") {
      ledger.note("assumed", "a machine left there: its node stays", { line });
    } else if (this.known.has(id)) {
      const what =
        event === "add"
          ? "a machine came back there: its node had stayed"
          : "a machine's capacity changed there: its node keeps the first";
      ledger.note("assumed", what, { line });
    } else if (cpu === undefined || memory === undefined) {
      if (!this.bare.has(id)) this.bare.set(id, line);
    } else {
      if (atUs >= 0)
        ledger.note("assumed", "a machine came later there: its node is here from the start", {
          line,
        });
      this.known.add(id);
      this.bare.delete(id);
      this.write(id, machine.platform, cpu, memory);
    }
  }

  finish(): void {
    for (const line of this.bare.values())
      this.request.ledger.note("dropped", "machines without a capacity", { line });
    notePodsPerNode(this.request, this.count);
  }

  // Hashes are no values of labels: platforms are numbered by appearance.
  private write(id: string, platform: string, cpu: number, memory: number): void {
    const ordinal = this.platforms.get(platform) ?? this.platforms.size + 1;
    this.platforms.set(platform, ordinal);
    this.count++;
    const amounts = [this.shares.cpu(cpu), this.shares.memory(memory), PODS_PER_NODE];
    this.request.nodes.row([`machine-${id}`, ...amounts, `platform-${ordinal}`]);
  }
}

/** Priorities as PriorityClasses, one per value met. */
export class Priorities {
  private readonly met = new Set<number>();

  /** The class of a priority. */
  classOf(priority: number): string {
    this.met.add(priority);
    return `priority-${priority}`;
  }

  /** The PriorityClass objects, by value. */
  objects(): readonly object[] {
    return [...this.met]
      .toSorted((a, b) => a - b)
      .map((value) => ({
        apiVersion: "scheduling.k8s.io/v1",
        kind: "PriorityClass",
        metadata: { name: `priority-${value}` },
        value,
      }));
  }
}

/** Says that a pod's request is not in the log. */
export function noteRequests(
  ledger: ImportLedger,
  line: number,
  cpu: number | undefined,
  memory: number | undefined,
): void {
  if (cpu === undefined || memory === undefined)
    ledger.note(
      "assumed",
      "no request in the log (information is missing there): asks for nothing",
      { line },
    );
}
