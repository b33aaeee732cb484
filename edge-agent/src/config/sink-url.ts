import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EdgeError } from "../core/errors.ts";
import { didYouMean } from "../core/rules/nearest.ts";
import { sink } from "./sinks-schema.ts";

type Settings = Readonly<Record<string, unknown>>;

/** How the addresses of one kind of sink are written. */
interface Notation {
  readonly example: string;
  /** What may stand behind "?" as settings of the sink beside its place. */
  readonly aside: readonly string[];
  /** What may stand there as part of the place. */
  readonly ofPlace: readonly string[];
  /** @param place the address without settings aside */
  settingsOf(place: string): Settings;
}

const POSTGRES: Notation = {
  example: "postgres://user@host/database",
  aside: ["passwordFile"],
  ofPlace: ["host", "port"],
  settingsOf: (url) => ({ kind: "postgres", url }),
};

const MQTT: Notation = {
  example: "mqtts://host",
  aside: ["username", "passwordFile"],
  ofPlace: [],
  settingsOf: (url) => ({ kind: "mqtt", url }),
};

const SPARKPLUG: Notation = {
  ...MQTT,
  example: "sparkplug+mqtts://host/GROUP",
  settingsOf(place) {
    const [server, groupId = ""] = place.slice("sparkplug+".length).split(/(?<!\/)\/(?!\/)/, 2);
    return { kind: "sparkplug", urls: [server], groupId };
  },
};

const NIFI: Notation = {
  example: "https://host:8443/contentListener",
  aside: ["tokenFile"],
  ofPlace: [],
  settingsOf: (url) => ({ kind: "nifi", url }),
};

const NOTATIONS: Readonly<Record<string, Notation>> = {
  postgres: POSTGRES,
  postgresql: POSTGRES,
  mqtt: MQTT,
  mqtts: MQTT,
  "sparkplug+mqtt": SPARKPLUG,
  "sparkplug+mqtts": SPARKPLUG,
  http: NIFI,
  https: NIFI,
};

// One letter is a drive, not a scheme.
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):/;
const HAS_HOST = /^[^:]+:\/\/[^/?#]/;
const HAS_PASSWORD = /^[^:]+:\/\/[^/?#@]*:[^/?#]*@/;

/** The settings of a sink that one address says all about: for a first try from the command line.
 *  @returns settings that a configuration would be accepted with
 *  @throws EdgeError CONFIG_INVALID; its words repeat no part of the address that could be a secret */
export function sinkOfUrl(given: string): Settings {
  const scheme = SCHEME.exec(given)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === "file")
    return checked({ kind: "file", folder: folderOf(given) }, given);
  if (HAS_PASSWORD.test(given))
    throw refusal(
      `${scheme}://...`,
      "a password in an address ends up in logs and in the list of processes; put it into a file and end the address with ?passwordFile=FILE",
    );
  const { place, query } = parted(given);
  const notation = NOTATIONS[scheme];
  if (notation === undefined) {
    const known = Object.keys(NOTATIONS);
    throw refusal(
      place,
      `"${scheme}" is no kind of sink${didYouMean(scheme, known)}; there are ${known.map((one) => `${one}://`).join(", ")} and folders`,
    );
  }
  expectOptions(place, query, notation);
  if (!HAS_HOST.test(place)) throw refusal(place, `names no host; expected ${notation.example}`);
  const aside = settingsAside(place, query, notation);
  const rest = query.size === 0 ? "" : `?${query}`;
  return checked({ ...notation.settingsOf(`${place}${rest}`), ...aside }, place, notation);
}

function folderOf(text: string): string {
  if (!text.startsWith("file:")) return text;
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw refusal(text, "is no folder of this machine; expected file:///var/spool/stethos", cause);
  }
}

function parted(address: string): { readonly place: string; readonly query: URLSearchParams } {
  const mark = address.indexOf("?");
  if (mark < 0) return { place: address, query: new URLSearchParams() };
  return { place: address.slice(0, mark), query: new URLSearchParams(address.slice(mark + 1)) };
}

function expectOptions(place: string, query: URLSearchParams, { aside, ofPlace }: Notation): void {
  const known = [...aside, ...ofPlace];
  for (const name of query.keys())
    if (!known.includes(name))
      throw refusal(
        place,
        `"${name}" is no option of this address${didYouMean(name, known)}; there are ${known.join(", ")}, and further settings go into the configuration file under sinks`,
      );
}

/** Takes the settings out of the query: what is left there belongs to the place. */
function settingsAside(place: string, query: URLSearchParams, { aside }: Notation): Settings {
  const settings: Record<string, string> = {};
  for (const name of aside) {
    const value = query.get(name);
    if (value === null) continue;
    query.delete(name);
    if (value === "") throw refusal(place, `${name} is empty; give it a value or leave it out`);
    // Files are found from where one stands, not from the folder of the configuration.
    settings[name] = name.endsWith("File") ? fileAt(place, name, resolve(value)) : value;
  }
  return settings;
}

function fileAt(place: string, name: string, file: string): string {
  if (existsSync(file)) return file;
  throw refusal(place, `there is no file ${file}; correct ${name}, or write the secret into that file`);
}

/** What the configuration would refuse anyway is refused here, where the words can name the address. */
function checked(settings: Settings, place: string, notation?: Notation): Settings {
  const parsed = sink.safeParse(settings);
  if (parsed.success) return settings;
  const words = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim());
  const mend = notation === undefined ? "" : `; expected ${notation.example}`;
  throw refusal(place, `${words.join("; ")}${mend}`);
}

const refusal = (place: string, words: string, cause?: unknown): EdgeError =>
  new EdgeError("CONFIG_INVALID", `--sink "${place}": ${words}`, cause === undefined ? {} : { cause });
