import { lookup } from "node:dns/promises";
import { readFile, stat } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Holder } from "./holder.ts";
import type { HttpApiSettings } from "./options.ts";

/** Where to listen and behind what: settings that were found safe. */
export interface Listener {
  /** The one address to bind. */
  readonly address: string;
  readonly loopback: boolean;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** Distinct secrets; none: everybody who reaches the agent may do all. */
  readonly credentials: readonly Credential[];
}

/** A token and whose it is. */
export interface Credential {
  readonly secret: string;
  readonly holder: Holder;
}

// NIST SP 800-63B, 5.1.1: far beyond guessing, where the characters are random.
const LEAST_TOKEN_LENGTH = 32;
const MOST_TOKEN_LENGTH = 512;
const READABLE_BY_OTHERS = 0o004;
/** What the one token of earlier versions allowed. */
const ENGINEER: Holder = { role: "engineer" };

/** Reads what the settings name, and refuses to be reached by others without TLS and a token.
 *  @throws EdgeError API_REFUSED with the mend */
export async function prepareListener(settings: HttpApiSettings, logger: Logger): Promise<Listener> {
  const addresses = await addressesOf(settings.host);
  const loopback = addresses.every(isLoopback);
  const { tls: files, tokenFile, tokens } = settings;
  const isOpen = tokenFile === undefined && tokens.length === 0;
  if (!loopback && (files === undefined || isOpen)) {
    const missing = [files === undefined && "api.tls", isOpen && "api.tokenFile"];
    throw new EdgeError(
      "API_REFUSED",
      `others could reach the API at ${settings.host}; that needs ${missing.filter(Boolean).join(" and ")}. ` +
        "Set it, or listen at 127.0.0.1",
    );
  }
  const tls = files === undefined ? undefined : await readTls(files.certFile, files.keyFile);
  const credentials = await readCredentials(settings, logger);
  return {
    address: addresses[0] ?? settings.host,
    loopback,
    credentials,
    ...(tls && { tls }),
  };
}

async function addressesOf(host: string): Promise<string[]> {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return [bare];
  try {
    return (await lookup(bare, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new EdgeError(
      "API_REFUSED",
      `api.host "${host}" is no address of this machine; 127.0.0.1 is usual`,
      {
        cause,
      },
    );
  }
}

/** 127.0.0.0/8 (RFC 1122, 3.2.1.3) and ::1 (RFC 4291, 2.5.3), also written as an IPv4 address within IPv6. */
function isLoopback(address: string): boolean {
  const list = new BlockList();
  list.addSubnet("127.0.0.0", 8);
  list.addAddress("::1", "ipv6");
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

async function readTls(certFile: string, keyFile: string): Promise<{ cert: Buffer; key: Buffer }> {
  const cert = await readNamed("api.tls.certFile", certFile);
  const key = await readNamed("api.tls.keyFile", keyFile);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new EdgeError(
      "API_REFUSED",
      `${certFile} and ${keyFile} are no certificate and its key in PEM (${describeError(cause)}); make them anew`,
      { cause },
    );
  }
  return { cert, key };
}

async function readCredentials(
  { tokenFile, tokens }: HttpApiSettings,
  logger: Logger,
): Promise<Credential[]> {
  const files = [
    ...(tokenFile === undefined ? [] : [{ setting: "api.tokenFile", file: tokenFile, holder: ENGINEER }]),
    ...tokens.map(({ file, name, role }, i) => ({
      setting: `api.tokens[${i}].file`,
      file,
      holder: { role, ...(name !== undefined && { name }) },
    })),
  ];
  const fileOf = new Map<string, string>();
  const credentials: Credential[] = [];
  for (const { setting, file, holder } of files) {
    const secret = await readToken(setting, file, logger);
    const other = fileOf.get(secret);
    if (other !== undefined) {
      throw new EdgeError(
        "API_REFUSED",
        `${file} and ${other} hold the same token, and nobody could tell whose it is; make one of them anew`,
      );
    }
    fileOf.set(secret, file);
    credentials.push({ secret, holder });
  }
  return credentials;
}

async function readToken(setting: string, file: string, logger: Logger): Promise<string> {
  const token = (await readNamed(setting, file)).toString("utf8").trim();
  // Visible ASCII: what an Authorization header can carry.
  if (
    token.length < LEAST_TOKEN_LENGTH ||
    token.length > MOST_TOKEN_LENGTH ||
    !/^[\x21-\x7e]+$/.test(token)
  ) {
    throw new EdgeError(
      "API_REFUSED",
      `the token in ${file} must be one line of ${LEAST_TOKEN_LENGTH} to ${MOST_TOKEN_LENGTH} letters, digits and signs; ` +
        `make one with: openssl rand -base64 48 > ${file}`,
    );
  }
  const { mode } = await stat(file);
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    logger.warn({ file, mend: `chmod 600 ${file}` }, "everybody on this machine can read the API's token");
  }
  return token;
}

async function readNamed(setting: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new EdgeError("API_REFUSED", `${setting} ${file} cannot be read; check its path and permissions`, {
      cause,
    });
  }
}
