import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillTopic, wordsOfTag, wrongTopic } from "./topic.ts";

describe("a topic", () => {
  it("is filled with the levels of a tag's id, the name with all that is left", () => {
    const words = wordsOfTag("works/hall 1/line/cell/pump/bearing/temp");
    expect(words).toMatchObject({ site: "works", area: "hall 1", asset: "pump", name: "bearing/temp" });
    expect(fillTopic("plant/{site}/{area}/_raw/{name}", words)).toEqual({
      kind: "topic",
      name: "plant/works/hall 1/_raw/bearing/temp",
    });
  });

  it("is none for a tag without these levels, and says which one is missing", () => {
    expect(fillTopic("p/{site}/{name}", wordsOfTag("short/id"))).toEqual({
      kind: "none",
      reason: expect.stringMatching(/needs a (site|name)$/),
    });
    expect(fillTopic("p/{tag}", wordsOfTag("short/id"))).toEqual({ kind: "topic", name: "p/short/id" });
  });

  it.each([
    ["plant/{sight}", /\{sight\} is no word/],
    ["plant/{site", /brace/],
    ["plant/+/{site}", /holds \+, #/],
    ["$SYS/{site}", /belongs to the server/],
    ["spBv1.0/{site}", /Sparkplug/],
    ["", /empty/],
  ])("refuses the template %s", (template, why) => {
    expect(wrongTopic(template, "readings")).toMatch(why);
  });

  it("never holds what no topic may, whatever a tag is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        const topic = fillTopic("p/{tag}", { tag: id });
        expect(topic.kind === "none").toBe(/[+#\0]/.test(id));
      }),
    );
  });
});
