import type { RuleFile } from "./rules-schema.ts";

/** A message in one language, cut at its placeholders. */
export interface MessageCut {
  readonly language: "en" | "zh";
  readonly parts: readonly (MessagePart | "placeholder")[];
  readonly placeholders: readonly {
    readonly text: string;
    /** From the rule on, and how far into the message. */
    readonly path: readonly PropertyKey[];
    readonly at: number;
  }[];
}

/** Text is wrapped, so that a message that says "placeholder" is none. */
type MessagePart = { readonly text: string } | { readonly machine: true };

const PLACEHOLDER = /\{([^{}]+)\}/g;

export function cutMessages(message: RuleFile["message"]): MessageCut[] {
  if (message === undefined) return [];
  if (typeof message === "string") return [cut("en", message, ["message"])];
  const { en, zh } = message;
  return [cut("en", en, ["message", "en"]), ...(zh === undefined ? [] : [cut("zh", zh, ["message", "zh"])])];
}

function cut(language: "en" | "zh", message: string, path: readonly PropertyKey[]): MessageCut {
  const parts: (MessagePart | "placeholder")[] = [];
  const placeholders: { text: string; path: readonly PropertyKey[]; at: number }[] = [];
  let from = 0;
  for (const found of message.matchAll(PLACEHOLDER)) {
    if (found.index > from) parts.push({ text: message.slice(from, found.index) });
    from = found.index + found[0].length;
    const text = found[1] ?? "";
    if (text.trim() === "machine") parts.push({ machine: true });
    else {
      parts.push("placeholder");
      placeholders.push({ text, path, at: found.index + 1 });
    }
  }
  if (from < message.length) parts.push({ text: message.slice(from) });
  return { language, parts, placeholders };
}
