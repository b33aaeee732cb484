import { describe, expect, it } from "vitest";
import { leastRole, mayDo, RIGHTS, ROLES } from "./roles.ts";

describe("the table of roles", () => {
  it("is monotone: a higher role may do all that a lower one may", () => {
    for (const right of RIGHTS) {
      const allowed = ROLES.map((role) => mayDo(role, right));
      expect(allowed).toEqual(allowed.toSorted((a, b) => Number(a) - Number(b)));
      expect(allowed.at(-1)).toBe(true);
    }
  });

  it("gives each right to its least role and to none below", () => {
    for (const right of RIGHTS) {
      expect(ROLES.find((role) => mayDo(role, right))).toBe(leastRole(right));
    }
  });

  it("names the roles from the least to the highest, and every right", () => {
    expect(ROLES).toEqual(["viewer", "operator", "engineer"]);
    expect(
      Object.fromEntries(ROLES.map((role) => [role, RIGHTS.filter((right) => leastRole(right) === role)])),
    ).toEqual({
      viewer: ["look"],
      operator: ["acknowledge", "shelve", "label", "work-order"],
      engineer: ["out-of-service", "relearn", "identify", "trial"],
    });
  });
});
