// The parameters of a sweep: every combination of listed values, in an order that nothing else decides.
//
// The first parameter turns slowest, like the outermost loop. Values stay text; what they mean is
// decided where `--set` is applied.

/** A path in the scenario with the values it takes. */
export interface Parameter {
  readonly path: string;
  readonly values: readonly string[];
}

/** One value per parameter. */
export type Combination = ReadonlyMap<string, string>;

/**
 * Every listed combination with every combination of the parameters; without a list, those of the
 * parameters alone, and without either the one empty combination.
 */
export function listCombinations(
  parameters: readonly Parameter[],
  listed: readonly Combination[] = [new Map()],
): Combination[] {
  let combinations: Combination[] = [...listed];
  for (const { path, values } of parameters)
    combinations = combinations.flatMap((before) =>
      values.map((value) => new Map([...before, [path, value]])),
    );
  return combinations;
}

/** The values in `a,b,c`; commas inside brackets, braces or quotes belong to a value. */
export function splitValues(text: string): string[] {
  const values: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") depth--;
    else if (char === "," && depth === 0) {
      values.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  values.push(text.slice(from).trim());
  return values;
}
