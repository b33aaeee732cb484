import { type DiagnosisText, diagnosisText, type Language } from "./diagnosis/texts.ts";
import { profileLines } from "./explain-profile.ts";
import { type TreeNode, treeLines } from "./explain-tree.ts";
import type { Evidence, Fact, Fingerprint, ProbeId } from "./fingerprint.ts";
import {
  counted,
  isIdentified,
  labelsText,
  percent,
  surenessOf,
  titleOf,
  wantsSignature,
} from "./fingerprint-text.ts";
import { suggestSignature } from "./suggest-signature.ts";

/** How a verdict came about, for a technician: what was seen, the bytes that say so, what it means, what it weighs and
 *  who says that it means this; then the verdict, how the device is to be treated, what is wrong and what to do. */
export function explain(fingerprint: Fingerprint, language: Language): string {
  const sections = [
    heading(fingerprint),
    treeLines({ text: "Evidence", children: evidenceNodes(fingerprint) }),
    treeLines({ text: "Noted as well", children: restNodes(fingerprint) }),
    treeLines({ text: "Ports", children: portNodes(fingerprint) }),
    treeLines({ text: "How to treat it", children: profileLines(fingerprint) }),
    treeLines({ text: "What is wrong, and what to do", children: diagnosisNodes(fingerprint, language) }),
    spentLines(fingerprint),
    unknownLines(fingerprint),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function heading(fingerprint: Fingerprint): string[] {
  const { host, mac, nature } = fingerprint;
  return [
    `${host}${mac === undefined ? "" : ` (${mac})`}: ${titleOf(fingerprint)}`,
    nature === "unknown" && !isIdentified(fingerprint)
      ? "What it is, nothing tells."
      : `It is ${NATURES[nature]}, and that is ${percent(surenessOf(fingerprint))} sure.`,
  ];
}

const NATURES: Readonly<Record<Fingerprint["nature"], string>> = {
  plc: "a controller",
  "soft-plc": "a controller in software, on an ordinary computer",
  gateway: "a gateway: the device is behind it",
  meter: "a meter",
  drive: "a drive",
  simulator: "a simulator",
  honeypot: "a honeypot, which only plays a controller",
  "port-forward": "a port forward to something else",
  "tar-pit": "a tar pit: it takes connections and says nothing",
  "web-server": "a web server, and no controller",
  unknown: "something unknown",
};

/** By probe, in the order in which the evidence weighs. */
function evidenceNodes({ evidence, facts, protocols }: Fingerprint): TreeNode[] {
  const probes = [...new Set(evidence.map(({ probe }) => probe))];
  return probes.map((probe) => ({
    text: probeText(probe, protocols),
    children: evidence.filter((one) => one.probe === probe).map((one) => evidenceNode(one, facts)),
  }));
}

function evidenceNode(evidence: Evidence, facts: readonly Fact[]): TreeNode {
  const { observed, bytes, supports, against, weight, source } = evidence;
  const keys = facts.filter((fact) => observed.includes(fact.observed)).map((fact) => factText(fact));
  const details = [
    ...keys.map((key) => `fact    ${key}`),
    ...(bytes === "" ? [] : [`bytes   ${bytesText(bytes)}`]),
    `means   ${labelsText(supports)}`,
    ...(against === undefined ? [] : [`against ${labelsText(against)}`]),
    `weight  ${weight}`,
    `source  ${source}`,
  ];
  return { text: observed, children: details.map((text) => ({ text, children: [] })) };
}

function probeText(probe: ProbeId, protocols: Fingerprint["protocols"]): string {
  const port = protocols.find(({ id }) => id === probe);
  if (port !== undefined) return `${probe}, port ${port.port}`;
  return OTHER_PROBES[probe] ?? probe;
}

const OTHER_PROBES: Readonly<Partial<Record<ProbeId, string>>> = {
  tcp: "tcp, the handshake",
  neighbour: "neighbour, the addresses on this link",
  traffic: "traffic, overheard",
};

/** Facts that no evidence was made of. */
function restNodes({ evidence, facts }: Fingerprint): TreeNode[] {
  return facts
    .filter((fact) => !evidence.some(({ observed }) => observed.includes(fact.observed)))
    .map((fact) => ({ text: `${factText(fact)}: ${fact.observed}`, children: [] }));
}

const factText = ({ key, value }: Fact): string => `${key} = ${value}`;

const MOST_BYTES_SHOWN = 32;

/** "03 00 00 16 11 d0 ... (64 bytes)". */
function bytesText(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  const shown = bytes.slice(0, MOST_BYTES_SHOWN).join(" ");
  return bytes.length > MOST_BYTES_SHOWN ? `${shown} ... (${bytes.length} bytes)` : shown;
}

const STATES = {
  speaks: "speaks",
  open: "open: it takes connections, and what it speaks is not proven",
  closed: "closed: reset",
  filtered: "filtered: no answer",
} as const;

function portNodes({ protocols }: Fingerprint): TreeNode[] {
  return protocols.map(({ id, port, state, hasDriver }) => {
    const driver = state !== "speaks" || hasDriver ? "" : "; Stethos has no driver for it";
    return { text: `${id}, port ${port}: ${STATES[state]}${driver}`, children: [] };
  });
}

function diagnosisNodes({ diagnoses }: Fingerprint, language: Language): TreeNode[] {
  return diagnoses.map(({ code, observed }) => {
    const { cause, advice }: DiagnosisText = diagnosisText(code, language);
    return {
      text: `${code}: ${observed}`,
      children: [cause, advice].map((text) => ({ text, children: [] })),
    };
  });
}

function spentLines({ spent, at }: Fingerprint): string[] {
  const { connections, frames, ms } = spent;
  // "Nothing was sent" would not be true where ports were knocked at and refused.
  if (connections === 0 && frames === 0)
    return [`No connection was made and no frame sent for this (${at}).`];
  const all = [counted(connections, "connection"), counted(frames, "frame"), `${Math.round(ms)} ms`];
  return [`Spent on the device: ${all.join(", ")} (${at}).`];
}

function unknownLines(fingerprint: Fingerprint): string[] {
  if (!wantsSignature(fingerprint)) return [];
  return [
    "No signature names this device. If you can read its name plate, complete these lines, check them with",
    '"protocol-finger signatures check DIR", use them with --signatures DIR, and please send them in:',
    "",
    suggestSignature(fingerprint).trimEnd(),
  ];
}
