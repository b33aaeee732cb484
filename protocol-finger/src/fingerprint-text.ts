import type { Fingerprint, Labels } from "./fingerprint.ts";

/** The verdict in one line: "Siemens S7-300, CPU 315-2 PN/DP, 6ES7 315-2EH14-0AB0, firmware V3.2.7". */
export function nameOf(labels: Labels): string {
  const { vendor, family, model, orderNumber, firmware, serial } = labels;
  const device = [vendor, family].filter((part) => part !== undefined).join(" ");
  const parts = [
    device,
    model === family ? undefined : model,
    orderNumber === model ? undefined : orderNumber,
    firmware === undefined ? undefined : `firmware ${firmware}`,
    serial === undefined ? undefined : `serial number ${serial}`,
  ].filter((part) => part !== undefined && part !== "");
  return parts.length === 0 ? "unknown device" : parts.join(", ");
}

/** The verdict in a few words: the device's name, or what it is where it only plays one. */
export function titleOf(fingerprint: Fingerprint): string {
  const { nature } = fingerprint;
  return isPretending(fingerprint) ? `no controller (${nature})` : nameOf(fingerprint);
}

const PRETENDERS: readonly Fingerprint["nature"][] = ["honeypot", "port-forward", "tar-pit", "web-server"];

/** It has no name to find out, for it is none of the devices that have names. */
const isPretending = (fingerprint: Fingerprint): boolean =>
  PRETENDERS.includes(fingerprint.nature) && !isIdentified(fingerprint);

/** Of the name; of what it is where there is no name: the weightiest evidence that says so. */
export function surenessOf(fingerprint: Fingerprint): number {
  const { confidence, evidence, nature } = fingerprint;
  if (isIdentified(fingerprint) || nature === "unknown") return confidence;
  const weights = evidence.filter(({ supports }) => supports.nature === nature).map(({ weight }) => weight);
  return Math.max(confidence, ...weights);
}

const hasAnswered = ({ protocols }: Fingerprint): boolean =>
  protocols.some(({ state }) => state === "speaks" || state === "open");

/** A device that no signature names, though it has shown something to name it by. */
export const wantsSignature = (fingerprint: Fingerprint): boolean =>
  !isIdentified(fingerprint) && !isPretending(fingerprint) && hasAnswered(fingerprint);

/** What is more likely than not, and whose name is known. */
export const isIdentified = ({ vendor, family, confidence }: Fingerprint): boolean =>
  (vendor ?? family) !== undefined && confidence >= 0.5;

/** "1 frame", "5 frames". */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** "s7 (port 102) speaks". */
export function protocolsText({ protocols }: Fingerprint): string {
  const seen = protocols.filter(({ state }) => state === "speaks" || state === "open");
  if (seen.length === 0) return "no protocol answered";
  return seen
    .map(({ id, port, state, hasDriver }) => {
      const driver = hasDriver ? "" : ", no driver";
      return `${id} on port ${port}${state === "open" ? " (open, not proven)" : ""}${driver}`;
    })
    .join("; ");
}

/** "vendor Siemens, family S7-300". */
export function labelsText(labels: Labels): string {
  const parts = LABEL_NAMES.flatMap(([key, name]) =>
    labels[key] === undefined ? [] : [`${name} ${labels[key]}`],
  );
  return parts.length === 0 ? "nothing by itself" : parts.join(", ");
}

const LABEL_NAMES: readonly (readonly [keyof Labels, string])[] = [
  ["nature", "nature"],
  ["vendor", "vendor"],
  ["family", "family"],
  ["model", "model"],
  ["orderNumber", "order number"],
  ["firmware", "firmware"],
  ["serial", "serial number"],
];
