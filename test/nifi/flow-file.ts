import type { ReceivedRow } from "../contract/sink-bench.ts";

/** What a receiver made of one request. */
export interface FlowFile {
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: string;
}

/** Something that listens as NiFi's ListenHTTP does. */
export interface Listener {
  readonly port: number;
  /** All that were committed, in their order. */
  flowFiles(): readonly FlowFile[];
  /** What a sender has its answer for, `flowFiles` has when this resolves. */
  caughtUp(): Promise<void>;
  /** The connection behind ListenHTTP takes no more, or does again. */
  setFull(isFull: boolean): Promise<void>;
  /** Commits fail as on a full disk, or work again. */
  setBroken(isBroken: boolean): Promise<void>;
  close(): Promise<void>;
}

export function rowsOfFlowFile({ attributes, content }: FlowFile): ReceivedRow[] {
  if (attributes["stethos-stream"] !== "readings") return [];
  return content
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { tag, value, sequence } = JSON.parse(line) as ReceivedRow;
      return { tag, value, sequence };
    });
}
