import { Option } from "commander";
import { diagnosisText, LANGUAGES, type Language } from "../diagnosis/texts.ts";
import { profileText } from "../explain-profile.ts";
import type { Fingerprint } from "../fingerprint.ts";
import { counted, isIdentified, percent, protocolsText, surenessOf, titleOf } from "../fingerprint-text.ts";
import type { IdentifyStep } from "../identify.ts";
import { put, putJson, say, untilStopped } from "../terminal/streams.ts";
import { allowListOf } from "./allow-option.ts";
import { addExaminationOptions, type ExaminationOptions, openExaminer } from "./examiner.ts";
import { hostOf } from "./host.ts";
import { type AddCommand, EXIT } from "./io.ts";
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
  command.action(async (subject: string, options: Options) => {
    const stop = untilStopped(context);
    const host = hostOf(subject);
    const examiner = await openExaminer(options, allowListOf(options.allow, host), context);
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

const STATES = { closed: "closed", filtered: "no answer" } as const;

export function stepText(step: IdentifyStep): string {
  switch (step.kind) {
    case "remembered":
      return `known since ${step.at}; --fresh probes it again`;
    case "probing":
      return `${step.protocol}, port ${step.port} ...`;
    case "probed":
      if (step.state !== undefined) return `${step.protocol}: ${STATES[step.state]}`;
      return `${step.protocol}: ${percent(step.confidence)} sure`;
    case "stopped":
      return `stopped: ${step.reason}`;
    case "unremembered":
      return `the verdict could not be remembered: ${step.reason}`;
  }
}

function summary(fingerprint: Fingerprint, language: Language): string[] {
  const { host, nature, profile, diagnoses, spent } = fingerprint;
  return [
    `${host}: ${titleOf(fingerprint)}`,
    `  sure        ${percent(surenessOf(fingerprint))} (${nature})`,
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
