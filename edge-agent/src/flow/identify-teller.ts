import type { Fingerprint } from "@stethos/protocol-finger";
import { StatusCode } from "../core/quality.ts";
import { rowsOfStatus } from "../core/reading.ts";
import type { DriverEvent, ScanPlan } from "../ports/driver.ts";
import type { Trouble } from "./identify-trouble.ts";

/** Tells each thing once. */
export function createTeller(plan: ScanPlan, nowUs: () => number) {
  let up: boolean | undefined;
  let code: string | undefined;
  let known: Fingerprint | undefined;
  return {
    *tellKnown(fingerprint: Fingerprint | undefined): Generator<DriverEvent> {
      if (fingerprint === undefined || fingerprint === known) return;
      known = fingerprint;
      yield { kind: "identified", fingerprint };
    },
    *tellTrouble(trouble: Trouble | undefined): Generator<DriverEvent> {
      if (trouble === undefined) return;
      const { reason, cause } = trouble;
      if (up !== false) {
        yield { kind: "link", up: false, reason, ...(cause && { diagnosis: cause }) };
        const batch = rowsOfStatus(plan.tags.length, StatusCode.BadNotConnected, nowUs());
        yield { kind: "batch", batch };
      } else if (cause !== undefined && cause.code !== code) {
        yield { kind: "diagnosis", diagnosis: cause };
      }
      up = false;
      code = cause?.code;
    },
    *pass(event: DriverEvent): Generator<DriverEvent> {
      if (event.kind === "link") up = event.up;
      yield event;
    },
  };
}
