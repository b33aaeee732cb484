import { describe, expect, it } from "vitest";
import { createSettings } from "../platform.ts";
import { createBookmarks, MOST_BOOKMARKS } from "./bookmarks.ts";

function setUp(kept?: string) {
  const stored = new Map<string, string>(kept === undefined ? [] : [["stethos.bookmarks", kept]]);
  const settings = createSettings(() => ({
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
  }));
  return { bookmarks: createBookmarks(settings), stored };
}

describe("bookmarks", () => {
  it("are kept by name, the newer in the place of the older", () => {
    const { bookmarks, stored } = setUp();
    expect(bookmarks.add({ name: "Pump", hash: "#/plant/scene?asset=a" })).toBe(true);
    expect(bookmarks.add({ name: "Night", hash: "#/alarms" })).toBe(true);
    expect(bookmarks.add({ name: "Pump", hash: "#/plant/plan?asset=b" })).toBe(true);
    expect(bookmarks.all().map(({ name, hash }) => [name, hash])).toEqual([
      ["Night", "#/alarms"],
      ["Pump", "#/plant/plan?asset=b"],
    ]);
    bookmarks.remove("Night");
    expect(stored.get("stethos.bookmarks")).toBe('[{"name":"Pump","hash":"#/plant/plan?asset=b"}]');
  });

  it("are bounded", () => {
    const { bookmarks } = setUp();
    for (let i = 0; i < MOST_BOOKMARKS; i += 1) bookmarks.add({ name: String(i), hash: "#/plant/scene" });
    expect(bookmarks.add({ name: "more", hash: "#/plant/scene" })).toBe(false);
    expect(bookmarks.add({ name: "3", hash: "#/trends" })).toBe(true);
  });

  it.each(["not json", "{}", '[1,null,{"name":"x"},{"name":"x","hash":"javascript:alert(1)"}]'])(
    "are none where what was kept is %s",
    (kept) => {
      expect(setUp(kept).bookmarks.all()).toEqual([]);
    },
  );
});
