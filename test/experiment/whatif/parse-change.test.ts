// The grammar of `--do`: what each form means, and where a wrong one is wrong.

import { describe, expect, it } from "vitest";
import { parseChange, parseChanges } from "../../../src/experiment/whatif/parse-change.ts";
import type { Problem } from "../../../src/base/index.ts";

const MINUTE = 60_000_000;
const pace = (surge: number, maxUnavailable: number, more: object = {}) => ({
  ...{ surge, maxUnavailable, timeoutUs: undefined, joinUs: MINUTE, ...more },
});

const READ: readonly (readonly [text: string, action: object, atUs?: number])[] = [
  ["drain n-1", { verb: "drain", nodes: [{ by: "name", text: "n-1" }], timeoutUs: undefined }],
  [
    "drain n-1,n-2 n-3 timeout=10m at 5m",
    { nodes: [{ text: "n-1" }, { text: "n-2" }, { text: "n-3" }], timeoutUs: 10 * MINUTE },
    5 * MINUTE,
  ],
  ["drain disk=ssd,tier!=gold", { nodes: [{ by: "selector", text: "disk=ssd,tier!=gold" }] }],
  ["cordon pool=old zone=b", { nodes: [{ by: "pool" }, { by: "zone", text: "b" }] }],
  ["uncordon all at 0s", { verb: "uncordon", nodes: [{ by: "all" }] }, 0],
  ["lose node n-1 for 1h", { forUs: 60 * MINUTE, nodes: [{ by: "name", text: "n-1" }] }],
  [
    "lose zone b at 10m for 1h",
    { verb: "lose", nodes: [{ by: "zone", text: "b" }], forUs: 60 * MINUTE },
    10 * MINUTE,
  ],
  ["lose pool=p:2", { nodes: [{ by: "pool", text: "p", count: 2 }], forUs: undefined }],
  ["upgrade pool=p", { verb: "upgrade", pace: pace(1, 0) }],
  ["upgrade all surge=2 max-unavailable=1", { pace: pace(2, 1) }],
  ["upgrade all max-unavailable=3 join=0s", { pace: pace(0, 3, { joinUs: 0 }) }],
  ["shape pool=p to=m5.xlarge", { type: { text: "m5.xlarge" }, amounts: new Map() }],
  [
    "shape pool=p to=cpu=8,memory=32Gi pods=50",
    {
      type: undefined,
      amounts: new Map([
        ["cpu", "8"],
        ["memory", "32Gi"],
        ["pods", "50"],
      ]),
    },
  ],
  ["shape pool=p to=m5.xlarge price=0.192", { type: { text: "m5.xlarge" }, priceMicros: 192_000 }],
  ["add 3 pool=p at 1m", { verb: "add", nodesCount: 3, pool: { text: "p" } }, MINUTE],
  [
    "set deploy/web requests.cpu=250m replicas=5 container=main",
    {
      target: { kind: "Deployment", name: "web", namespace: undefined },
      container: "main",
      fields: [
        { path: ["requests", "cpu"], value: "250m" },
        { path: ["replicas"], value: 5 },
      ],
    },
  ],
  [
    "set shop/ds/agent nodeSelector[a.b/c]=ssd tolerations=[{operator: Exists}]",
    {
      target: { kind: "DaemonSet", name: "agent", namespace: "shop" },
      fields: [
        { path: ["nodeSelector", "a.b/c"], value: "ssd" },
        { path: ["tolerations"], value: [{ operator: "Exists" }] },
      ],
    },
  ],
  ["set deploy/web image='web 2'", { fields: [{ path: ["image"], value: "web 2" }] }],
  ["set deploy/web priorityClassName=null", { fields: [{ value: null }] }],
  ["scale sts/db replicas=0", { verb: "scale", target: { kind: "StatefulSet" }, replicas: 0 }],
  ["scale sts/db 4", { replicas: 4 }],
  ["delete pdb/db at 1m", { verb: "delete", target: { kind: "PodDisruptionBudget" } }, MINUTE],
  ["priority batch=-5", { verb: "priority", name: { text: "batch" }, value: -5 }],
  ["weight ImageLocality=0", { verb: "weight", plugin: { text: "ImageLocality" }, weight: 0 }],
  ["config my/sched.yaml", { verb: "config", file: { text: "my/sched.yaml" } }],
];

const REFUSED: readonly (readonly [
  text: string,
  column: number,
  message: string,
  hint?: string,
])[] = [
  ["", 1, "expected a change"],
  ["drian n-1", 1, "'drian' is no change", "did you mean 'drain'?"],
  ["drain", 6, "expected what to drain"],
  ["drain n-1 at", 11, "'at' needs a duration"],
  ["drain n-1 at 10", 14, "'10' is no duration"],
  ["drain n-1 timeout=0s", 19, "'0s' is no duration above 0"],
  ["drain pool=", 12, "the name of the pool is missing"],
  ["lose zone", 10, "expected the name of a zone"],
  ["lose pool=p:0", 11, "'0' is no whole number from 1"],
  ["upgrade all surge=0", 19, "no node could ever be replaced"],
  ["upgrade all surge=1 surge=2", 21, "'surge' is given twice"],
  ["shape pool=p", 13, "the new shape is missing", "write to=m7g.4xlarge, or cpu=8,memory=32Gi"],
  ["shape pool=p to=cpu=x", 21, "'x' is no quantity"],
  ["shape pool=p to=m5.large provider=aws", 35, "'aws' is no provider"],
  ["shape to=m5.large", 18, "expected a pool"],
  ["shape pool=p to=m5.large price=-1", 32, "'-1' is no price per hour"],
  ["add x pool=p", 5, "'x' is no whole number"],
  ["add 2 zone=a", 12, "expected one pool"],
  ["set web replicas=1", 5, "names no object"],
  ["set deploy/web", 15, "expected a field"],
  ["set deploy/web replicas", 16, "sets nothing", "write PATH=VALUE, as replicas=5"],
  ["set deploy/web a..b=1", 16, "'a..b' is no path"],
  ["set deploy/web tolerations=[", 29, "']' is missing"],
  ["set deploy/web image='a", 24, "a quotation mark is missing"],
  ["scale deploy/web replicas=many", 27, "'many' is no whole number"],
  ["priority batch", 10, "'batch' gives no value"],
  ["weight A=1 B=2", 12, "'B=2' is not understood here", "write weight PLUGIN=N"],
  ["weight A=1 at 5m", 12, "'at' is not understood here"],
  ["config", 7, "expected a file"],
];

describe("a change", () => {
  it.each(READ.map(([text, action, atUs]) => ({ text, action, atUs })))("$text", (one) => {
    const { text, action, atUs } = one;
    expect(parseChange(text)).toMatchObject({ text, action, ...(atUs !== undefined && { atUs }) });
  });

  it("has no instant of its own unless it names one", () => {
    expect(parseChange("drain n-1")).toMatchObject({ atUs: undefined });
  });

  it.each(REFUSED.map(([text, column, message, hint]) => ({ text, column, message, hint })))(
    "$text: refused at column $column",
    ({ text, column, message, hint }) => {
      const problem = parseChange(text) as Problem;
      expect(problem).toMatchObject({ code: "E_CHANGE", severity: "error", column });
      expect(problem.message).toContain(message);
      if (hint !== undefined) expect(problem.hint).toBe(hint);
    },
  );

  it("says which of several is wrong, all at once", () => {
    expect(() => parseChanges(["drain a", "drian b", "lose"])).toThrow(/--do 2:1:1.*--do 3:1:5/s);
  });
});
