/** The words that a template may hold, by what is sent. */
export const TOPIC_WORDS = {
  readings: ["node", "device", "tag", "site", "area", "line", "cell", "asset", "name"],
  batches: ["node", "device"],
  scores: ["node", "machine", "sensor"],
  health: ["node", "machine"],
  alarms: ["node", "machine", "sensor", "id"],
  gaps: ["node"],
  status: ["node"],
} as const;

export type TopicKind = keyof typeof TOPIC_WORDS;

const WORD = /\{([^{}]*)\}/g;
/** MQTT 5, 1.5.4: a string has a 16-bit length. */
const MOST_BYTES = 65_535;

/** What is wrong with a template, where something is. */
export function wrongTopic(template: string, kind: TopicKind): string | undefined {
  const known: readonly string[] = TOPIC_WORDS[kind];
  for (const [, word = ""] of template.matchAll(WORD)) {
    if (!known.includes(word)) return `{${word}} is no word of this topic; known are ${known.join(", ")}`;
  }
  const rest = template.replaceAll(WORD, "x");
  if (/[{}]/.test(rest)) return "has a brace without its other half";
  return wrongName(rest);
}

/** What is wrong with the name of a topic, where something is (MQTT 5, 4.7). */
function wrongName(name: string): string | undefined {
  if (name === "") return "is empty";
  if (/[+#\0]/.test(name)) return "holds +, # or NUL, which no topic may";
  if (name.startsWith("$")) return "begins with $, which belongs to the server";
  if (name.startsWith("spBv1.0/")) return "lies in Sparkplug's own namespace";
  if (Buffer.byteLength(name) > MOST_BYTES) return `is longer than ${MOST_BYTES} bytes`;
  return undefined;
}

export type Topic =
  | { readonly kind: "topic"; readonly name: string }
  /** There is none for these words, and why. */
  | { readonly kind: "none"; readonly reason: string };

/** Puts the words into the template. */
export function fillTopic(template: string, words: Readonly<Record<string, string | undefined>>): Topic {
  let missing: string | undefined;
  const name = template.replaceAll(WORD, (_, word: string) => {
    const value = words[word];
    if (value === undefined) missing = word;
    return value ?? "";
  });
  if (missing !== undefined) return { kind: "none", reason: `the topic ${template} needs a ${missing}` };
  const wrong = wrongName(name);
  return wrong === undefined
    ? { kind: "topic", name }
    : { kind: "none", reason: `its topic ${JSON.stringify(name.slice(0, 100))} ${wrong}` };
}

const LEVELS = ["site", "area", "line", "cell", "asset"] as const;

/** The words of a tag's id, where it has all of its levels. */
export function wordsOfTag(id: string): Readonly<Record<string, string>> {
  const parts = id.split("/");
  if (parts.length <= LEVELS.length) return { tag: id };
  const words: Record<string, string> = { tag: id, name: parts.slice(LEVELS.length).join("/") };
  for (const [i, level] of LEVELS.entries()) words[level] = parts[i] ?? "";
  return words;
}
