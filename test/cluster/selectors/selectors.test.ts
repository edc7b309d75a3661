// Claims about label selectors, selector texts, node selectors, taints.
import { describe, expect, it } from "vitest";
import {
  compileLabelSelector,
  compileNodeSelector,
  compilePreferredNodeTerms,
  findUntoleratedTaint,
  labelsOf,
  matchesRequiredNodeAffinity,
  parseLabelSelector,
  preferredNodeScore,
  type Taint,
  type Toleration,
  tolerates,
} from "../../../src/cluster/index.ts";

const WEB = labelsOf([
  ["app", "web"],
  ["empty", ""],
]);

describe("label selectors", () => {
  it("select nothing when null and everything when empty", () => {
    expect(compileLabelSelector(null)).toMatchObject({ isNothing: true, isEverything: false });
    expect(compileLabelSelector(undefined).matches(WEB)).toBe(false);
    expect(compileLabelSelector({})).toMatchObject({ isNothing: false, isEverything: true });
    expect(compileLabelSelector({ matchLabels: {} }).matches(WEB)).toBe(true);
  });

  it.each([
    ["In", ["web", "db"], true],
    ["In", ["db"], false],
    ["NotIn", ["db"], true],
    ["NotIn", ["web"], false],
    ["Exists", undefined, true],
    ["DoesNotExist", undefined, false],
  ])("apply %s %s to a present key", (operator, values, match) => {
    const selector = compileLabelSelector({ matchExpressions: [{ key: "app", operator, values }] });
    expect(selector.matches(WEB)).toBe(match);
  });

  it.each([
    ["In", ["x"], false],
    ["NotIn", ["x"], true],
    ["Exists", [], false],
    ["DoesNotExist", [], true],
  ])("apply %s to a missing key", (operator, values, match) => {
    const expressions = [{ key: "missing", operator, values }];
    expect(compileLabelSelector({ matchExpressions: expressions }).matches(WEB)).toBe(match);
  });

  it.each([
    [{ key: "a", operator: "In", values: [] }, "set can't be empty"],
    [{ key: "a", operator: "Exists", values: ["x"] }, "must be empty for exists"],
    [{ key: "a", operator: "Gt", values: ["1"] }, "not a valid selector operator"],
    [{ key: "a/b/c", operator: "Exists" }, "qualified name"],
    [{ key: "a", operator: "In", values: ["-x"] }, "valid label"],
    [{ key: "a", operator: "In", values: [1] }, "must be text"],
  ])("are invalid for %j", (expression, reason) => {
    const selector = compileLabelSelector({ matchExpressions: [expression] });
    expect(selector.error).toContain(reason);
    expect(selector.matches(WEB)).toBe(false);
    expect(selector.isEverything).toBe(false);
  });

  it("print one canonical text, sorted by key", () => {
    const selector = compileLabelSelector({
      matchLabels: { z: "1", a: "2" },
      matchExpressions: [{ key: "m", operator: "NotIn", values: ["y", "x"] }],
    });
    expect(selector.canonical()).toBe("a=2,m notin (x,y),z=1");
  });

  it("treat keys of plain objects as plain data", () => {
    const selector = compileLabelSelector(JSON.parse('{"matchLabels":{"__proto__":"x"}}'));
    expect(selector.error).toContain('Invalid value: "__proto__"');
    expect(compileLabelSelector({ matchLabels: { constructor: "x" } }).matches(WEB)).toBe(false);
  });
});

describe("selector texts", () => {
  it.each([
    ["", ""],
    ["x", "x"],
    ["!x", "!x"],
    ["x=a,y!=b", "x=a,y!=b"],
    ["x==a", "x==a"],
    ["x in (b,a)", "x in (a,b)"],
    ["x in ()", "x in ()"],
    ["x in (,a)", "x in (,a)"],
    ["x=", "x="],
    [" x notin ( a ) , y ", "x notin (a),y"],
    ["x>1", "x>1"],
  ])("parse %j", (text, canonical) => {
    const parsed = parseLabelSelector(text);
    expect("canonical" in parsed && parsed.canonical()).toBe(canonical);
  });

  it.each(["x,", ",x", "x in a", "x in (a", "x y", "=a", "x=a=b", "!", "x in (a b)", "x>a"])(
    "refuse %j",
    (text) => {
      expect(parseLabelSelector(text).error).toBeTypeOf("string");
    },
  );
});

describe("node selectors", () => {
  const node = { name: "n1", labels: labelsOf([["cores", "8"]]) };
  const matches = (term: unknown): boolean =>
    compileNodeSelector({ nodeSelectorTerms: [term] })!.matches(node);

  it.each([
    ["Gt", "7", true],
    ["Gt", "8", false],
    ["Lt", "9", true],
    ["Lt", "+9", false],
    ["Lt", "x", false],
    ["Gt", "99999999999999999999", false],
  ])("compare integers: cores %s %s", (operator, value, match) => {
    expect(matches({ matchExpressions: [{ key: "cores", operator, values: [value] }] })).toBe(
      match,
    );
  });

  it("match nothing for no term, an empty term, or a term that fails to parse", () => {
    expect(compileNodeSelector({ nodeSelectorTerms: [] })!.matches(node)).toBe(false);
    expect(matches({})).toBe(false);
    expect(matches({ matchExpressions: [{ key: "cores", operator: "In", values: [] }] })).toBe(
      false,
    );
    expect(compileNodeSelector(null)).toBeUndefined();
  });

  it("read the node's name in matchFields and narrow to it", () => {
    const field = (operator: string, name: string): unknown => ({
      matchFields: [{ key: "metadata.name", operator, values: [name] }],
    });
    expect(matches(field("In", "n1"))).toBe(true);
    expect(matches(field("NotIn", "n1"))).toBe(false);
    const names = (...terms: unknown[]): unknown =>
      compileNodeSelector({ nodeSelectorTerms: terms })!.nodeNames;
    expect(names(field("In", "a"), field("In", "b"))).toEqual(new Set(["a", "b"]));
    expect(names(field("In", "a"), field("NotIn", "b"))).toBeUndefined();
    const conflict = {
      matchFields: ["a", "b"].map((name) => ({
        key: "metadata.name",
        operator: "In",
        values: [name],
      })),
    };
    expect(names(conflict)).toEqual(new Set());
  });

  it("need both nodeSelector and required terms", () => {
    const nodeSelector = labelsOf([["cores", "8"]]);
    expect(matchesRequiredNodeAffinity({ nodeSelector, selector: undefined }, node)).toBe(true);
    const selector = compileNodeSelector({ nodeSelectorTerms: [{}] });
    expect(matchesRequiredNodeAffinity({ nodeSelector, selector }, node)).toBe(false);
  });

  it("sum the weights of matching preferences and keep an empty list apart from none", () => {
    const term = (weight: number, operator: string): unknown => ({
      weight,
      preference: { matchExpressions: [{ key: "cores", operator }] },
    });
    const preferred = compilePreferredNodeTerms([
      term(5, "Exists"),
      term(7, "DoesNotExist"),
      term(0, "Exists"),
      { weight: 9, preference: {} },
      term(11, "Exists"),
    ])!;
    expect(preferredNodeScore(preferred, node)).toBe(16);
    expect(compilePreferredNodeTerms([])).toEqual({ terms: [], error: undefined });
    expect(compilePreferredNodeTerms(null)).toBeUndefined();
  });
});

describe("taints", () => {
  const taint: Taint = { key: "gpu", value: "yes", effect: "NoSchedule" };
  const toleration = (part: Partial<Toleration>): Toleration => ({
    key: "",
    operator: "",
    value: "",
    effect: "",
    tolerationSeconds: undefined,
    ...part,
  });

  it.each([
    [{ key: "gpu", value: "yes" }, true],
    [{ key: "gpu", operator: "Equal", value: "no" }, false],
    [{ key: "gpu", operator: "Exists" }, true],
    [{ operator: "Exists" }, true],
    [{ value: "yes" }, true],
    [{ key: "gpu", operator: "Exists", effect: "NoExecute" as const }, false],
    [{ key: "gpu", operator: "Gt", value: "1" }, false],
  ])("are tolerated by %j: %s", (part, expected) => {
    expect(tolerates(toleration(part), taint)).toBe(expected);
  });

  it("are searched in list order, preferences left out", () => {
    const soft: Taint = { key: "soft", value: "", effect: "PreferNoSchedule" };
    const evict: Taint = { key: "evict", value: "", effect: "NoExecute" };
    expect(findUntoleratedTaint([soft, evict, taint], [])).toBe(evict);
    expect(
      findUntoleratedTaint([soft, evict], [toleration({ key: "evict", operator: "Exists" })]),
    ).toBeUndefined();
    expect(findUntoleratedTaint([soft], [], ["PreferNoSchedule"])).toBe(soft);
  });
});
