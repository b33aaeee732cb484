import { readFileSync } from "node:fs";
import type { z } from "zod";
import { plantLayout } from "../adapters/http-api/layout-schema.ts";
import type { PlantLayout } from "../core/layout/plant-layout.ts";
import { describeIssues, pathOf } from "./issues.ts";
import { checkLayout } from "./layout-schema.ts";
import { ConfigError, type ConfigProblem } from "./problem.ts";
import { parseYaml, type YamlSource } from "./yaml-source.ts";

export interface CheckedLayout {
  readonly layout: PlantLayout;
  readonly warnings: readonly ConfigProblem[];
}

// The compiler sees that what the schema lets through is a layout.
const schema: z.ZodType<PlantLayout> = plantLayout;

/** @param file names the text in messages
 *  @throws ConfigError with everything that is wrong, each with its place */
export function checkLayoutText(file: string, text: string): CheckedLayout {
  const source = text.trimStart().startsWith("{") ? parseJson(file, text) : parseYaml(file, text);
  const parsed = schema.safeParse(source.value, { reportInput: true });
  if (!parsed.success) throw new ConfigError(file, describeIssues(parsed.error, source));
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const noteIn =
    (list: ConfigProblem[]) =>
    (path: readonly PropertyKey[], message: string): void =>
      void list.push({ file, ...source.position(path, 0), path: pathOf(path), message });
  checkLayout(parsed.data, noteIn(problems), noteIn(warnings));
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { layout: parsed.data, warnings };
}

/** @throws ConfigError */
export function readLayout(file: string): CheckedLayout {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const message = `cannot be read (${String((cause as NodeJS.ErrnoException).code)}); check layout.file and its permissions`;
    throw new ConfigError(file, [{ line: 1, column: 1, path: "", message }]);
  }
  return checkLayoutText(file, text);
}

/** JSON is YAML as well, but a big layout takes seconds to read as that: places are looked for only when something is
 *  wrong. */
function parseJson(file: string, text: string): YamlSource {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // YAML's parser tells where.
    return parseYaml(file, text);
  }
  let source: YamlSource | undefined;
  const places = (): YamlSource => {
    source ??= parseYaml(file, text);
    return source;
  };
  return {
    value,
    position: (path, at) => places().position(path, at),
    keyPosition: (path) => places().keyPosition(path),
  };
}
