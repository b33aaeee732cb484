export const alarmEn = {
  "alarm.history": "Alarm history",
} as const;

export const alarmZhCn: Readonly<Record<keyof typeof alarmEn, string>> = {
  "alarm.history": "报警历史",
};
