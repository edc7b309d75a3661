// Selector texts, as typed after `kubectl -l`: `app=web,tier in (a,b),!canary`.
//
// The grammar and its oddities (empty values, `x in ()`) are those of the API's parser, so that a
// selector means here what it means there. Positions are not tracked: such texts are one line.

import { LabelSelector, SELECT_EVERYTHING } from "./label-selector.ts";
import {
  createRequirement,
  type Requirement,
  requirementProblem,
  type SelectionOperator,
} from "./requirement.ts";

/** The selector of a text, or why it is none. The empty text selects everything. */
export function parseLabelSelector(text: string): LabelSelector | { readonly error: string } {
  const parser = new SelectorParser(tokensOf(text));
  const requirements = parser.parse();
  if (typeof requirements === "string") return { error: requirements };
  return requirements.length === 0 ? SELECT_EVERYTHING : new LabelSelector(requirements);
}

interface Token {
  readonly kind: "word" | "symbol" | "end";
  readonly text: string;
}

const END: Token = { kind: "end", text: "" };
const TOKEN = /\s*(==|!=|[=!(),<>]|[^=!(),<>\s]+)/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const token = found[1] ?? "";
    tokens.push({ kind: /^[=!(),<>]/.test(token) ? "symbol" : "word", text: token });
  }
  return tokens;
}

const OPERATOR_OF_TOKEN: ReadonlyMap<string, SelectionOperator> = new Map([
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  ["in", "in"],
  ["notin", "notin"],
  [">", "gt"],
  ["<", "lt"],
]);

class SelectorParser {
  private readonly tokens: readonly Token[];
  private next = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The requirements in source order, or what is wrong. */
  parse(): Requirement[] | string {
    const requirements: Requirement[] = [];
    if (this.peek() === END) return requirements;
    for (;;) {
      const requirement = this.parseRequirement();
      if (typeof requirement === "string") return requirement;
      requirements.push(requirement);
      const separator = this.take();
      if (separator === END) return requirements;
      if (separator.text !== ",")
        return `found '${separator.text}', expected: ',' or 'end of string'`;
      if (this.peek() === END) return "found '', expected: identifier after ','";
    }
  }

  private parseRequirement(): Requirement | string {
    const isNegated = this.peek().text === "!";
    if (isNegated) this.take();
    const key = this.take();
    if (key.kind !== "word")
      return `found '${key.text}', expected: !, identifier, or 'end of string'`;
    if (isNegated) return checked(key.text, "!", []);
    const following = this.peek();
    if (following === END || following.text === ",") return checked(key.text, "exists", []);
    const token = this.take();
    const operator = OPERATOR_OF_TOKEN.get(token.text);
    if (operator === undefined)
      return `found '${token.text}', expected: in, notin, =, ==, !=, <, >`;
    const isSet = operator === "in" || operator === "notin";
    const values = isSet ? this.parseSet() : this.parseValue();
    return typeof values === "string" ? values : checked(key.text, operator, values);
  }

  /** One value, which may be missing: `x=` is the empty value. */
  private parseValue(): string[] | string {
    const following = this.peek();
    if (following === END || following.text === ",") return [""];
    const value = this.take();
    return value.kind === "word" ? [value.text] : `found '${value.text}', expected: identifier`;
  }

  /** `(a,b)`; nothing before or after a comma, or between parentheses, is the empty value. */
  private parseSet(): string[] | string {
    const open = this.take();
    if (open.text !== "(") return `found '${open.text}' expected: '('`;
    const values = new Set<string>();
    let isValueMissing = true;
    for (;;) {
      const token = this.take();
      if (token.kind === "word") {
        if (!isValueMissing) return `found '${token.text}', expected: ',' or ')'`;
        values.add(token.text);
        isValueMissing = false;
      } else if (token.text === "," || token.text === ")") {
        if (isValueMissing) values.add("");
        if (token.text === ")") return [...values];
        isValueMissing = true;
      } else {
        return `found '${token.text}', expected: ',', ')' or identifier`;
      }
    }
  }

  private peek(): Token {
    return this.tokens[this.next] ?? END;
  }

  private take(): Token {
    const token = this.peek();
    this.next++;
    return token;
  }
}

function checked(
  key: string,
  operator: SelectionOperator,
  values: readonly string[],
): Requirement | string {
  return requirementProblem(key, operator, values) ?? createRequirement(key, operator, values);
}
