import { Socket } from "node:net";
import type { DiagnosisCode } from "@stethos/protocol-finger";
import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../../core/errors.ts";

const SILENCE: readonly unknown[] = ["EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"];

const isSilence = (code: unknown): boolean => SILENCE.includes(code);

export interface TcpPeer {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** After so long without traffic the kernel asks whether the peer is still there. */
const KEEP_ALIVE_MS = 10_000;

/** @throws EdgeError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT */
export async function connectTcp(peer: TcpPeer, clock: Clock, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const { connectTimeoutMs, host, port } = peer;
  const socket = new Socket();
  const deadline = clock.deadline(connectTimeoutMs, signal);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (cause) => reject(refusal(peer, cause)));
      deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
      socket.connect({ host, port });
    });
  } catch (thrown) {
    socket.on("error", () => undefined).destroy();
    if (!deadline.expired) throw thrown;
    throw new EdgeError(
      "PLC_TIMEOUT",
      `no connection to ${host}:${port} in ${connectTimeoutMs} ms; is the device on, and no firewall between?`,
      { cause: thrown, diagnosis: "HOST_SILENT" satisfies DiagnosisCode },
    );
  } finally {
    deadline.dispose();
  }
  socket.removeAllListeners("error");
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

function refusal({ host, port }: TcpPeer, cause: Error): EdgeError {
  const code = "code" in cause ? cause.code : undefined;
  if (code === "ECONNREFUSED") {
    return new EdgeError(
      "PLC_REFUSED",
      `${host}:${port} refuses Modbus connections; is its Modbus server on?`,
      { cause, diagnosis: "PORT_CLOSED" satisfies DiagnosisCode },
    );
  }
  return new EdgeError("PLC_UNREACHABLE", `cannot reach ${host}:${port}; check the name and the cabling`, {
    cause,
    diagnosis: isSilence(code) ? ("HOST_SILENT" satisfies DiagnosisCode) : undefined,
  });
}
