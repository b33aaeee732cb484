import { dirname, resolve } from "node:path";
import { z } from "zod";
import { readRules } from "../config/rules.ts";
import { rulesPlant } from "../config/rules-plant.ts";
import { rulesSettings } from "../config/rules-schema.ts";
import { readConfig } from "../config.ts";
import { EdgeError } from "../core/errors.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import type { CliContext } from "./io.ts";

export interface LoadedRules {
  readonly rules: RuleSet;
  readonly file: string;
  readonly dataFolder: string;
}

/** @param file those of the configuration where absent
 *  @throws ConfigError, EdgeError CONFIG_INVALID where the configuration names none */
export async function loadRules(
  config: string,
  file: string | undefined,
  context: CliContext,
): Promise<LoadedRules> {
  const read = await readConfig(config, context);
  const { rules } = z.object({ rules: rulesSettings }).parse(read.settings);
  const path = file ?? (rules && resolve(dirname(read.file), rules.file));
  if (path === undefined) {
    throw new EdgeError("CONFIG_INVALID", `${config} names no rules; give a file, or set rules.file in it`);
  }
  return {
    rules: readRules(path, rulesPlant(read.settings.site, read)),
    file: path,
    dataFolder: read.dataFolder,
  };
}
