import { plainText } from "./cursor.ts";

/** ISO 8859-1 up to the first zero or the end of the field, without blanks around it. */
export function cText(field: Buffer): string {
  const end = field.indexOf(0);
  return plainText(end === -1 ? field : field.subarray(0, end)).trim();
}
