// Importer of the Azure VM traces V1 (2017) and V2 (2019): vmtable, one row per virtual machine.
//
// A VM becomes a pod that asks for its cores and memory; its subscription is its namespace. The trace
// names no hosts, so the user says what nodes there are. V2 gives the largest sizes only as "more than":
// what they are is for the user to say, too.

import type {
  ImportedScenario,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import { writeGivenNodes } from "./given-nodes.ts";
import { ImportedPods, SPAN_OPTIONS, UNFINISHED_OPTION } from "./imported-pods.ts";
import { cpuText, givenAmount, memoryText, nodeOptions } from "./import-units.ts";
import { Tenants } from "./kubernetes-names.ts";
import { type ImportRow, positionalReader } from "./row-reader.ts";

/** The format's entry in the registry. */
export const AZURE_VM: Importer = {
  format: "azure-vm",
  what: "the Azure VM traces V1 (2017) and V2 (2019): vmtable",
  files: [{ name: "vmtable.csv", what: "the VMs", isRequired: true, alike: ["vmtable*.csv"] }],
  options: [
    ...nodeOptions("the trace names no hosts"),
    {
      name: "cores-above",
      what: "cores of VMs in V2's top bucket, which the trace gives as '>24'",
      isOptional: true,
    },
    {
      name: "memory-above",
      what: "memory of VMs in V2's top bucket, which the trace gives as '>64' GB",
      isOptional: true,
    },
    {
      name: "end-seconds",
      what: "VMs deleted at or after this second of the trace were still there at its end",
      default: "2591700",
    },
    UNFINISHED_OPTION,
    ...SPAN_OPTIONS,
  ],
  start: (request) => new AzureVmImport(request),
};

const COLUMNS = [
  ...["vm id|vmid", "subscription id|subscriptionid", "deployment id|deploymentid"],
  ...["created|vmcreated|timestamp vm created", "deleted|vmdeleted|timestamp vm deleted"],
  ...["max cpu|maxcpu", "average cpu|avgcpu|avg cpu", "p95 cpu|p95maxcpu|p95 max cpu"],
  ...[
    "category|vmcategory|vm category",
    "cores|vmcorecount|vm virtual core count|vmcorecountbucket",
  ],
  "memory|vmmemory|vm memory (gb)|vmmemorybucket",
];
const COLUMNS_MIN = 11;
const US_PER_SECOND = 1_000_000;
const BYTES_PER_GB = 1_073_741_824;
/** As V1 spells it. */
const MISSPELT = "Unkown";

class AzureVmImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly pods: ImportedPods;
  private readonly subscriptions = new Tenants("subscription");
  private readonly endSeconds: number;
  private readonly coresAboveMilli: number | undefined;
  private readonly memoryAboveBytes: number | undefined;
  private readonly nodeCount: number;
  /** Columns whose bucket was refused: once says it. */
  private readonly refused = new Set<string>();
  private row = 0;

  constructor(request: ImportRequest) {
    this.request = request;
    this.endSeconds = givenAmount(request, "end-seconds", "whole") ?? Number.POSITIVE_INFINITY;
    this.coresAboveMilli = givenAmount(request, "cores-above", "milli");
    this.memoryAboveBytes = givenAmount(request, "memory-above", "whole");
    this.nodeCount = writeGivenNodes(request);
    this.pods = new ImportedPods(request, ["label:podsim.dev/category", "cpu", "memory"]);
  }

  open(_file: ImportFile, shownName: string): TextSink {
    const source = { file: shownName, columns: COLUMNS, columnsMin: COLUMNS_MIN };
    return positionalReader(source, this.request.ledger, (row) => this.readVm(row));
  }

  finish(): ImportedScenario {
    this.pods.finish();
    return {
      name: "azure-vm",
      description: `Azure VM trace: ${this.pods.count} VMs as pods, ${this.nodeCount} nodes as given`,
      origin: ["AzurePublicDataset, CC-BY-4.0; cite Cortez et al., SOSP 2017"],
      preset: "kubernetes-1.36",
      namespaces: this.subscriptions.list(),
      units: [
        `time: seconds, multiples of 300; ${this.pods.clock("the trace's start")}`,
        "cpu: cores; memory: GB as GiB (1024^3 bytes)",
      ],
    };
  }

  private readVm(row: ImportRow): void {
    this.row++;
    const created = this.secondsOf(row, "created");
    const deleted = this.secondsOf(row, "deleted");
    if (created === undefined || deleted === undefined) return;
    if (deleted < created) {
      this.request.ledger.note("dropped", "deleted before it was created", { line: row.line });
      return;
    }
    const isOpen = deleted >= this.endSeconds;
    const runUs = Math.round((deleted - created) * US_PER_SECOND);
    this.pods.add({
      name: `vm-${this.row}`,
      namespace: this.subscriptions.namespaceOf(row.text("subscription id")),
      submittedUs: created === 0 ? Number.NEGATIVE_INFINITY : Math.round(created * US_PER_SECOND),
      runUs: isOpen ? undefined : runUs,
      seenUs: runUs,
      cells: [this.categoryOf(row), this.coresOf(row), this.memoryOf(row)],
      line: row.line,
    });
  }

  private secondsOf(row: ImportRow, column: string): number | undefined {
    const seconds = row.numberIfAny(column);
    if (seconds === undefined || seconds < 0)
      row.refuse(column, "seconds of at least 0 were expected");
    return seconds;
  }

  private categoryOf(row: ImportRow): string {
    const category = row.text("category");
    if (category !== MISSPELT) return category;
    this.request.ledger.note("repaired", `the category '${MISSPELT}': Unknown`, { line: row.line });
    return "Unknown";
  }

  private coresOf(row: ImportRow): string {
    if (!isBucket(row.text("cores")))
      return cpuText(Math.ceil((row.numberIfAny("cores") ?? 0) * 1000));
    if (this.coresAboveMilli === undefined) this.refuseBucket(row, "cores", "--cores-above 32");
    return cpuText(this.coresAboveMilli ?? 0);
  }

  private memoryOf(row: ImportRow): string {
    if (!isBucket(row.text("memory")))
      return memoryText(Math.ceil((row.numberIfAny("memory") ?? 0) * BYTES_PER_GB));
    if (this.memoryAboveBytes === undefined)
      this.refuseBucket(row, "memory", "--memory-above 112Gi");
    return memoryText(this.memoryAboveBytes ?? 0);
  }

  private refuseBucket(row: ImportRow, column: string, example: string): void {
    if (this.refused.has(column)) return;
    this.refused.add(column);
    const message = `'${row.text(column)}' is a bucket without an upper end`;
    row.refuse(column, message, `say what such VMs have, for example ${example}`);
  }
}

function isBucket(text: string): boolean {
  return text.startsWith(">");
}
