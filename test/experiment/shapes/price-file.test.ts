import { describe, expect, it } from "vitest";
import { joinPrices, readPriceFile } from "../../../src/experiment/shapes/price-file.ts";
import { ShapeRates } from "../../../src/experiment/shapes/shape-rates.ts";
import { decodeScenario } from "../../../src/experiment/scenario/read-scenario.ts";

describe("a price list", () => {
  it("is read to the millionth and the milliwatt", () => {
    const { prices, problems } = readPriceFile(
      "shape,pricePerHour,currency,idleWatts,fullWatts\nm5.large,0.0960,USD,40,95.5\nweb,1,USD,,\n",
    );
    expect(problems).toEqual([]);
    expect(prices.currency).toBe("USD");
    expect([...prices.shapes]).toEqual([
      [
        "m5.large",
        { pricePerHourMicros: 96_000, power: { idleMilliwatts: 40_000, fullMilliwatts: 95_500 } },
      ],
      ["web", { pricePerHourMicros: 1_000_000, power: undefined }],
    ]);
  });

  it.each([
    ["name,price\nx,1\n", "needs the columns shape and pricePerHour"],
    ["shape,pricePerHour\nx,-1\n", "line 2: priceperhour: '-1' is no number such as 0.096"],
    ["# prices\n# of June\nshape,pricePerHour\nx,-1\n", "line 4: priceperhour"],
    ["shape,pricePerHour\nx,0.0000001\n", "has more than 6 digits behind the point"],
    ["shape,pricePerHour\nx,1\nx,2\n", "line 3: the shape 'x' stands twice"],
    ["shape,pricePerHour\n,1\n", "no shape is named"],
    ["shape,pricePerHour\nx,\n", "x: neither a price nor power"],
    ["shape,pricePerHour,currency\nx,1,USD\ny,1,EUR\n", "several currencies"],
    ["shape,pricePerHour,idleWatts\nx,1,5\n", "power needs both"],
    ["shape,pricePerHour,idleWatts,fullWatts\nx,1,5,4\n", "draws less than an idle one"],
  ])("%j is refused", (text, message) => {
    expect(readPriceFile(text).problems.join("\n")).toContain(message);
  });

  it("of a file comes before the scenario's, shape by shape, in one currency", () => {
    const own = readPriceFile("shape,pricePerHour,currency\na,1,EUR\nb,2,EUR\n").prices;
    const joined = joinPrices(own, readPriceFile("shape,pricePerHour\nb,3\n").prices);
    expect(joined).toMatchObject({ currency: "EUR" });
    expect(typeof joined === "string" ? [] : [...joined.shapes.keys()]).toEqual(["a", "b"]);
    expect(typeof joined === "string" ? joined : joined.shapes.get("b")).toMatchObject({
      pricePerHourMicros: 3_000_000,
    });
    const other = readPriceFile("shape,pricePerHour,currency\na,1,USD\n").prices;
    expect(joinPrices(own, other)).toContain("EUR");
  });
});

describe("the rate of a machine", () => {
  const { scenario } = decodeScenario({
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "x" } },
    cluster: {
      nodePools: [
        { name: "own", count: 1, allocatable: { cpu: "4" }, pricePerHour: 0.5 },
        { name: "listed", count: 1, allocatable: { cpu: "4" } },
        { name: "both", count: 1, allocatable: { cpu: "4" }, pricePerHour: 0.5 },
        { name: "bare", count: 1, allocatable: { cpu: "4" } },
      ],
    },
    prices: {
      shapes: [
        { name: "m5.large", pricePerHour: 0.1, power: { idleWatts: 1, fullWatts: 2 } },
        { name: "listed", pricePerHour: 0.3 },
        { name: "both", pricePerHour: 0.8 },
      ],
    },
  });
  const rates = new ShapeRates(scenario!);

  it.each([
    ["own", undefined, 500_000, undefined],
    ["own", "m5.large", 500_000, 1_000],
    ["listed", undefined, 300_000, undefined],
    ["listed", "m5.large", 300_000, 1_000],
    ["both", "m5.large", 800_000, 1_000],
    ["bare", undefined, undefined, undefined],
    [undefined, "m5.large", 100_000, 1_000],
    [undefined, undefined, undefined, undefined],
  ])("of pool %s and type %s is %s", (pool, type, price, idle) => {
    const rate = rates.of({ pool, type });
    expect([rate.pricePerHourMicros, rate.power?.idleMilliwatts]).toEqual([price, idle]);
  });

  it("says whether anything is priced or drawn at all", () => {
    expect(rates.known).toEqual({ hasPrices: true, hasPower: true });
    const { scenario: plain } = decodeScenario({
      ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "x" } },
    });
    expect(new ShapeRates(plain!).known).toEqual({ hasPrices: false, hasPower: false });
  });
});
