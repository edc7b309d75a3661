// Scheduler configurations for tests: a plain v1 document, or the defaults.

import { Decoder } from "../../src/base/index.ts";
import {
  createDefaultRegistry,
  DEFAULT_MULTI_POINT,
  readSchedulerConfiguration,
  type Registry,
  type SchedulerConfiguration,
} from "../../src/scheduler/index.ts";

export function configurationOf(
  value?: unknown,
  registry: Registry = createDefaultRegistry(),
): SchedulerConfiguration {
  const decoder = new Decoder({ value });
  const context = { registry, defaultMultiPoint: DEFAULT_MULTI_POINT };
  const configuration = readSchedulerConfiguration(decoder, context);
  if (configuration === undefined) throw new Error(JSON.stringify(decoder.problems));
  return configuration;
}
