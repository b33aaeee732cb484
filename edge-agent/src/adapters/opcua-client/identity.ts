import { readFile } from "node:fs/promises";
import type { UserIdentityInfo } from "node-opcua";
import { EdgeError } from "../../core/errors.ts";
import type { Opcua } from "./library.ts";
import type { OpcuaOptions } from "./options.ts";

export type IdentityOptions = Pick<OpcuaOptions, "user" | "passwordFile" | "passwordEnv">;

/** Who logs in. Read for every attempt, so that a changed password needs no restart. */
export async function readIdentity(opcua: Opcua, options: IdentityOptions): Promise<UserIdentityInfo> {
  if (options.user === undefined) return { type: opcua.UserTokenType.Anonymous };
  return {
    type: opcua.UserTokenType.UserName,
    userName: options.user,
    password: await readPassword(options),
  };
}

async function readPassword(options: IdentityOptions): Promise<string> {
  if (options.passwordFile !== undefined) {
    const text = await readFile(options.passwordFile, "utf8").catch((cause: unknown) => {
      throw new EdgeError(
        "CONFIG_UNREADABLE",
        `passwordFile ${options.passwordFile} cannot be read; check path and permissions`,
        { cause },
      );
    });
    return text.split(/\r?\n/, 1)[0] ?? "";
  }
  const password = process.env[options.passwordEnv ?? ""];
  if (password === undefined)
    throw new EdgeError(
      "CONFIG_UNREADABLE",
      `the environment variable ${options.passwordEnv} (passwordEnv) is not set`,
    );
  return password;
}
