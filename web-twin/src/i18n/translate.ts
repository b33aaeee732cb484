import type { MessageKey, Messages } from "./en.ts";
import type { Language } from "./language.ts";

type Values = Readonly<Record<string, string | number>>;

/** The text of a key in the chosen language, with its {placeholders} filled. */
export interface Translate {
  (key: MessageKey, values?: Values): string;
  /** The key `text` when the catalogue has it: for words that come from the agent. */
  known(text: string): MessageKey | undefined;
}

/** Only the chosen language is fetched. */
export async function loadMessages(language: Language): Promise<Messages> {
  switch (language) {
    case "en":
      return (await import("./en.ts")).en;
    case "zh-CN":
      return (await import("./zh-cn.ts")).zhCn;
  }
}

export function createTranslate(messages: Messages): Translate {
  const translate = (key: MessageKey, values: Values = {}): string =>
    messages[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  return Object.assign(translate, {
    known: (text: string) => (Object.hasOwn(messages, text) ? (text as MessageKey) : undefined),
  });
}
