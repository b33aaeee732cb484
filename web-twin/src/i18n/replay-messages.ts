export const replayEn = {
  "replay.banner": "REPLAY",
} as const;

export const replayZhCn: Readonly<Record<keyof typeof replayEn, string>> = {
  "replay.banner": "回放",
};
