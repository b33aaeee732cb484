import { type CelEnv, type CelError, celEnv, celError } from "@bufbuild/cel";

/** CEL as rules have it: the standard functions. The library keeps what it planned by environment. */
export const createEnvironment = (): CelEnv => celEnv();

const ABSENT = /^input (\d+) has no value$/;

/** What an input without a value is to an expression: an error, which && and || absorb as CEL's rules say. */
export const absentError = (input: number): CelError => celError(`input ${input} has no value`);

/** Which input had none; undefined where something else went wrong. */
export function absentInput(message: string): number | undefined {
  const found = ABSENT.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}
