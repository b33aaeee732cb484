export const twinEn = {
  "twin.plan": "Plan",
} as const;

export const twinZhCn: Readonly<Record<keyof typeof twinEn, string>> = {
  "twin.plan": "平面图",
};
