import { describe, expect, it } from "vitest";
import { piecesOf } from "./pieces.ts";

describe("the pieces of a block", () => {
  it("are one where the block fits into an answer", () => {
    expect(piecesOf(65_536, undefined)).toEqual([undefined]);
    expect(piecesOf(100, "0:99")).toEqual(["0:99"]);
  });

  it("follow each other without gap or overlap", () => {
    expect(piecesOf(140_000, undefined)).toEqual(["0:65535", "65536:131071", "131072:139999"]);
    expect(piecesOf(65_537, undefined)).toEqual(["0:65535", "65536"]);
  });

  it("begin where the address begins", () => {
    expect(piecesOf(70_000, "1000:70999")).toEqual(["1000:66535", "66536:70999"]);
  });

  it("are one where the address has several dimensions", () => {
    expect(piecesOf(70_000, "0:1,0:34999")).toEqual(["0:1,0:34999"]);
  });
});
