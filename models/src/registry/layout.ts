import { ModelError } from "../errors.ts";

/** Where things lie in a store; see registry.ts. */
export const MODELS = "models/";
export const CHANNELS = "channels/";
export const BLOBS = "blobs/sha256/";

export const blobKey = (sha256: string): string => `${BLOBS}${sha256}`;
export const modelFolder = (name: string): string => `${MODELS}${part(name, "the name of a model")}/`;
export const versionFolder = (name: string, version: string): string =>
  `${modelFolder(name)}${part(version, "a version")}/`;
export const manifestKey = (name: string, version: string): string =>
  `${versionFolder(name, version)}manifest.json`;
export const signatureKey = (name: string, version: string): string =>
  `${versionFolder(name, version)}model.sig`;
export const channelKey = (name: string, channel: string): string => `${channelStem(name, channel)}.json`;
/** Of the append-only form. */
export const claimsFolder = (name: string, channel: string): string => `${channelStem(name, channel)}/`;
export const claimKey = (name: string, channel: string, sequence: number, id: string): string =>
  `${claimsFolder(name, channel)}${String(sequence).padStart(SEQUENCE_DIGITS, "0")}-${id}.json`;

/** Undefined for a key that is no claim. */
export function sequenceOfClaim(key: string): number | undefined {
  const digits = /\/(\d{12})-[0-9a-f]{16}\.json$/.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

// Keys sort as their sequences do.
const SEQUENCE_DIGITS = 12;

const channelStem = (name: string, channel: string): string =>
  `${CHANNELS}${part(name, "the name of a model")}/${channelPart(channel)}`;

/** Longer than other names: a device's own channels end in the name of the device. */
export const CHANNEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

function channelPart(text: string): string {
  if (CHANNEL_NAME.test(text)) return text;
  throw new ModelError(
    "USAGE",
    `"${text}" cannot be the name of a channel: letters, digits and "._-", 128 at most, a letter or digit first`,
  );
}

/** One part of a key, since names come from people and from other machines. */
function part(text: string, what: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new ModelError(
    "USAGE",
    `"${text}" cannot be ${what}: letters, digits and "._-", 64 at most, a letter or digit first`,
  );
}
