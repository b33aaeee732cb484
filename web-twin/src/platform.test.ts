import { describe, expect, it } from "vitest";
import { createSettings } from "./platform.ts";

describe("settings", () => {
  it("are kept under the product's name", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
    };
    createSettings(() => storage).set("language", "zh-CN");
    expect([...kept]).toEqual([["stethos.language", "zh-CN"]]);
    expect(createSettings(() => storage).get("language")).toBe("zh-CN");
    expect(createSettings(() => storage).get("operator")).toBeNull();
  });

  it("last as long as the page where the browser keeps none", () => {
    const settings = createSettings(() => {
      throw new DOMException("forbidden", "SecurityError");
    });
    expect(settings.get("language")).toBeNull();
    settings.set("language", "en");
    expect(settings.get("language")).toBe("en");
  });
});
