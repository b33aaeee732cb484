/** The one user of a kubeconfig: by certificate, or by the token of a service account. */
export type Credentials = { readonly cert: string; readonly key: string } | { readonly token: string };

/** JSON, which is YAML as well. */
export function kubeconfigText(server: string, ca: string, credentials: Credentials): string {
  const user =
    "token" in credentials
      ? { token: credentials.token }
      : {
          "client-certificate-data": base64(credentials.cert),
          "client-key-data": base64(credentials.key),
        };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [{ name: "user", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "user" } }],
    "current-context": "test",
  });
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
