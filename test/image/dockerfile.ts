import { globSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { root } from "./storage.ts";

/** What a Dockerfile of k8s/images says. */
export interface Dockerfile {
  readonly text: string;
  /** What the last stage says: that is the image. */
  readonly last: string;
  /** What is copied from the checkout, in any stage. */
  readonly copied: readonly { readonly from: string; readonly to: string }[];
  /** Whether its .dockerignore lets a path of the checkout into the build. */
  lets(path: string): boolean;
}

export function readDockerfile(image: string): Dockerfile {
  const file = join(root, `k8s/images/${image}.Dockerfile`);
  const text = readFileSync(file, "utf8");
  const rules = readFileSync(`${file}.dockerignore`, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return {
    text,
    last: text.slice(text.lastIndexOf("\nFROM ")),
    copied: [...text.matchAll(/^COPY (?!--from)(.+) (\S+)$/gm)].flatMap(([, sources = "", to = ""]) =>
      sources.split(" ").map((from) => ({ from, to })),
    ),
    lets(path) {
      // As Docker reads it: the last line that matches decides, and "*" means names that begin with a dot too.
      const rule = rules.findLast((line) => {
        const pattern = line.replace(/^!/, "");
        return pattern === "*" || matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`);
      });
      return rule === undefined || rule.startsWith("!");
    },
  };
}

/** Files of the checkout that the image's build copies, as paths from its root. */
export const copiedFiles = ({ copied, lets }: Dockerfile): readonly string[] =>
  copied
    .flatMap(({ from }) => [from, ...globSync(`${from}/**/*`, { cwd: root, exclude: ["**/node_modules"] })])
    .filter((path) => lets(path));
