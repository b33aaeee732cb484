import type { ClientTCP_transport, IClientTransportFactory } from "node-opcua";
import type { Opcua } from "./library.ts";

/** node-opcua's TCP transport, with a net under it.
 *
 *  It takes bytes apart in the socket's own event: what a peer sends that makes it throw there ends the process (an
 *  acknowledge and a chunk of 4 GB in one segment does in 2.186). Here it ends the connection. */
export function guardedTransport(opcua: Opcua): IClientTransportFactory {
  return {
    create(settings) {
      const transport = new opcua.ClientTCP_transport(settings);
      guard(opcua, transport);
      return transport;
    },
  };
}

function guard(opcua: Opcua, transport: ClientTCP_transport): void {
  const takeApart: unknown = Reflect.get(transport, "_on_socket_data");
  if (typeof takeApart !== "function") throw new TypeError("this node-opcua has no _on_socket_data");
  const value = (bytes: Buffer) => {
    try {
      quietly(() => takeApart.call(transport, bytes));
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown : new Error(String(thrown));
      transport.prematureTerminate(reason, opcua.StatusCodes.BadTcpMessageTypeInvalid);
    }
  };
  Object.defineProperty(transport, "_on_socket_data", { value });
}

/** node-opcua writes a line to the console for each value whose status it does not know, past its own log level
 *  (opcua_status_code.ts, getStatusCodeFromCode): a server with one of these would fill the disk. */
function quietly(work: () => void): void {
  const { warn } = globalThis.console;
  globalThis.console.warn = () => undefined;
  try {
    work();
  } finally {
    globalThis.console.warn = warn;
  }
}
