import { describe, expect, it } from "vitest";
import { en } from "./en.ts";
import { chooseLanguage, LANGUAGES } from "./language.ts";
import { createTranslate, loadMessages } from "./translate.ts";
import { zhCn } from "./zh-cn.ts";

const placeholders = (text: string): readonly string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();

describe.each(LANGUAGES)("the catalogue %s", async (language) => {
  const catalogue = await loadMessages(language);

  it("has exactly the keys of the English one, none of them empty", () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(en).sort());
    expect(Object.values(catalogue).every((text) => text.trim() !== "")).toBe(true);
  });

  it("fills the same placeholders as the English one", () => {
    for (const [key, text] of Object.entries(en)) {
      expect([key, placeholders(catalogue[key as keyof typeof en])]).toEqual([key, placeholders(text)]);
    }
  });
});

describe("the Chinese catalogue", () => {
  it("leaves nothing in English", () => {
    // What is only placeholders and signs has nothing to translate.
    const untranslated = Object.entries(zhCn).filter(([, text]) => {
      const words = text.replace(/\{\w+\}/g, "");
      return /\p{Letter}/u.test(words) && !/\p{Script=Han}/u.test(words);
    });
    // The name of the evidence that holds the words, not words.
    expect(untranslated.map(([key]) => key)).toEqual(["rule.message"]);
  });
});

describe("translating", () => {
  it("fills placeholders and leaves unknown ones standing", () => {
    const t = createTranslate(en);
    expect(t("count.alarms", { n: 3 })).toBe("Alarms: 3");
    expect(t("count.alarms")).toBe("Alarms: {n}");
    expect(createTranslate(zhCn)("count.alarms", { n: 3 })).toBe("报警：3");
  });

  it("knows its own keys and nothing that merely looks like one", () => {
    const { known } = createTranslate(zhCn);
    expect(known("reason.shaft")).toBe("reason.shaft");
    expect(known("reason.toString")).toBeUndefined();
    expect(known("toString")).toBeUndefined();
  });
});

describe("choosing a language", () => {
  it.each([
    ["what was chosen before", "zh-CN", ["en-GB"], "zh-CN"],
    ["the browser's first that the page speaks", null, ["de", "zh-Hant-TW", "en"], "zh-CN"],
    ["English where the browser wants it first", null, ["en-US", "zh-CN"], "en"],
    ["English where the page speaks none", null, ["de", "fr"], "en"],
    ["the browser's where what was remembered is no language", "tlh", ["zh"], "zh-CN"],
  ] as const)("takes %s", (_, remembered, preferred, expected) => {
    expect(chooseLanguage(remembered, preferred)).toBe(expected);
  });
});
