import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { Holder } from "./holder.ts";

/** Browsers that logged in. */
export interface Sessions {
  /** Begins a session of who showed a token. @returns its secret, which only the browser's cookie keeps */
  begin(holder: Holder): string;
  /** Whose session it is while it lives; counts as its use. */
  use(secret: string): Holder | undefined;
  end(secret: string): void;
}

// More browsers than look at one agent; beyond it the one unused for longest must log in again.
const MOST_SESSIONS = 100;
/** A screen that is open uses its session by its feed: only one that was closed grows idle. */
const IDLE_MS = 12 * 3600 * 1000;
export const LIFETIME_MS = 30 * 24 * 3600 * 1000;

interface Session {
  readonly holder: Holder;
  readonly beganMs: number;
  readonly usedMs: number;
}

export function createSessions(clock: Pick<Clock, "monotonicMs">): Sessions {
  // By the hash of the secret: neither a heap dump nor the time of a look-up tells one. In order of use.
  const sessions = new Map<string, Session>();
  const keyOf = (secret: string): string => createHash("sha256").update(secret).digest("base64");
  return {
    begin(holder) {
      const secret = randomBytes(32).toString("base64url");
      const now = clock.monotonicMs();
      const [oldest] = sessions.keys();
      if (sessions.size >= MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      sessions.set(keyOf(secret), { holder, beganMs: now, usedMs: now });
      return secret;
    },
    use(secret) {
      const key = keyOf(secret);
      const session = sessions.get(key);
      if (session === undefined) return undefined;
      sessions.delete(key);
      const now = clock.monotonicMs();
      if (now - session.beganMs >= LIFETIME_MS || now - session.usedMs >= IDLE_MS) return undefined;
      sessions.set(key, { ...session, usedMs: now });
      return session.holder;
    },
    end: (secret) => void sessions.delete(keyOf(secret)),
  };
}
