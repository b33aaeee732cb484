import { en, type MessageKey, type Messages } from "./en.ts";
import type { Language } from "./language.ts";
import { zhCn } from "./zh-cn.ts";

type Values = Readonly<Record<string, string | number>>;
/** The text of a key in the chosen language, with its {placeholders} filled. */
export type Translate = (key: MessageKey, values?: Values) => string;

export const catalogues: Readonly<Record<Language, Messages>> = { en, "zh-CN": zhCn };

export function createTranslate(language: Language): Translate {
  const messages = catalogues[language];
  return (key, values = {}) =>
    messages[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The key `text` when the catalogue has it: for words that come from the agent. */
export const knownKey = (text: string): MessageKey | undefined =>
  Object.hasOwn(en, text) ? (text as MessageKey) : undefined;
