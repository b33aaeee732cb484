import { describe, expect, it } from "vitest";
import { FOX } from "../testing/answers.ts";
import { refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { decodeFoxHello, encodeFoxHello, foxLength } from "./fox.ts";
import { WireError } from "./wire-error.ts";

describe("the hello of a Niagara station", () => {
  it("tells software and system", () => {
    expect(Object.fromEntries(decodeFoxHello(FOX))).toMatchObject({
      "fox.version": "1.0",
      "app.version": "3.5.41.1",
      "os.name": "QNX",
      brandId: "vykon",
      "station.name": "Head.[2J",
    });
  });

  it("ends where the station goes on with its challenge", () => {
    const challenge = Buffer.from("fox a 1 -1 fox challenge\n{\n};;\n");
    expect(foxLength(Buffer.concat([FOX, challenge]))).toBe(FOX.length);
    expect(decodeFoxHello(Buffer.concat([FOX, challenge])).get("os.name")).toBe("QNX");
    expect(() => decodeFoxHello(challenge)).toThrow("no hello");
  });

  it("is malformed where it is cut short, no Fox or without end", () => {
    refusesEveryPrefix(FOX, decodeFoxHello);
    survivesAnything(decodeFoxHello, [FOX, encodeFoxHello()]);
    expect(() => foxLength(Buffer.from("HTTP/1.1 400"))).toThrow(WireError);
    expect(foxLength(Buffer.from("fo"))).toBeUndefined();
    expect(() => foxLength(Buffer.from(`fox a${" ".repeat(20_000)}`))).toThrow("does not end");
  });
});
