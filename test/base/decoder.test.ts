import { describe, expect, it } from "vitest";
import { Decoder } from "../../src/base/decoder.ts";
import { formatProblems } from "../../src/base/problem.ts";
import { readYaml } from "../../src/base/yaml.ts";

const decoderOf = (text: string): Decoder =>
  new Decoder(readYaml(text, { file: "d.yaml" }).documents[0]!);

describe("Decoder", () => {
  it("hands out typed parts of a sound document", () => {
    const root = decoderOf(
      "name: x\ncount: 3\nratio: 0.5\non_: true\nkind: b\nlist: [1, 2]\nlabels: {a: b, constructor: c}\n",
    );
    expect(root.required("name")?.text()).toBe("x");
    expect(root.at("count").integer(0, 3)).toBe(3);
    expect(root.at("ratio").number(0, 1)).toBe(0.5);
    expect(root.at("on_").boolean()).toBe(true);
    expect(root.at("kind").oneOf(["a", "b"])).toBe("b");
    expect(
      root
        .at("list")
        .array()
        ?.map((item) => item.integer()),
    ).toEqual([1, 2]);
    expect([...root.at("labels").mapOfText()!]).toEqual([
      ["a", "b"],
      ["constructor", "c"],
    ]);
    expect(root.optional("missing")).toBeUndefined();
    expect(root.problems).toEqual([]);
  });

  it("collects every fault with line, column, path and hint", () => {
    const root = decoderOf(
      "replica: 3\nname: 7\ncount: -1\nkind: Depolyment\nnest:\n  - port: 1.5\n",
    );
    root.object(["replicas", "name", "count", "kind", "nest", "must"]);
    root.at("name").text();
    root.at("count").integer(0);
    root.at("kind").oneOf(["Deployment", "Job"]);
    root.at("nest").at(0).at("port").integer(1, 65_535);
    root.at("nest").at(0).required("must");
    expect(
      formatProblems(root.problems),
    ).toBe(`d.yaml:1:1: error[E_UNKNOWN_FIELD]: replica: unknown field
    1 | replica: 3
      | ^^^^^^^
hint: did you mean 'replicas'?
d.yaml:2:7: error[E_TYPE]: name: expected text, found the number 7
    2 | name: 7
      |       ^
hint: quote it if text is meant
d.yaml:3:8: error[E_RANGE]: count: -1 is not a whole number of at least 0
    3 | count: -1
      |        ^^
d.yaml:4:7: error[E_VALUE]: kind: 'Depolyment' is not one of Deployment, Job
    4 | kind: Depolyment
      |       ^^^^^^^^^^
hint: did you mean 'Deployment'?
d.yaml:6:5: error[E_MISSING_FIELD]: nest[0].must: is required but missing
    6 |   - port: 1.5
      |     ^^^^^^^^^
d.yaml:6:11: error[E_RANGE]: nest[0].port: 1.5 is not a whole number from 1 to 65535
    6 |   - port: 1.5
      |           ^^^`);
  });

  it("never finds a field on the prototype", () => {
    const root = decoderOf("a: 1");
    expect(root.at("constructor").value).toBeUndefined();
    expect(root.at("toString").isPresent).toBe(false);
  });

  it("works on bare values, with paths instead of lines", () => {
    const decoder = new Decoder({ value: { a: { "b.c/d": [null] } } });
    decoder.at("a").at("b.c/d").at(0).text();
    expect(formatProblems(decoder.problems)).toBe(
      'error[E_TYPE]: a["b.c/d"][0]: expected text, found null',
    );
  });
});
