import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signFiles } from "../signing/model-signature.ts";
import { makePackage, signedCopy, testKey } from "../testing/index.ts";
import { checkManifest, openPackage } from "./open-package.ts";
import { sha256OfBytes, sha256OfFile } from "./package-folder.ts";
import { readUnsigned, signPackage } from "./sign-package.ts";

const signal = AbortSignal.timeout(60_000);
const key = testKey();

describe("signing a package", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makePackage();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const refused = (text: string) =>
    expect(signPackage(folder, key.signer, signal)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining(text),
    });

  it("makes it one that opens, and may be done again", async () => {
    const { digest } = await signPackage(folder, key.signer, signal);
    await signPackage(folder, key.signer, signal);
    expect(await openPackage(folder, key.trust, signal)).toMatchObject({ digest, folder });
  });

  it("copies it where the original is not to be touched", async () => {
    const copy = await signedCopy(folder, key);
    expect((await openPackage(copy, key.trust, signal)).manifest.name).toBe("listener");
    await expect(openPackage(folder, key.trust, signal)).rejects.toMatchObject({ code: "MODEL_UNSIGNED" });
    await rm(copy, { recursive: true });
  });

  it("is refused where a file differs from what the manifest says", async () => {
    await writeFile(join(folder, "head.bin"), "head of 9.9.9");
    await refused("head.bin has sha256");
    await writeFile(join(folder, "head.bin"), "longer than it was");
    await refused("head.bin has 18 bytes");
    await rm(join(folder, "head.bin"));
    await refused("head.bin has no bytes");
  });

  it("is refused where something lies there that the manifest does not name", async () => {
    await writeFile(join(folder, "notes.txt"), "x");
    await refused("notes.txt is there");
    await rm(join(folder, "notes.txt"));
    await symlink("CARD.md", join(folder, "link.md"));
    await refused("link.md is there");
  });

  it("is refused without a manifest, or in a folder of thousands of files", async () => {
    await rm(join(folder, "manifest.json"));
    await expect(readUnsigned(folder, signal)).rejects.toMatchObject({ code: "MODEL_MISSING" });
    for (let index = 0; index < 1025; index += 1) await writeFile(join(folder, `${index}`), "");
    await refused("more than 1024 files");
  });
});

describe("a signature over other files than the manifest names", () => {
  it("is refused, though a trusted key made it", async () => {
    const folder = await makePackage();
    const manifest = await readFile(join(folder, "manifest.json"));
    const own = { path: "manifest.json", sha256: sha256OfBytes(manifest) };
    const { manifest: parsed } = await readUnsigned(folder, signal);
    const others = [
      { files: [own], why: "which was not signed" },
      { files: [own, ...parsed.files, { path: "more.bin", sha256: own.sha256 }], why: "more.bin was signed" },
    ];
    for (const { files, why } of others) {
      const signature = await signFiles("listener", files, key.signer);
      expect(() => checkManifest(manifest, signature, key.trust, "here")).toThrow(why);
    }
    await rm(folder, { recursive: true });
  });
});

describe("a file", () => {
  it("that is not there is missing", async () => {
    await expect(sha256OfFile("no/such", signal)).rejects.toMatchObject({ code: "MODEL_MISSING" });
  });
});
