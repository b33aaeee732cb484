import { viewFacts } from "./fact-view.ts";
import type { Findings } from "./findings.ts";
import type { Nature, ProtocolId, ProtocolSeen } from "./fingerprint.ts";
import { looksLikeS7, modbusProfile, tunnelProfile } from "./profile-modbus.ts";
import { opcuaProfile } from "./profile-opcua.ts";
import { s7Profile } from "./profile-s7.ts";
import type { DeviceProfile } from "./profile-types.ts";
import { s7ReadRefusal } from "./s7-refusals.ts";

/** How to treat a device: the first choice, and what to try when that fails, in order. */
export interface ProfileChoice {
  readonly profile: DeviceProfile;
  readonly alternatives: readonly DeviceProfile[];
}

export function chooseProfiles(findings: Findings): ProfileChoice {
  const why = whyNone(findings);
  if (why !== undefined) return { profile: { mode: "none", why }, alternatives: [] };
  const [profile, ...alternatives] = [...waysThatSpeak(findings), ...waysUntried(findings)];
  return { profile: profile ?? { mode: "none", why: "nothing that it speaks has a driver" }, alternatives };
}

/** Natures that nobody should talk to. */
export const PRETENDERS: Partial<Readonly<Record<Nature, string>>> = {
  honeypot: "a honeypot that plays a controller",
  "tar-pit": "a tar pit: it keeps connections and answers nothing",
  "web-server": "a web server, no controller",
  "port-forward": "a port that is forwarded to something else than a controller",
};

function whyNone({ labels, facts, protocols }: Findings): string | undefined {
  const pretender = PRETENDERS[labels.nature ?? "unknown"];
  if (pretender !== undefined) return pretender;
  const view = viewFacts(facts);
  const isDriven = protocols.some(
    ({ id, state }) => speaks(state) && isReadable(id, view.text("s7.protocol")),
  );
  if (isDriven || view.number("s7.tsap") !== undefined) return undefined;
  const spoken = protocols.filter(({ state }) => speaks(state)).map(({ id }) => id);
  if (spoken.length > 0) return `it speaks ${spoken.join(", ")}, for which there is no driver`;
  return "nothing that it speaks was recognised";
}

const speaks = (state: ProtocolSeen["state"]): boolean => state === "speaks";

/** S7comm-plus and MMS answer on the port of S7 and are not S7. */
const isReadable = (id: ProtocolId, s7Protocol: string | undefined): boolean =>
  id === "s7" ? (s7Protocol ?? "s7comm") === "s7comm" : id === "modbus" || id === "opcua";

/** In the order of trust: the controller's own language, then the typed one, then bare registers. What refuses to be
 *  read comes last. */
function waysThatSpeak(findings: Findings): readonly DeviceProfile[] {
  const view = viewFacts(findings.facts);
  const portOf = (id: ProtocolId) =>
    findings.protocols.find((one) => one.id === id && speaks(one.state))?.port;
  const s7Port = portOf("s7") ?? (view.number("s7.tsap") === undefined ? undefined : findings.ports.s7);
  const s7 =
    s7Port === undefined || !isReadable("s7", view.text("s7.protocol")) ? [] : [s7Profile(findings, s7Port)];
  const [opcuaPort, modbusPort] = [portOf("opcua"), portOf("modbus")];
  const opcua = opcuaPort === undefined ? [] : [opcuaProfile(findings, opcuaPort)];
  const isRefusing = s7ReadRefusal(findings.facts) !== undefined;
  const isS7Refused = isOpen(findings, "s7") && (s7.length === 0 || isRefusing);
  const modbus = modbusPort === undefined ? [] : modbusWays(findings, modbusPort, isS7Refused);
  if (isRefusing) return [...opcua, ...modbus, ...s7];
  return [...s7, ...opcua, ...modbus, ...lockedOutS7(findings, s7.length > 0, modbus)];
}

function modbusWays(findings: Findings, port: number, isS7Refused: boolean): readonly DeviceProfile[] {
  const plain = modbusProfile(findings, port);
  if (!looksLikeS7(findings)) return [plain];
  const tunnel = tunnelProfile(findings, port);
  const hasRegisters = viewFacts(findings.facts).text("modbus.fc3") === "answer";
  return isS7Refused && hasRegisters ? [tunnel, plain] : [plain, tunnel];
}

/** A controller that serves registers like an S7 and takes no S7 connection may have one to spare later. */
function lockedOutS7(
  findings: Findings,
  hasS7: boolean,
  modbus: readonly DeviceProfile[],
): readonly DeviceProfile[] {
  const isLikely = !hasS7 && isOpen(findings, "s7") && modbus.some(({ mode }) => mode === "modbus-tunnel");
  return isLikely ? [s7Profile(findings, findings.ports.s7)] : [];
}

const isOpen = ({ protocols }: Findings, id: ProtocolId): boolean =>
  protocols.some((one) => one.id === id && (one.state === "open" || one.state === "speaks"));

/** What a family has that was not tried, for when everything else fails. */
const ALSO_SPOKEN: Readonly<Record<string, readonly ProtocolId[]>> = {
  "S7-300": ["modbus"],
  "S7-400": ["modbus"],
  "S7-1200": ["opcua", "modbus"],
  "S7-1500": ["opcua", "modbus"],
};

function waysUntried(findings: Findings): readonly DeviceProfile[] {
  const { labels, protocols, ports } = findings;
  const untried = (ALSO_SPOKEN[labels.family ?? ""] ?? []).filter(
    (id) => !protocols.some((one) => one.id === id),
  );
  return untried.map((id) => {
    const profile =
      id === "opcua" ? opcuaProfile(findings, ports.opcua) : tunnelProfile(findings, ports.modbus);
    return { ...profile, why: `${profile.why} (not tried yet: port ${profile.port} may be closed)` };
  });
}
