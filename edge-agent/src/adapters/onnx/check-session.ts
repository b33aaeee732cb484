import { EdgeError } from "../../core/errors.ts";
import { INPUTS, type ModelPackage, OUTPUTS } from "./manifest.ts";
import type { Tensor } from "./messages.ts";

/** Holds what the graph itself says of its inputs and outputs against what its manifest promises.
 *  @throws EdgeError MODEL_CONTRACT naming the first that is off */
export function checkSession(
  model: ModelPackage,
  session: { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] },
): void {
  const unfed = session.inputs.find(({ name }) => !INPUTS.includes(name));
  if (unfed !== undefined) {
    throw refusal(model, `asks for an input "${unfed.name}" that the agent does not have`);
  }
  for (const name of INPUTS) compare(model, "input", name, model.inputs, session.inputs);
  for (const name of OUTPUTS) compare(model, "output", name, model.outputs, session.outputs);
}

function compare(
  model: ModelPackage,
  kind: string,
  name: string,
  promised: readonly Tensor[],
  given: readonly Tensor[],
): void {
  const wanted = promised.find((tensor) => tensor.name === name);
  const found = given.find((tensor) => tensor.name === name);
  if (wanted === undefined || found === undefined) throw refusal(model, `has no ${kind} "${name}"`);
  if (wanted.dtype === found.dtype && isSameShape(wanted, found)) return;
  throw refusal(
    model,
    `has the ${kind} "${name}" as ${textOf(found)}, its manifest promises ${textOf(wanted)}`,
  );
}

/** Names of open sizes are anybody's choice; that a size is open is not. */
const isSameShape = (a: Tensor, b: Tensor): boolean =>
  a.shape.length === b.shape.length &&
  a.shape.every((size, i) => (typeof size === "number" ? size : "open") === openOr(b.shape[i]));

const openOr = (size: number | string | undefined): number | string =>
  typeof size === "number" ? size : "open";

const textOf = ({ dtype, shape }: Tensor): string => `${dtype}[${shape.join(", ")}]`;

const refusal = ({ modelFile }: ModelPackage, what: string): EdgeError =>
  new EdgeError("MODEL_CONTRACT", `${modelFile} ${what}; the package was put together wrongly`);
