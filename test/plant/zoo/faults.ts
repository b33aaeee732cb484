import type { DiagnosisCode } from "@stethos/protocol-finger";

/** What can go wrong between a client and any device, or with the device. */
export const FAULT_KINDS = [
  "cable-pull",
  "power-cycle",
  "reset-mid-reply",
  "split",
  "merge",
  "double-latency",
  "slots-taken",
  "duplicate-replies",
  "late-replies",
  "new-firmware",
  "garbage",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly title: string;
  /** What must be said where it stays, any of these; absent: it must be borne, with right values. */
  readonly expectedDiagnosis?: readonly DiagnosisCode[];
}

export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  "cable-pull": {
    title: "nothing passes, nobody is told",
    expectedDiagnosis: ["LINK_LOST", "HOST_SILENT"],
  },
  "power-cycle": {
    title: "connections reset, then refused, until it is back",
    expectedDiagnosis: ["PORT_CLOSED", "LINK_LOST"],
  },
  "reset-mid-reply": {
    title: "one in three answers breaks off in the middle, with a reset",
    expectedDiagnosis: ["LINK_LOST", "MALFORMED_ANSWER"],
  },
  split: { title: "every byte a segment of its own" },
  merge: { title: "segments collected for 5 ms and sent as one" },
  "double-latency": { title: "answers take twice as long" },
  "slots-taken": {
    title: "every connection is another client's",
    expectedDiagnosis: [
      "S7_NO_FREE_CONNECTION",
      "S7_TSAP_REFUSED",
      "MODBUS_BUSY",
      "OPCUA_LIMIT",
      "PORT_CLOSED",
      "LINK_LOST",
    ],
  },
  "duplicate-replies": { title: "the previous answer comes again before each answer" },
  "late-replies": {
    title: "one in three answers comes seconds late, after others",
    expectedDiagnosis: ["MODBUS_LATE_REPLY", "LINK_LOST"],
  },
  "new-firmware": {
    title: "another firmware after a restart",
    expectedDiagnosis: ["DEVICE_CHANGED"],
  },
  garbage: {
    title: "one in three answers is noise of the same length",
    expectedDiagnosis: ["MALFORMED_ANSWER", "LINK_LOST"],
  },
};

/** What a device tells after "new-firmware". */
export const NEW_FIRMWARE = "V2.9.9";
