import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ModelError } from "../errors.ts";
import { keyHintOf, keyIdOf, publicKey } from "../signing/key.ts";

/** Public keys whose signatures count. */
export interface Trust {
  readonly keys: readonly TrustedKey[];
}

export interface TrustedKey {
  /** sha256 of the SPKI DER, hex. */
  readonly keyId: string;
  /** As signatures name the key. */
  readonly hint: string;
  /** Where it comes from, for messages. */
  readonly source: string;
  readonly key: KeyObject;
}

/** Trust in the keys of these PEM texts; one text may hold several.
 *  @throws ModelError USAGE */
export function trustPem(...pems: readonly string[]): Trust {
  return { keys: pems.flatMap((pem) => keysIn(pem, "a trusted key")) };
}

/** Trust in the keys of these PEM files.
 *  @throws ModelError USAGE for a file that is not there, holds no key or another kind of key */
export async function readTrust(files: readonly string[]): Promise<Trust> {
  const keys: TrustedKey[] = [];
  for (const file of files) keys.push(...keysIn(await readPem(file), file));
  return { keys };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ModelError(
      "USAGE",
      `the trusted key ${file} cannot be read; name the file of a public key in PEM`,
      {
        cause,
      },
    );
  }
}

// RFC 7468: other text may stand around the blocks.
const BLOCK = /-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----/g;

function keysIn(text: string, source: string): TrustedKey[] {
  const blocks = text.match(BLOCK) ?? [text];
  return blocks.map((pem) => {
    const key = publicKey(pem, source);
    return { keyId: keyIdOf(key), hint: keyHintOf(key), source, key };
  });
}
