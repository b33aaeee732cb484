import type { Socket } from "node:net";
import type { DiagnosisCode } from "@stethos/protocol-finger";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createPacketCutter, isFastAcknowledge } from "@stethos/protocol-finger/wire";
import NodeS7 from "nodes7";
import { describeError, EdgeError } from "../../core/errors.ts";
import { type BadGreeting, refuseConnectReply, refuseSetupReply } from "./greeting.ts";
import { type S7Options, tsapsOf } from "./options.ts";

/** A connection that TCP, ISO and S7 have greeted over; nobody listens on it yet. */
export interface OpenConnection {
  readonly socket: Socket;
  /** Granted by the controller, at most what was asked for. */
  readonly pduSize: number;
  readonly jobsInFlight: number;
}

interface ConnectOptions extends S7Options {
  /** The controller took a connection with these options before. */
  readonly hasConnected?: boolean;
}

// TPKT and COTP headers before an S7 PDU.
const TRANSPORT_BYTES = 7;
// nodes7 looks at nothing but the lengths of a confirmation, and refuses one without all three parameters, as LOGO! and
// others send it. So it is given this one as soon as the real one is found good.
const CONFIRM_FOR_NODES7 = "0300001611d00000000100c0010ac1020100c2020302";
// nodes7 has timers of its own; they come after ours and only catch what ours would miss.
const BACKSTOP_MS = 1000;

type Stage = "tcp" | "iso" | "s7";

/** Let nodes7 connect and negotiate, guarded: it takes each network chunk for one whole packet, reads offsets without
 *  asking whether they exist (an exception in a socket callback ends the process), and connects again by itself
 *  seconds after a failure. So each of its callbacks is replaced on the instance by one that checks first.
 *  @throws EdgeError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT; the signal's reason when it aborts */
export function openConnection(
  options: ConnectOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<OpenConnection> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const plc = new NodeS7({ silent: true });
    plc.requestMaxPDU = options.pduSize;
    plc.requestMaxParallel = options.jobsInFlight;
    const packets = createPacketCutter(options.pduSize + TRANSPORT_BYTES);
    const deadline = clock.deadline(options.connectTimeoutMs, signal);
    let stage: Stage = "tcp";
    let isSettled = false;

    function settle(): boolean {
      if (isSettled) return false;
      isSettled = true;
      deadline.signal.removeEventListener("abort", onDeadline);
      deadline.dispose();
      return true;
    }

    function fail(reason: unknown): void {
      if (!settle()) return;
      // Destroys the socket and leaves a listener for errors that come later.
      plc.connectionCleanup();
      reject(reason);
    }

    function onDeadline(): void {
      fail(deadline.expired ? timeoutError(options, stage) : signal.reason);
    }

    /** An exception must not reach the socket's event. */
    function guarded(work: () => void): void {
      try {
        work();
      } catch (thrown) {
        fail(notS7(options, thrown));
      }
    }

    function takePacket(packet: Buffer): void {
      if (isSettled || (stage === "s7" && isFastAcknowledge(packet))) return;
      const refusal = stage === "iso" ? refuseConnectReply(packet) : refuseSetupReply(packet);
      if (refusal !== undefined) fail(refused(options, refusal));
      else if (stage === "s7") NodeS7.prototype.onPDUReply.call(plc, packet);
      else {
        stage = "s7";
        NodeS7.prototype.onISOConnectReply.call(plc, Buffer.from(CONFIRM_FOR_NODES7, "hex"));
      }
    }

    function onNegotiated(): void {
      const socket = plc.isoclient;
      if (socket === undefined || !settle()) return;
      // From here on nodes7 hears nothing any more; see link.ts.
      socket.removeAllListeners("data");
      socket.removeAllListeners("error");
      socket.on("error", () => undefined);
      resolve({ socket, pduSize: plc.maxPDU, jobsInFlight: Math.max(1, plc.maxParallel) });
    }

    const onLost = (): void => fail(hungUp(options, stage));
    plc.onTCPConnect = () => {
      stage = "iso";
      guarded(() => NodeS7.prototype.onTCPConnect.call(plc));
    };
    const onData = (chunk: Buffer): void => guarded(() => packets.push(chunk, takePacket));
    plc.onISOConnectReply = onData;
    plc.onPDUReply = onData;
    plc.connectError = (error) => fail(socketError(options, stage, error));
    plc.readWriteError = plc.connectError;
    plc.onClientDisconnect = onLost;
    plc.onClientClose = onLost;
    plc.connectionReset = onLost;
    plc.packetTimeout = () => fail(timeoutError(options, stage));

    deadline.signal.addEventListener("abort", onDeadline);
    const { host, port, connectTimeoutMs } = options;
    const { local, remote } = tsapsOf(options);
    guarded(() => {
      plc.initiateConnection(
        { host, port, localTSAP: local, remoteTSAP: remote, timeout: connectTimeoutMs + BACKSTOP_MS },
        onNegotiated,
      );
    });
    plc.connectNow = () => undefined;
  });
}

const place = ({ host, port }: S7Options): string => `${host}:${port}`;

const unanswered = {
  tcp: "HOST_SILENT",
  iso: "S7_TSAP_REFUSED",
  s7: "S7_NO_SETUP_REPLY",
} as const satisfies Record<Stage, DiagnosisCode>;

function timeoutError(options: S7Options, stage: Stage): EdgeError {
  const diagnosis = unanswered[stage];
  const within = `within ${options.connectTimeoutMs} ms`;
  if (stage === "tcp") {
    const what = `${place(options)} does not answer ${within}: check address, cable and power`;
    return new EdgeError("PLC_UNREACHABLE", what, { diagnosis });
  }
  const what = stage === "iso" ? "the ISO connection request" : "the S7 greeting";
  return new EdgeError(
    "PLC_TIMEOUT",
    `${place(options)} took the connection but left ${what} unanswered ${within}`,
    { diagnosis },
  );
}

const SILENT = ["EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"];

function socketError(options: ConnectOptions, stage: Stage, cause: { readonly code?: string }): EdgeError {
  if (stage !== "tcp") return hungUp(options, stage, cause);
  const reason = cause.code ?? describeError(cause);
  return new EdgeError("PLC_UNREACHABLE", `no connection to ${place(options)}: ${reason}`, {
    cause,
    diagnosis:
      reason === "ECONNREFUSED" ? "PORT_CLOSED" : SILENT.includes(reason) ? "HOST_SILENT" : undefined,
  });
}

/** A wrong slot and a controller whose connections are all in use look alike; only success before tells them apart. */
function hungUp(options: ConnectOptions, stage: Stage, cause?: unknown): EdgeError {
  const at = place(options);
  if (stage === "tcp") {
    return new EdgeError("PLC_UNREACHABLE", `${at} closed the connection`, { cause, diagnosis: "LINK_LOST" });
  }
  if (stage === "s7") {
    const what = `${at} hung up: it took the connection but not the S7 greeting`;
    return new EdgeError("PLC_REFUSED", what, { cause, diagnosis: "S7_NO_SETUP_REPLY" });
  }
  if (options.hasConnected === true) {
    const what = `${at} hung up: it took this connection before, so it has none left now; close other clients`;
    return new EdgeError("PLC_REFUSED", what, { cause, diagnosis: "S7_NO_FREE_CONNECTION" });
  }
  const what = `${at} hung up: check rack and slot (or the TSAPs), and whether the controller has a connection left`;
  return new EdgeError("PLC_REFUSED", what, { cause, diagnosis: "S7_TSAP_REFUSED" });
}

const refused = (options: S7Options, { says, diagnosis }: BadGreeting): EdgeError =>
  new EdgeError("PLC_REFUSED", `${place(options)} ${says}`, { diagnosis });

const notS7 = (options: S7Options, cause: unknown): EdgeError =>
  new EdgeError(
    "PLC_REFUSED",
    `what answers at ${place(options)} does not speak S7: ${describeError(cause)}`,
    { cause, diagnosis: "NOT_A_CONTROLLER" },
  );
