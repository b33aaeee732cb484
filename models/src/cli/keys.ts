import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { ModelError } from "../errors.ts";
import { readTrust, type Trust, trustPem } from "../package/trust.ts";
import type { Signer } from "../registry/registry.ts";
import { privateKey } from "../signing/key.ts";
import { createSigner } from "../signing/signer.ts";
import type { CliContext } from "./io.ts";
import { gathered } from "./option-values.ts";

export interface SigningOptions {
  readonly key: string;
  readonly passphraseFile?: string;
  readonly trust?: readonly string[];
}

export interface TrustOptions {
  readonly key: readonly string[];
}

export const withSigningOptions = (command: Command): Command =>
  command
    .requiredOption("--key <file>", "private key that signs")
    .option("--passphrase-file <file>", "its first line opens the key (or STETHOS_KEY_PASSPHRASE)");

/** Where the signer meets what others signed. */
export const withOthersOption = (command: Command): Command =>
  command.option("--trust <file>", "public key of another signer of this model; again for more", gathered);

export const withTrustOption = (command: Command): Command =>
  command.requiredOption("--key <file>", "public key whose signature counts; again for another", gathered);

export const trustOf = ({ key }: TrustOptions): Promise<Trust> => readTrust(key);

/** Never from an argument: those can be read by everybody on the machine.
 *  @throws ModelError USAGE */
export async function passphraseOf(
  file: string | undefined,
  { env }: Pick<CliContext, "env">,
): Promise<string | undefined> {
  if (file === undefined) return env["STETHOS_KEY_PASSPHRASE"] || undefined;
  const [line = ""] = (await textOf(file, "passphrase file")).split(/\r?\n/);
  if (line !== "") return line;
  throw new ModelError("USAGE", `the first line of ${file} is empty; write the passphrase there`);
}

/** The key that signs, and trust in it: whoever signs knows what was signed before.
 *  @throws ModelError USAGE */
export async function signingKey(
  { key: file, passphraseFile, trust: others = [] }: SigningOptions,
  context: CliContext,
): Promise<{ readonly signer: Signer; readonly trust: Trust }> {
  const pem = await textOf(file, "signing key");
  const passphrase = await passphraseOf(passphraseFile, context);
  const half = createPublicKey(privateKey(pem, passphrase, file));
  const own = trustPem(half.export({ type: "spki", format: "pem" }).toString());
  const { keys } = await readTrust(others);
  return { signer: createSigner(pem, passphrase, file), trust: { keys: [...own.keys, ...keys] } };
}

async function textOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ModelError("USAGE", `the ${what} ${file} cannot be read; check the path`, { cause });
  }
}
