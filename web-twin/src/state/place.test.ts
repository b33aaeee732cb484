import { describe, expect, it } from "vitest";
import { goTo, placeHash, placeOf, readPlace } from "./place.ts";
import { createStore } from "./store.ts";

describe("places", () => {
  it.each([
    ["#/plant/plan", { page: "plant", manner: "plan" }],
    ["#/plant/nonsense", { page: "plant", manner: "scene" }],
    ["#/plant", { page: "plant", manner: "scene" }],
    ["#/alarms?area=Mill", { page: "alarms" }],
    ["#trends", { page: "trends" }],
    ["#/nowhere", undefined],
    ["", undefined],
  ])("are read from an address: %s", (hash, place) => {
    expect(readPlace(hash)).toEqual(place);
  });

  it("are where the store was led, and have an address that leads there again", () => {
    const store = createStore(() => {});
    for (const place of [{ page: "models" }, { page: "plant", manner: "table" }] as const) {
      goTo(store, place);
      expect(placeOf(store.view())).toEqual(place);
      expect(readPlace(placeHash(place))).toEqual(place);
    }
  });
});
