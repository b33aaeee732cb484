/** Settings of the demonstration's agent: everything that takes days in a plant takes seconds here. The rules are the same,
 *  but for latency: so few pairs on a machine that plays plant, agent and operator at once say little of five per cent. At
 *  full load the vibration is 11 % stronger, which would keep a cleared alarm waiting for a calmer level than 0.4. */
export const demoSettings = (registry: { readonly url: string; readonly publicKey: string }) => ({
  detector: { alarm: { clearBelow: 0.47 } },
  models: {
    registry: { url: registry.url, trustedKeys: [registry.publicKey], bytesPerSecond: 28_000 },
    pollSeconds: 2,
    drift: { leastGapMs: 0, referenceWindows: 24, blockWindows: 4, expectedRunBlocks: 300 },
    rollout: {
      shadowFrames: 60,
      canaryFrames: 4,
      soakMinutes: 0.1,
      gate: {
        blockSeconds: 0,
        alarmBlockSeconds: 0,
        warmUpFrames: 8,
        latencyBatchFrames: 2,
        latencyMostPercent: 100,
      },
    },
  },
});
