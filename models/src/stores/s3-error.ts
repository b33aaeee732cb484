import { ModelError } from "../errors.ts";

/** What an answer of the SDK says that is no failure of the store. */
export type S3Answer = "absent" | "conflict" | "range";

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly status?: number;
  readonly code?: string;
}

const CONFLICTS: ReadonlySet<number | undefined> = new Set([409, 412]);

/** An ordinary answer in the form of an exception; undefined for everything else. */
export function answerOf(thrown: unknown): S3Answer | undefined {
  const { name, status } = failureOf(thrown);
  if (name === "NoSuchBucket") return undefined;
  if (status === 404) return "absent";
  if (CONFLICTS.has(status)) return "conflict";
  return status === 416 ? "range" : undefined;
}

interface Mend {
  readonly matches: (failure: Failure) => boolean;
  readonly code: "REGISTRY_REFUSED" | "REGISTRY_UNREACHABLE";
  readonly why: string;
  readonly mend: string;
}

const named =
  (...names: readonly string[]) =>
  ({ name, code }: Failure): boolean =>
    names.includes(name) || (code !== undefined && names.includes(code));

const status =
  (...numbers: readonly number[]) =>
  (failure: Failure): boolean =>
    failure.status !== undefined && numbers.includes(failure.status);

/** The first that matches. Names: "Error responses" of the Amazon S3 API reference; codes: OpenSSL's verify(1), errno(3). */
const MENDS: readonly Mend[] = [
  {
    matches: named("CredentialsProviderError", "TokenProviderError"),
    code: "REGISTRY_REFUSED",
    why: "there are no credentials",
    mend: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the machine's role",
  },
  {
    matches: named("RequestTimeTooSkewed"),
    code: "REGISTRY_REFUSED",
    why: "this machine's clock is too far from the store's",
    mend: "set the clock, best by NTP",
  },
  {
    matches: named("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"),
    code: "REGISTRY_REFUSED",
    why: "the session of the credentials has ended",
    mend: "log in anew",
  },
  {
    matches: named("InvalidAccessKeyId", "SignatureDoesNotMatch"),
    code: "REGISTRY_REFUSED",
    why: "the credentials are wrong",
    mend: "check the access key and its secret",
  },
  {
    matches: named("NoSuchBucket"),
    code: "REGISTRY_REFUSED",
    why: "there is no such bucket",
    mend: "make the bucket, or correct its name",
  },
  {
    matches: (failure) =>
      named(
        "PermanentRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
      )(failure) || status(301, 307)(failure),
    code: "REGISTRY_REFUSED",
    why: "the bucket is in another region",
    mend: "name its region",
  },
  {
    matches: status(401, 403),
    code: "REGISTRY_REFUSED",
    why: "access is denied",
    mend: "allow these credentials GetObject and ListBucket, and to whoever pushes PutObject and DeleteObject",
  },
  {
    matches: named(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    ),
    code: "REGISTRY_REFUSED",
    why: "its certificate was made by nobody trusted here",
    mend: "name the file of its certificate authority (caFile)",
  },
  {
    matches: named("ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"),
    code: "REGISTRY_REFUSED",
    why: "its certificate is not valid for this name or time",
    mend: "use the name in the certificate, renew it, or set the clock",
  },
  {
    matches: status(429, 500, 502, 503, 504),
    code: "REGISTRY_UNREACHABLE",
    why: "it is overloaded or broken",
    mend: "try again later",
  },
  {
    matches: status(507),
    code: "REGISTRY_REFUSED",
    why: "it is full",
    mend: "make room with gc, or raise its quota",
  },
  {
    matches: ({ status: number }) => number !== undefined && number >= 400 && number < 500,
    code: "REGISTRY_REFUSED",
    why: "it refuses the request",
    mend: "check endpoint, bucket and path style",
  },
];

const UNREACHABLE: Omit<Mend, "matches"> = {
  code: "REGISTRY_UNREACHABLE",
  why: "it does not answer as S3 does",
  mend: "check the endpoint, the network and a proxy in between",
};

/** @param store its name; never holds credentials
 *  @param what was tried */
export function s3Error(store: string, what: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause;
  const failure = failureOf(cause);
  const { code, why, mend } = MENDS.find(({ matches }) => matches(failure)) ?? UNREACHABLE;
  const detail = [failure.status, failure.code ?? failure.name]
    .filter((part) => part !== undefined)
    .join(" ");
  return new ModelError(code, `${store}: ${what}: ${why} (${detail}); ${mend}`, { cause });
}

function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { name: "unknown", message: String(thrown) };
  const number = property(property(thrown, "$metadata"), "httpStatusCode");
  // A TypeError for what is not XML, and many more, carry the answer beside them.
  const answered = property(property(thrown, "$response"), "statusCode");
  const code = property(thrown, "code") ?? property(thrown.cause, "code");
  return {
    name: thrown.name,
    message: thrown.message,
    ...(typeof number === "number"
      ? { status: number }
      : typeof answered === "number" && { status: answered }),
    ...(typeof code === "string" && { code }),
  };
}

const property = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
