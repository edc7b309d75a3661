// Door of the experiment floor, Node half: inputs from files, user modules.
//
// Apart from index.ts because a browser has neither; whatever only this door reaches may use Node's
// modules, and nothing else of this floor may.

export { INPUT_BYTES_MAX, readInputFile, readInputPath } from "./node/input-files.ts";
export type { InputFile } from "./node/input-files.ts";
export { loadRunInput, loadScenario, readRunFiles } from "./node/load-run-input.ts";
export type { RunInputRequest } from "./run-input-request.ts";
export { readNumberColumn } from "./node/read-column.ts";
export { runImport } from "./node/run-import.ts";
export type { ImportOutcome } from "./node/run-import.ts";
export { missingFgdFiles, runFgdStudy } from "./node/fgd-study.ts";
export type { FgdStudy } from "./node/fgd-study.ts";
export { pointHash } from "./node/point-identity.ts";
export { cellText, CellStore, resultIn } from "./node/cell-store.ts";
export { connectRedis, isReady, RemoteError, within } from "./node/redis-client.ts";
export type { RedisClient } from "./node/redis-client.ts";
export { openCellJobs, takeCellJobs } from "./node/cell-jobs.ts";
export type { CellJob, CellJobs } from "./node/cell-jobs.ts";
export { CellExchange } from "./node/cell-exchange.ts";
export type { CellReport } from "./node/cell-exchange.ts";
export { filesHashOf, packPoint, unpackPoint } from "./node/packed-inputs.ts";
export type { PackedPoint } from "./node/packed-inputs.ts";
export { JobThread } from "./node/job-thread.ts";
export { handOut } from "./node/hand-out.ts";
export type { Taker } from "./node/hand-out.ts";
