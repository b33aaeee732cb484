import { EdgeError } from "../core/errors.ts";

const EXAMPLES =
  "postgres://user@host/database, mqtts://host, sparkplug+mqtts://host/GROUP, https://host:8443/contentListener or a folder";

/** The settings of a sink that one address says all about: for a first try from the command line.
 *  @throws EdgeError CONFIG_INVALID */
export function sinkOfUrl(text: string): Readonly<Record<string, unknown>> {
  const url = URL.parse(text);
  if (url === null || url.protocol === "file:") return { kind: "file", folder: url?.pathname ?? text };
  if (url.password !== "")
    throw new EdgeError(
      "CONFIG_INVALID",
      `a password in an address ends up in logs and in the list of processes; put it into a file and name it as passwordFile in the configuration`,
    );
  switch (url.protocol) {
    case "postgres:":
    case "postgresql:":
      return { kind: "postgres", url: text };
    case "mqtt:":
    case "mqtts:":
      return { kind: "mqtt", url: text };
    case "sparkplug+mqtt:":
    case "sparkplug+mqtts:": {
      const server = text.slice("sparkplug+".length);
      const { protocol, host, pathname } = new URL(server);
      return { kind: "sparkplug", urls: [`${protocol}//${host}`], groupId: pathname.slice(1) };
    }
    case "http:":
    case "https:":
      return { kind: "nifi", url: text };
    default:
      throw new EdgeError("CONFIG_INVALID", `"${text}" is no sink; expected ${EXAMPLES}`);
  }
}
