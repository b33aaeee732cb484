import { en } from "../i18n/en.ts";
import { createFormat } from "../i18n/format.ts";
import { createTranslate } from "../i18n/translate.ts";

/** The page's words in English, the time zone of a plant in Shanghai. */
export const t = createTranslate(en);
export const format = createFormat("en", "Asia/Shanghai", t);
