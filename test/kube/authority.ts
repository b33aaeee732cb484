import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Identity {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority of its own folder. */
export interface Authority {
  readonly caFile: string;
  /** PEM. */
  readonly ca: string;
  /** @param subject as openssl writes it: "/O=group/CN=user" */
  issue(name: string, subject: string, extensions?: readonly string[]): Identity;
}

const DAYS = "2";

export function createAuthority(folder: string): Authority {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = (name: string) => [
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-keyout", `${name}.key`],
  ];
  openssl("req", "-x509", ...key("ca"), "-out", "ca.pem", "-subj", "/CN=stethos test ca", "-days", DAYS);
  const caFile = join(folder, "ca.pem");
  return {
    caFile,
    ca: readFileSync(caFile, "utf8"),
    issue(name, subject, extensions = []) {
      openssl(
        ...["req", ...key(name), "-out", `${name}.csr`, "-subj", subject],
        ...extensions.flatMap((extension) => ["-addext", extension]),
      );
      openssl(
        ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
        ...["-out", `${name}.pem`, "-days", DAYS, "-copy_extensions", "copy"],
      );
      return { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
    },
  };
}

/** What the API server signs the tokens of service accounts with. */
export function writeTokenKeys(folder: string): {
  readonly publicFile: string;
  readonly privateFile: string;
} {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const publicFile = join(folder, "tokens.pub");
  const privateFile = join(folder, "tokens.key");
  writeFileSync(publicFile, publicKey);
  writeFileSync(privateFile, privateKey, { mode: 0o600 });
  return { publicFile, privateFile };
}
