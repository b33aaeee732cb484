import { stringify } from "yaml";
import type { Fact, FactValue, Fingerprint } from "./fingerprint.ts";

/** Facts that differ from run to run, or from one device of a kind to the next. */
const PASSING =
  /(\.(connectMs|latencyMs|jobLatencyMs|serial|mac|stationName|plantId|state|host|hosts?|applicationUri|applicationName|endpointHosts|certificate.*|netId|objectName|instance)|^tcp\..*)$/;
/** What the device says of itself in words tells it best. */
const TELLING =
  /\.(orderNumber|moduleType|vendor|product|productName|productUri|model|modelName|modelNumber|manufacturer|serverId|cpu|text|brandId|vendorName|type)$/;
const MOST_FACTS = 24;

/** A signature file to begin with, made of what an unknown device has shown: YAML with the facts that may tell it, to
 *  be completed by somebody who can read its name plate, and sent in. */
export function suggestSignature(fingerprint: Fingerprint): string {
  const kept = fingerprint.facts.filter(({ key }) => !PASSING.test(key)).slice(0, MOST_FACTS);
  const telling = kept.filter(({ key, value }) => TELLING.test(key) && typeof value === "string");
  const when = valuesOf(telling.length > 0 ? telling : kept);
  const entry = {
    id: idOf(fingerprint),
    source: "TODO: who says so (name plate, manual, capture), and who saw it when",
    when: Object.keys(when).length > 0 ? when : { "tcp.openPorts": { exists: true } },
    supports: { vendor: "TODO", family: "TODO", ...firmwareOf(kept) },
    weight: 0.9,
    examples: [
      { facts: valuesOf(kept), supports: { vendor: "TODO", family: "TODO", ...firmwareRead(kept) } },
    ],
  };
  return `${HEAD}${stringify([entry], { lineWidth: 110 })}`;
}

const HEAD = `# A device that no signature of protocol-finger knows. Fill in what is TODO from its name plate, put patterns
# in place of values that change from one device to the next ({ pattern: "^ABC(\\\\d+)" }), try it with
# "--signatures FOLDER", and send it in.
`;

const valuesOf = (facts: readonly Fact[]): Readonly<Record<string, FactValue>> =>
  Object.fromEntries(facts.map(({ key, value }) => [key, value]));

const FIRMWARE = /\.(firmware|revision|softwareVersion|version)$/;
const firmwareFact = (facts: readonly Fact[]) => facts.find(({ key }) => FIRMWARE.test(key));

function firmwareOf(facts: readonly Fact[]): { readonly firmware?: string } {
  const fact = firmwareFact(facts);
  return fact === undefined ? {} : { firmware: `\${${fact.key}}` };
}

function firmwareRead(facts: readonly Fact[]): { readonly firmware?: string } {
  const fact = firmwareFact(facts);
  return fact === undefined ? {} : { firmware: String(fact.value) };
}

/** "unknown-modbus-192-0-2-7". */
function idOf({ host, protocols }: Fingerprint): string {
  const spoken = protocols.filter(({ state }) => state === "speaks").map(({ id }) => id);
  return ["unknown", ...spoken, host.toLowerCase().replace(/[^a-z0-9]+/g, "-")].join("-");
}
