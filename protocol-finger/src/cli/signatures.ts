import { FingerError } from "../finger-error.ts";
import { counted, labelsText } from "../fingerprint-text.ts";
import { loadSignatures } from "../signatures/load.ts";
import type { Condition, Signature } from "../signatures/signature.ts";
import { put, putJson } from "../terminal/streams.ts";
import { checkSignatures, type SignatureCheck } from "./check-signatures.ts";
import { describeError } from "./describe-error.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { gathered } from "./option-values.ts";

interface ListOptions {
  readonly signatures?: readonly string[];
  readonly json?: true;
}

export const signaturesCommand: AddCommand = (program, context) => {
  const parent = program.command("signatures").description("what tells one device from another");
  parent
    .command("list")
    .description("list all signatures: what must be seen, what it says, what it weighs, who says so")
    .option("--signatures <folder>", "signatures of your own as well; again for another", gathered)
    .option("--json", "one JSON object a line")
    .addHelpText("after", "\nExamples:\n  protocol-finger signatures list --json | jq -r .id")
    .action(async (options: ListOptions) => {
      list((await loadSignatures(options.signatures ?? [])).all, options, context);
    });
  parent
    .command("check")
    .description("check the signatures of a folder, and that each example of theirs comes out as it says")
    .argument("<folder>", "folder with YAML files")
    .option("--json", "the result as JSON")
    .addHelpText("after", "\nExamples:\n  protocol-finger signatures check my-signatures")
    .action(async (folder: string, options: { readonly json?: true }) => {
      await check(folder, options, context);
    });
};

function list(all: readonly Signature[], { json }: ListOptions, context: CliContext): void {
  if (json) {
    for (const { when, ...rest } of all) {
      const conditions = Object.fromEntries([...when].map(([key, value]) => [key, conditionText(value)]));
      putJson(context, { ...rest, when: conditions });
    }
    return;
  }
  for (const { id, supports, against, weight, when, source } of all) {
    const says = Object.keys(supports).length > 0 ? labelsText(supports) : `not ${labelsText(against)}`;
    const conditions = [...when].map(([key, value]) => `${key} ${conditionText(value)}`).join(", ");
    put(context, `${id} (weight ${weight}): ${says}\n    when    ${conditions}\n    source  ${source}`);
  }
}

function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case "is":
      return `= ${condition.value}`;
    case "matches":
      return `~ ${condition.pattern.source}`;
    case "oneOf":
      return `in ${condition.values.join(" ")}`;
    case "within":
      return `${condition.atLeast}..${condition.atMost}`;
    case "exists":
      return condition.exists ? "noted" : "not noted";
  }
}

/** A file that cannot be used is what was looked for, and a program wants to hear it like the rest. */
async function checked(folder: string): Promise<SignatureCheck> {
  try {
    return await checkSignatures(folder);
  } catch (thrown) {
    if (!(thrown instanceof FingerError) || thrown.code !== "SIGNATURE_INVALID") throw thrown;
    return { folder, signatures: 0, examples: 0, problems: [{ message: describeError(thrown) }] };
  }
}

async function check(folder: string, { json }: { readonly json?: true }, context: CliContext): Promise<void> {
  const result = json ? await checked(folder) : await checkSignatures(folder);
  const isGood = result.problems.length === 0;
  if (json) putJson(context, { ok: isGood, ...result });
  else {
    for (const { id, message } of result.problems)
      put(context, id === undefined ? message : `${id}: ${message}`);
    const state = isGood ? "is good" : `has ${counted(result.problems.length, "problem")}`;
    const what = `${counted(result.signatures, "signature")}, ${counted(result.examples, "example")}`;
    put(context, `${folder} ${state}: ${what}`);
  }
  if (!isGood) context.exitWith(EXIT.failed);
}
