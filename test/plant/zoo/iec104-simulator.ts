import type { Talk } from "./other-talker.ts";

/** Unnumbered control frames and their confirmations (IEC 60870-5-104, 5.1): start, stop, test. */
const CONFIRMATIONS: Readonly<Record<number, number>> = { 7: 0x0b, 19: 0x23, 67: 0x83 };
const START = 0x68;
/** Least and most length of an APDU's control fields and data. */
const LEAST = 4;
const MOST = 253;

/** A station that confirms and keeps what it knows to itself. */
export const IEC104_TALK: Talk = {
  protocol: "iec104",
  tcp: {
    length(bytes) {
      if (bytes.readUInt8(0) !== START) return "broken";
      const length = bytes[1];
      if (length === undefined) return undefined;
      return length < LEAST || length > MOST ? "broken" : 2 + length;
    },
    answer(question) {
      const confirmation = question.length === 6 ? CONFIRMATIONS[question.readUInt8(2)] : undefined;
      return confirmation === undefined ? undefined : Buffer.from([START, LEAST, confirmation, 0, 0, 0]);
    },
  },
};
