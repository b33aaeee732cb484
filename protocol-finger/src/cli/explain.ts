import { existsSync } from "node:fs";
import type { Language } from "../diagnosis/texts.ts";
import { explain } from "../explain.ts";
import type { Fingerprint } from "../fingerprint.ts";
import { isIdentified, wantsSignature } from "../fingerprint-text.ts";
import { suggestSignature } from "../suggest-signature.ts";
import { put, putJson, say, untilStopped } from "../terminal/streams.ts";
import { allowListOf } from "./allow-option.ts";
import { addExaminationOptions, type ExaminationOptions, openExaminer } from "./examiner.ts";
import { hostOf } from "./host.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { gathered } from "./option-values.ts";
import { languageOption, stepText } from "./probe.ts";
import { readFingerprint } from "./saved-fingerprint.ts";

interface Options extends ExaminationOptions {
  readonly json?: true;
  readonly lang: Language;
}

export const explainCommand: AddCommand = (program, context) => {
  const command = program
    .command("explain")
    .description(
      "show how a verdict came about: what was seen, the bytes, what they mean, who says so, what to do",
    )
    .argument("<host|file>", "a device, or a fingerprint saved with --json")
    .option("--allow <list>", "allow-list, as with probe; again for another", gathered)
    .option("--json", "the fingerprint as JSON, with a signature to begin with where it is unknown")
    .addOption(languageOption());
  addExaminationOptions(command).addHelpText("after", HELP);
  command.action(async (subject: string, options: Options) => {
    const fingerprint = existsSync(subject)
      ? await readFingerprint(subject)
      : await examine(subject, options, context);
    if (!options.json) put(context, explain(fingerprint, options.lang));
    else {
      const signature = wantsSignature(fingerprint) && { signature: suggestSignature(fingerprint) };
      putJson(context, { ...fingerprint, ...signature });
    }
    if (!isIdentified(fingerprint)) context.exitWith(EXIT.failed);
  });
};

const HELP = `
A device that is known from an earlier run is explained without sending it anything; --fresh probes it again.

Examples:
  protocol-finger explain 10.0.0.5 --lang zh
  protocol-finger probe 10.0.0.5 --json > plc.json; protocol-finger explain plc.json`;

async function examine(subject: string, options: Options, context: CliContext): Promise<Fingerprint> {
  const stop = untilStopped(context);
  const host = hostOf(subject);
  const examiner = await openExaminer(options, allowListOf(options.allow, host), context);
  try {
    return await examiner.examine(host, (step) => say(context, stepText(step)), stop.signal);
  } finally {
    stop.dispose();
    await examiner.close();
  }
}
