/** The parts of nodes7 0.3 that this adapter, benchmarks and judges use; the package brings no types. What its manual does not name is
 *  read off nodeS7.js. */
declare module "nodes7" {
  import type { Socket } from "node:net";

  interface ConnectionParameters {
    readonly host: string;
    readonly port: number;
    readonly rack?: number;
    readonly slot?: number;
    readonly localTSAP?: number;
    readonly remoteTSAP?: number;
    readonly timeout?: number;
    readonly doNotOptimize?: boolean;
  }

  class NodeS7 {
    constructor(options: { readonly silent: boolean });
    requestMaxPDU: number;
    requestMaxParallel: number;
    maxPDU: number;
    maxParallel: number;
    isoclient: Socket | undefined;
    initiateConnection(parameters: ConnectionParameters, callback: (error: unknown) => void): void;
    addItems(addresses: readonly string[]): void;
    readAllItems(done: (anyBad: boolean, values: Readonly<Record<string, unknown>>) => void): void;
    dropConnection(done: () => void): void;
    connectNow(parameters: ConnectionParameters): void;
    connectError(error: { readonly code?: string }): void;
    readWriteError(error: { readonly code?: string }): void;
    packetTimeout(kind: string): void;
    onTCPConnect(): void;
    onISOConnectReply(data: Buffer): void;
    onPDUReply(data: Buffer): void;
    onClientDisconnect(): void;
    onClientClose(): void;
    connectionReset(): void;
    connectionCleanup(): void;
  }

  export = NodeS7;
}
