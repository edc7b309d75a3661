// `podsim init`: writes a commented scenario and its schema, and says what to do next.
//
// The text itself is the experiment floor's, so that the playground can offer the same; here it meets
// files, and never replaces one unasked.

import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import { printNote, printResult } from "../output.ts";

const SCHEMA_FILE = "podsim.schema.json";

const EXAMPLES = `Examples:
  podsim init
  podsim init studies/shop.yaml
  podsim init - | less

`;

/** Adds the command to the program. */
export function registerInit(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("init")
    .description("write a commented scenario to start from")
    .addHelpText("before", EXAMPLES)
    .argument("[file]", "file to write; - for stdout", "scenario.yaml")
    .option("--force", "replace files that exist")
    .action(async (file: string, options: { force?: boolean }) => {
      const { initScenarioText, scenarioJsonSchema } = await import("../../experiment/index.ts");
      if (file === "-") {
        printResult(initScenarioText(undefined, `./${SCHEMA_FILE}`));
        done(EXIT.ok);
        return;
      }
      for (const name of [file, SCHEMA_FILE]) {
        if (existsSync(name) && options.force !== true) {
          throw new CommandFailure(
            EXIT.files,
            `${name} exists: choose another name, or --force to replace it`,
          );
        }
      }
      writeNew(file, initScenarioText(undefined, `./${SCHEMA_FILE}`));
      writeNew(SCHEMA_FILE, `${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
      printNote(`wrote ${file} and ${SCHEMA_FILE} (completion and checks in editors)\n`);
      printNote(`next: podsim run ${file}\n`);
      done(EXIT.ok);
    });
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandFailure(
      EXIT.files,
      `cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}
