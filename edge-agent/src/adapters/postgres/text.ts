import type { Value } from "../../core/reading.ts";

const REPLACEMENT = "�";

/** PostgreSQL's text holds neither NUL nor half of a surrogate pair (PostgreSQL 15, 8.14 and 24.3). */
const isStorableText = (text: string): boolean => !text.includes("\0") && text.isWellFormed();

/** Whether the database can hold a value as it is. */
export function isStorable(value: Value): boolean {
  if (typeof value === "string") return isStorableText(value);
  if (value === null || typeof value !== "object") return true;
  return value.every((each) => typeof each !== "string" || isStorableText(each));
}

/** Text of our own that must go there in any case: what cannot be held is replaced. */
export const storableText = (text: string): string =>
  isStorableText(text) ? text : text.toWellFormed().replaceAll("\0", REPLACEMENT);

/** JSON of a thing of our own, in the same manner. */
export const storableJson = (thing: unknown): string =>
  JSON.stringify(thing, (_, value: unknown) => (typeof value === "string" ? storableText(value) : value));
