export const AREAS = [
  "config",
  "node",
  "cpu",
  "clock",
  "memory",
  "disk",
  "agent",
  "history",
  "outbox",
  "sink",
  "certificate",
  "device",
  "model",
] as const;
export type Area = (typeof AREAS)[number];

export type Level = "fail" | "ok" | "warn";

/** What one look found: a code that texts explain in any language, with its figures. */
export interface Finding {
  readonly area: Area;
  readonly level: Level;
  readonly code: FindingCode;
  readonly facts: Facts;
}

type Facts = Readonly<Record<string, number | string>>;

/** Every code, with how bad it is. */
export const LEVELS = {
  "config-good": "ok",
  "config-bad": "fail",
  "node-good": "ok",
  "node-old": "fail",
  "cpu-good": "ok",
  "cpu-no-dot-product": "warn",
  "cpu-untold": "ok",
  "cpu-crowded": "warn",
  "board-jetson": "ok",
  "gpu-idle": "ok",
  "clock-synchronised": "ok",
  "clock-adrift": "warn",
  "clock-alone": "warn",
  "clock-unknown": "warn",
  "clock-wrong": "fail",
  "memory-good": "ok",
  "memory-low": "warn",
  "memory-out": "fail",
  "disk-good": "ok",
  "disk-low": "warn",
  "disk-full": "fail",
  "disk-volatile": "fail",
  "disk-remote": "warn",
  "disk-no-flush": "fail",
  "disk-unwritable": "fail",
  "agent-runs": "ok",
  "agent-silent": "warn",
  "store-good": "ok",
  "store-new": "ok",
  "store-damaged": "fail",
  "outbox-good": "ok",
  "outbox-trouble": "fail",
  "outbox-near-full": "warn",
  "outbox-behind": "warn",
  "outbox-lost": "warn",
  "outbox-untold": "warn",
  "sink-none": "ok",
  "sink-good": "ok",
  "sink-asked": "ok",
  "sink-refuses": "fail",
  "sink-unreachable": "fail",
  "certificate-good": "ok",
  "certificate-ends-soon": "warn",
  "certificate-ended": "fail",
  "certificate-early": "fail",
  "certificate-unreadable": "fail",
  "device-good": "ok",
  "device-unreachable": "fail",
  "device-denied": "fail",
  "model-good": "ok",
  "model-bad": "fail",
  "model-no-provider": "fail",
} as const satisfies Readonly<Record<string, Level>>;

export type FindingCode = keyof typeof LEVELS;

/** What is so, and what to do about it where something is to be done. Words in braces are the finding's facts. */
export type FindingTexts = Readonly<
  Record<FindingCode, readonly [what: string] | readonly [what: string, advice: string]>
>;

export const finding = (area: Area, code: FindingCode, facts: Facts = {}): Finding => ({
  area,
  level: LEVELS[code],
  code,
  facts,
});
