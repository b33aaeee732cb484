import { describe, expect, it } from "vitest";
import { chooseEndpoint, dialUrls, type EndpointOptions, type OfferedEndpoint } from "./endpoint.ts";

const URI = "http://opcfoundation.org/UA/SecurityPolicy#";
const anonymous = { tokenType: 0, securityPolicyUri: null };
const userName = { tokenType: 1, securityPolicyUri: null };
const written = "opc.tcp://10.0.0.5:4840";

function offer(
  mode: number,
  policy: string,
  tokens: OfferedEndpoint["userIdentityTokens"] = [anonymous],
  endpointUrl = "opc.tcp://plc:4840",
): OfferedEndpoint {
  return {
    endpointUrl,
    securityMode: mode,
    securityPolicyUri: `${URI}${policy}`,
    userIdentityTokens: tokens,
  };
}

const options = (more: Partial<EndpointOptions> = {}): EndpointOptions => ({
  endpoint: written,
  securityMode: "SignAndEncrypt",
  securityPolicy: "best",
  user: undefined,
  rewriteHost: true,
  ...more,
});

const offered = [
  offer(1, "None"),
  offer(3, "Basic256"),
  offer(3, "Basic256Sha256"),
  offer(2, "Aes256_Sha256_RsaPss"),
  offer(3, "Aes256_Sha256_RsaPss"),
];

describe("the endpoint", () => {
  it("is the one with the strongest policy of the mode that was asked for", () => {
    expect(chooseEndpoint(offered, options())).toBe(offered[4]);
    expect(chooseEndpoint(offered, options({ securityMode: "Sign" }))).toBe(offered[3]);
    expect(chooseEndpoint(offered, options({ securityMode: "None" }))).toBe(offered[0]);
    expect(chooseEndpoint(offered, options({ securityPolicy: "Basic256Sha256" }))).toBe(offered[2]);
  });

  it("is the one with the written port and path among equals", () => {
    const same = [
      offer(1, "None", [anonymous], "opc.tcp://plc:4841"),
      offer(1, "None", [anonymous], "opc.tcp://plc/"),
    ];
    expect(chooseEndpoint(same, options({ securityMode: "None" }))).toBe(same[1]);
  });

  it("is refused, with what there is, where the server offers nothing that fits", () => {
    expect(() => chooseEndpoint(offered.slice(0, 2), options())).toThrow(
      "opc.tcp://10.0.0.5:4840 does not offer SignAndEncrypt; it offers None with None, SignAndEncrypt with Basic256",
    );
    expect(() => chooseEndpoint([], options({ securityPolicy: "Basic256Sha256" }))).toThrow(
      "does not offer SignAndEncrypt with Basic256Sha256; it offers nothing",
    );
    expect(() => chooseEndpoint([offer(9, "Odd")], options())).toThrow("it offers ? with Odd");
  });

  it("is refused where it does not take the user", () => {
    const users = [offer(3, "Basic256Sha256", [userName])];
    expect(() => chooseEndpoint(users, options())).toThrow("takes no anonymous users");
    expect(() => chooseEndpoint(offered, options({ user: "operator" }))).toThrow("takes no user names");
    expect(() => chooseEndpoint([offer(3, "Basic256Sha256", null)], options())).toThrow("anonymous");
    expect(chooseEndpoint(users, options({ user: "operator" }))).toBe(users[0]);
  });

  it("is refused where the password would travel in clear text", () => {
    const bare = offer(1, "None", [userName]);
    const hidden = offer(1, "None", [{ tokenType: 1, securityPolicyUri: `${URI}Basic256Sha256` }]);
    const plain = options({ securityMode: "None", user: "operator" });
    expect(() => chooseEndpoint([bare], plain)).toThrow("password sent in clear text");
    expect(chooseEndpoint([bare, hidden], plain)).toBe(hidden);
    const signed = offer(2, "Basic256Sha256", [userName]);
    expect(chooseEndpoint([signed], options({ securityMode: "Sign", user: "operator" }))).toBe(signed);
  });
});

describe("the address to dial", () => {
  const urls = (endpointUrl: string | null, more: Partial<EndpointOptions> = {}) =>
    dialUrls(endpointUrl, options(more));

  it("is the one that was written where the server names the same port and path", () => {
    expect(urls("opc.tcp://plc-name:4840")).toEqual([written]);
    expect(urls("opc.tcp://plc-name/")).toEqual([written]);
  });

  it("keeps the written host and takes the server's port and path; then what was written", () => {
    expect(urls("opc.tcp://plc-name:4841/UA/Server")).toEqual(["opc.tcp://10.0.0.5:4841/UA/Server", written]);
    expect(urls("opc.tcp://[::1]:4841", { endpoint: "opc.tcp://[fe80::1]:4840" })).toEqual([
      "opc.tcp://[fe80::1]:4841",
      "opc.tcp://[fe80::1]:4840",
    ]);
  });

  it("is the server's own where the host is not to be rewritten", () => {
    expect(urls("opc.tcp://plc-name:4841/UA", { rewriteHost: false })).toEqual([
      "opc.tcp://plc-name:4841/UA",
    ]);
  });

  it("is the one that was written where the server's cannot be read", () => {
    expect(urls(null)).toEqual([written]);
    expect(urls("https://plc/")).toEqual([written]);
  });
});
