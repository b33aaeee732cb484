import { rm } from "node:fs/promises";
import type { OPCUACertificateManager } from "node-opcua";

/** Lets go of the certificates of a server that has been shut down. The server may be at it already, and does not wait
 *  for the end. */
export async function disposeCertificates(certificates: OPCUACertificateManager): Promise<void> {
  try {
    await certificates.dispose();
  } catch (thrown) {
    if (!(thrown instanceof Error && thrown.message === "Already disposing")) throw thrown;
  }
}

/** Removes a folder of certificates, into which a last one may still be filed. */
export const removeCertificates = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
