import type { YamlSource } from "./yaml-source.ts";

/** Where a character of a text stands in the file that it was read from. */
export type PlaceIn = (
  path: readonly PropertyKey[],
  value: string,
  at: number,
) => { readonly line: number; readonly column: number };

/** Quotes, escapes and the indentation of blocks are not part of a text: its characters are found again one by one. */
export function createPlaceIn(text: string, source: YamlSource): PlaceIn {
  const lineStarts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) lineStarts.push(i + 1);

  return (path, value, at) => {
    const start = source.position(path, 0);
    const raw = find(text, (lineStarts[start.line - 1] ?? 0) + start.column - 1, value, at);
    const line = lineStarts.findLastIndex((begin) => begin <= raw);
    return { line: line + 1, column: raw - (lineStarts[line] ?? 0) + 1 };
  };
}

function find(text: string, from: number, value: string, at: number): number {
  let raw = beginOf(text, from);
  const last = Math.min(at, value.length - 1);
  for (let i = 0; i <= last && raw < text.length; i += 1) {
    const wanted = value[i];
    // A folded line break is a space in the value.
    while (raw < text.length && text[raw] !== wanted && !(wanted === " " && text[raw] === "\n")) raw += 1;
    if (i < last) raw += 1;
  }
  return raw;
}

/** Behind the mark of a block, or the opening quote. */
function beginOf(text: string, from: number): number {
  const mark = text[from];
  if (mark === "|" || mark === ">") return text.indexOf("\n", from) + 1;
  return mark === '"' || mark === "'" ? from + 1 : from;
}
