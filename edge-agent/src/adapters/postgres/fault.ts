import { SinkError, type SinkFault } from "../../ports/sink.ts";

/** What PostgreSQL's error codes mean to a sink (PostgreSQL 15, Appendix A); a class is its first two characters. */
const FAULTS: Readonly<Record<string, SinkFault>> = {
  "08": "unreachable",
  "28": "denied",
  "53": "busy",
  "58": "failed",
  // Data that it does not take although it is of the right kind: somebody changed the tables.
  "22": "misfit",
  "23": "misfit",
  "3D": "misfit",
  "3F": "misfit",
  "42": "misfit",
  "54": "misfit",
  // A standby after a fail-over: the next connection looks for the new primary.
  "25006": "unreachable",
  "40001": "busy",
  "40P01": "busy",
  "42501": "denied",
  "55P03": "busy",
  "57014": "busy",
  "57P01": "unreachable",
  "57P02": "unreachable",
  "57P03": "busy",
  "57P05": "unreachable",
};

const ADVICE: Readonly<Record<string, string>> = {
  "28P01": "check passwordFile and the role's password",
  "28000": "check the role and the server's pg_hba.conf",
  "42501": "the role must own the sink's schema, or may CREATE in the database",
  "3D000": "create the database, or mend the url",
};

/** What went wrong at `where` ("postgres at db:5432/plant") as the flow understands it; a SinkError stays as it is. */
export function sinkErrorOf(thrown: unknown, where: string): SinkError {
  if (thrown instanceof SinkError) return thrown;
  const code = codeOf(thrown);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const advice = ADVICE[code];
  return new SinkError(
    faultOf(code, text),
    `${where}: ${text}${code === "" ? "" : ` (${code})`}${advice === undefined ? "" : `; ${advice}`}`,
    { cause: thrown },
  );
}

/** PostgreSQL's or the operating system's code of an error; empty where it has none. */
export function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error) || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}

function faultOf(code: string, text: string): SinkFault {
  const known = FAULTS[code] ?? (code.length === 5 ? FAULTS[code.slice(0, 2)] : undefined);
  if (known !== undefined) return known;
  // The client's own words: it has no codes for them.
  if (/^SASL|does not support SSL|certificate/i.test(text) || /^ERR_TLS|CERT|UNABLE_TO/.test(code))
    return "denied";
  if (/^E[A-Z]+$/.test(code) || /connection|timeout expired|not queryable/i.test(text)) return "unreachable";
  return "failed";
}
