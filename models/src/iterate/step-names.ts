/** In their order. "request" is part of an iteration that a device asked for. */
export const STEPS = [
  "request",
  "base",
  "train",
  "quantise",
  "evaluate",
  "gate",
  "sign",
  "push",
  "rollout",
] as const;

export type StepName = (typeof STEPS)[number];
