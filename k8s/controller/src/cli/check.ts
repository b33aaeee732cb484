import { createSystemClock } from "@stethos/protocol-finger/clock";
import { put, putJson } from "@stethos/protocol-finger/terminal";
import { examine, type Finding } from "../compose/examine.ts";
import { type AddCommand, NotWellError } from "./io.ts";
import { configOf, type GivenOptions, withControllerOptions } from "./options.ts";

/** Looks at everything that `run` with the same options would need, and changes nothing. */
export const checkCommand: AddCommand = (program, context) => {
  withControllerOptions(program.command("check"))
    .description(
      "look at everything that run would need: API server, definitions, permissions, keys, registry",
    )
    .option("--json", "one JSON object a line")
    .addHelpText("after", HELP)
    .action(async (options: GivenOptions & { readonly json?: true }) => {
      const { config, kubeConfig } = configOf(options, context);
      const deps = { clock: createSystemClock(), version: context.version, kubeConfig };
      const findings = await examine(config, deps, context.signal);
      for (const finding of findings) {
        if (options.json) putJson(context, finding);
        else put(context, textOf(finding));
      }
      const bad = findings.filter(({ isGood }) => !isGood).length;
      if (bad > 0) throw new NotWellError(`${bad} of ${findings.length} are not well`);
    });
};

const HELP = `
The exit code is 1 where something is not well.

Examples:
  stethos-controller check --registry s3://models/stethos --key-file /keys/fleet --trust /keys/release.pub
  kubectl exec deploy/stethos-controller -- stethos-controller check --json ... | jq 'select(.isGood | not)'`;

const textOf = ({ what, isGood, says, advice }: Finding): string =>
  `${isGood ? "ok  " : "FAIL"} ${what}: ${says}${advice === undefined ? "" : `\n     -> ${advice}`}`;
