// Scenario files in: bytes or text to a checked scenario, or everything that is wrong with them.
//
// All problems come at once, sorted by position: those of the text, those of the schema, and those
// of what the fields say together. Files named in the scenario are not opened here.

import {
  documentOfValue,
  hasErrors,
  nearest,
  type PositionedDocument,
  type Problem,
  readDocuments,
  type ReadOptions,
  sortProblems,
} from "../../base/index.ts";
import { buildScenario } from "./build-scenario.ts";
import { SCENARIO_API_VERSION, type Scenario } from "./scenario.ts";
import { findRuleProblems, type RuleOptions } from "./scenario-rules.ts";
import { findShapeProblems, type SchemaOptions } from "./scenario-schema.ts";

/** How a scenario is read. */
export interface ScenarioOptions extends ReadOptions, SchemaOptions, RuleOptions {}

/** What reading a scenario gave. */
export interface ScenarioReading {
  /** Present exactly when there is no error among the problems. */
  readonly scenario?: Scenario;
  /** The document, for problems of what is inside (manifests, pod templates). */
  readonly document?: PositionedDocument;
  /** Errors, warnings and notes by position. */
  readonly problems: Problem[];
}

/** Reads a scenario file (YAML or JSON). Never throws for anything that is in it. */
export function readScenario(
  input: Uint8Array | string,
  options: ScenarioOptions = {},
): ScenarioReading {
  // Names such as n are common in scenarios; a boolean is always written out there.
  const { documents, problems } = readDocuments(input, { lettersAreText: true, ...options });
  const [document, second] = documents;
  if (document === undefined) {
    return { problems: hasErrors(problems) ? problems : [...problems, emptyProblem(options)] };
  }
  if (second !== undefined) {
    const message = "a scenario file holds one document; this is another";
    problems.push(second.problemAt([], { code: "E_DOCUMENTS", message }));
  }
  return readScenarioDocument(document, problems, options);
}

/**
 * Checks a scenario that is already a value, as library users have it; problems carry paths only.
 * The value is copied, so later changes to it do not reach the scenario.
 */
export function decodeScenario(value: unknown, options: ScenarioOptions = {}): ScenarioReading {
  const faults: { path: (string | number)[]; message: string }[] = [];
  const copy = copyPlain(value, [], faults);
  const document = documentOfValue(copy, options.file);
  const problems = faults.map(({ path, message }) =>
    document.problemAt(path, { code: "E_TYPE", message }),
  );
  return readScenarioDocument(document, problems, options);
}

/** Checks a document that was read already; `before` are the problems of its text. */
export function readScenarioDocument(
  document: PositionedDocument,
  before: readonly Problem[],
  options: ScenarioOptions,
): ScenarioReading {
  const problems = [...before];
  const stranger = findStranger(document);
  if (stranger !== undefined) problems.push(stranger);
  else
    problems.push(...findShapeProblems(document, options), ...findRuleProblems(document, options));
  const sorted = sortProblems(problems);
  if (hasErrors(sorted)) return { document, problems: sorted };
  return { scenario: buildScenario(document), document, problems: sorted };
}

const DEPTH_MAX = 100;

/** A copy of plain data: null, booleans, numbers, bigints, texts, lists and maps of these. */
function copyPlain(
  value: unknown,
  path: (string | number)[],
  faults: { path: (string | number)[]; message: string }[],
): unknown {
  const refuse = (message: string): null => {
    faults.push({ path, message });
    return null;
  };
  if (typeof value === "function" || typeof value === "symbol") {
    return refuse(`expected plain data, found a ${typeof value}`);
  }
  if (typeof value !== "object" || value === null) return value;
  if (path.length >= DEPTH_MAX)
    return refuse(`nested deeper than ${DEPTH_MAX} levels, or in a circle`);
  if (Array.isArray(value)) {
    return value.map((item, index) => copyPlain(item, [...path, index], faults));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    return refuse("expected plain data, found an object of a class");
  }
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.map(([key, field]) => [key, copyPlain(field, [...path, key], faults)]),
  );
}

/** Why the document is not a scenario of this version at all; its fields are then not judged. */
function findStranger(document: PositionedDocument): Problem | undefined {
  const { value } = document;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = "a scenario is a map with apiVersion and kind";
    return document.problemAt([], { code: "E_TYPE", message, hint: MINIMAL });
  }
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  if (typeof kind === "string" && kind !== "Scenario") {
    const near = nearest(kind, ["Scenario"]);
    return document.problemAt(["kind"], {
      ...{ code: "E_KIND", message: `a ${kind} is not a Scenario` },
      hint:
        near === undefined
          ? "give Kubernetes objects beside a scenario, or name their file in it"
          : `did you mean '${near}'?`,
    });
  }
  if (typeof apiVersion !== "string" || apiVersion === SCENARIO_API_VERSION) return undefined;
  const [group, version] = apiVersion.split("/");
  if (group !== "podsim.dev" || version === undefined || !/^v\d/.test(version)) return undefined;
  return document.problemAt(["apiVersion"], {
    ...{
      code: "E_VERSION",
      message: `the scenario is written for ${apiVersion}, this podsim reads ${SCENARIO_API_VERSION}`,
    },
    hint: "use a podsim that reads that version",
  });
}

const MINIMAL =
  "a minimal scenario: { apiVersion: podsim.dev/v1, kind: Scenario, metadata: { name: demo }, cluster: { nodePools: [{ name: n, count: 3, allocatable: { cpu: 4, memory: 16Gi, pods: 110 } }] } }; podsim init writes a commented one";

function emptyProblem(options: ScenarioOptions): Problem {
  return {
    ...{ code: "E_EMPTY", severity: "error", message: "the file holds no scenario", hint: MINIMAL },
    ...(options.file !== undefined && { file: options.file }),
  };
}
