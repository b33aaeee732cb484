import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "./cli.ts";
import { builtInSignatures } from "./signatures/load.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const source = readFileSync(new URL("./finger-error.ts", import.meta.url), "utf8");

describe("the README", () => {
  it("lists every key of a fact that a signature looks at", async () => {
    const { all } = await builtInSignatures();
    const keys = new Set(all.flatMap(({ when }) => [...when.keys()]));
    // Facts that every protocol has stand there once.
    const general = (key: string) =>
      key
        .replace(/^tcp\.[a-z0-9-]+\./, "tcp.<protocol>.")
        .replace(/^[a-z0-9-]+\.speaks$/, "<protocol>.speaks");
    const missing = [...keys].filter(
      (key) => !readme.includes(`\`${key}\``) && !readme.includes(`\`${general(key)}\``),
    );
    expect(missing).toEqual([]);
  });

  it("explains every error code", () => {
    const codes = [...source.matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !readme.includes(`| ${code} | `))).toEqual([]);
  });

  it("names every command", async () => {
    let help = "";
    const stdout = { write: (text: string) => (help += text) } as unknown as NodeJS.WritableStream;
    await runCli(["--help"], {
      stdin: process.stdin,
      stdout,
      stderr: process.stderr,
      env: {},
      onSignal: () => () => undefined,
    });
    const commands = [...help.matchAll(/^ {2}([a-z]+) (?:\[|<| {2})/gm)].map(([, name]) => name);
    expect(commands).toContain("probe");
    for (const command of commands.filter((name) => name !== "help"))
      expect(readme, command).toContain(`| \`${command} `);
  });
});
