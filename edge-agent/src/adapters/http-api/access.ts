import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { FastifyRequest } from "fastify";
import type { Holder } from "./holder.ts";
import type { Credential } from "./listener.ts";
import { createLoginLimit } from "./login-limit.ts";
import { createSessions, LIFETIME_MS } from "./sessions.ts";

/** Who asks. */
export interface Caller extends Holder {
  /** To ask again later: a feed outlives its first request. */
  stillMay(): boolean;
}

export type Login =
  | { readonly kind: "in"; readonly cookie: string; readonly holder: Holder }
  | { readonly kind: "too-often" }
  | { readonly kind: "wrong" };

/** Who may: a token of the configuration, or the session of a browser that once showed one. */
export interface Access {
  /** False where the agent runs without a token: then everybody is an engineer. */
  readonly needed: boolean;
  /** Undefined where the caller shows neither. */
  admit(request: FastifyRequest): Caller | undefined;
  /** @param address who tries: too many wrong tokens from there, and it must wait */
  login(token: string, address: string): Login;
  /** Ends the caller's session. @returns the cookie that clears it */
  logout(request: FastifyRequest): string;
}

const always = (): boolean => true;
/** Only this machine reaches an agent without a token. */
const ANYBODY: Caller = { role: "engineer", stillMay: always };

export function createAccess(credentials: readonly Credential[], secure: boolean, clock: Clock): Access {
  const sessions = createSessions(clock);
  const limit = createLoginLimit(clock);
  const known = credentials.map(({ secret, holder }) => ({ hash: hashOf(secret), holder }));
  const needed = known.length > 0;
  // With the prefix a browser takes the cookie over TLS alone and from this very host (RFC 6265bis, 4.1.3.2).
  const name = secure ? "__Host-stethos" : "stethos";
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;

  /** Compares with every one of them, so that the time does not tell which was met. */
  function holderOf(token: string): Holder | undefined {
    const hash = hashOf(token);
    return known.filter((one) => timingSafeEqual(one.hash, hash))[0]?.holder;
  }

  return {
    needed,
    admit(request) {
      if (!needed) return ANYBODY;
      const shown = bearerOf(request.headers.authorization);
      if (shown !== undefined) {
        const holder = holderOf(shown);
        return holder && { ...holder, stillMay: always };
      }
      const secret = cookieOf(request.headers.cookie, name);
      const holder = secret === undefined ? undefined : sessions.use(secret);
      if (secret === undefined || holder === undefined) return undefined;
      return { ...holder, stillMay: () => sessions.use(secret) !== undefined };
    },
    login(token, address) {
      if (!limit.mayTry(address)) return { kind: "too-often" };
      const holder = holderOf(token);
      if (holder === undefined) {
        limit.countFailure(address);
        return { kind: "wrong" };
      }
      const cookie = `${name}=${sessions.begin(holder)}; Max-Age=${LIFETIME_MS / 1000}; ${attributes}`;
      return { kind: "in", cookie, holder };
    },
    logout(request) {
      const secret = cookieOf(request.headers.cookie, name);
      if (secret !== undefined) sessions.end(secret);
      return `${name}=; Max-Age=0; ${attributes}`;
    },
  };
}

/** Hashed, comparing takes the same time wherever texts differ, and their length does not show. */
const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/** RFC 6750, 2.1; the scheme's case does not matter (RFC 9110, 11.1). */
const bearerOf = (header: string | undefined): string | undefined =>
  /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const [key, value] = pair.split("=", 2);
    if (key?.trim() === name && value !== undefined) return value.trim();
  }
  return undefined;
}
