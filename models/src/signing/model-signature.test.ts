import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { trustPem } from "../package/trust.ts";
import { testKey } from "../testing/index.ts";
import { checkSignature, signFiles } from "./model-signature.ts";

const vectors = join(import.meta.dirname, "../../../test/vectors/model-signing");
const readVector = (name: string): Buffer => readFileSync(join(vectors, name));
const p256 = trustPem(readVector("p256.pub.pem").toString());

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "accepted";
  } catch (thrown) {
    if (thrown instanceof ModelError) return thrown.code;
    throw thrown;
  }
};

// biome-ignore lint/suspicious/noExplicitAny: what is changed here has no type any more
type Anything = any;
const changed = (change: (bundle: Anything) => void): Buffer => {
  const bundle = JSON.parse(readVector("p256.sig").toString());
  change(bundle);
  return Buffer.from(JSON.stringify(bundle));
};

describe("a signature of the reference implementation", () => {
  it.each(["p256", "p384", "p521"])("is valid for files signed on %s", (curve) => {
    const trust = trustPem(readVector(`${curve}.pub.pem`).toString());
    const { files, signedBy } = checkSignature(readVector(`${curve}.sig`), trust, "model.sig");
    expect(files.map(({ path }) => path)).toEqual(["one.txt", "sub/two.bin"]);
    // By sha256sum.
    expect(files[0]?.sha256).toBe("83ad594cd1163abb39eedc7eeb2c025b0d78affda6939a96f21c95d3c7339b45");
    expect(signedBy).toBe(trust.keys[0]?.keyId);
  });

  it("is none of another key", () => {
    expect(codeOf(() => checkSignature(readVector("p384.sig"), p256, "model.sig"))).toBe("MODEL_UNSIGNED");
  });

  it.each<[string, (bundle: Anything) => void]>([
    ["another media type", (bundle) => (bundle.mediaType = "application/json")],
    ["no envelope", (bundle) => delete bundle.dsseEnvelope],
    ["no verification material", (bundle) => delete bundle.verificationMaterial],
    ["no signature", (bundle) => (bundle.dsseEnvelope.signatures = [])],
    ["another payload type", (bundle) => (bundle.dsseEnvelope.payloadType = "application/octet-stream")],
    ["another payload", (bundle) => (bundle.dsseEnvelope.payload = Buffer.from("{}").toString("base64"))],
    ["the hint of another key", (bundle) => (bundle.verificationMaterial.publicKey.hint = "0".repeat(64))],
    [
      "a certificate instead of a key",
      (bundle) => (bundle.verificationMaterial = { certificate: { rawBytes: "AAAA" }, tlogEntries: [] }),
    ],
  ])("is none with %s", (_, change) => {
    expect(codeOf(() => checkSignature(changed(change), p256, "model.sig"))).toBe("MODEL_UNSIGNED");
  });

  it("is none with any byte changed, and nothing else is thrown", () => {
    const good = readVector("p256.sig");
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        const code = codeOf(() => checkSignature(bytes, p256, "model.sig"));
        // Text that JSON or the format ignores may change; what was signed may not.
        if (code === "accepted") {
          expect(checkSignature(bytes, p256, "x").files).toEqual(checkSignature(good, p256, "x").files);
        } else expect(code).toBe("MODEL_UNSIGNED");
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  it("is none in any other bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codeOf(() => checkSignature(bytes, p256, "model.sig"))).toBe("MODEL_UNSIGNED");
      }),
      { seed: 4 },
    );
    const endless = Buffer.alloc((1 << 20) + 1, 0x20);
    expect(codeOf(() => checkSignature(endless, p256, "model.sig"))).toBe("MODEL_UNSIGNED");
  });
});

describe("a signature made here", () => {
  const key = testKey();
  const file = (path: string) => ({ path, sha256: "ab".repeat(32) });

  it("covers the files in the order of the format", async () => {
    const bytes = await signFiles("model", [file("b/x"), file("B"), file("b"), file("é")], key.signer);
    expect(checkSignature(bytes, key.trust, "model.sig").files.map(({ path }) => path)).toEqual([
      "B",
      "b",
      "b/x",
      "é",
    ]);
  });

  it("names the key as the reference implementation does", async () => {
    const bundle = JSON.parse(Buffer.from(await signFiles("model", [file("a")], key.signer)).toString());
    expect(bundle).toMatchObject({
      mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      verificationMaterial: { publicKey: { hint: key.signer.hint } },
    });
    const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64").toString());
    expect(statement.predicateType).toBe("https://model_signing/signature/v1.0");
    // sha256 of 32 bytes 0xab, by sha256sum.
    expect(statement.subject[0].digest.sha256).toBe(
      "9a2db2e23f1504cd056606553ac049c5e718e8f9ce9233876df1a7a1821af885",
    );
  });

  it.each<[string, (statement: Anything) => void]>([
    ["another predicate", (statement) => (statement.predicateType = "https://example.com/v1")],
    ["another statement", (statement) => (statement._type = "https://in-toto.io/Statement/v0.1")],
    ["no files", (statement) => (statement.predicate.resources = [])],
    ["no serialization", (statement) => delete statement.predicate.serialization],
    ["shards", (statement) => (statement.predicate.serialization.method = "shards")],
    ["links that are followed", (statement) => (statement.predicate.serialization.allow_symlinks = true)],
    ["a path out of the package", (statement) => (statement.predicate.resources[0].name = "../a")],
    ["an absolute path", (statement) => (statement.predicate.resources[0].name = "/a")],
    ["a file twice", (statement) => statement.predicate.resources.push(statement.predicate.resources[0])],
    ["files out of order", (statement) => statement.predicate.resources.push(file("Z"))],
    ["another root digest", (statement) => (statement.subject[0].digest.sha256 = "0".repeat(64))],
  ])("is refused, though by a trusted key, with %s", async (_, change) => {
    const good = JSON.parse(Buffer.from(await signFiles("model", [file("a")], key.signer)).toString());
    const statement = JSON.parse(Buffer.from(good.dsseEnvelope.payload, "base64").toString());
    change(statement);
    const payload = Buffer.from(JSON.stringify(statement));
    const type = good.dsseEnvelope.payloadType;
    const encoded = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
    good.dsseEnvelope.payload = payload.toString("base64");
    good.dsseEnvelope.signatures[0].sig = Buffer.from(await key.signer.sign(encoded)).toString("base64");
    const bytes = Buffer.from(JSON.stringify(good));
    expect(codeOf(() => checkSignature(bytes, key.trust, "model.sig"))).toBe("MODEL_UNSIGNED");
  });
});
