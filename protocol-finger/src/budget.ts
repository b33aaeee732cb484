/** What may be spent on one device in one run. The defaults are what a controller of 2008 bears beside its own work. */
export interface Budget {
  /** TCP connections; one that was refused with a reset was none. */
  readonly connections: number;
  /** Attempts at a connection, refused ones counted too. */
  readonly attempts: number;
  /** Frames sent, over TCP and UDP together. */
  readonly frames: number;
  /** Between the starts of two connections. */
  readonly spacingMs: number;
  readonly connectTimeoutMs: number;
  /** For a whole answer. */
  readonly answerTimeoutMs: number;
  /** Of one answer; what comes beyond is not kept. */
  readonly mostAnswerBytes: number;
}

export const DEFAULT_BUDGET: Budget = {
  connections: 4,
  // Every protocol that is known over TCP, and what the search for a TSAP takes.
  attempts: 12,
  frames: 12,
  spacingMs: 1000,
  // One SYN and the first repetition, a second later.
  connectTimeoutMs: 1500,
  // A CPU that serves requests at the end of its cycle, behind a CP, through a radio link.
  answerTimeoutMs: 2000,
  // An OPC UA server's endpoints, each with its certificate.
  mostAnswerBytes: 65_536,
};
