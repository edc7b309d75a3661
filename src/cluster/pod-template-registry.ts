// The registry of pod templates: equal contents become one template with one dense index.
//
// A dump of a large cluster repeats few templates many times, so recognising a known one must be
// cheap: the JSON text of the kept parts is the key. The registry belongs to one simulation; two runs
// that intern in the same order get the same indexes.

import { sha256Hex } from "../base/index.ts";
import {
  AS_API_SERVER,
  type DecodeOptions,
  DecodeSink,
  FieldCursor,
  type IgnoredField,
  isRecord,
  type ObjectProblem,
} from "./objects/field-cursor.ts";
import { compilePodTemplate } from "./pod-template/compile-pod-template.ts";
import { canonicalJson, type KeptPodSource, keptPodSource } from "./pod-template/pod-source.ts";
import type { PodTemplate, PodTemplateSource } from "./pod-template.ts";

/** A template with what was found while it was compiled; paths are relative to the pod. */
export interface InternedTemplate {
  readonly template: PodTemplate;
  readonly problems: readonly ObjectProblem[];
  readonly ignored: readonly IgnoredField[];
}

/** Changes that make a variant of a template: top-level parts are replaced, maps merged, undefined removes. */
export interface PodTemplatePatch {
  readonly labels?: Readonly<Record<string, string | undefined>>;
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  /** Fields of spec by their API names, as plain data. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** A change of what is not kept, such as an environment value; equal texts make equal variants. */
  readonly unkept?: string;
  /** What the status reports of resources; undefined takes it away, an absent member leaves it. */
  readonly status?: Readonly<Record<string, unknown>> | undefined;
}

/** Interns templates for one simulation. */
export class PodTemplateRegistry {
  private readonly options: DecodeOptions;
  private readonly templates: PodTemplate[] = [];
  private readonly bySource = new Map<string, InternedTemplate>();
  private readonly byText = new Map<string, InternedTemplate>();
  /** Variants that differ in labels and annotations alone, by what is changed. */
  private readonly variants = new Map<PodTemplate, Map<string, PodTemplate>>();

  constructor(options: Partial<DecodeOptions> = {}) {
    this.options = { ...AS_API_SERVER, ...options };
  }

  /** Number of distinct templates. */
  get size(): number {
    return this.templates.length;
  }

  /** The template with this index. */
  get(index: number): PodTemplate {
    const template = this.templates[index];
    if (template === undefined) throw new RangeError(`no pod template ${index} of ${this.size}`);
    return template;
  }

  /** The template of `{metadata, spec}`; the problems found in it are dropped: use `internChecked` at the edge. */
  intern(json: unknown): PodTemplate {
    return this.internChecked(json).template;
  }

  /**
   * The template of a pod or pod template with what was found in it. `isPod`: a bound pod's node and
   * its status phase are its own, not its template's; only reported resources of the status stay.
   */
  internChecked(json: unknown, isPod = false): InternedTemplate {
    const pod = isRecord(json) ? json : {};
    const shared = isPod ? withoutNode(pod) : withoutStatus(pod);
    const text = JSON.stringify(
      [textParts(shared), this.options.defaulting],
      (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
    );
    let found = this.byText.get(text);
    if (found === undefined) {
      found = this.compile(shared);
      this.byText.set(text, found);
    }
    return found;
  }

  /** A variant of a template, such as admission or a controller makes. Compiled once per distinct result. */
  derive(template: PodTemplate, patch: PodTemplatePatch): PodTemplate {
    const change = metadataChangeOf(patch);
    if (change === undefined) return this.variantOf(template, patch);
    let known = this.variants.get(template);
    if (known === undefined) {
      known = new Map();
      this.variants.set(template, known);
    }
    let variant = known.get(change);
    if (variant === undefined) {
      variant = this.variantOf(template, patch);
      known.set(change, variant);
    }
    return variant;
  }

  private variantOf(template: PodTemplate, patch: PodTemplatePatch): PodTemplate {
    const { source } = template;
    const { status: reported, ...rest } = source;
    const status = "status" in patch ? patch.status : reported;
    const merged = {
      ...rest,
      ...(status === undefined ? {} : { status }),
      metadata: {
        labels: merge(source.metadata.labels, patch.labels),
        annotations: merge(source.metadata.annotations, patch.annotations),
      },
      spec: merge(source.spec, patch.spec),
      ...(patch.unkept === undefined ? {} : { hidden: hiddenWith(source, patch.unkept) }),
    };
    return this.internSource(keptPodSource(merged), merged).template;
  }

  /**
   * Forgets the texts by which repeated templates of files are recognised. To be called when
   * everything is read: they are large and hold what a template never keeps (environment values).
   */
  forgetTexts(): void {
    this.byText.clear();
  }

  private compile(pod: Readonly<Record<string, unknown>>): InternedTemplate {
    return this.internSource(keptPodSource(pod), pod);
  }

  private internSource(
    source: KeptPodSource,
    pod: Readonly<Record<string, unknown>>,
  ): InternedTemplate {
    const key = canonicalJson(source);
    const known = this.bySource.get(key);
    if (known !== undefined) return known;
    const sink = new DecodeSink(this.options);
    const compiled = compilePodTemplate(new FieldCursor(pod, [], sink));
    const template: PodTemplate = {
      index: this.templates.length,
      contentHash: sha256Hex(key),
      source,
      ...compiled,
    };
    const interned = { template, problems: sink.problems, ignored: sink.ignored };
    this.templates.push(template);
    this.bySource.set(key, interned);
    return interned;
  }
}

/**
 * One text for one change of labels and annotations; undefined for a patch that changes more. A label
 * that is taken away stands as null, which no value is.
 */
function metadataChangeOf(patch: PodTemplatePatch): string | undefined {
  const { labels, annotations, ...rest } = patch;
  for (const _ in rest) return undefined;
  const pairs = (changes: typeof labels): unknown => Object.entries(changes ?? {});
  return JSON.stringify([pairs(labels), pairs(annotations)]);
}

/** The hash of what a source does not show, after a change of it. */
function hiddenWith(source: PodTemplateSource, change: string): string {
  return sha256Hex(`${(source as KeptPodSource).hidden}\n${change}`);
}

/** Service account tokens are mounted under a random name in every pod of a dump. */
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/;

function withoutNode(pod: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const spec = isRecord(pod["spec"]) ? pod["spec"] : {};
  const { nodeName: _, ...shared } = spec;
  return { ...pod, spec: withoutTokenVolume(shared) };
}

function withoutStatus(pod: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { status: _, ...shared } = pod;
  return shared;
}

function withoutTokenVolume(
  spec: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!Array.isArray(spec["volumes"]) || !spec["volumes"].some(isTokenVolume)) return spec;
  const isNoToken = (item: unknown): boolean => !isTokenVolume(item);
  const withoutMounts = (container: unknown): unknown =>
    isRecord(container) && Array.isArray(container["volumeMounts"])
      ? { ...container, volumeMounts: container["volumeMounts"].filter(isNoToken) }
      : container;
  const cleaned: Record<string, unknown> = { ...spec, volumes: spec["volumes"].filter(isNoToken) };
  for (const list of ["containers", "initContainers"]) {
    if (Array.isArray(spec[list])) cleaned[list] = spec[list].map(withoutMounts);
  }
  return cleaned;
}

function isTokenVolume(item: unknown): boolean {
  return isRecord(item) && typeof item["name"] === "string" && TOKEN_VOLUME.test(item["name"]);
}

/** What of a pod decides its template; other metadata differs from pod to pod. */
function textParts(pod: Readonly<Record<string, unknown>>): unknown {
  const metadata = isRecord(pod["metadata"]) ? pod["metadata"] : {};
  const status = isRecord(pod["status"])
    ? keptPodSource({ status: pod["status"] }).status
    : undefined;
  return [metadata["labels"], metadata["annotations"], pod["spec"], status];
}

function merge<T>(
  base: Readonly<Record<string, T>> | undefined,
  changes: Readonly<Record<string, T | undefined>> | undefined,
): Record<string, T> {
  const merged = new Map<string, T>(Object.entries(base ?? {}));
  for (const [key, value] of Object.entries(changes ?? {})) {
    if (value === undefined) merged.delete(key);
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}
