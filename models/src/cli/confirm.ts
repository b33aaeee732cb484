import { createInterface } from "node:readline/promises";
import { ModelError } from "../errors.ts";
import type { CliContext } from "./io.ts";

/** Asks before what cannot be taken back; whoever is no terminal must have said --yes.
 *  @throws ModelError USAGE where nobody can be asked */
export async function confirmed(what: string, isYes: boolean, context: CliContext): Promise<boolean> {
  if (isYes) return true;
  if (context.stdin.isTTY !== true) {
    throw new ModelError("USAGE", `${what}: nobody can be asked here; add --yes if that is meant`);
  }
  const asker = createInterface({ input: context.stdin, output: context.stderr });
  try {
    const answer = await asker.question(`${what}. Go on? [y/N] `, { signal: context.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asker.close();
  }
}
