import type { Clock } from "@stethos/protocol-finger/clock";
import { SinkError } from "../../ports/sink.ts";
import { type ConnectOptions, connect } from "./connect.ts";
import { sinkErrorOf } from "./fault.ts";
import type { Link } from "./link.ts";
import { migrate, type SchemaFacts } from "./migrate.ts";
import type { Target } from "./target.ts";

/** A connection to a schema of our version. */
export interface Session extends SchemaFacts {
  readonly link: Link;
  /** The database's clock, as well as it is known. */
  nowUs(): number;
}

/** Keeps one connection, and makes another when it is lost. */
export interface Sessions {
  /** @throws SinkError; the signal's reason */
  current(signal: AbortSignal): Promise<Session>;
  /** What failed on it is gone with it. */
  drop(): void;
  close(): Promise<void>;
}

export function createSessions(
  target: Target,
  options: ConnectOptions,
  clock: Clock,
  onOpen: (session: Session) => void,
): Sessions {
  let session: Session | undefined;
  return {
    async current(signal) {
      if (session?.link.isUp) return session;
      session = await openSession(target, options, clock, signal);
      onOpen(session);
      return session;
    },
    drop() {
      session?.link.drop();
      session = undefined;
    },
    async close() {
      await session?.link.end();
      session = undefined;
    },
  };
}

export async function openSession(
  target: Target,
  options: ConnectOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Session> {
  const link = await connect(target, options, clock, signal);
  try {
    const facts = await migrate(link, options.schema, signal);
    const [row] = await link.query<{ now_us: number }>(
      "SELECT (extract(epoch FROM now()) * 1e6)::float8 AS now_us",
      signal,
    );
    if (row === undefined) throw new SinkError("failed", "the database does not tell the time");
    const offsetUs = row.now_us - clock.monotonicMs() * 1000;
    return { link, ...facts, nowUs: () => offsetUs + clock.monotonicMs() * 1000 };
  } catch (thrown) {
    link.drop();
    signal.throwIfAborted();
    throw sinkErrorOf(thrown, `schema "${options.schema}" of database ${target.database}`);
  }
}
