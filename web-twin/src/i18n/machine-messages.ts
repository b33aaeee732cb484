export const machineEn = {
  "machine.action": "What to do",
} as const;

export const machineZhCn: Readonly<Record<keyof typeof machineEn, string>> = {
  "machine.action": "建议措施",
};
