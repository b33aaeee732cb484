import { isDeepStrictEqual } from "node:util";
import type { Fact, FactValue, ProbeId } from "../fingerprint.ts";
import { loadSignatures } from "../signatures/load.ts";
import { matchSignature } from "../signatures/match.ts";
import type { Signature } from "../signatures/signature.ts";

export interface SignatureProblem {
  /** Absent where a file cannot be used at all. */
  readonly id?: string;
  readonly message: string;
}

export interface SignatureCheck {
  readonly folder: string;
  readonly signatures: number;
  readonly examples: number;
  readonly problems: readonly SignatureProblem[];
}

/** Loads the signatures of a folder and lets each judge its own examples.
 *  @throws FingerError SIGNATURE_INVALID */
export async function checkSignatures(folder: string): Promise<SignatureCheck> {
  const builtIn = new Map((await loadSignatures([])).all.map((signature) => [signature.id, signature]));
  const { all } = await loadSignatures([folder]);
  const own = all.filter((signature) => !isDeepStrictEqual(signature, builtIn.get(signature.id)));
  return {
    folder,
    signatures: own.length,
    examples: own.reduce((count, { examples }) => count + examples.length, 0),
    problems: own.flatMap(problemsOf),
  };
}

function problemsOf(signature: Signature): SignatureProblem[] {
  const { id, examples } = signature;
  if (examples.length === 0) return [{ id, message: "it has no example: nobody can tell whether it works" }];
  return examples.flatMap(({ facts, supports }, i) => {
    const match = matchSignature(signature, factsOf(facts));
    if (match === undefined) return [{ id, message: `it does not fit its own example ${i + 1}` }];
    const said = match.evidence.supports;
    if (isDeepStrictEqual(said, supports)) return [];
    return [
      {
        id,
        message: `of its example ${i + 1} it says ${JSON.stringify(said)} where ${JSON.stringify(supports)} is due`,
      },
    ];
  });
}

function factsOf(values: Readonly<Record<string, FactValue>>): ReadonlyMap<string, Fact> {
  return new Map(
    Object.entries(values).map(([key, value]): [string, Fact] => {
      const probe = key.slice(0, key.indexOf(".")) as ProbeId;
      return [key, { probe, key, value, observed: `${key} is ${value}`, bytes: "" }];
    }),
  );
}
