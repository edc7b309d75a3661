// The command line's way to a user's own strategy: which names are files, and the scheduler of one.

export { isStrategyFile, loadStrategyScheduler } from "./strategy-loader.ts";
