// Claims about names: whatever a trace calls things, Kubernetes takes what comes out, and users stay apart.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  objectNameOf,
  Tenants,
  textOfItsOwn,
} from "../../../src/workload/traces/import/kubernetes-names.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

describe("names of objects", () => {
  it.each([
    ["application_1506638472019_14199", "application-1506638472019-14199"],
    ["NF.CORE/X#1", "nf.core-x-1"],
    ["a.-b..c-.d", "a.b.c.d"],
    ["__", "x"],
  ])("%s is %s", (text, name) => {
    expect(objectNameOf(text)).toBe(name);
  });

  it("are taken by Kubernetes, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const name = objectNameOf(text);
        expect(name).toMatch(SUBDOMAIN);
        expect(name.length).toBeLessThanOrEqual(253);
      }),
    );
  });
});

describe("namespaces of users", () => {
  it("keep a name that Kubernetes takes, and number the others by appearance", () => {
    const tenants = new Tenants("user");
    expect(["7", "a/b+=", "7", "", "bob", "X"].map((user) => tenants.namespaceOf(user))).toEqual([
      ...["user-7", "user-2", "user-7", "default", "user-bob", "user-4"],
    ]);
    expect(tenants.list()).toEqual(["user-7", "user-2", "user-bob", "user-4"]);
  });

  it("are one per user and never shared, whatever the users", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ minLength: 1 }), fc.nat(30).map(String))),
        (users) => {
          const tenants = new Tenants("user");
          const names = users.map((user) => tenants.namespaceOf(user));
          expect(new Set(names).size).toBe(new Set(users).size);
          for (const name of names) expect(name).toMatch(LABEL);
        },
      ),
    );
  });

  it("texts that are kept are equal to those they come from", () => {
    expect(textOfItsOwn("Zoë/+=")).toBe("Zoë/+=");
  });
});
