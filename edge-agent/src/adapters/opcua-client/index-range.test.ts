import { describe, expect, it } from "vitest";
import { rawColumns, type Value } from "../../core/reading.ts";
import { cut, cutRow, type IndexRange, parseIndexRange, piecesOf } from "./index-range.ts";

const range = (text: string): IndexRange => {
  const parsed = parseIndexRange(text);
  if (parsed === undefined) throw new Error(`${text} is no range of one dimension`);
  return parsed;
};

describe("an index range", () => {
  it("has a beginning and a length, in one dimension", () => {
    expect(parseIndexRange("2:5")).toEqual({ text: "2:5", first: 2, count: 4 });
    expect(parseIndexRange("7")).toEqual({ text: "7", first: 7, count: 1 });
    expect(parseIndexRange("0:1,2:3")).toBeUndefined();
    expect(parseIndexRange(undefined)).toBeUndefined();
  });

  it("is cut into pieces without gap or overlap", () => {
    expect(piecesOf(0, 25, 10).map(({ text }) => text)).toEqual(["0:9", "10:19", "20:24"]);
    expect(piecesOf(100, 21, 10).map(({ text }) => text)).toEqual(["100:109", "110:119", "120"]);
    expect(piecesOf(5, 3, 10)).toEqual([{ text: "5:7", first: 5, count: 3 }]);
  });

  it("is applied here where the server did not", () => {
    expect(cut([0, 1, 2, 3, 4], range("1:2"))).toEqual([1, 2]);
    expect(cut([1, 2], range("1:2"))).toEqual([1, 2]);
    expect(cut(new Float32Array([0, 1, 2]), range("2"))).toEqual(new Float32Array([2]));
  });
});

describe("a row that was asked for in part", () => {
  function rowOf(value: Value, text: string): { value: number; other: Value | undefined } {
    const rows = rawColumns(1, 0);
    rows.other.set(0, value);
    cutRow(rows, 0, range(text));
    return { value: rows.value[0] ?? 0, other: rows.other.get(0) };
  }

  it("is an array of what was asked for", () => {
    expect(rowOf([10, 11, 12], "0:1")).toEqual({ value: Number.NaN, other: [10, 11] });
  });

  it("is the element itself where one was asked for", () => {
    expect(rowOf([12], "2")).toEqual({ value: 12, other: undefined });
    expect(rowOf([10, 11, 12], "2")).toEqual({ value: 12, other: undefined });
    expect(rowOf([true], "0")).toEqual({ value: 1, other: true });
    expect(rowOf(["a"], "0")).toEqual({ value: Number.NaN, other: "a" });
  });

  it("stays as it is where it is no array, or an empty one", () => {
    expect(rowOf("part of a text", "0:3")).toEqual({ value: Number.NaN, other: "part of a text" });
    expect(rowOf([], "0")).toEqual({ value: Number.NaN, other: [] });
  });
});
