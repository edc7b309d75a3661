// The annotation `podsim.dev/usage`: what a container uses of its node while it runs.
//
//   cpu=250m memory=64Mi                     the same all the time
//   cpu=50% memory=80%                       of the container's request
//   memory=64Mi+1Mi/s                        grows by so much a second (a leak)
//   cpu=100m; 60s cpu=1; 5m cpu=200m         from these ages on; what is not named goes on
//   cpu=100m; 30s cpu=1; repeat=60s          the same again every minute
//   cpu=500m spread=20%                      each pod by up to a fifth more or less, drawn once
//   disk=1Gi dir.cache=100Mi+1Mi/s           and what of an emptyDir volume "cache" it fills besides
//
// A profile is piecewise linear in the container's age, so whoever needs to know when a limit is
// crossed can compute it instead of sampling.

import { parseDuration } from "../base/index.ts";
import {
  type ContainerResources,
  type ContainerUsage,
  isQuantityError,
  parseQuantity,
  type PodTemplate,
} from "../cluster/index.ts";

/** Resources that a profile names, with the resource name of their requests. */
const RESOURCES = {
  cpu: "cpu",
  memory: "memory",
  disk: "ephemeral-storage",
  pids: undefined,
} as const;
type UsedResource = keyof typeof RESOURCES;

/** An amount that changes linearly: milli-cpu, bytes or processes. */
interface Line {
  readonly at: number;
  readonly perSecond: number;
  /** Age at which the amount is `at`. */
  readonly fromUs: number;
}

const NOTHING: Line = { at: 0, perSecond: 0, fromUs: 0 };

const NO_LINES: Readonly<Record<UsedResource, Line>> = {
  cpu: NOTHING,
  memory: NOTHING,
  disk: NOTHING,
  pids: NOTHING,
};

interface Segment {
  readonly fromUs: number;
  readonly lines: Readonly<Record<UsedResource, Line>>;
  /** By the volume's name. */
  readonly dirs: ReadonlyMap<string, Line>;
}

const DIR_PREFIX = "dir.";
const NO_DIRS: ReadonlyMap<string, Line> = new Map();

/** A usage that has been read. */
export interface UsageProfile {
  readonly segments: readonly Segment[];
  readonly repeatUs: number | undefined;
  /** Half the width of the factor that is drawn per pod, 0 to 1. */
  readonly spreadRatio: number;
}

/** The profile, or why the text is none. */
export function readUsageProfile(
  text: string,
  resources: ContainerResources,
): UsageProfile | string {
  const segments: Segment[] = [];
  let repeatUs: number | undefined;
  let spreadRatio = 0;
  let lines = { ...NO_LINES };
  let dirs = NO_DIRS;
  for (const [position, part] of text.split(";").entries()) {
    const words = part.trim().split(/\s+/);
    let fromUs = 0;
    if (!words[0]!.includes("=")) {
      const age = parseDuration(words.shift()!);
      if (age === undefined || age <= (segments.at(-1)?.fromUs ?? -1))
        return `"${part.trim()}" does not begin with an age after the one before`;
      fromUs = age;
    } else if (position > 0 && !part.trim().startsWith("repeat=")) {
      return `"${part.trim()}" needs the age it begins at`;
    }
    lines = { ...lines };
    let names = 0;
    for (const word of words) {
      const [name = "", value = ""] = word.split("=");
      if (name === "repeat") {
        const period = parseDuration(value);
        if (period === undefined || period <= (segments.at(-1)?.fromUs ?? 0))
          return `"${word}" is no period after the last age`;
        repeatUs = period;
      } else if (name === "spread") {
        const percent = /^(\d{1,2})%$/.exec(value);
        if (percent === null) return `"${word}" is no spread from 0% to 99%`;
        spreadRatio = Number(percent[1]) / 100;
      } else if (Object.hasOwn(RESOURCES, name)) {
        const line = readLine(name as UsedResource, value, fromUs, resources);
        if (typeof line === "string") return line;
        lines[name as UsedResource] = line;
        names++;
      } else if (name.startsWith(DIR_PREFIX) && name.length > DIR_PREFIX.length) {
        const line = readLine("disk", value, fromUs, resources);
        if (typeof line === "string") return line;
        dirs = new Map(dirs).set(name.slice(DIR_PREFIX.length), line);
        names++;
      } else {
        return `"${word}" is not cpu, memory, disk, dir.VOLUME, pids, repeat or spread`;
      }
    }
    if (names === 0) continue;
    if (segments.length === 0 && fromUs > 0)
      segments.push({ fromUs: 0, lines: NO_LINES, dirs: NO_DIRS });
    segments.push({ fromUs, lines, dirs });
  }
  if (segments.length === 0) return `"${text}" names no resource`;
  return { segments, repeatUs, spreadRatio };
}

/** Usage at an age; `draw` between 0 and 1 places the pod within the spread. */
export function usageAt(profile: UsageProfile, ageUs: number, draw: number): ContainerUsage {
  const placeUs = profile.repeatUs === undefined ? ageUs : ageUs % profile.repeatUs;
  const { lines, dirs } = segmentAt(profile, placeUs);
  const factor = 1 + profile.spreadRatio * (2 * draw - 1);
  const amount = ({ at, perSecond, fromUs }: Line): number =>
    Math.max(0, Math.round((at + (perSecond * (placeUs - fromUs)) / 1e6) * factor));
  const usage = {
    milliCpu: amount(lines.cpu),
    memoryBytes: amount(lines.memory),
    diskBytes: amount(lines.disk),
    processCount: amount(lines.pids),
  };
  if (dirs.size === 0) return usage;
  const volumeBytes = new Map([...dirs].map(([name, line]) => [name, amount(line)]));
  const inVolumes = [...volumeBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { ...usage, diskBytes: usage.diskBytes + inVolumes, volumeBytes };
}

/** First age after `ageUs` at which another segment begins; undefined if none does. */
export function nextSegmentUs(profile: UsageProfile, ageUs: number): number | undefined {
  const { segments, repeatUs } = profile;
  const roundUs = repeatUs === undefined ? 0 : ageUs - (ageUs % repeatUs);
  const next = segments.find(({ fromUs }) => roundUs + fromUs > ageUs);
  if (next !== undefined) return roundUs + next.fromUs;
  const [first] = segments;
  const isSteady =
    segments.length === 1 &&
    [...Object.values(first!.lines), ...first!.dirs.values()].every(isFlat);
  return repeatUs === undefined || isSteady ? undefined : roundUs + repeatUs;
}

function isFlat({ perSecond }: Line): boolean {
  return perSecond === 0;
}

function segmentAt({ segments }: UsageProfile, placeUs: number): Segment {
  let found = segments[0]!;
  for (const segment of segments) if (segment.fromUs <= placeUs) found = segment;
  return found;
}

function readLine(
  name: UsedResource,
  text: string,
  fromUs: number,
  resources: ContainerResources,
): Line | string {
  const [start = "", growth, ...more] = text.split("+");
  if (more.length > 0 || growth?.endsWith("/s") === false)
    return `"${name}=${text}" is not an amount, or an amount and its growth such as 64Mi+1Mi/s`;
  const at = readAmount(name, start, resources);
  const perSecond = growth === undefined ? 0 : readAmount(name, growth.slice(0, -2), resources);
  if (typeof at === "string") return at;
  if (typeof perSecond === "string") return perSecond;
  return { at, perSecond, fromUs };
}

/** Milli-cpu, bytes or a count; a percentage is of the request. */
function readAmount(
  name: UsedResource,
  text: string,
  { requests }: ContainerResources,
): number | string {
  const percent = /^(\d{1,4})%$/.exec(text);
  const request = RESOURCES[name];
  if (percent !== null) {
    const quantity = request === undefined ? undefined : requests.get(request);
    if (quantity === undefined) return `${name}: ${text} of a request that the container lacks`;
    const whole = Number(name === "cpu" ? quantity.milliValue() : quantity.value());
    return Math.round((whole * Number(percent[1])) / 100);
  }
  const quantity = parseQuantity(text);
  if (isQuantityError(quantity) || quantity.sign < 0) return `${name}: "${text}" is no quantity`;
  return Number(name === "cpu" ? quantity.milliValue() : quantity.value());
}

/** Why an annotation of these containers is no usage; undefined if all is well. */
export function usageProblem(template: PodTemplate): string | undefined {
  const { run, containers, initContainers } = template;
  for (const container of [...initContainers, ...containers]) {
    const own = run.containers.get(container.name)?.usage;
    const text = own ?? (containers.includes(container) ? run.usage : undefined);
    const profile = text === undefined ? undefined : readUsageProfile(text, container);
    if (typeof profile === "string") return profile;
  }
  return undefined;
}
