import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import { viewFacts } from "./fact-view.ts";
import type { Fact } from "./fingerprint.ts";
import { s7Refusal } from "./s7/refusal.ts";

/** Refusals that hold for all of the controller's memory, not for the one byte that was asked for. */
const OF_THE_CONTROLLER = ["S7_PUT_GET_OFF", "S7_PROTECTED"] as const;

/** Why the controller gives no values over S7, where it said so; undefined where it gives them or was not asked. */
export function s7ReadRefusal(facts: readonly Fact[]): Diagnosis | undefined {
  const view = viewFacts(facts);
  const code = view.number("s7.readRefused");
  const diagnosis = code === undefined ? undefined : s7Refusal(code).diagnosis;
  const found = OF_THE_CONTROLLER.find((one) => one === diagnosis);
  return found && { code: found, observed: view.observed("s7.readRefused") };
}
