export const findEn = {
  "find.label": "Find",
} as const;

export const findZhCn: Readonly<Record<keyof typeof findEn, string>> = {
  "find.label": "查找",
};
