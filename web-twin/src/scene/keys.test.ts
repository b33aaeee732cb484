import { describe, expect, it } from "vitest";
import { moveOf } from "./keys.ts";

describe("the keys of the scene", () => {
  const key = (name: string, more = {}, isFlat = false) =>
    moveOf({ key: name, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...more }, isFlat);

  it("turn, zoom, show everything and go to what is selected", () => {
    expect(key("ArrowLeft")).toMatchObject({ kind: "turn", polarRad: -0 });
    expect(key("ArrowDown")).toMatchObject({ kind: "turn", azimuthRad: 0 });
    expect(key("+")).toEqual({ kind: "zoom", factor: 0.85 });
    expect(key("Home")).toEqual({ kind: "fit" });
    expect(key("Enter")).toEqual({ kind: "goto" });
    expect(key("f")).toEqual({ kind: "goto" });
  });

  it("move over the floor with shift, and over a plan always", () => {
    const ahead = { kind: "stroll", right: 0, ahead: 0.15 };
    expect(key("ArrowUp", { shiftKey: true })).toEqual(ahead);
    expect(key("ArrowUp", {}, true)).toEqual(ahead);
  });

  it("leave all else to the browser", () => {
    expect(key("Tab")).toBeUndefined();
    expect(key("toString")).toBeUndefined();
    expect(key("+", { ctrlKey: true })).toBeUndefined();
    expect(key("ArrowLeft", { altKey: true })).toBeUndefined();
    expect(key("ArrowLeft", { metaKey: true })).toBeUndefined();
  });
});
