import { describe, expect, it } from "vitest";
import { postgresOptions } from "./options.ts";
import { parseTarget } from "./target.ts";

const of = (url: string) => postgresOptions.safeParse({ kind: "postgres", url });

describe("the address of a database", () => {
  it.each([
    ["postgres://agent@db.plant:5433/plant", "agent", "plant", [{ host: "db.plant", port: 5433 }]],
    ["postgresql://db/plant", undefined, "plant", [{ host: "db", port: 5432 }]],
    ["postgres://a%40b@[fe80::1]:1/x%20y", "a@b", "x y", [{ host: "fe80::1", port: 1 }]],
    [
      "postgres://a@one,two:5433/p",
      "a",
      "p",
      [
        { host: "one", port: 5432 },
        { host: "two", port: 5433 },
      ],
    ],
    ["postgres://a@/p?host=/run/postgresql&port=5433", "a", "p", [{ host: "/run/postgresql", port: 5433 }]],
  ])("is read from %s", (url, user, database, servers) => {
    expect(parseTarget(url)).toEqual({ user, database, servers });
    expect(of(url).success).toBe(true);
  });

  it.each([
    "http://db/plant",
    "postgres://db",
    "postgres:///plant",
    "postgres://db:0/plant",
    "postgres://db:99999/plant",
    "postgres://db/plant?sslmode=disable",
    "postgres://a%zz@db/plant",
    "postgres://db/plant#x",
  ])("is not %s", (url) => {
    expect(parseTarget(url)).toBeUndefined();
    expect(of(url).success).toBe(false);
  });

  it("holds no password", () => {
    const { error } = of("postgres://agent:secret@db/plant");
    expect(error?.issues.map(({ message }) => message)).toEqual([
      "a password does not belong here: use passwordFile",
    ]);
  });
});

describe("the options", () => {
  it("need nothing but an address", () => {
    expect(of("postgres://db/plant").data).toMatchObject({
      name: "postgres",
      schema: "stethos",
      retentionDays: 90,
      compressAfterDays: 1,
      rowsAtOnce: 10_000,
      streams: ["readings", "scores", "health", "alarms", "gaps"],
    });
  });

  it.each(["pg_mine", "Mine", "my schema", "", 'a"b', "x".repeat(64)])("know no schema %j", (schema) => {
    expect(postgresOptions.safeParse({ kind: "postgres", url: "postgres://a/b", schema }).success).toBe(
      false,
    );
  });

  it("want a key for a certificate", () => {
    const tls = { certFile: "agent.pem" };
    expect(postgresOptions.safeParse({ kind: "postgres", url: "postgres://a/b", tls }).success).toBe(false);
  });
});
