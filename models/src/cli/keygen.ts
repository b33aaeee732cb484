import { writeFile } from "node:fs/promises";
import { put, putJson, say } from "@stethos/protocol-finger/terminal";
import { ModelError } from "../errors.ts";
import { trustPem } from "../package/trust.ts";
import { generateKey } from "../signing/key.ts";
import type { AddCommand, CliContext } from "./io.ts";
import { passphraseOf } from "./keys.ts";

interface Options {
  readonly out: string;
  readonly passphraseFile?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export const keygenCommand: AddCommand = (program, context) => {
  program
    .command("keygen")
    .description("make a key pair that signs models and channels (ECDSA P-256)")
    .requiredOption("--out <file>", "the private key; the public one is written beside it as <file>.pub")
    .option("--passphrase-file <file>", "its first line locks the private key (or STETHOS_KEY_PASSPHRASE)")
    .option("--dry-run", "only say what would be written")
    .option("--json", "the result as JSON")
    .addHelpText("after", HELP)
    .action((options: Options) => keygen(options, context));
};

const HELP = `
Keep the private key where releases are made, off the devices and out of the registry; each agent gets the public one.

Examples:
  stethos-model keygen --out keys/release
  stethos-model keygen --out keys/release --passphrase-file /run/secrets/release-passphrase`;

async function keygen(options: Options, context: CliContext): Promise<void> {
  const passphrase = await passphraseOf(options.passphraseFile, context);
  const files = { privateKey: options.out, publicKey: `${options.out}.pub` };
  if (options.dryRun) {
    say(context, `would write ${files.privateKey} and ${files.publicKey}`);
    return;
  }
  const { privatePem, publicPem } = generateKey(passphrase);
  await writeNew(files.privateKey, privatePem, 0o600);
  await writeNew(files.publicKey, publicPem, 0o644);
  const keyId = trustPem(publicPem).keys[0]?.keyId;
  if (options.json) putJson(context, { ...files, keyId, isLocked: passphrase !== undefined });
  else put(context, `${files.publicKey}: key ${keyId}`);
  if (passphrase === undefined) {
    say(context, `${files.privateKey} is not locked by a passphrase: whoever can read it can sign`);
  }
}

/** Never over another key: what it signed could not be signed again. */
async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx", mode });
  } catch (cause) {
    throw new ModelError(
      "USAGE",
      `${file} cannot be written anew; name a file that is not there yet, in a folder that is`,
      { cause },
    );
  }
}
