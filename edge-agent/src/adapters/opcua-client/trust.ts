import { X509Certificate } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DiagnosisCode } from "@stethos/protocol-finger";
import type { OPCUACertificateManager } from "node-opcua";
import { EdgeError } from "../../core/errors.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import type { Opcua } from "./library.ts";
import type { OpcuaOptions } from "./options.ts";

/** The certificate store of one connection attempt: read anew each time, so that a file that an operator moved counts. */
export interface TrustStore {
  readonly manager: OPCUACertificateManager;
  /** @throws EdgeError PLC_REFUSED, with the thumbprint and the file to move, where the server is not trusted */
  check(serverCertificate: Buffer, endpoint: string): Promise<void>;
  dispose(): Promise<void>;
}

const UNTRUSTED = { diagnosis: "OPCUA_UNTRUSTED" satisfies DiagnosisCode };

type TrustOptions = Pick<OpcuaOptions, "certificateFolder" | "trustServer">;

/** Opens the store; on first use makes it, with the agent's own key of 2048 bits. */
export async function openTrustStore(
  opcua: Opcua,
  options: TrustOptions,
  deps: DriverDeps,
): Promise<TrustStore> {
  const manager = new opcua.OPCUACertificateManager({
    rootFolder: options.certificateFolder,
    // The store lives for one attempt; watching its folders would cost a handle each.
    disableFileWatchers: true,
  });
  await manager.initialize();
  return {
    manager,
    check: (certificate, endpoint) => check(manager, options, deps, certificate, endpoint),
    dispose: () => manager.dispose(),
  };
}

async function check(
  manager: OPCUACertificateManager,
  options: TrustOptions,
  deps: DriverDeps,
  certificate: Buffer,
  endpoint: string,
): Promise<void> {
  const leaf = parseCertificate(certificate, endpoint);
  const thumbprint = leaf.fingerprint.replaceAll(":", "").toLowerCase();
  const about = `the certificate of ${endpoint} (thumbprint ${thumbprint}, ${leaf.subject.replaceAll("\n", ", ")})`;
  const now = deps.clock.nowUs() / 1000;
  if (now < leaf.validFromDate.getTime() || now > leaf.validToDate.getTime())
    throw new EdgeError(
      "PLC_REFUSED",
      `${about} is valid from ${leaf.validFrom} to ${leaf.validTo}: set the clock of this computer, or renew the certificate on the server`,
      UNTRUSTED,
    );
  const status = (await manager.checkCertificate(certificate)).name;
  if (status === "Good") return;
  if (status !== "BadCertificateUntrusted")
    throw new EdgeError(
      "PLC_REFUSED",
      `${about} cannot be verified (${status}): put the certificates and revocation lists of its issuers into ${join(manager.rootDir, "issuers")}`,
      UNTRUSTED,
    );
  if (options.trustServer === "first-use")
    await trustFirst(manager, deps, { leaf, thumbprint, about, endpoint });
  else throw await untrusted(manager, thumbprint, about);
}

function parseCertificate(certificate: Buffer, endpoint: string): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch (cause) {
    throw new EdgeError(
      "PLC_REFUSED",
      `${endpoint} shows no certificate that can be read: give it one on the server, or set securityMode None by name`,
      { cause, ...UNTRUSTED },
    );
  }
}

async function untrusted(
  manager: OPCUACertificateManager,
  thumbprint: string,
  about: string,
): Promise<EdgeError> {
  const files = await readdir(manager.rejectedFolder);
  const file = files.find((name) => name.toLowerCase().includes(thumbprint)) ?? "";
  return new EdgeError(
    "PLC_REFUSED",
    `${about} is not trusted: compare the thumbprint with the one that the server shows, then move ${join(manager.rejectedFolder, file)} to ${manager.trustedFolder}`,
    UNTRUSTED,
  );
}

interface Shown {
  readonly leaf: X509Certificate;
  readonly thumbprint: string;
  readonly about: string;
  readonly endpoint: string;
}

/** Trusts what this endpoint shows first, and notes it: another certificate later is a stranger. */
async function trustFirst(manager: OPCUACertificateManager, deps: DriverDeps, shown: Shown): Promise<void> {
  const folder = join(manager.rootDir, "first-use");
  const file = join(folder, `${shown.endpoint.replace(/[^A-Za-z0-9.-]+/g, "_")}.txt`);
  const known = await readFile(file, "utf8").catch((thrown: unknown) => {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  });
  if (known !== undefined)
    throw new EdgeError(
      "PLC_REFUSED",
      `${shown.about} is not the one that was trusted on first use (${known.trim()}): if the server was given a new one, delete ${file}; if not, somebody stands between`,
      UNTRUSTED,
    );
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${shown.thumbprint}\n`);
  await manager.trustCertificate(shown.leaf.raw);
  deps.logger.warn(
    { endpoint: shown.endpoint, thumbprint: shown.thumbprint },
    "the server's certificate is trusted from now on (trustServer: first-use)",
  );
}
