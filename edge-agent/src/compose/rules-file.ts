import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readRules } from "../config/rules.ts";
import { rulesPlant } from "../config/rules-plant.ts";
import type { AgentConfig } from "../config.ts";
import type { RulesFile } from "../flow/rules-reload.ts";

/** The file of rules that a configuration names, checked against its plant; undefined where it names none. */
export function rulesFileOf(config: AgentConfig): RulesFile | undefined {
  const { rules, site } = config.settings;
  if (rules === undefined) return undefined;
  const path = resolve(dirname(config.file), rules.file);
  return {
    async stamp() {
      try {
        // Links are followed: a ConfigMap turns a link to a new folder. A file put in place by renaming is a new inode.
        const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
        return [path, dev, ino, size, mtimeNs].join(" ");
      } catch (thrown) {
        return `${path} ${String((thrown as NodeJS.ErrnoException).code)}`;
      }
    },
    load: () => readRules(path, rulesPlant(site, config)),
  };
}
