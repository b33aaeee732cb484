import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { readTrust, trustPem } from "../package/trust.ts";
import { generateKey } from "./key.ts";
import { createSigner } from "./signer.ts";

function refusal(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (thrown) {
    if (thrown instanceof ModelError && thrown.code === "USAGE") return thrown.message;
    throw thrown;
  }
}

const pemOf = (kind: "ed25519" | "rsa") => {
  const pair =
    kind === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519");
  return {
    privatePem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
};

describe("a key", () => {
  it("has one name for its two halves", () => {
    const { privatePem, publicPem } = generateKey();
    expect(trustPem(publicPem).keys[0]?.keyId).toBe(createSigner(privatePem).keyId);
    expect(trustPem(publicPem).keys[0]?.hint).toBe(createSigner(privatePem).hint);
  });

  it("opens with its passphrase only, and never shows it", () => {
    const { privatePem, publicPem } = generateKey("open sesame");
    expect(privatePem).toContain("ENCRYPTED");
    expect(createSigner(privatePem, "open sesame").keyId).toBe(trustPem(publicPem).keys[0]?.keyId);
    expect(refusal(() => createSigner(privatePem, "open barley"))).not.toContain("barley");
    expect(refusal(() => createSigner(privatePem))).toContain(
      "no private key in PEM that this passphrase opens",
    );
  });

  it.each(["ed25519", "rsa"] as const)("of kind %s is refused, and it says which are taken", (kind) => {
    const { privatePem, publicPem } = pemOf(kind);
    for (const why of [refusal(() => createSigner(privatePem)), refusal(() => trustPem(publicPem))]) {
      expect(why).toContain(`of kind ${kind}`);
      expect(why).toContain("P-256, P-384 or P-521");
    }
  });

  it("of another curve is refused", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    expect(refusal(() => trustPem(publicKey.export({ type: "spki", format: "pem" }).toString()))).toContain(
      "secp256k1",
    );
  });

  it("that is private is not taken for a trusted one", () => {
    expect(refusal(() => trustPem(generateKey().privatePem))).toContain("is a private key");
  });
});

describe("trust", () => {
  it("takes several keys from one file, with text around them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stethos-trust-"));
    const keys = [generateKey().publicPem, generateKey().publicPem, generateKey().publicPem];
    await writeFile(join(folder, "two.pem"), `release key 2026\n${keys[0]}\nand the next\n${keys[1]}`);
    await writeFile(join(folder, "one.pem"), keys[2] ?? "");
    const { keys: found } = await readTrust([join(folder, "two.pem"), join(folder, "one.pem")]);
    expect(found.map(({ keyId }) => keyId)).toEqual(trustPem(...keys).keys.map(({ keyId }) => keyId));
    expect(found[2]?.source).toBe(join(folder, "one.pem"));
    await rm(folder, { recursive: true });
  });

  it("is not given to a file that is not there, or is no key", async () => {
    await expect(readTrust(["no/such.pem"])).rejects.toMatchObject({ code: "USAGE" });
    expect(refusal(() => trustPem("hello"))).toContain("no public key in PEM");
  });
});
