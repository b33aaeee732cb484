import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A plant's own authority, a server's certificate for 127.0.0.1 and a client's, by openssl. */
export interface Certificates {
  readonly caFile: string;
  readonly server: { readonly certFile: string; readonly keyFile: string };
  readonly client: { readonly certFile: string; readonly keyFile: string };
  remove(): Promise<void>;
}

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-certificates-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const key = (name: string) => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    `${name}.key`,
  ];
  openssl("req", "-x509", ...key("ca"), "-out", "ca.pem", "-subj", "/CN=plant ca", "-days", "2");
  const issue = (name: string, extra: readonly string[]) => {
    openssl("req", ...key(name), "-out", `${name}.csr`, "-subj", `/CN=${name}`, ...extra);
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-out", `${name}.pem`, "-days", "2", "-copy_extensions", "copy"],
    );
    return { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  };
  return {
    caFile: join(folder, "ca.pem"),
    server: issue("server", ["-addext", "subjectAltName=IP:127.0.0.1"]),
    client: issue("edge", []),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
