import type { Talk } from "./other-talker.ts";

/** What a Niagara station says of itself, line by line: "app.name" and the like. */
export type FoxTraits = Readonly<Record<string, string>>;

const END = "};;\n";

/** @param version in place of "app.version" */
export function foxTalk(traits: FoxTraits, version: () => string | undefined): Talk {
  return {
    protocol: "fox",
    tcp: {
      length(bytes) {
        if (!"fox ".startsWith(bytes.toString("latin1", 0, 4))) return "broken";
        const end = bytes.indexOf(END);
        return end < 0 ? undefined : end + END.length;
      },
      answer(question) {
        if (!question.toString("latin1").startsWith("fox a 1 -1 fox hello\n{\n")) return undefined;
        const now = version();
        const facts = { ...traits, ...(now !== undefined && { "app.version": now }) };
        const lines = Object.entries(facts).map(([key, value]) => `${key}=s:${value}\n`);
        return Buffer.from(
          `fox a 0 -1 fox hello\n{\nfox.version=s:1.0\nid=i:2\n${lines.join("")}${END}`,
          "latin1",
        );
      },
    },
  };
}
