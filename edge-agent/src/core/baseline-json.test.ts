import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultBaselinePolicy, emptyBaseline, learn } from "./baseline.ts";
import { parseBaseline, serialiseBaseline } from "./baseline-json.ts";
import { EdgeError } from "./errors.ts";
import { addNoise, createPrng } from "./prng.ts";

const policy = { ...defaultBaselinePolicy, windows: 10 };

/** @param counts windows at each speed of a list of 3 */
function taught(counts: readonly number[], seed: number) {
  const uniform = createPrng(seed);
  const draw = (length: number) => {
    const values = new Float32Array(length);
    addNoise(values, 1, uniform);
    return values;
  };
  const window = (shaftHz: number) => ({
    sensorState: "valid" as const,
    shaftHz,
    rms: 1 + uniform(),
    frame: draw(6),
    spectrum: draw(4),
    copies: [draw(4), draw(4)],
  });
  const speeds = [25, 0, 40];
  const windows = counts.flatMap((count, i) => Array.from({ length: count }, () => window(speeds[i] ?? 0)));
  return windows.reduce(
    (known, one) => learn(known, one, policy),
    emptyBaseline("press/bearing", "listener 1.0.0"),
  );
}

describe("serialiseBaseline and parseBaseline", () => {
  it("give back any baseline, learning, learnt or empty", () => {
    const count = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(fc.tuple(count, count, count), fc.integer(), (counts, seed) => {
        const baseline = taught(counts, seed);
        expect(parseBaseline(serialiseBaseline(baseline))).toEqual(baseline);
      }),
    );
  });

  it("say DATA_INVALID, never more and never less, of any other JSON", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(() => parseBaseline(json)).toThrow(EdgeError);
      }),
    );
  });
});

describe("parseBaseline", () => {
  const stored = serialiseBaseline(taught([10, 3, 0], 1));

  /** The stored text with one place changed. */
  function changed(path: readonly (string | number)[], value: unknown): string {
    const root = JSON.parse(stored);
    const last = path.at(-1) ?? "";
    const holder = path.slice(0, -1).reduce((node, key) => node[key], root);
    holder[last] = value;
    return JSON.stringify(root);
  }

  it.each<[readonly (string | number)[], unknown, string]>([
    [["version"], 2, "version is 2, this agent reads version 1"],
    [["sensor"], "", "sensor is no text"],
    [["model"], 7, "model is no text"],
    [["heard"], -1, "heard is no count"],
    [["bands"], {}, "bands is no list"],
    [["bands", 0], null, "bands[0] is no object"],
    [["bands", 0, "kind"], "guessed", 'bands[0].kind is neither "learning" nor "learnt"'],
    [["bands", 0, "shaftHz"], -25, "bands[0].shaftHz is no speed"],
    [["bands", 0, "windows"], 1.5, "bands[0].windows is no count"],
    [["bands", 0, "healthyFrame"], "AAAA", "bands[0].healthyFrame holds no finite numbers"],
    [["bands", 0, "healthyFrame"], "", "bands[0].healthyFrame holds no finite numbers"],
    [["bands", 0, "spectrum"], [], "bands[0].spectrum is no object"],
    [["bands", 0, "spectrum", "mean"], 3, "bands[0].spectrum.mean holds no finite numbers"],
    [["bands", 0, "spectrum", "precision"], "AAAAAAAA8D8=", "bands[0].spectrum.precision does not fit"],
    [["bands", 0, "spectrumLimit"], 0, "bands[0].spectrumLimit is no positive number"],
    [["bands", 0, "rms"], null, "bands[0].rms is no positive number"],
    [["bands", 0, "rmsLimit"], "2", "bands[0].rmsLimit is no positive number"],
    [["bands", 1, "frameSum"], "AACAPw==", "bands[1].frameSum holds no finite numbers"],
    [["bands", 1, "spectra"], "", "bands[1].spectra is no list"],
    [["bands", 1, "spectra", 0], 5, "bands[1].spectra[0] is no list"],
    [["bands", 1, "spectra", 0], [], "bands[1].spectra have not one length"],
    [["bands", 1, "spectra", 0, 1], "AACAPw==", "bands[1].spectra have not one length"],
    [["bands", 1, "rms"], [1, 2], "bands[1].rms has not one value a window"],
    [["bands", 1, "rms", 2], 0, "bands[1].rms[2] is no positive number"],
  ])("names what is wrong at %j", (path, value, message) => {
    expect(() => parseBaseline(changed(path, value))).toThrow(
      expect.objectContaining({ code: "DATA_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it.each(["", "{", "[]", "null", "3"])("refuses %j", (text) => {
    expect(() => parseBaseline(text)).toThrow(expect.objectContaining({ code: "DATA_INVALID" }));
  });

  it("tells the mend", () => {
    expect(() => parseBaseline("{")).toThrow(/forget it, and it is learnt again/);
  });
});
