// Door of the experiment floor, Node half: inputs from files, user modules.

export { INPUT_BYTES_MAX, readInputFile, readInputPath } from "./node/input-files.ts";
export type { InputFile } from "./node/input-files.ts";
export { loadRunInput } from "./node/load-run-input.ts";
export type { RunInputRequest } from "./node/load-run-input.ts";
