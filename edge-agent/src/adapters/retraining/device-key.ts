import { createPublicKey } from "node:crypto";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createSigner, generateKey, type OwnSigner } from "@stethos/models";
import writeFileAtomic from "write-file-atomic";
import { EdgeError } from "../../core/errors.ts";

/** The key of this device: made once, never leaves it. What it signs is known to come from here.
 *  @param file PEM of the private half, readable for its owner alone; the public half is beside it, ending in ".pub"
 *  @throws EdgeError DATA_INVALID when there is something else */
export async function openDeviceKey(file: string): Promise<OwnSigner> {
  const pem = (await readKey(file)) ?? (await makeKey(file));
  try {
    const signer = createSigner(pem, undefined, file);
    return { ...signer, publicPem: createPublicKey(pem).export({ type: "spki", format: "pem" }).toString() };
  } catch (cause) {
    throw new EdgeError(
      "DATA_INVALID",
      `${file} is no private key of this device; move it away and a new one is made at the next start`,
      { cause },
    );
  }
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    const pem = await readFile(file, "utf8");
    // A backup that was brought back may have opened it to others.
    await chmod(file, 0o600);
    return pem;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw new EdgeError("DATA_INVALID", `the key of this device cannot be read: ${file}`, { cause: thrown });
  }
}

async function makeKey(file: string): Promise<string> {
  const { privatePem, publicPem } = generateKey();
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(`${file}.pub`, publicPem, { mode: 0o644 });
  await writeFileAtomic(file, privatePem, { mode: 0o600 });
  return privatePem;
}
