import { resolve } from "node:path";
import { EdgeError } from "../core/errors.ts";

const EXAMPLES =
  "postgres://user@host/database, mqtts://host, sparkplug+mqtts://host/GROUP, https://host:8443/contentListener or a folder";

/** What an address may say beside the place: it goes into the settings, and files are found from where one stands. */
const ASIDE: Readonly<Record<string, (value: string) => string>> = {
  username: (value) => value,
  passwordFile: (value) => resolve(value),
  tokenFile: (value) => resolve(value),
};

/** The settings of a sink that one address says all about: for a first try from the command line.
 *  @throws EdgeError CONFIG_INVALID */
export function sinkOfUrl(given: string): Readonly<Record<string, unknown>> {
  const url = URL.parse(given);
  const aside: Record<string, string> = {};
  for (const [name, settingOf] of Object.entries(ASIDE)) {
    const value = url?.searchParams.get(name);
    if (value === null || value === undefined) continue;
    url?.searchParams.delete(name);
    aside[name] = settingOf(value);
  }
  return { ...placeOf(Object.keys(aside).length === 0 ? given : (url?.href ?? given)), ...aside };
}

function placeOf(text: string): Readonly<Record<string, unknown>> {
  const url = URL.parse(text);
  if (url === null || url.protocol === "file:") return { kind: "file", folder: url?.pathname ?? text };
  if (url.password !== "")
    throw new EdgeError(
      "CONFIG_INVALID",
      `a password in an address ends up in logs and in the list of processes; put it into a file and end the address with ?passwordFile=FILE`,
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
