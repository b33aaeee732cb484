import { ModelError } from "@stethos/models";
import { FleetError, type FleetErrorCode } from "../ports/fleet.ts";

/** Does the work; what goes wrong with the registry's store becomes the fleet's own error. */
export async function asFleetError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    throw new FleetError(codeOf(thrown), thrown.message, { cause: thrown });
  }
}

function codeOf({ code }: ModelError): FleetErrorCode {
  if (code === "REGISTRY_CONFLICT") return "conflict";
  return code === "REGISTRY_UNREACHABLE" ? "unreachable" : "refused";
}
