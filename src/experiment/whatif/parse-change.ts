// The grammar of `--do`: one table of verbs, each with its form, its clauses and its reader.
//
// A text becomes a Change or a problem with the column of the word that is wrong. Whether nodes and
// objects of these names exist is known only with a cluster, see resolve-nodes.ts and resolve-object.ts.

import { InputError, nearest, type Problem, readYaml } from "../../base/index.ts";
import { readFieldPath, readPricePerHour } from "../scenario/scenario-fields.ts";
import { SHAPE_PROVIDERS } from "../shapes/node-shape.ts";
import type {
  Change,
  ChangeAction,
  FieldSetting,
  NodePick,
  PlacedText,
  RotationPace,
} from "./change.ts";
import { ChangeRefused, ChangeWords, numbered, splitAtCommas } from "./change-words.ts";

interface VerbForm {
  /** How it is written, for help and errors. */
  readonly form: string;
  readonly meaning: string;
  readonly takesAt: boolean;
  read(words: ChangeWords): ChangeAction;
}

const PACE_KEYS = ["surge", "max-unavailable", "timeout", "join"];
const PACE_FORM = "[surge=K] [max-unavailable=K] [timeout=D] [join=D]";
const DEFAULT_JOIN_US = 60_000_000;
const REPLICAS_MAX = 100_000_000;

/** Every verb by its name, in the order in which help shows them. */
const VERBS: ReadonlyMap<string, VerbForm> = new Map<string, VerbForm>([
  [
    "drain",
    {
      form: "drain NODE|SELECTOR|pool=P|zone=Z [timeout=D] [at T]",
      meaning: "kubectl drain: cordon, then evict under the budgets",
      takesAt: true,
      read: (words) => {
        const timeout = words.takeSettings(["timeout"]).get("timeout");
        const timeoutUs = timeout === undefined ? undefined : words.duration(timeout, true);
        return { verb: "drain", timeoutUs, nodes: words.nodes("what to drain") };
      },
    },
  ],
  ...(["cordon", "uncordon"] as const).map((verb): [string, VerbForm] => [
    verb,
    {
      form: `${verb} NODE|SELECTOR|pool=P|zone=Z [at T]`,
      meaning: verb === "cordon" ? "no new pods there" : "new pods there again",
      takesAt: true,
      read: (words) => ({ verb, nodes: words.nodes(`what to ${verb}`) }),
    },
  ]),
  [
    "lose",
    {
      form: "lose node N|zone Z|pool=P:K [at T] [for D]",
      meaning: "power fails; what ran there is gone, the API learns of it late",
      takesAt: true,
      read: (words) => {
        const span = words.takeClause("for");
        const forUs = span === undefined ? undefined : words.duration(span, true);
        return { verb: "lose", forUs, nodes: words.nodes("what is lost") };
      },
    },
  ],
  [
    "upgrade",
    {
      form: `upgrade pool=P|all|NODE ${PACE_FORM} [at T]`,
      meaning: "every node is replaced by a new one, under the budgets",
      takesAt: true,
      read: (words) => {
        const pace = paceOf(words);
        return { verb: "upgrade", pace, nodes: words.nodes("what to upgrade") };
      },
    },
  ],
  [
    "shape",
    {
      form: `shape pool=P to=TYPE|cpu=Q,memory=Q [price=H] ${PACE_FORM} [at T]`,
      meaning: "the pool's nodes become another machine, replaced where pods run on them",
      takesAt: true,
      read: readShape,
    },
  ],
  [
    "add",
    {
      form: "add N pool=P [at T]",
      meaning: "more nodes like those of the pool",
      takesAt: true,
      read: (words) => {
        const nodesCount = words.count(words.take("how many nodes"), 1, 1_000_000);
        const [pool, second] = words.nodes("a pool, as pool=P");
        if (pool === undefined || second !== undefined || pool.by !== "pool")
          throw words.refusal(second ?? pool, "expected one pool, as pool=P");
        return { verb: "add", nodesCount, pool };
      },
    },
  ],
  [
    "set",
    {
      form: "set KIND/NAME PATH=VALUE... [container=NAME] [at T]",
      meaning: "another value of a field: requests.cpu, replicas, image, priorityClassName, ...",
      takesAt: true,
      read: readSet,
    },
  ],
  [
    "scale",
    {
      form: "scale KIND/NAME replicas=N [at T]",
      meaning: "another number of replicas",
      takesAt: true,
      read: (words) => {
        const replicas = words.takeSettings(["replicas"]).get("replicas");
        const target = words.object(words.take("an object, as deploy/web"));
        const count = replicas ?? words.take("replicas=N");
        return { verb: "scale", target, replicas: words.count(count, 0, REPLICAS_MAX) };
      },
    },
  ],
  [
    "delete",
    {
      form: "delete KIND/NAME [at T]",
      meaning: "the object and what it owns go",
      takesAt: true,
      read: (words) => ({
        verb: "delete",
        target: words.object(words.take("an object, as deploy/web")),
      }),
    },
  ],
  [
    "priority",
    {
      form: "priority CLASS=VALUE",
      meaning: "another value of a PriorityClass",
      takesAt: false,
      read: (words) => {
        const [name, value] = pair(words, "a PriorityClass with its value, as batch=1000");
        return { verb: "priority", name, value: words.count(value, -2_147_483_648, 1_000_000_000) };
      },
    },
  ],
  [
    "weight",
    {
      form: "weight PLUGIN=N",
      meaning: "another weight of a scoring plugin; 0 takes it out",
      takesAt: false,
      read: (words) => {
        const [plugin, value] = pair(words, "a plugin with its weight, as NodeResourcesFit=3");
        return { verb: "weight", plugin, weight: words.count(value, 0, 1_000_000) };
      },
    },
  ],
  [
    "config",
    {
      form: "config FILE",
      meaning: "another KubeSchedulerConfiguration",
      takesAt: false,
      read: (words) => ({ verb: "config", file: words.take("a file") }),
    },
  ],
]);

/** The forms of all verbs with their meanings, for help. */
export const CHANGE_FORMS: readonly { readonly form: string; readonly meaning: string }[] = [
  ...VERBS.values(),
].map(({ form, meaning }) => ({ form, meaning }));

/** The change that a text asks for, or what is wrong with it. */
export function parseChange(text: string): Change | Problem {
  try {
    return readChange(new ChangeWords(text));
  } catch (error) {
    if (error instanceof ChangeRefused) return error.problem;
    throw error;
  }
}

/** All changes; throws an InputError with what is wrong with any of them. */
export function parseChanges(texts: readonly string[]): Change[] {
  const parsed = texts.map(parseChange);
  const problems = parsed.flatMap((one, at) =>
    "code" in one ? [numbered(one, at, texts.length)] : [],
  );
  if (problems.length > 0) throw new InputError(problems);
  return parsed as Change[];
}

function readChange(words: ChangeWords): Change {
  const verb = words.take(`a change, such as ${VERBS.get("drain")!.form}`);
  const entry = VERBS.get(verb.text);
  if (entry === undefined) {
    const near = nearest(verb.text, VERBS.keys());
    const known = `known are ${[...VERBS.keys()].join(", ")}`;
    const hint = near === undefined ? known : `did you mean '${near}'?`;
    throw words.refusal(verb, `'${verb.text}' is no change`, hint);
  }
  const at = entry.takesAt ? words.takeClause("at") : undefined;
  const atUs = at === undefined ? undefined : words.duration(at, false);
  const action = entry.read(words);
  words.refuseRest(entry.form);
  return { text: words.text, action, atUs };
}

function paceOf(words: ChangeWords): RotationPace {
  const settings = words.takeSettings(PACE_KEYS);
  const count = (key: string): number | undefined => {
    const word = settings.get(key);
    return word === undefined ? undefined : words.count(word, 0, 1_000_000);
  };
  const span = (key: string, isAboveZero: boolean): number | undefined => {
    const word = settings.get(key);
    return word === undefined ? undefined : words.duration(word, isAboveZero);
  };
  const maxUnavailable = count("max-unavailable") ?? 0;
  const surge = count("surge") ?? (maxUnavailable === 0 ? 1 : 0);
  if (surge + maxUnavailable === 0) {
    const message = "with surge=0 and max-unavailable=0 no node could ever be replaced";
    throw words.refusal(settings.get("surge"), message);
  }
  const timeoutUs = span("timeout", true);
  return { surge, maxUnavailable, timeoutUs, joinUs: span("join", false) ?? DEFAULT_JOIN_US };
}

function readShape(words: ChangeWords): ChangeAction {
  const pace = paceOf(words);
  const settings = words.takeSettings(["to", "provider", "price"]);
  const price = settings.get("price");
  const priceMicros = price === undefined ? undefined : priceOf(words, price);
  const provider = settings.get("provider");
  if (provider !== undefined && !SHAPE_PROVIDERS.some((name) => name === provider.text)) {
    const message = `'${provider.text}' is no provider: there are ${SHAPE_PROVIDERS.join(", ")}`;
    throw words.refusal(provider, message);
  }
  const amounts = new Map<string, string>();
  const to = settings.get("to");
  const parts = to === undefined ? [] : splitAtCommas(to);
  const type = parts.length === 1 && !parts[0]!.text.includes("=") ? parts[0] : undefined;
  const nodes: PlacedText[] = [];
  const rest = type === undefined ? [...parts] : [];
  while (!words.isEmpty) {
    const word = words.take("a pool");
    if (/^(zone|pool)=/.test(word.text)) nodes.push(word);
    else rest.push(...splitAtCommas(word));
  }
  for (const part of rest) readAmount(words, part, amounts);
  if (type === undefined && amounts.size === 0)
    throw words.refusal(
      to,
      "the new shape is missing",
      "write to=m7g.4xlarge, or cpu=8,memory=32Gi",
    );
  const picks = nodes.map((word): NodePick => {
    const text = word.text.slice(5);
    const place = { text, column: word.column + 5, width: Math.max(1, text.length) };
    return word.text.startsWith("zone=")
      ? { ...place, by: "zone" }
      : { ...place, by: "pool", count: undefined };
  });
  if (picks.length === 0) words.take("a pool, as pool=P");
  return {
    verb: "shape",
    nodes: picks,
    type,
    provider: provider?.text,
    amounts,
    priceMicros,
    pace,
  };
}

function priceOf(words: ChangeWords, word: PlacedText): number {
  const { value, refusals } = readPricePerHour(Number(word.text));
  if (value !== undefined) return value;
  throw words.refusal(word, `'${word.text}' is no price per hour: ${refusals[0]!.message}`);
}

function readAmount(words: ChangeWords, part: PlacedText, amounts: Map<string, string>): void {
  const [resource, value] = settingOf(part);
  if (resource === undefined || value === undefined)
    throw words.refusal(part, `'${part.text}' is no amount`, "write cpu=8,memory=32Gi,pods=110");
  if (amounts.has(resource.text)) throw words.refusal(part, `'${resource.text}' is given twice`);
  amounts.set(resource.text, words.quantity(value));
}

function readSet(words: ChangeWords): ChangeAction {
  const container = words.takeSettings(["container"]).get("container")?.text;
  const target = words.object(words.take("an object, as deploy/web"));
  const fields: FieldSetting[] = [];
  do fields.push(readField(words, words.take("a field with its value, as requests.cpu=250m")));
  while (!words.isEmpty);
  return { verb: "set", target, container, fields };
}

function readField(words: ChangeWords, word: PlacedText): FieldSetting {
  const [name, value] = settingOf(word);
  if (name === undefined || value === undefined)
    throw words.refusal(word, `'${word.text}' sets nothing`, "write PATH=VALUE, as replicas=5");
  const { value: path, refusals } = readFieldPath(name.text);
  if (path === undefined) throw words.refusal(name, refusals[0]!.message);
  const { documents, problems } = readYaml(value.text, { lettersAreText: true });
  if (problems.some(({ severity }) => severity === "error"))
    throw words.refusal(value, `'${value.text}' is no value`, "it is read as YAML; quote it");
  const isEmpty = value.text === "" || documents.length === 0;
  const { column, width } = word;
  return { path, value: isEmpty ? "" : documents[0]!.value, column, width };
}

/** `KEY=VALUE` as two words; undefined where there is no equals sign outside brackets. */
function settingOf(word: PlacedText): [PlacedText | undefined, PlacedText | undefined] {
  const match = /^((?:[^=[]|\[[^\]]*\])+)=(.*)$/s.exec(word.text);
  if (match === null) return [undefined, undefined];
  const [, name = "", value = ""] = match;
  const column = word.column + name.length + 1;
  return [
    { text: name, column: word.column, width: name.length },
    { text: value, column, width: Math.max(1, value.length) },
  ];
}

function pair(words: ChangeWords, expected: string): [PlacedText, PlacedText] {
  const word = words.take(expected);
  const [name, value] = settingOf(word);
  if (name === undefined || value === undefined)
    throw words.refusal(word, `'${word.text}' gives no value`, `expected ${expected}`);
  return [name, value];
}
