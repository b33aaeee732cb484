import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import type { LogSettings } from "./adapters/logs/options.ts";
import type { OpcuaSettings } from "./adapters/opcua-client/options.ts";
import { buildPlant, type PlantConfig } from "./config/build-plant.ts";
import { describeIssues, pathOf } from "./config/issues.ts";
import { loadLayout } from "./config/layout.ts";
import type { ModelsSettings } from "./config/models-schema.ts";
import { ConfigError, type ConfigProblem, type Report } from "./config/problem.ts";
import { readRules } from "./config/rules.ts";
import { rulesPlant } from "./config/rules-plant.ts";
import { type AgentFile, agentFile } from "./config/schema.ts";
import { checkSinks, placedSinks } from "./config/sinks.ts";
import { readTagTables } from "./config/tag-tables.ts";
import { parseYaml } from "./config/yaml-source.ts";
import { EdgeError } from "./core/errors.ts";
import type { PlantLayout } from "./core/layout/plant-layout.ts";
import { NO_RULES, type RuleSet } from "./core/rules/rule.ts";

/** A configuration that was checked as a whole: nothing that uses it need check again. */
export interface AgentConfig extends PlantConfig {
  readonly file: string;
  readonly settings: AgentFile;
  /** Absolute. */
  readonly dataFolder: string;
  readonly modelFolder: string;
  /** Public keys of whoever made the model that comes with the product. */
  readonly modelKeys: readonly string[];
  /** With a place for every tag and waveform. */
  readonly layout: PlantLayout;
  /** Where the layout's models lie; absent of an automatic layout. */
  readonly layoutFolder?: string;
  /** Checked against this plant. */
  readonly rules: RuleSet;
  /** What is not wrong and still worth knowing. */
  readonly warnings: readonly ConfigProblem[];
}

export interface ConfigDefaults {
  /** The model that comes with the product. */
  readonly modelFolder: string;
  readonly modelKeys: readonly string[];
  /** Sinks beside those of the file, as it would name them. */
  readonly sinks?: readonly unknown[];
}

/** Reads and checks a configuration file. Connects to nothing.
 *  @throws EdgeError CONFIG_UNREADABLE; ConfigError with every problem, each with its line and its mend */
export async function readConfig(file: string, defaults: ConfigDefaults): Promise<AgentConfig> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new EdgeError(
      "CONFIG_UNREADABLE",
      `${file} cannot be read; check the path after -c and its permissions`,
      { cause },
    );
  }
  return checkConfig(file, text, defaults);
}

/** @param file names the text in messages; relative paths inside are taken from its folder */
export function checkConfig(file: string, text: string, defaults: ConfigDefaults): AgentConfig {
  const source = parseYaml(file, text);
  const parsed = agentFile.safeParse(withSinks(source.value, defaults.sinks ?? []), { reportInput: true });
  if (!parsed.success) throw new ConfigError(file, describeIssues(parsed.error, source));
  const base = dirname(resolve(file));
  const from = (path: string) => (isAbsolute(path) ? path : resolve(base, path));
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const tables = readTagTables(
    withFiles(parsed.data, from),
    from,
    (path, message) => void problems.push({ ...source.position(path, 0), path: pathOf(path), message }),
    (problem) => void problems.push(problem),
  );
  const { settings } = tables;
  const noteIn =
    (list: ConfigProblem[]): Report =>
    (path, message, at = 0) => {
      const place = tables.place(path) ?? source.position(path, at);
      list.push({ ...place, path: pathOf(path), message });
    };
  const report = noteIn(problems);
  const plant = buildPlant(settings, report, noteIn(warnings));
  const modelFolder = settings.model === undefined ? defaults.modelFolder : from(settings.model);
  checkModelFiles(settings.models, report);
  checkSinks(settings.sinks, report);
  const { tokenFile } = settings.logs.loki ?? {};
  if (tokenFile !== undefined && !existsSync(tokenFile))
    report(["logs", "loki", "tokenFile"], `there is no file ${tokenFile}`);
  if (!existsSync(modelFolder))
    report(["model"], `there is no folder ${modelFolder}; name a model folder or leave "model" out`);
  if (problems.length > 0) throw new ConfigError(file, problems);
  const {
    layout,
    folder,
    warnings: ofLayout,
  } = loadLayout(settings.layout && from(settings.layout.file), {
    ...plant,
    site: settings.site,
    timeZone: settings.timeZone,
  });
  return {
    ...plant,
    warnings: [...warnings, ...ofLayout],
    file: resolve(file),
    settings,
    modelFolder,
    modelKeys: defaults.modelKeys,
    dataFolder: from(settings.data),
    rules:
      settings.rules === undefined
        ? NO_RULES
        : readRules(from(settings.rules.file), rulesPlant(settings.site, plant)),
    layout,
    ...(folder !== undefined && { layoutFolder: folder }),
  };
}

function withSinks(value: unknown, more: readonly unknown[]): unknown {
  if (more.length === 0 || typeof value !== "object" || value === null) return value;
  const own: unknown = "sinks" in value ? value.sinks : [];
  // What is no list is refused by its schema.
  return Array.isArray(own) ? { ...value, sinks: [...own, ...more] } : value;
}

/** Files that the settings name, from the folder of the configuration file. */
function withFiles(settings: AgentFile, from: (path: string) => string): AgentFile {
  const { tls, tokenFile, tokens, webRoot } = settings.api;
  const api = {
    ...settings.api,
    tokens: tokens.map((token) => ({ ...token, file: from(token.file) })),
    ...(tokenFile !== undefined && { tokenFile: from(tokenFile) }),
    ...(webRoot !== undefined && { webRoot: from(webRoot) }),
    ...(tls && { tls: { certFile: from(tls.certFile), keyFile: from(tls.keyFile) } }),
  };
  const filesOf = <T extends OpcuaSettings>(opcua: T): T => ({
    ...opcua,
    ...(opcua.passwordFile !== undefined && { passwordFile: from(opcua.passwordFile) }),
    ...(opcua.certificateFolder !== undefined && { certificateFolder: from(opcua.certificateFolder) }),
  });
  const devices = settings.devices.map((device) => {
    if (device.protocol === "opcua") return { ...device, connection: filesOf(device.connection) };
    if (device.protocol !== "auto") return device;
    return { ...device, connection: { ...device.connection, opcua: filesOf(device.connection.opcua) } };
  });
  const sinks = placedSinks(settings.sinks, from);
  return {
    ...settings,
    api,
    devices,
    sinks,
    logs: logFiles(settings.logs, from),
    models: modelFiles(settings.models, from),
  };
}

function logFiles({ file, loki }: LogSettings, from: (path: string) => string): LogSettings {
  return {
    ...(file && { file: { ...file, path: from(file.path) } }),
    ...(loki && { loki: { ...loki, ...(loki.tokenFile && { tokenFile: from(loki.tokenFile) }) } }),
  };
}

function modelFiles(models: ModelsSettings, from: (path: string) => string): ModelsSettings {
  const { registry, fleet, field, retraining } = models;
  const { upload } = field;
  const { webhook } = retraining;
  return {
    ...models,
    ...(registry && { registry: registryFiles(registry, from) }),
    ...(fleet && { fleet: { ...fleet, report: placed(fleet.report, from) } }),
    field: { ...field, ...(upload && { upload: placed(upload, from) }) },
    retraining: {
      ...retraining,
      ...(webhook && {
        webhook: { ...webhook, ...(webhook.tokenFile && { tokenFile: from(webhook.tokenFile) }) },
      }),
    },
  };
}

type RegistrySettings = NonNullable<ModelsSettings["registry"]>;

function registryFiles(registry: RegistrySettings, from: (path: string) => string): RegistrySettings {
  const { trustedKeys, channelKeys } = registry;
  return {
    ...placed(registry, from),
    trustedKeys: trustedKeys.map(from),
    ...(channelKeys && { channelKeys: channelKeys.map(from) }),
  };
}

/** Keys and tokens that are named must be there: better told now than when the first model arrives. */
function checkModelFiles({ registry, fleet, retraining }: ModelsSettings, report: Report): void {
  const check = (path: readonly PropertyKey[], file: string | undefined, what: string) => {
    if (file !== undefined && !existsSync(file)) report(["models", ...path], `there is no ${what} ${file}`);
  };
  registry?.trustedKeys.forEach((file, i) => {
    check(["registry", "trustedKeys", i], file, "key file (stethos-model keygen writes one)");
  });
  registry?.channelKeys?.forEach((file, i) => {
    check(["registry", "channelKeys", i], file, "key file (stethos-model keygen writes one)");
  });
  check(["fleet", "report", "s3", "caFile"], fleet?.report.s3?.caFile, "certificate file");
  check(["registry", "s3", "caFile"], registry?.s3?.caFile, "certificate file");
  check(["retraining", "webhook", "tokenFile"], retraining.webhook?.tokenFile, "token file");
}

/** A folder and a certificate, from the folder of the configuration file. */
function placed<T extends Pick<RegistrySettings, "s3" | "url">>(place: T, from: (path: string) => string): T {
  const { url, s3 } = place;
  return {
    ...place,
    ...(url !== undefined && !url.startsWith("s3://") && { url: from(url) }),
    ...(s3?.caFile !== undefined && { s3: { ...s3, caFile: from(s3.caFile) } }),
  };
}
