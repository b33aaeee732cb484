import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { FastifyRequest } from "fastify";
import { createSessions, LIFETIME_MS } from "./sessions.ts";

/** Who may: the token of the configuration, or the session of a browser that once showed it. */
export interface Access {
  /** False where the agent runs without a token: then everybody may. */
  readonly needed: boolean;
  /** @returns how to ask again later (a feed outlives its first request), or undefined where the caller may not */
  admit(request: FastifyRequest): (() => boolean) | undefined;
  /** @returns the cookie to set, or undefined where the token is wrong */
  login(token: string): string | undefined;
  /** Ends the caller's session. @returns the cookie that clears it */
  logout(request: FastifyRequest): string;
}

export function createAccess(token: string | undefined, secure: boolean, clock: Clock): Access {
  const sessions = createSessions(clock);
  // With the prefix a browser takes the cookie over TLS alone and from this very host (RFC 6265bis, 4.1.3.2).
  const name = secure ? "__Host-stethos" : "stethos";
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
  const always = (): boolean => true;
  return {
    needed: token !== undefined,
    admit(request) {
      if (token === undefined) return always;
      const shown = bearerOf(request.headers.authorization);
      if (shown !== undefined) return sameSecret(shown, token) ? always : undefined;
      const secret = cookieOf(request.headers.cookie, name);
      if (secret === undefined || !sessions.use(secret)) return undefined;
      return () => sessions.use(secret);
    },
    login(shown) {
      if (token === undefined || !sameSecret(shown, token)) return undefined;
      return `${name}=${sessions.begin()}; Max-Age=${LIFETIME_MS / 1000}; ${attributes}`;
    },
    logout(request) {
      const secret = cookieOf(request.headers.cookie, name);
      if (secret !== undefined) sessions.end(secret);
      return `${name}=; Max-Age=0; ${attributes}`;
    },
  };
}

/** Takes the same time wherever they differ; hashed first, so that neither does the length show. */
function sameSecret(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

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
