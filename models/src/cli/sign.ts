import { put, putJson, say } from "@stethos/protocol-finger/terminal";
import { readUnsigned, signPackage } from "../package/sign-package.ts";
import { SIGNATURE_FILE } from "../signing/model-signature.ts";
import type { AddCommand, CliContext } from "./io.ts";
import { type SigningOptions, signingKey, withSigningOptions } from "./keys.ts";

interface Options extends SigningOptions {
  readonly dryRun?: true;
  readonly json?: true;
}

export const signCommand: AddCommand = (program, context) => {
  withSigningOptions(program.command("sign"))
    .description("sign a packed folder: writes model.sig, which covers every file of it")
    .argument("<folder>", "a folder that `pack` has completed")
    .option("--dry-run", "check folder and key, and write nothing")
    .option("--json", "the result as JSON")
    .addHelpText("after", HELP)
    .action((folder: string, options: Options) => sign(folder, options, context));
};

const HELP = `
The format is OpenSSF Model Signing 1.0: the tools of that project verify it too.

Examples:
  stethos-model sign models/artifacts/listener/0.2.0 --key keys/release
  STETHOS_KEY_PASSPHRASE=... stethos-model sign models/artifacts/listener/0.2.0 --key keys/release --json`;

async function sign(folder: string, options: Options, context: CliContext): Promise<void> {
  const { signer } = await signingKey(options, context);
  if (options.dryRun) {
    const { manifest } = await readUnsigned(folder, context.signal);
    say(context, `would sign ${manifest.name} ${manifest.version} with key ${signer.keyId}`);
    return;
  }
  const { manifest, digest } = await signPackage(folder, signer, context.signal);
  const { name, version } = manifest;
  if (options.json) putJson(context, { name, version, digest, signedBy: signer.keyId });
  else put(context, `${folder}/${SIGNATURE_FILE}: ${name} ${version} is signed by ${signer.keyId}`);
}
