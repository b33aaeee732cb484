import { describe, expect, it } from "vitest";
import { testKey } from "../testing/index.ts";
import { signEnvelope } from "./envelope.ts";
import { openSelfSigned, signSelf } from "./self-signed.ts";

const TYPE = "application/vnd.example+json";
const key = testKey();
const own = { ...key.signer, publicPem: key.publicPem };
const open = (bytes: Uint8Array, type = TYPE, most = 4096) => openSelfSigned(bytes, type, most, "it");
const sealed = (payload: string) => signEnvelope(TYPE, Buffer.from(payload), key.signer);

describe("what names the key that signed it", () => {
  it("is read with the fingerprint of that key", async () => {
    expect(open(await signSelf(TYPE, { a: 1 }, own))).toEqual({ content: { a: 1 }, keyId: key.signer.keyId });
  });

  it.each<[string, () => Promise<Uint8Array>, RegExp]>([
    ["no envelope", async () => Buffer.from("{}"), /not signed|of type/],
    ["no JSON", async () => Buffer.from("x"), /no DSSE envelope/],
    ["of another type", () => signSelf("application/other", {}, own), /of type "application\/other"/],
    ["too large", () => signSelf(TYPE, { a: "x".repeat(5000) }, own), /bytes/],
    ["nothing that can be read", () => sealed("x"), /no JSON/],
    ["without a key", () => sealed("{}"), /names no public key/],
    ["with a key that is none", () => sealed('{"publicKey":"x"}'), /the key that it names is none/],
    [
      "with a private key",
      () => sealed(JSON.stringify({ publicKey: key.privatePem })),
      /the key that it names is none/,
    ],
    [
      "with another key than the one that signed",
      () => signSelf(TYPE, {}, { ...testKey().signer, publicPem: key.publicPem }),
      /no signature of a trusted key/,
    ],
  ])("is refused when it is %s", async (_, made, why) => {
    const bytes = await made();
    expect(() => open(bytes)).toThrow(
      expect.objectContaining({ code: "MODEL_UNSIGNED", message: expect.stringMatching(why) }),
    );
  });
});
