import { join } from "node:path";
import { startS3rver } from "../registry/s3-servers.ts";

export interface Place {
  /** As `--registry` takes it. */
  readonly url: string;
  /** As the agent's configuration takes it. */
  readonly registry: object;
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Where a registry can be. */
export const places: readonly { readonly kind: string; start(folder: string): Promise<Place> }[] = [
  {
    kind: "a folder",
    start: async (folder) => {
      const url = join(folder, "registry");
      return { url, registry: { url }, env: {}, stop: async () => undefined };
    },
  },
  {
    kind: "an S3 server",
    start: async () => {
      const { endpoint, bucket, credentials, stop } = await startS3rver();
      const env = {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      };
      const url = `s3://${bucket}/plant`;
      const registry = { url, s3: { endpoint, region: "us-east-1" } };
      return { url: `${url}?endpoint=${endpoint}&region=us-east-1`, registry, env, stop };
    },
  },
];
