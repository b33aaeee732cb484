import type { Evidence, Fact, Labels, Nature } from "./fingerprint.ts";
import { type Match, matchSignature } from "./signatures/match.ts";
import type { SignatureSet } from "./signatures/signature.ts";

/** What the facts say, all signatures considered. */
export interface Verdict {
  /** Without the nature: what is more likely than not. */
  readonly labels: Omit<Labels, "nature">;
  readonly nature: Nature;
  /** 0..1. */
  readonly natureConfidence: number;
  /** 0..1, of vendor and family together; of a vendor alone half of it. */
  readonly confidence: number;
  /** Weightiest first. */
  readonly evidence: readonly Evidence[];
}

type LabelName = keyof Labels;

/** A value of a label with what speaks for it after all that speaks against it. */
interface Claim {
  readonly value: string;
  readonly confidence: number;
}

/** A label is claimed when it is more likely than not. */
const LEAST_CONFIDENCE = 0.5;
/** Read together with the family: they describe the one device that the family was chosen for. */
const DETAILS = ["model", "orderNumber", "firmware", "serial"] as const;

export function judge(facts: readonly Fact[], { all }: SignatureSet): Verdict {
  const byKey = new Map(facts.map((fact) => [fact.key, fact]));
  const matches = all.flatMap((signature) => matchSignature(signature, byKey) ?? []);
  const family = strongest(claims("family", matches));
  const agreeing = matches.filter(agreesWith("family", family?.value));
  const vendor = strongest(claims("vendor", agreeing));
  const known = agreeing.filter(agreesWith("vendor", vendor?.value));
  const details = DETAILS.flatMap((name) => {
    const claim = strongest(claims(name, known, contradicts));
    return claim === undefined ? [] : [[name, claim.value] as const];
  });
  const nature = natureOf(matches);
  return {
    labels: {
      ...(vendor !== undefined && { vendor: vendor.value }),
      ...(family !== undefined && { family: family.value }),
      ...Object.fromEntries(details),
    },
    nature: (nature?.value as Nature | undefined) ?? "unknown",
    natureConfidence: nature?.confidence ?? 0,
    confidence: together(vendor, family),
    evidence: matches.map(({ evidence }) => evidence).sort((a, b) => b.weight - a.weight),
  };
}

function together(vendor: Claim | undefined, family: Claim | undefined): number {
  if (vendor !== undefined && family !== undefined) return Math.min(vendor.confidence, family.confidence);
  return (vendor?.confidence ?? 0) / 2;
}

/** Every value of the label that something supports. */
function claims(
  name: LabelName,
  matches: readonly Match[],
  against: (evidence: Evidence, name: LabelName, value: string) => boolean = opposes,
): readonly Claim[] {
  const values = new Set(matches.flatMap(({ evidence }) => evidence.supports[name] ?? []));
  return [...values].map((value) => {
    const support = noisyOr(matches.filter(({ evidence }) => evidence.supports[name] === value));
    const opposition = noisyOr(matches.filter(({ evidence }) => against(evidence, name, value)));
    return { value, confidence: combined(support, opposition) };
  });
}

/** A device has one vendor, one family, one nature: whoever names another speaks against this one. */
function opposes(evidence: Evidence, name: LabelName, value: string): boolean {
  const other = evidence.supports[name];
  return contradicts(evidence, name, value) || (other !== undefined && other !== value);
}

/** Details are told in more ways than one ("CPU 315-2 PN/DP", "315-2EH14"): another word for it is no contradiction. */
function contradicts(evidence: Evidence, name: LabelName, value: string): boolean {
  return evidence.against?.[name] === value;
}

/** 1 - product of (1 - weight): each independent witness leaves that much less room for doubt. Signatures that look at
 *  the same facts are one witness, the surest of them. */
function noisyOr(matches: readonly Match[]): number {
  const witnesses = new Map<string, number>();
  for (const { keys, evidence } of matches) {
    const witness = keys.join(" ");
    witnesses.set(witness, Math.max(evidence.weight, witnesses.get(witness) ?? 0));
  }
  return 1 - [...witnesses.values()].reduce((doubt, weight) => doubt * (1 - weight), 1);
}

/** Dempster's rule for what speaks for and what against: what both claim is ruled out, and the rest is all there is. A
 *  weak doubt hardly shakes a certainty; equal ones halve each other. */
function combined(support: number, opposition: number): number {
  const conflict = support * opposition;
  return conflict === 1 ? 0 : (support * (1 - opposition)) / (1 - conflict);
}

function strongest(all: readonly Claim[]): Claim | undefined {
  const [first] = all
    .filter(({ confidence }) => confidence >= LEAST_CONFIDENCE)
    .sort((a, b) => b.confidence - a.confidence);
  return first;
}

/** A match that says nothing of the label agrees with every value. */
const agreesWith =
  (name: LabelName, value: string | undefined) =>
  ({ evidence }: Match): boolean =>
    value === undefined || evidence.supports[name] === undefined || evidence.supports[name] === value;

const PRETENDERS: readonly string[] = [
  "honeypot",
  "tar-pit",
  "web-server",
  "port-forward",
  "simulator",
] satisfies Nature[];

/** What betrays a pretender counts, however well it plays its part otherwise: that is what it is for. */
function natureOf(matches: readonly Match[]): Claim | undefined {
  const betrayed = claims("nature", matches, contradicts).filter(({ value }) => PRETENDERS.includes(value));
  // A controller that answers for units which it has not, as gateways do, is a controller all the same.
  return strongest(betrayed) ?? strongest(claims("nature", matches, contradicts));
}
