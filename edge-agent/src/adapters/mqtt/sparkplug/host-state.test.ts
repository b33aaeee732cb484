import { describe, expect, it } from "vitest";
import { createHostState } from "./host-state.ts";

const said = (json: unknown) =>
  new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));

describe("what a primary host says of itself", () => {
  it("counts when it is as new as what was said before, or newer", () => {
    const host = createHostState();
    const hear = (online: boolean, timestamp: number) => host.hear(said({ online, timestamp }));
    expect(hear(true, 10)).toBe("online");
    expect(hear(false, 9)).toBe("ignored");
    expect(hear(false, 10)).toBe("offline");
    expect(hear(true, 9)).toBe("ignored");
    expect(hear(true, 11)).toBe("online");
  });

  it.each([
    "ONLINE",
    "",
    "{",
    "[]",
    { online: true },
    { online: "true", timestamp: 1 },
    { online: true, timestamp: "1" },
  ])("is nothing where it is no STATE of Sparkplug 3 (%j)", (payload) => {
    expect(createHostState().hear(said(payload))).toBe("ignored");
  });
});
