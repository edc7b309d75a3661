// The files that an import writes: a scenario and its two tables, beside it and named after it.
//
// Written under temporary names and renamed when all are whole, the scenario last. Files that are
// there already stay, unless they would come out the same or --force is given.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { TableSink } from "../experiment/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

const FLUSH_LENGTH = 256 * 1024;

/** The three files of one import. */
export class ImportFiles {
  readonly nodes: TableFile;
  readonly pods: TableFile;
  /** As given. */
  readonly scenario: string;
  private readonly force: boolean;

  constructor(scenario: string, force: boolean) {
    const folder = dirname(scenario);
    if (!existsSync(folder))
      throw new CommandFailure(
        EXIT.files,
        `cannot write ${scenario}: there is no folder ${folder}`,
      );
    const stem = basename(scenario).replace(/\.(ya?ml|json)$/, "");
    this.scenario = scenario;
    this.force = force;
    this.nodes = new TableFile(join(folder, `${stem}.nodes.csv`));
    this.pods = new TableFile(join(folder, `${stem}.pods.csv`));
  }

  /** Ends the tables, writes the scenario, gives all their names. False: they were there just so. */
  commit(scenarioText: string): boolean {
    const text = new TableFile(this.scenario);
    text.append(scenarioText);
    const files = [...this.tables, text];
    for (const file of files) file.end();
    const taken = files.filter((file) => file.isTaken);
    const isSame = files.every((file) => file.isSame);
    if (taken.length > 0 && !isSame && !this.force) {
      for (const file of files) file.abandon();
      const names = taken.map((file) => file.path).join(", ");
      const message = `${names} exists with other content: choose another --output, or --force to replace it`;
      throw new CommandFailure(EXIT.files, message);
    }
    for (const file of files) file.commit();
    return !isSame;
  }

  /** The tables that got columns: not every import has both. */
  get tables(): readonly TableFile[] {
    return [this.nodes, this.pods].filter((table) => table.hasColumns);
  }

  /** Removes what was written so far. */
  abandon(): void {
    this.nodes.abandon();
    this.pods.abandon();
  }
}

/** One file on its way; a table as its rows come. */
export class TableFile implements TableSink {
  readonly path: string;
  rowCount = 0;
  private readonly temporary: string;
  private descriptor: number | undefined;
  private waiting = "";
  private width = 0;

  constructor(path: string) {
    this.path = path;
    this.temporary = join(dirname(path), `.${basename(path)}.podsim-${process.pid}.tmp`);
  }

  columns(names: readonly string[]): void {
    this.width = names.length;
    this.append(`${names.map(csvCell).join(",")}\n`);
  }

  row(cells: readonly string[]): void {
    if (cells.length !== this.width) throw new Error(`a row has ${this.width} cells`);
    this.rowCount++;
    this.append(`${cells.map(csvCell).join(",")}\n`);
  }

  /** Whether it is a table at all. */
  get hasColumns(): boolean {
    return this.width > 0;
  }

  append(text: string): void {
    this.waiting += text;
    if (this.waiting.length >= FLUSH_LENGTH) this.flush();
  }

  /** Makes the text whole under its temporary name. */
  end(): void {
    this.flush();
    this.attempt(() => {
      fsyncSync(this.descriptor!);
      closeSync(this.descriptor!);
    });
    this.descriptor = undefined;
  }

  /** Whether there is a file of that name. */
  get isTaken(): boolean {
    return existsSync(this.path);
  }

  /** Whether that file holds the same bytes. */
  get isSame(): boolean {
    return (
      this.isTaken &&
      this.attempt(() => readFileSync(this.path).equals(readFileSync(this.temporary)))
    );
  }

  commit(): void {
    this.attempt(() => renameSync(this.temporary, this.path));
  }

  abandon(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
    rmSync(this.temporary, { force: true });
  }

  private flush(): void {
    this.attempt(() => {
      this.descriptor ??= openSync(this.temporary, "w");
      const bytes = Buffer.from(this.waiting, "utf8");
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    });
    this.waiting = "";
  }

  private attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new CommandFailure(EXIT.files, `cannot write ${this.path}: ${code}`, { cause: error });
    }
  }
}

// The tables are read by programs, and a cell must come back as it was: nothing is neutralized.
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
