export { type ParsedAddress, parseS7Address, type S7Address, type S7Area } from "./address.ts";
export { bcdDigits, counterValue, s5TimeMs, signedBcd } from "./bcd.ts";
export { dateAndTimeText, dateText, dtlText, ldtText, timeOfDayMs } from "./date-time.ts";
export type { AddressProblem } from "./problem.ts";
export { S7_TYPE_BYTES, type S7Type, typeNameAt } from "./types.ts";
