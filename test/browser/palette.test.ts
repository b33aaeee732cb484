import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const css = await readFile(new URL("../../web-twin/src/styles/palette.css", import.meta.url), "utf8");

/** The custom properties of a rule, by its selector. */
function rule(selector: string): Readonly<Record<string, string>> {
  const start = css.indexOf(`${selector} {`);
  const body = css.slice(start, css.indexOf("}", start));
  return Object.fromEntries(
    [...body.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, hex]),
  );
}

const dark = rule(":root");
const palettes = {
  dark,
  light: { ...dark, ...rule('[data-palette="light"]') },
  "colour-blind": { ...dark, ...rule('[data-palette="colour-blind"]') },
};

/** WCAG 2.1: relative luminance of sRGB. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** `share` of a over b, as color-mix does in sRGB. */
function mixed(a: string, b: string, share: number): string {
  const channel = (i: number): string =>
    Math.round(
      Number.parseInt(a.slice(i, i + 2), 16) * share + Number.parseInt(b.slice(i, i + 2), 16) * (1 - share),
    )
      .toString(16)
      .padStart(2, "0");
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

const GROUNDS = ["ground", "surface", "raised"];

describe.each(Object.entries(palettes))("the palette %s", (_, colours) => {
  const colour = (name: string): string => {
    const hex = colours[name];
    if (hex === undefined) throw new Error(`there is no --${name}`);
    return hex;
  };

  it.each(["text", "text-weak", "alarm", "warning", "advisory", "stale", "shelved", "focus"])(
    "shows %s as text on every ground with 4.5 : 1",
    (name) => {
      for (const ground of GROUNDS) {
        expect(contrast(colour(name), colour(ground)), ground).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it.each(["ok", "accent", "edge"])("shows %s as a glyph on every ground with 3 : 1", (name) => {
    for (const ground of GROUNDS) {
      expect(contrast(colour(name), colour(ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });

  it("shows text on the tinted grounds of alarms and warnings, and on the alarm's colour itself", () => {
    for (const [tint, share] of [
      ["alarm", 0.14],
      ["warning", 0.12],
    ] as const) {
      const ground = mixed(colour(tint), colour("surface"), share);
      for (const name of ["text", "text-weak", tint]) {
        expect(contrast(colour(name), ground), `${name} on ${tint}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast(colour("on-alarm"), colour("alarm"))).toBeGreaterThanOrEqual(4.5);
  });
});
