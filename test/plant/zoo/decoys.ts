import type { Socket } from "node:net";
import type { ProtocolId } from "@stethos/protocol-finger";
import { serveConpotLike } from "./conpot-like.ts";
import { createReceived, type Received } from "./received.ts";
import { withRefused } from "./refused-ports.ts";
import { cutTpkt } from "./s7-frames.ts";
import { type Door, openDoor } from "./tcp-door.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** What listens on a PLC's port and is none. */
interface Decoy {
  readonly protocol: ProtocolId;
  /** Serves one connection; whatever comes in was noted already. */
  serve(socket: Socket): void;
}

// nginx 1.22 to bytes that are no HTTP request (its ngx_http_special_response.c).
const BAD_REQUEST_BODY =
  "<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n" +
  "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";
const BAD_REQUEST =
  "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nDate: Sat, 22 Nov 2025 08:00:00 GMT\r\n" +
  `Content-Type: text/html\r\nContent-Length: ${BAD_REQUEST_BODY.length}\r\nConnection: close\r\n\r\n${BAD_REQUEST_BODY}`;

/** nginx reads until it knows that this is no request. Modbus and S7 frames have no line end: a control character at the
 *  start tells it at once. */
function serveHttp(socket: Socket): void {
  socket.once("data", () => socket.end(BAD_REQUEST));
}

/** A port forwarded to a web server that waits for the end of the request's line, and gives up. */
function serveSlowHttp(socket: Socket): void {
  socket.resume();
  socket.setTimeout(60_000, () => socket.end());
}

// One byte in so long, for as long as the client stays (as "endlessh" and portspoof do).
const TAR_PIT_MS = 500;

function serveTarPit(socket: Socket): void {
  socket.resume();
  const drip = setInterval(() => socket.write(Buffer.from([0x03])), TAR_PIT_MS);
  socket.once("close", () => clearInterval(drip));
}

function serveReset(socket: Socket): void {
  let bytes: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]).subarray(0, 64);
    if (cutTpkt(bytes) !== "more") socket.resetAndDestroy();
  });
}

async function startDecoy({ protocol, serve }: Decoy, received: Received): Promise<Door> {
  return await openDoor({}, (socket) => {
    socket.on("data", (chunk) => received.note(protocol, chunk));
    serve(socket);
  });
}

type Words = Pick<ZooProfile, "id" | "title" | "traits"> & { readonly expected: ZooProfile["expected"] };

function decoyProfile(words: Words, decoy: Decoy): ZooProfile {
  return {
    ...words,
    backing: "own simulator",
    tags: [{ name: "level", address: decoy.protocol === "s7" ? "DB1,REAL0" : "hr:0", value: 0 }],
    async start() {
      const received = createReceived();
      const door = await startDecoy(decoy, received);
      return {
        endpoints: [withRefused({ [decoy.protocol]: door.port })],
        received: received.frames,
        get connections() {
          return door.accepted;
        },
        close: () => door.close(),
      };
    },
  };
}

const notController = (nature: "web-server" | "tar-pit"): ZooProfile["expected"] => ({
  nature,
  mode: "none",
  diagnosis: "NOT_A_CONTROLLER",
});

export const decoyProfiles: readonly ZooProfile[] = [
  decoyProfile(
    {
      id: "decoy-conpot",
      title: "conpot, the honeypot",
      traits: [
        "any TSAP is confirmed with reference 0 and without a TPDU size",
        "grants the PDU and the jobs that are asked for",
        "SZL 0x001C says IM151-8, plant Mouser Factory, serial 88111222",
        "hangs up on a read",
      ],
      expected: { nature: "honeypot", mode: "none", diagnosis: "NOT_A_CONTROLLER" },
    },
    { protocol: "s7", serve: serveConpotLike },
  ),
  decoyProfile(
    {
      id: "decoy-http-102",
      title: "Web server on 102",
      traits: ["answers anything with an HTTP error, then FIN"],
      expected: notController("web-server"),
    },
    { protocol: "s7", serve: serveHttp },
  ),
  decoyProfile(
    {
      id: "decoy-http-502",
      title: "Web server on 502",
      traits: ["answers anything with an HTTP error, then FIN"],
      expected: notController("web-server"),
    },
    { protocol: "modbus", serve: serveHttp },
  ),
  decoyProfile(
    {
      id: "decoy-tar-pit",
      title: "Tar pit on 102",
      traits: ["one byte of a TPKT header every half second, for ever"],
      expected: notController("tar-pit"),
    },
    { protocol: "s7", serve: serveTarPit },
  ),
  decoyProfile(
    {
      id: "decoy-port-forward",
      title: "Port 102 forwarded to a web server",
      traits: ["TCP opens, silence, for a web server waits for the end of a line"],
      expected: { mode: "none", diagnosis: "S7_TSAP_REFUSED" },
    },
    { protocol: "s7", serve: serveSlowHttp },
  ),
  decoyProfile(
    {
      id: "decoy-reset-after-cr",
      title: "Something that resets after the connection request",
      traits: ["TCP opens, RST after any TPKT"],
      expected: { mode: "none", diagnosis: "S7_TSAP_REFUSED" },
    },
    { protocol: "s7", serve: serveReset },
  ),
];
