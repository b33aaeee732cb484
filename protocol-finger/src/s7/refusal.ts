/** Why a controller gave no value, in its own words made readable. */
export interface S7Refusal {
  readonly reason: string;
  readonly blames:
    | "device"
    /** Asking for it again the same way will be refused again. */
    | "address"
    /** The request asked for more than the device handles at once. */
    | "length"
    /** The device had no resources left for it. */
    | "load";
  readonly diagnosis?: S7RefusalDiagnosis;
}

/** Those of DIAGNOSIS_CODES that a refusal can mean. */
export type S7RefusalDiagnosis =
  | "S7_BEYOND_BLOCK"
  | "S7_BLOCK_MISSING"
  | "S7_OVERLOADED"
  | "S7_OVER_PDU"
  | "S7_PROTECTED"
  | "S7_PUT_GET_OFF";

const BUSY: S7Refusal = {
  reason: "the controller has no resources left for the request",
  blames: "load",
  diagnosis: "S7_OVERLOADED",
};

const PASSWORD: S7Refusal = {
  reason: "the CPU wants a password",
  blames: "device",
  diagnosis: "S7_PROTECTED",
};

/** By the return code of one item of a read, and by class and code of the error of a whole answer (Wireshark,
 *  packet-s7comm.c, item_return_valuenames and param_errcode_names; snap7, s7_types.h). */
const REFUSALS: ReadonlyMap<number, S7Refusal> = new Map<number, S7Refusal>([
  [0x01, { reason: "hardware fault", blames: "device" }],
  [0x03, { reason: "access denied", blames: "address", diagnosis: "S7_PROTECTED" }],
  [
    0x05,
    {
      reason: "the address is beyond the end of its area",
      blames: "address",
      diagnosis: "S7_BEYOND_BLOCK",
    },
  ],
  [0x06, { reason: "data type not supported here", blames: "address" }],
  [0x07, { reason: "data type and length do not fit", blames: "address" }],
  [
    0x0a,
    {
      reason: "the data block or area does not exist",
      blames: "address",
      diagnosis: "S7_BLOCK_MISSING",
    },
  ],
  [
    0x8104,
    {
      reason:
        "reading is not allowed: permit PUT/GET communication in the CPU's protection settings and load the hardware",
      blames: "device",
      diagnosis: "S7_PUT_GET_OFF",
    },
  ],
  [0x8302, BUSY],
  [0x8304, BUSY],
  // A CP that is given a second job while it has one.
  [
    0x8503,
    {
      reason: "the controller breaks requests off when several come at once",
      blames: "load",
      diagnosis: "S7_OVERLOADED",
    },
  ],
  [
    0xd0a1,
    {
      reason: "the CPU's protection level forbids reading",
      blames: "device",
      diagnosis: "S7_PROTECTED",
    },
  ],
  [0xd241, PASSWORD],
  [0xd402, { reason: "this information is not available here", blames: "device" }],
  [0xd602, PASSWORD],
  [0xd604, PASSWORD],
  [0xd605, PASSWORD],
]);

/** Error class: the request is wrong in itself, which a well-formed one is only by its length. */
const WRONG_SUPPLY = 0x85;

/** @param code return code of an item (0x0a), or class and code of the error of a whole answer (0x8104) */
export function s7Refusal(code: number): S7Refusal {
  return REFUSALS.get(code) ?? refusalOfClass(code);
}

/** Those of a whole answer have an error class; items have none. */
export const isAnswerError = (code: number): boolean => code > 0xff;

function refusalOfClass(code: number): S7Refusal {
  const digits = isAnswerError(code) ? 4 : 2;
  const number = `0x${code.toString(16).toUpperCase().padStart(digits, "0")}`;
  switch (code >> 8) {
    case 0:
      return { reason: `item return code ${number}`, blames: "device" };
    case WRONG_SUPPLY:
      return {
        reason: `the request asks for more than the controller handles at once (${number})`,
        blames: "length",
        diagnosis: "S7_OVER_PDU",
      };
    default:
      return { reason: `the controller answers with error ${number}`, blames: "device" };
  }
}
