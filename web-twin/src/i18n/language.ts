export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", "zh-CN": "简体中文" };

const isLanguage = (text: string | null): text is Language => LANGUAGES.some((language) => language === text);

/** The language that was chosen before, else the first of the browser's that the page speaks, else English.
 *  @param preferred BCP 47 tags, most wanted first */
export function chooseLanguage(remembered: string | null, preferred: readonly string[]): Language {
  if (isLanguage(remembered)) return remembered;
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "en") return "en";
    // There is only one Chinese catalogue: better than English for a reader of traditional characters.
    if (primary === "zh") return "zh-CN";
  }
  return "en";
}
