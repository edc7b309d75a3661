// The catalogue of laws: their names, parameters, units and allowed ranges, as plain facts.
//
// One table serves the constructors (which check against it), the reader of scenario files and the
// schema derived for users, so that none of them can disagree. The ranges are wide enough for any
// cluster and narrow enough that no draw and no mean is ever infinite or NaN.

/** Names of the laws, in the order in which they are taught. */
export const LAW_NAMES = [
  "constant",
  "uniform",
  "exponential",
  "weibull",
  "lognormal",
  "pareto",
  "gamma",
  "zipf",
  "empirical",
  "mixture",
] as const;

/** Name of a law as written in scenario files. */
export type LawName = (typeof LAW_NAMES)[number];

/** One parameter of a law. */
export interface LawParameter {
  readonly name: string;
  /** What is written: one number, one whole number, a list of numbers, or a list of laws. */
  readonly kind: "number" | "integer" | "numbers" | "laws";
  /** `value`: the unit of the draws; `rate`: one over that unit; `pure`: no unit. */
  readonly unit: "value" | "rate" | "pure";
  /** Allowed range, both ends included; of each member in a list. */
  readonly min: number;
  readonly max: number;
  readonly isOptional: boolean;
  readonly meaning: string;
}

/** One law: each form is a set of parameters that describes it completely. */
export interface LawSpec {
  readonly name: LawName;
  readonly summary: string;
  readonly forms: readonly (readonly LawParameter[])[];
}

/** The largest size of any value in a description. */
const VALUE_MAX = 1e15;
/** The smallest scale, mean or median. */
const SCALE_MIN = 1e-12;
/** The most members of a list, and ranks of a Zipf law. */
const COUNT_MAX = 1_000_000;

function number(
  name: string,
  unit: LawParameter["unit"],
  min: number,
  max: number,
  meaning: string,
): LawParameter {
  return { name, kind: "number", unit, min, max, isOptional: false, meaning };
}

const MEAN = number("mean", "value", SCALE_MIN, VALUE_MAX, "mean of the draws");
const SCALE = number("scale", "value", SCALE_MIN, VALUE_MAX, "factor on every draw");
const WEIBULL_SHAPE = number(
  "shape",
  "pure",
  0.05,
  100,
  "below 1: many short and few very long; 1: exponential; above 1: wear-out",
);
const GAMMA_SHAPE = number("shape", "pure", 0.01, 10_000, "1: exponential; larger: narrower");
const SIGMA = number("sigma", "pure", 1e-9, 10, "standard deviation of the logarithm");
const WEIGHTS: LawParameter = {
  name: "weights",
  kind: "numbers",
  unit: "pure",
  min: 0,
  max: VALUE_MAX,
  isOptional: true,
  meaning: "relative frequency of each member, in the same order; equal if left out",
};

/** Every law by name. */
export const LAW_SPECS: Readonly<Record<LawName, LawSpec>> = {
  constant: {
    name: "constant",
    summary: "always the same value",
    forms: [[number("value", "value", -VALUE_MAX, VALUE_MAX, "the value")]],
  },
  uniform: {
    name: "uniform",
    summary: "every value between two bounds equally likely",
    forms: [
      [
        number("min", "value", -VALUE_MAX, VALUE_MAX, "lower bound"),
        number("max", "value", -VALUE_MAX, VALUE_MAX, "upper bound, not below the lower one"),
      ],
    ],
  },
  exponential: {
    name: "exponential",
    summary: "time to the next of many independent events",
    forms: [
      [MEAN],
      [
        number(
          "rate",
          "rate",
          1 / VALUE_MAX,
          1 / SCALE_MIN,
          "events per unit; the mean is 1 / rate",
        ),
      ],
    ],
  },
  weibull: {
    name: "weibull",
    summary: "time to failure, with failures that grow rarer or more frequent with age",
    forms: [
      [WEIBULL_SHAPE, SCALE],
      [WEIBULL_SHAPE, MEAN],
    ],
  },
  lognormal: {
    name: "lognormal",
    summary: "a value whose logarithm is normal: repair times, job durations, sizes",
    forms: [
      [number("mu", "pure", -30, 35, "mean of the natural logarithm of the draws"), SIGMA],
      [number("median", "value", SCALE_MIN, VALUE_MAX, "half of the draws are below it"), SIGMA],
      [MEAN, number("cv", "pure", 1e-9, 1e6, "standard deviation divided by mean")],
    ],
  },
  pareto: {
    name: "pareto",
    summary: "heavy tail above a smallest value; needs `max` where it has no mean (shape up to 1)",
    forms: [
      [
        number("shape", "pure", 0.05, 100, "the smaller, the heavier the tail"),
        number("scale", "value", SCALE_MIN, VALUE_MAX, "smallest value"),
        {
          ...number(
            "max",
            "value",
            SCALE_MIN,
            VALUE_MAX,
            "largest value: the law is cut off there",
          ),
          isOptional: true,
        },
      ],
    ],
  },
  gamma: {
    name: "gamma",
    summary: "sum of several exponential stages",
    forms: [
      [GAMMA_SHAPE, SCALE],
      [GAMMA_SHAPE, MEAN],
    ],
  },
  zipf: {
    name: "zipf",
    summary: "ranks 1 to count, rank k with probability proportional to k to the power -exponent",
    forms: [
      [
        number("exponent", "pure", 0, 20, "0: all ranks equally likely; larger: steeper"),
        {
          ...number("count", "pure", 1, COUNT_MAX, "number of ranks"),
          kind: "integer",
        },
      ],
    ],
  },
  empirical: {
    name: "empirical",
    summary: "one of the given values, as observed",
    forms: [
      [
        {
          ...number("values", "value", -VALUE_MAX, VALUE_MAX, "the observed values"),
          kind: "numbers",
        },
        WEIGHTS,
      ],
    ],
  },
  mixture: {
    name: "mixture",
    summary: "one of several laws, chosen anew for every draw",
    forms: [
      [{ ...number("laws", "value", 0, 0, "the laws to choose from"), kind: "laws" }, WEIGHTS],
    ],
  },
};

/** The form of law `name` that has every given parameter and misses none that it needs. */
export function findLawForm(
  name: LawName,
  given: readonly string[],
): readonly LawParameter[] | undefined {
  return LAW_SPECS[name].forms.find(
    (form) =>
      given.every((key) => form.some((parameter) => parameter.name === key)) &&
      form.every((parameter) => parameter.isOptional || given.includes(parameter.name)),
  );
}

/** What is wrong with one parameter of a law, or with several together (empty path). */
export interface LawFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Parameter values by name, already of the right type. */
export type LawParameters = Readonly<Record<string, unknown>>;

/**
 * Everything wrong with these parameters of this law: ranges, list lengths, and relations between
 * parameters. `form` is one of the law's forms; types are as the form says.
 */
export function findLawFaults(
  name: LawName,
  form: readonly LawParameter[],
  parameters: LawParameters,
): LawFault[] {
  const faults: LawFault[] = [];
  for (const parameter of form) {
    const value = parameters[parameter.name];
    if (value === undefined) {
      if (!parameter.isOptional) {
        faults.push({
          path: [],
          message: `${name} needs ${parameter.name} (${parameter.meaning})`,
        });
      }
    } else {
      collectRangeFaults(parameter, value, faults);
    }
  }
  if (faults.length === 0) {
    const message = findRelationFault(name, parameters);
    if (message !== undefined) faults.push({ path: [], message });
  }
  return faults;
}

function collectRangeFaults(parameter: LawParameter, value: unknown, faults: LawFault[]): void {
  const { name, kind, min, max } = parameter;
  if (kind === "number" || kind === "integer") {
    const isKind = kind === "number" ? Number.isFinite(value) : Number.isInteger(value);
    if (isKind && (value as number) >= min && (value as number) <= max) return;
    const noun = kind === "number" ? "a number" : "a whole number";
    faults.push({
      path: [name],
      message: `${name} must be ${noun} from ${min} to ${max}, not ${shown(value)}`,
    });
    return;
  }
  const list = value as ArrayLike<unknown>;
  if (list.length === 0 || list.length > COUNT_MAX) {
    faults.push({
      path: [name],
      message: `${name} must have 1 to ${COUNT_MAX} members, not ${list.length}`,
    });
  }
  if (kind === "laws") return;
  for (let index = 0; index < list.length; index++) {
    const member = list[index];
    if (Number.isFinite(member) && (member as number) >= min && (member as number) <= max) continue;
    faults.push({
      path: [name, index],
      message: `every member of ${name} must be a number from ${min} to ${max}, not ${shown(member)}`,
    });
    if (faults.length >= 20) return; // a file of nonsense needs no million messages
  }
}

/** What is wrong between parameters that are each in range. */
function findRelationFault(name: LawName, parameters: LawParameters): string | undefined {
  const { min, max, scale, shape, weights } = parameters as Readonly<
    Record<"min" | "max" | "scale" | "shape", number | undefined>
  > & { readonly weights?: ArrayLike<number> };
  if (name === "uniform" && min! > max!) return `min ${min} is above max ${max}`;
  if (name === "pareto") {
    if (max === undefined) {
      if (shape! <= 1) return `shape ${shape} has no mean: give max, or a shape above 1`;
    } else if (max <= scale!) {
      return `max ${max} must be above scale ${scale}`;
    }
  }
  if (weights !== undefined) {
    const members = parameters[name === "mixture" ? "laws" : "values"] as ArrayLike<unknown>;
    if (weights.length !== members.length) {
      return `${weights.length} weights for ${members.length} members`;
    }
    let sum = 0;
    for (let index = 0; index < weights.length; index++) sum += weights[index]!;
    if (!(sum > 0)) return "at least one weight must be above 0";
  }
  return undefined;
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return typeof value === "object" && value !== null ? "a list or map" : String(value);
}
