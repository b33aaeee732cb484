export const sessionEn = {
  "session.role": "Role",
} as const;

export const sessionZhCn: Readonly<Record<keyof typeof sessionEn, string>> = {
  "session.role": "角色",
};
