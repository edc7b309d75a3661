// Reads a KubeSchedulerConfiguration (v1) into expanded profiles.
//
// Defaults, merging, expansion and refusals are upstream's. Every fault is noted in the decoder with
// its path (and line, when the document has one); the caller decides what to do with them. Extenders
// are never contacted: they are named in a warning.

import type { Decoder } from "../../base/index.ts";
import { readProfile } from "./profile-reader.ts";
import type { Registry } from "./registry.ts";
import type {
  EnabledPlugin,
  ProfileConfiguration,
  SchedulerConfiguration,
} from "./scheduler-configuration.ts";

/** The only version that is read; older ones are refused by name. */
export const CONFIGURATION_VERSION = "kubescheduler.config.k8s.io/v1";
const KIND = "KubeSchedulerConfiguration";
const VERSION_PREFIX = "kubescheduler.config.k8s.io/";

const FIELDS: readonly string[] = [
  "apiVersion",
  "kind",
  "parallelism",
  "leaderElection",
  "clientConnection",
  "enableProfiling",
  "enableContentionProfiling",
  "percentageOfNodesToScore",
  "podInitialBackoffSeconds",
  "podMaxBackoffSeconds",
  "profiles",
  "extenders",
  "delayCacheUntilActive",
];

/** What the reader needs besides the document. */
export interface ConfigurationContext {
  readonly registry: Registry;
  /** The MultiPoint list of a profile that says nothing. */
  readonly defaultMultiPoint: readonly EnabledPlugin[];
}

/**
 * The configuration, or undefined when the document has errors (they are in `source.problems`). A
 * decoder at an absent value gives the default configuration.
 */
export function readSchedulerConfiguration(
  source: Decoder,
  context: ConfigurationContext,
): SchedulerConfiguration | undefined {
  const errorsBefore = countErrors(source);
  if (source.isPresent) {
    if (source.object(FIELDS) === undefined) return undefined;
    checkVersion(source);
  }
  const initial = source.optional("podInitialBackoffSeconds")?.integer(1) ?? 1;
  const longest = source.optional("podMaxBackoffSeconds")?.integer(1) ?? 10;
  if (longest < initial) {
    source
      .at("podMaxBackoffSeconds")
      .fail("E_RANGE", `${longest} is below podInitialBackoffSeconds (${initial})`);
  }
  const client = source.optional("clientConnection");
  client?.object(["kubeconfig", "acceptContentTypes", "contentType", "qps", "burst"]);
  const extenders = readExtenders(source);
  const configuration: SchedulerConfiguration = {
    parallelism: source.optional("parallelism")?.integer(1) ?? 16,
    percentageOfNodesToScore: source.optional("percentageOfNodesToScore")?.integer(0, 100) ?? 0,
    podInitialBackoffSeconds: initial,
    podMaxBackoffSeconds: longest,
    clientQps: client?.optional("qps")?.number() ?? 50,
    clientBurst: client?.optional("burst")?.integer() ?? 100,
    profiles: readProfiles(source, context, extenders.ignoredResources),
    extenders: extenders.urls,
  };
  return countErrors(source) > errorsBefore ? undefined : configuration;
}

function countErrors(source: Decoder): number {
  return source.problems.filter((problem) => problem.severity === "error").length;
}

function checkVersion(source: Decoder): void {
  const version = source.optional("apiVersion")?.text();
  if (version !== undefined && version !== CONFIGURATION_VERSION) {
    const isOlder = version.startsWith(VERSION_PREFIX);
    source
      .at("apiVersion")
      .fail(
        "E_VALUE",
        isOlder
          ? `${version} is not read any more; the version is ${CONFIGURATION_VERSION}`
          : `'${version}' is not a scheduler configuration; expected ${CONFIGURATION_VERSION}`,
      );
  }
  source.optional("kind")?.oneOf([KIND]);
}

function readProfiles(
  source: Decoder,
  context: ConfigurationContext,
  ignoredByExtenders: readonly string[],
): readonly ProfileConfiguration[] {
  const entries = source.optional("profiles")?.array() ?? [];
  const places = entries.length === 0 ? [source.at("profiles").at(0)] : entries;
  const profiles: ProfileConfiguration[] = [];
  for (const place of places) {
    const named = place.optional("schedulerName")?.text();
    if (named === undefined && places.length > 1) {
      place.fail("E_MISSING_FIELD", "schedulerName is required when there are several profiles");
    }
    const name = named ?? "default-scheduler";
    if (profiles.some((other) => other.schedulerName === name)) {
      place.at("schedulerName").fail("E_DUPLICATE", `two profiles are named '${name}'`);
    }
    profiles.push(readProfile(place, name, context, ignoredByExtenders));
  }
  checkSameSorter(source, profiles);
  return profiles;
}

/** One queue serves all profiles, so they must agree on its order. */
function checkSameSorter(source: Decoder, profiles: readonly ProfileConfiguration[]): void {
  const sorterOf = (profile: ProfileConfiguration | undefined): string =>
    (profile?.plugins.queueSort ?? []).map((plugin) => plugin.name).join();
  const first = sorterOf(profiles[0]);
  for (const [index, profile] of profiles.entries()) {
    if (sorterOf(profile) === first) continue;
    source
      .at("profiles")
      .at(index)
      .fail("E_VALUE", `must sort the queue as profile '${profiles[0]?.schedulerName}' does`);
  }
}

/** Extenders by URL, and the resources that they keep from NodeResourcesFit. */
function readExtenders(source: Decoder): {
  readonly urls: readonly string[];
  readonly ignoredResources: readonly string[];
} {
  const urls: string[] = [];
  const ignoredResources: string[] = [];
  for (const entry of source.optional("extenders")?.array() ?? []) {
    const url = entry.optional("urlPrefix")?.text() ?? "";
    urls.push(url);
    entry.warn("W_NOT_SIMULATED", `extender ${url} is not simulated and is never contacted`);
    for (const resource of entry.optional("managedResources")?.array() ?? []) {
      const name = resource.optional("name")?.text();
      const isIgnored = resource.optional("ignoredByScheduler")?.boolean() ?? false;
      if (name !== undefined && isIgnored) ignoredResources.push(name);
    }
  }
  return { urls, ignoredResources };
}
