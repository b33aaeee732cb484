import { expect, it } from "vitest";
import { createBoundedMap } from "./bounded-map.ts";

it("forgets the entry of longest silence when a new one comes, and tells of it", () => {
  let forgotten = 0;
  const map = createBoundedMap<string, number>(2, () => {
    forgotten += 1;
  });
  map.set("a", 1);
  map.set("b", 2);
  map.get("a");
  map.set("c", 3);
  expect([map.get("a"), map.get("b"), map.get("c"), forgotten]).toEqual([1, undefined, 3, 1]);
  map.delete("a");
  map.set("c", 4);
  map.set("d", 5);
  expect([map.get("c"), map.get("d"), forgotten]).toEqual([4, 5, 1]);
});

it("forgets without a word where nobody wants to know", () => {
  const map = createBoundedMap<number, number>(1);
  map.set(1, 1);
  map.set(2, 2);
  expect(map.get(1)).toBeUndefined();
});
