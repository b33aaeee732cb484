import { isCollection, isMap, isNode, isPair, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { ConfigError } from "./problem.ts";

/** A parsed file that still knows where everything stood. */
export interface YamlSource {
  readonly value: unknown;
  /** Line and column, from 1, of what stands at `path`, or of the nearest thing above it; `at` characters on. */
  position(path: readonly PropertyKey[], at: number): { readonly line: number; readonly column: number };
  /** The same of its name, for a name that should not be there. */
  keyPosition(path: readonly PropertyKey[]): { readonly line: number; readonly column: number };
}

/** YAML 1.2 core. Repeated keys, tabs and anything that was not understood are problems, never guesses.
 *  @throws ConfigError */
export function parseYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: "1.2",
    schema: "core",
    prettyErrors: false,
  });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      ...position(error.pos[0]),
      path: "",
      message: error.message,
    }));
    throw new ConfigError(file, problems);
  }
  return {
    // maxAliasCount bounds what a few lines of aliases can blow up to.
    value: document.toJS({ maxAliasCount: 100 }),
    position: (path, at) => position(offsetsOf(document.contents, path).value + at),
    keyPosition: (path) => position(offsetsOf(document.contents, path).key),
  };
}

/** Where the name and the value of the deepest known part of `path` begin. */
function offsetsOf(root: Node | null, path: readonly PropertyKey[]): { key: number; value: number } {
  let node: unknown = root;
  let key = 0;
  for (const step of path) {
    if (isNode(node) && node.range) key = node.range[0];
    const pair = isMap(node) ? node.items.find((item) => keyOf(item) === String(step)) : undefined;
    if (pair !== undefined) {
      if (isNode(pair.key) && pair.key.range) key = pair.key.range[0];
      node = pair.value;
    } else if (isCollection(node) && typeof step === "number") {
      node = node.items[step];
    } else {
      return { key, value: key };
    }
  }
  return { key, value: isNode(node) && node.range ? node.range[0] : key };
}

const keyOf = (item: unknown): string | undefined => {
  if (!isPair(item)) return undefined;
  const { key } = item as Pair;
  return isNode(key) ? String(key) : undefined;
};
