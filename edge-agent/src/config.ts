import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import type { z } from "zod";
import type { OpcuaSettings } from "./adapters/opcua-client/options.ts";
import { buildPlant, type PlantConfig, type Report } from "./config/build-plant.ts";
import type { ModelsSettings } from "./config/models-schema.ts";
import { ConfigError, type ConfigProblem } from "./config/problem.ts";
import { type AgentFile, agentFile } from "./config/schema.ts";
import { parseYaml, type YamlSource } from "./config/yaml-source.ts";
import { EdgeError } from "./core/errors.ts";

/** A configuration that was checked as a whole: nothing that uses it need check again. */
export interface AgentConfig extends PlantConfig {
  readonly file: string;
  readonly settings: AgentFile;
  /** Absolute. */
  readonly dataFolder: string;
  readonly modelFolder: string;
  /** Public keys of whoever made the model that comes with the product. */
  readonly modelKeys: readonly string[];
  /** What is not wrong and still worth knowing. */
  readonly warnings: readonly ConfigProblem[];
}

export interface ConfigDefaults {
  /** The model that comes with the product. */
  readonly modelFolder: string;
  readonly modelKeys: readonly string[];
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
  const parsed = agentFile.safeParse(source.value, { reportInput: true });
  if (!parsed.success) throw new ConfigError(file, describeIssues(parsed.error, source));
  const base = dirname(resolve(file));
  const from = (path: string) => (isAbsolute(path) ? path : resolve(base, path));
  const settings = withFiles(parsed.data, from);
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const noteIn =
    (list: ConfigProblem[]): Report =>
    (path, message, at = 0) =>
      void list.push({ ...source.position(path, at), path: pathOf(path), message });
  const report = noteIn(problems);
  const plant = buildPlant(settings, report, noteIn(warnings));
  const modelFolder = settings.model === undefined ? defaults.modelFolder : from(settings.model);
  checkModelFiles(settings.models, report);
  if (!existsSync(modelFolder))
    report(["model"], `there is no folder ${modelFolder}; name a model folder or leave "model" out`);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return {
    ...plant,
    warnings,
    file: resolve(file),
    settings,
    modelFolder,
    modelKeys: defaults.modelKeys,
    dataFolder: from(settings.data),
  };
}

/** Files that the settings name, from the folder of the configuration file. */
function withFiles(settings: AgentFile, from: (path: string) => string): AgentFile {
  const { tls, tokenFile, webRoot } = settings.api;
  const api = {
    ...settings.api,
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
  return { ...settings, api, devices, models: modelFiles(settings.models, from) };
}

function modelFiles(models: ModelsSettings, from: (path: string) => string): ModelsSettings {
  const { registry, field, retraining } = models;
  const { upload } = field;
  const { webhook } = retraining;
  return {
    ...models,
    ...(registry && { registry: { ...placed(registry, from), trustedKeys: registry.trustedKeys.map(from) } }),
    field: { ...field, ...(upload && { upload: placed(upload, from) }) },
    retraining: {
      ...retraining,
      ...(webhook && {
        webhook: { ...webhook, ...(webhook.tokenFile && { tokenFile: from(webhook.tokenFile) }) },
      }),
    },
  };
}

/** Keys and tokens that are named must be there: better told now than when the first model arrives. */
function checkModelFiles({ registry, retraining }: ModelsSettings, report: Report): void {
  const check = (path: readonly PropertyKey[], file: string | undefined, what: string) => {
    if (file !== undefined && !existsSync(file)) report(["models", ...path], `there is no ${what} ${file}`);
  };
  registry?.trustedKeys.forEach((file, i) => {
    check(["registry", "trustedKeys", i], file, "key file (stethos-model keygen writes one)");
  });
  check(["registry", "s3", "caFile"], registry?.s3?.caFile, "certificate file");
  check(["retraining", "webhook", "tokenFile"], retraining.webhook?.tokenFile, "token file");
}

/** A folder and a certificate, from the folder of the configuration file. */
function placed<T extends Pick<NonNullable<ModelsSettings["registry"]>, "s3" | "url">>(
  place: T,
  from: (path: string) => string,
): T {
  const { url, s3 } = place;
  return {
    ...place,
    ...(url !== undefined && !url.startsWith("s3://") && { url: from(url) }),
    ...(s3?.caFile !== undefined && { s3: { ...s3, caFile: from(s3.caFile) } }),
  };
}

function describeIssues(error: z.ZodError, source: YamlSource): ConfigProblem[] {
  return error.issues
    .flatMap((issue) => flatten(issue))
    .map((issue) => {
      if (issue.code !== "unrecognized_keys") {
        return { ...source.position(issue.path, 0), path: pathOf(issue.path), message: mend(issue) };
      }
      const path = [...issue.path, issue.keys[0] ?? ""];
      return { ...source.keyPosition(path), path: pathOf(path), message: mend(issue) };
    });
}

/** A union says "no member fits"; the member that came closest says what is wrong. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ ...issue, keys: [key] }));
  }
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const closest = issue.errors.reduce((a, b) => (b.length < a.length ? b : a));
  return closest.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

function mend(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return `"${issue.keys[0]}" is no setting here; remove it or correct its name`;
  if (issue.code === "invalid_type" && issue.input === undefined)
    return `is missing; it must be ${issue.expected}`;
  return issue.message;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    "",
  );
}
