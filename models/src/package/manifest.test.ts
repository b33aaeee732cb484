import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { makePackage } from "../testing/index.ts";
import { canonicalJson, canonicalPart } from "./canonical-json.ts";
import { parseManifest } from "./manifest.ts";

// biome-ignore lint/suspicious/noExplicitAny: what is changed here has no type any more
type Anything = any;

const shipped = join(import.meta.dirname, "../../artifacts/listener/0.1.0/manifest.json");

function refusal(text: string | Uint8Array): string {
  try {
    parseManifest(Buffer.from(text), "manifest.json");
    return "accepted";
  } catch (thrown) {
    if (thrown instanceof ModelError && thrown.code === "MODEL_CONTRACT") return thrown.message;
    throw thrown;
  }
}

describe("a manifest", () => {
  let good: string;
  beforeAll(async () => {
    const folder = await makePackage();
    good = await readFile(join(folder, "manifest.json"), "utf8");
    await rm(folder, { recursive: true });
  });
  const changed = (change: (manifest: Anything) => void): string => {
    const manifest = JSON.parse(good);
    change(manifest);
    return refusal(JSON.stringify(manifest));
  };

  it("of the shipped model is read, the digest of its preprocessing checked", async () => {
    const manifest = parseManifest(await readFile(shipped), shipped);
    expect(manifest).toMatchObject({ name: "listener", version: "0.1.0", sequence: 1 });
  });

  it("may say more than is known", () => {
    expect(changed((manifest) => (manifest.later = { more: true }))).toBe("accepted");
  });

  it.each<[string, (manifest: Anything) => void, string]>([
    ["a path that climbs", (m) => (m.files[0].path = "../model.onnx"), "relative path"],
    ["a path that climbs in the middle", (m) => (m.files[0].path = "a/../../b"), "relative path"],
    ["an absolute path", (m) => (m.files[0].path = "/etc/passwd"), "relative path"],
    ["a path of Windows", (m) => (m.files[0].path = "C:\\model.onnx"), "relative path"],
    ["a hidden file", (m) => (m.files[0].path = ".ssh/config"), "relative path"],
    ["itself among the files", (m) => (m.files[0].path = "manifest.json"), "do not list themselves"],
    ["one path twice", (m) => m.files.push({ ...m.files[1] }), "one path stands there twice"],
    [
      "one path twice on a disk without case",
      (m) => m.files.push({ ...m.files[1], path: "HEAD.bin" }),
      "twice",
    ],
    ["no graph", (m) => (m.files[0].role = "other"), 'role "graph"'],
    ["a role that nobody knows", (m) => (m.files[0].role = "magic"), "role"],
    ["an empty file", (m) => (m.files[0].bytes = 0), "bytes"],
    ["a digest in capitals", (m) => (m.files[0].sha256 = "A".repeat(64)), "small hex digits"],
    ["half a version", (m) => (m.version = "1.0"), "semantic version"],
    ["a version with build metadata", (m) => (m.version = "1.0.0+linux"), "semantic version"],
    ["a version that is a path", (m) => (m.version = "1.0.0-../x"), "semantic version"],
    ["a name that is a path", (m) => (m.name = "../listener"), "letters, digits"],
    ["sequence 0", (m) => (m.sequence = 0), "sequence"],
    ["a later form", (m) => (m.schemaVersion = 2), "schemaVersion"],
    ["a type that nobody feeds", (m) => (m.inputs[0].dtype = "float16"), "dtype"],
    ["two inputs of one name", (m) => m.inputs.push(m.inputs[0]), "same name"],
    ["no class healthy", (m) => (m.classes = ["good", "bad"]), "healthy"],
    ["one class twice", (m) => m.classes.push("ball"), "twice"],
    ["a threshold that nothing passes", (m) => (m.thresholds.anomalyScore.threshold = 1), "threshold"],
    [
      "golden vectors that are not there",
      (m) => (m.golden.vectors = "golden/none.json"),
      "not among the files",
    ],
    ["an SBOM that is not there", (m) => (m.sbom = "sbom.json"), "not among the files"],
    ["another preprocessing than its digest says", (m) => (m.preprocessing.inGraph.bands = 33), "digest"],
  ])("is refused with %s", (_, change, why) => {
    expect(changed(change)).toContain(why);
  });

  it("is refused when it is no JSON, no text, or endless", () => {
    expect(refusal(good.slice(0, 300))).toContain("no JSON");
    expect(refusal(Buffer.from([0x7b, 0xff, 0x7d]))).toContain("no JSON");
    expect(refusal(Buffer.alloc((4 << 20) + 1, 0x20))).toContain("are the most");
  });

  it("is read or refused, whatever byte of it changes", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        expect(typeof refusal(bytes)).toBe("string");
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

describe("canonical JSON", () => {
  it("is what Python's json.dumps makes of it, numbers as they were written", () => {
    // python3 -c 'import json; print(json.dumps(json.loads(r"""<text>"""), sort_keys=True, separators=(",", ":")))'
    const text =
      '{"b": [25.0, 1e-06, 3, true, null], "a\\u00e9": "\\u20ac\\ud83d\\ude00\\"\\\\\\n\\u007f", "a": {}}';
    expect(canonicalPart(text, [])).toBe(
      '{"a":{},"a\\u00e9":"\\u20ac\\ud83d\\ude00\\"\\\\\\n\\u007f","b":[25.0,1e-06,3,true,null]}',
    );
  });

  it("takes a part of a document, and null where there is none", () => {
    expect(canonicalPart('{"a": {"b": {"d": 1.50, "c": 2}}}', ["a", "b"])).toBe('{"c":2,"d":1.50}');
    expect(canonicalPart("{}", ["a", "b"])).toBe("null");
  });

  it("does not depend on the order of members", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 4 },
    );
  });

  it("digests the shipped preprocessing as the pipeline does", async () => {
    const text = await readFile(shipped, "utf8");
    const part = canonicalPart(text, ["preprocessing", "inGraph"]);
    expect(createHash("sha256").update(part).digest("hex")).toBe(JSON.parse(text).preprocessing.sha256);
  });
});
