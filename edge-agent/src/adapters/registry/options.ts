import { z } from "zod";

export const s3Place = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: "must be an address like https://s3.plant.example:9000" })
    .optional()
    .describe("Address of the server, where it is not AWS"),
  region: z.string().min(1).optional().describe("Region; found as by all AWS tools where it is left out"),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe("PEM of the authority that signed the server's certificate, where it is one of your own"),
  pathStyle: z
    .boolean()
    .optional()
    .describe("The bucket goes into the path; by default where an endpoint is given"),
});

export const registryOptions = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .optional()
      .describe('A folder, or "s3://bucket/prefix"; without it the agent runs the model that it came with'),
    s3: s3Place.optional().describe("How an S3 server is reached; credentials are found as by all AWS tools"),
    trustedKeys: z
      .array(z.string().min(1))
      .max(16)
      .default([])
      .describe("Files with the public keys (PEM) whose signatures count"),
    channelKeys: z
      .array(z.string().min(1))
      .max(16)
      .optional()
      .describe(
        "Files with public keys (PEM) that may point channels and nothing more: they sign no package",
      ),
    bytesPerSecond: z
      .int()
      .min(4000)
      .max(1_000_000_000)
      .default(28_000)
      .describe("The most that a download may take of the line, in bytes a second"),
    quotaMiB: z
      .int()
      .min(32)
      .max(1_048_576)
      .default(500)
      .describe("The most that models may take of the disk; the last two committed ones are always kept"),
  })
  .refine(({ url, trustedKeys }) => url === undefined || trustedKeys.length > 0, {
    path: ["trustedKeys"],
    error:
      "names no key: nothing of the registry would be loaded. Add the file that stethos-model keygen wrote (.pub)",
  })
  .refine(({ url, s3: place }) => place === undefined || url?.startsWith("s3://") === true, {
    path: ["s3"],
    error: 'goes with a url that begins with "s3://"',
  });

export type RegistryOptions = z.infer<typeof registryOptions>;
