import { put, putJson } from "@stethos/protocol-finger/terminal";
import { ModelError } from "../errors.ts";
import { openPackage } from "../package/open-package.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { type TrustOptions, trustOf, withTrustOption } from "./keys.ts";
import { describeError, sizeText } from "./text.ts";

interface Options extends TrustOptions {
  readonly json?: true;
}

export const verifyCommand: AddCommand = (program, context) => {
  withTrustOption(program.command("verify"))
    .description("check a package as a device does: signature, every file, nothing missing, nothing extra")
    .argument("<folder>", "a signed package")
    .option("--json", "the result as JSON")
    .addHelpText("after", HELP)
    .action((folder: string, options: Options) => verify(folder, options, context));
};

const HELP = `
Exit code 0: good. 1: it is not, and the first thing that is wrong is named.

Examples:
  stethos-model verify models/artifacts/listener/0.2.0 --key keys/release.pub
  stethos-model verify DIR --key keys/release.pub --key keys/next.pub --json`;

async function verify(folder: string, options: Options, context: CliContext): Promise<void> {
  const trust = await trustOf(options);
  try {
    const { manifest, digest, signedBy } = await openPackage(folder, trust, context.signal);
    const { name, version, sequence } = manifest;
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    if (options.json) putJson(context, { ok: true, name, version, sequence, digest, signedBy, bytes });
    else {
      put(
        context,
        `${folder} is good: ${name} ${version}, sequence ${sequence}, ${sizeText(bytes)}, signed by ${signedBy}`,
      );
    }
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    // That it is not good is the answer, not a failure to give one.
    if (options.json) putJson(context, { ok: false, code: thrown.code, message: describeError(thrown) });
    else put(context, `${folder} is not good: ${thrown.code}: ${describeError(thrown)}`);
    context.exitWith(EXIT.failed);
  }
}
