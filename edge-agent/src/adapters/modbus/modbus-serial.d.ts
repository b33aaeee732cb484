// The ports of modbus-serial have no types of their own. Names with an underscore are the package's own way of
// handing the transaction id to and from a port (index.js does the same); package.json pins the minor version.

declare module "modbus-serial/ports/tcpport.js" {
  import type { EventEmitter } from "node:events";
  import type { Socket } from "node:net";

  class TcpPort extends EventEmitter<{ data: [reply: Buffer]; close: [] }> {
    constructor(options: { readonly socket: Socket });
    /** The id that the next write() puts into its header. */
    _transactionIdWrite: number;
    /** The id of the reply that "data" is being emitted for. */
    _transactionIdRead: number;
    /** @param frame unit, PDU and two bytes of room for a CRC, which TCP does not carry */
    write(frame: Buffer): void;
    /** Sends FIN. */
    close(callback?: () => void): void;
    destroy(callback?: () => void): void;
  }
  export = TcpPort;
}

declare module "modbus-serial/ports/rtubufferedport.js" {
  import type { EventEmitter } from "node:events";

  class RtuBufferedPort extends EventEmitter<{ data: [reply: Buffer]; close: []; error: [error: Error] }> {
    constructor(
      path: string,
      options: { baudRate: number; parity: "none" | "even" | "odd"; dataBits: 8; stopBits: 1 | 2 },
    );
    /** Bytes that came and fit no answer yet. */
    _buffer: Buffer;
    /** The serial port itself. */
    readonly _client: EventEmitter<{ data: [bytes: Buffer] }> & { flush(done: () => void): void };
    readonly isOpen: boolean;
    open(callback: (error: Error | null | undefined) => void): void;
    close(callback: (error: Error | null | undefined) => void): void;
    write(frame: Buffer): void;
  }
  export = RtuBufferedPort;
}

declare module "modbus-serial/utils/crc16.js" {
  function crc16(bytes: Uint8Array): number;
  export = crc16;
}
