import { Option } from "commander";
import { diagnosisText, LANGUAGES, type Language } from "../diagnosis/texts.ts";
import { profileText } from "../explain-profile.ts";
import type { Fingerprint } from "../fingerprint.ts";
import { counted, isIdentified, nameOf, percent, protocolsText } from "../fingerprint-text.ts";
import type { IdentifyStep } from "../identify.ts";
import { addExaminationOptions, allowListOf, type ExaminationOptions, openExaminer } from "./examiner.ts";
import { type AddCommand, EXIT, put, putJson, say, untilStopped } from "./io.ts";
import { gathered } from "./option-values.ts";

interface Options extends ExaminationOptions {
  readonly json?: true;
  readonly lang: Language;
}

export const languageOption = (): Option =>
  new Option("--lang <language>", "language of diagnoses").choices(LANGUAGES).default("en");

export const probeCommand: AddCommand = (program, context) => {
  const command = program
    .command("probe")
    .description("find out what one device is, with at most 4 connections and 12 read-only frames")
    .argument("<host>", "address or name")
    .option("--allow <list>", "allow-list: a file, address, network or range; again for another", gathered)
    .option("--json", "the whole fingerprint as JSON")
    .addOption(languageOption());
  addExaminationOptions(command).addHelpText("after", HELP);
  command.action(async (host: string, options: Options) => {
    const stop = untilStopped(context);
    const examiner = await openExaminer(options, allowListOf(options, host), context);
    try {
      const onStep = (step: IdentifyStep) => say(context, stepText(step));
      const fingerprint = await examiner.examine(host, onStep, stop.signal);
      if (options.json) putJson(context, fingerprint);
      else for (const line of summary(fingerprint, options.lang)) put(context, line);
      if (!isIdentified(fingerprint)) context.exitWith(EXIT.failed);
    } finally {
      stop.dispose();
      await examiner.close();
    }
  });
};

const HELP = `
Without --allow, naming the device is your word that you may speak to it: it is then the whole allow-list. With --allow
the list must name it too, or nothing is sent (exit code 3).

Examples:
  protocol-finger probe 10.0.0.5
  protocol-finger probe 10.0.0.5 --allow plant.txt --bytes sent.ndjson --json | jq .firmware
  protocol-finger probe 127.0.0.1 --port s7=1102 --protocols s7`;

export function stepText(step: IdentifyStep): string {
  switch (step.kind) {
    case "remembered":
      return `known since ${step.at}; --fresh probes it again`;
    case "probing":
      return `${step.protocol}, port ${step.port} ...`;
    case "probed":
      return `${step.protocol}: ${percent(step.confidence)} sure`;
    case "stopped":
      return `stopped: ${step.reason}`;
    case "unremembered":
      return `the verdict could not be remembered: ${step.reason}`;
  }
}

function summary(fingerprint: Fingerprint, language: Language): string[] {
  const { host, confidence, nature, profile, diagnoses, spent } = fingerprint;
  return [
    `${host}: ${nameOf(fingerprint)}`,
    `  sure        ${percent(confidence)} (${nature})`,
    `  speaks      ${protocolsText(fingerprint)}`,
    `  treat it    ${profileText(profile)}: ${profile.why}`,
    ...diagnoses.map(({ code, observed }) => {
      const { cause, advice } = diagnosisText(code, language);
      return `  ${code}  ${observed}\n    ${cause}\n    ${advice}`;
    }),
    `  spent       ${counted(spent.connections, "connection")}, ${counted(spent.frames, "frame")}, ${Math.round(spent.ms)} ms`,
    ...(isIdentified(fingerprint) ? [] : [`  "protocol-finger explain ${host}" shows what was seen`]),
  ];
}
