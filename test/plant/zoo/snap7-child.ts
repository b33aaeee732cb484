import { startS7Server } from "../s7-server.ts";

/** What the parent sends, once. */
export interface Snap7Order {
  readonly pduSize: number;
  readonly isStopped: boolean;
  /** Content of the data blocks and of other areas, in hex. */
  readonly blocks: readonly { readonly db: number; readonly hex: string }[];
  readonly memory: string;
  readonly inputs: string;
}

// One snap7 server is all that a process can have, so each device has a process of its own.
process.once("message", (message) => void serve(message as Snap7Order));
// The parent has gone, or wants us gone.
process.once("disconnect", () => process.exit(0));

async function serve(order: Snap7Order): Promise<void> {
  const server = await startS7Server({ pduSize: order.pduSize, isStopped: order.isStopped });
  for (const { db, hex } of order.blocks) {
    const bytes = Buffer.from(hex, "hex");
    const block = server.addDataBlock(db, bytes.length);
    block.bytes.set(bytes);
    block.publish();
  }
  server.memory.bytes.set(Buffer.from(order.memory, "hex"));
  server.memory.publish();
  server.inputs.bytes.set(Buffer.from(order.inputs, "hex"));
  server.inputs.publish();
  process.send?.({ port: server.port });
}
