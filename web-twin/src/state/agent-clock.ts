/** What the agent's clock says now: ages on the screen must not depend on the clock of the machine that shows it. */
export interface AgentClock {
  /** Told whenever a message came. */
  heard(agentTimeMs: number): void;
  /** ms since 1970 by the agent's clock; this machine's own until the agent has spoken. */
  now(): number;
}

/** @param own ms since 1970 by this machine's clock */
export function createAgentClock(own: () => number): AgentClock {
  let aheadMs = 0;
  return {
    heard(agentTimeMs) {
      aheadMs = agentTimeMs - own();
    },
    now: () => own() + aheadMs,
  };
}
