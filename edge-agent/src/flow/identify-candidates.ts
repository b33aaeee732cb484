import type { DeviceProfile, Diagnosis, Fingerprint, ProtocolId } from "@stethos/protocol-finger";
import type { AddressKind, DrivenProfile } from "../ports/identify.ts";

/** What the tags of a device ask of a profile. */
export interface Wanted {
  readonly kind: AddressKind;
  /** Where the Modbus server is that holds the tags' blocks in its registers, if the configuration says so. */
  readonly tunnel: { readonly port: number } | undefined;
}

/** Profiles that can serve the tags, in the order of the fingerprint; the tunnel last, also where nobody looked whether
 *  there is one, unless its port is known to be closed.
 *
 *  A Modbus server serves S7 addresses as a tunnel where the areas are configured, and Modbus addresses as what it is. */
export function candidatesOf(
  { profile, alternatives, protocols }: Pick<Fingerprint, "alternatives" | "profile" | "protocols">,
  wanted: Wanted,
): readonly DrivenProfile[] {
  const suited = [profile, ...alternatives].flatMap((each) => suitedTo(each, wanted));
  const isClosed = protocols.some(({ id, state }) => id === "modbus" && state === "closed");
  const hasTunnel = suited.some(({ mode }) => mode === "modbus-tunnel");
  if (wanted.kind === "s7" && wanted.tunnel && !hasTunnel && !isClosed && profile.mode !== "none")
    suited.push(unseenTunnel(wanted.tunnel.port));
  const candidates: DrivenProfile[] = [];
  for (const one of suited) {
    if (!candidates.some((known) => isSameProfile(known, one))) candidates.push(one);
  }
  return candidates;
}

/** The profile as the tags need it, or nothing. */
function suitedTo(profile: DeviceProfile, { kind, tunnel }: Wanted): readonly DrivenProfile[] {
  switch (profile.mode) {
    case "s7-native":
    case "s7-compat":
      return kind === "s7" ? [profile] : [];
    case "modbus":
    case "modbus-tunnel":
      if (kind === "modbus") return [{ ...profile, mode: "modbus" }];
      return kind === "s7" && tunnel ? [{ ...profile, mode: "modbus-tunnel" }] : [];
    case "opcua":
      return kind === "opcua" ? [profile] : [];
    case "none":
      return [];
    default:
      return profile satisfies never;
  }
}

/** Of a Modbus server that the configuration tells of: as careful as with an S7-300 whose program serves it once a
 *  cycle. */
const unseenTunnel = (port: number): DrivenProfile => ({
  mode: "modbus-tunnel",
  port,
  why: "the configuration says which registers hold the tags",
  connectTimeoutMs: 5000,
  requestTimeoutMs: 2000,
  minGapMs: 10,
  jobsInFlight: 1,
  unit: 1,
  wordOrder: "ABCD",
  addressBase: 0,
  maxRegisters: 32,
  maxBits: 512,
});

/** Whether two profiles talk to the same thing in the same way; limits may differ. */
export function isSameProfile(a: DrivenProfile, b: DrivenProfile): boolean {
  return wayOf(a) === wayOf(b);
}

function wayOf(profile: DrivenProfile): string {
  const { mode, port } = profile;
  switch (mode) {
    case "s7-native":
    case "s7-compat":
      return [mode, port, profile.localTsap, profile.remoteTsap, profile.pduSize].join();
    case "modbus":
    case "modbus-tunnel":
      return [mode, port, profile.unit, profile.wordOrder, profile.addressBase].join();
    case "opcua":
      return [mode, profile.endpointUrl].join();
    default:
      return profile satisfies never;
  }
}

/** The protocol that a profile speaks. */
export const protocolIdOf = ({ mode }: DrivenProfile): ProtocolId =>
  mode === "opcua" ? "opcua" : mode === "modbus" || mode === "modbus-tunnel" ? "modbus" : "s7";

const NOTATION: Readonly<Record<AddressKind, string>> = {
  s7: "S7 addresses",
  modbus: "Modbus addresses",
  opcua: "OPC UA node ids",
};

/** Why there is no profile for the tags. */
export function causeOfNone(fingerprint: Fingerprint, { kind, tunnel }: Wanted): Diagnosis {
  const { diagnoses, protocols, profile } = fingerprint;
  const told = (...codes: readonly Diagnosis["code"][]) => diagnoses.find(({ code }) => codes.includes(code));
  const decisive = told("NOT_A_CONTROLLER", "NO_DRIVER");
  if (decisive !== undefined) return decisive;
  const spoken = protocols.filter(({ state }) => state === "speaks");
  if (spoken.some(({ id, hasDriver }) => hasDriver && id !== kind)) {
    const ports = spoken.map(({ id, port }) => `${id} on port ${port}`).join(", ");
    const couldTunnel = kind === "s7" && tunnel === undefined && spoken.some(({ id }) => id === "modbus");
    const hint = couldTunnel
      ? "; name the registers in connection.tunnel.areas to read them through Modbus"
      : "";
    return {
      code: "NO_DRIVER",
      observed: `the tags have ${NOTATION[kind]}, and the device speaks ${ports}${hint}`,
    };
  }
  const [first] = diagnoses;
  if (first !== undefined) return first;
  const own = protocols.find(({ id }) => id === kind);
  if (own?.state === "filtered") return { code: "HOST_SILENT", observed: `port ${own.port} is silent` };
  if (own?.state === "closed") return { code: "PORT_CLOSED", observed: `port ${own.port} is closed` };
  return {
    code: "UNKNOWN_DEVICE",
    observed: profile.mode === "none" ? profile.why : "no profile fits the tags",
  };
}
