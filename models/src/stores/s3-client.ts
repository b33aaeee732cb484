import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";

export interface S3Options {
  readonly bucket: string;
  /** Without slashes around it; "" for the whole bucket. */
  readonly prefix?: string;
  /** Of a server that is not AWS. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** Bucket in the path instead of the host name; true where an endpoint is given. */
  readonly pathStyle?: boolean | undefined;
  /** PEM of certificate authorities that count instead of the system's. */
  readonly ca?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly connectTimeoutMs?: number;
  /** The longest silence of a connection. */
  readonly idleTimeoutMs?: number;
  /** Of one request, the first included. */
  readonly mostAttempts?: number;
  /** See ObjectStore; two seconds cover what a server may need between check and write. */
  readonly settleMs?: number;
}

// Servers other than AWS want some region too, and this one by convention.
const ANY_REGION = "us-east-1";

/** Credentials come from the SDK's own chain where none are given: environment, profile, container, instance. */
export function createS3Client(options: S3Options): S3Client {
  const { endpoint, credentials, pathStyle = endpoint !== undefined } = options;
  const region = options.region ?? (endpoint === undefined ? undefined : ANY_REGION);
  return new S3Client({
    forcePathStyle: pathStyle,
    maxAttempts: options.mostAttempts ?? 4,
    // Integrity is the signature's business; trailing checksums are what other servers stumble over.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials: { ...credentials } }),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: options.connectTimeoutMs ?? 10_000,
      // No bound on a request as a whole: megabytes may go through a thin line.
      socketTimeout: options.idleTimeoutMs ?? 30_000,
      httpsAgent: { keepAlive: true, maxSockets: 16, ...(options.ca !== undefined && { ca: options.ca }) },
      httpAgent: { keepAlive: true, maxSockets: 16 },
    }),
  });
}
