export const trendEn = {
  "trends.title": "Trends",
} as const;

export const trendZhCn: Readonly<Record<keyof typeof trendEn, string>> = {
  "trends.title": "趋势",
};
