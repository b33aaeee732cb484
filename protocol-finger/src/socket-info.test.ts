import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { describe, expect, it } from "vitest";
import { parseSocketInfo, readSocketInfo } from "./socket-info.ts";

const ALL = { timestamps: true, sack: true, windowScaling: true };
// iproute2 6.1, `ss -tinoOH`, to a Linux peer.
const LINUX =
  "ESTAB 0      0      10.0.0.1:51928 10.0.0.5:102 ts sack cubic wscale:7,10 rto:200 rtt:0.033/0.016 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:10 bytes_acked:1 segs_out:2 segs_in:1 send 79372121212bps lastsnd:8 lastrcv:8 lastack:8 rcv_space:65495 rcv_ssthresh:65495 minrtt:0.033 snd_wnd:64240";
const SIEMENS =
  "ESTAB 0 0 10.0.0.1:51928 10.0.0.5:102 cubic rto:202 rtt:1.9/0.9 mss:1460 pmtu:1500 rcvmss:536 advmss:1460 cwnd:10 minrtt:1.9 snd_wnd:4096";

describe("what ss says of a connection", () => {
  it("is a Linux stack's handshake", () => {
    expect(parseSocketInfo(LINUX, ALL)).toEqual({
      mss: 1460,
      window: 64240,
      hasTimestamps: true,
      hasSack: true,
      windowScale: 7,
    });
  });

  it("is an S7-300's: a window of 4096 and no option but the MSS", () => {
    expect(parseSocketInfo(SIEMENS, ALL)).toEqual({
      mss: 1460,
      window: 4096,
      hasTimestamps: false,
      hasSack: false,
    });
  });

  it("does not miss what this machine did not offer", () => {
    const none = { timestamps: false, sack: false, windowScaling: false };
    expect(parseSocketInfo(SIEMENS, none)).toEqual({ mss: 1460, window: 4096 });
  });

  it.each(["", "ss: command failed", "ESTAB 0 0 a b\n"])("is nothing where ss says %j", (text) => {
    expect(parseSocketInfo(text, ALL)).toBeUndefined();
  });

  it("is read from the kernel for a connection that stands, where ss is installed", async () => {
    const server: Server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const ends = { local: `127.0.0.1:${socket.localPort}`, remote: `127.0.0.1:${port}` };
    const info = await readSocketInfo(ends, new AbortController().signal);
    socket.destroy();
    server.close();
    // A machine without iproute2 has no evidence, and says so by having none.
    expect(info === undefined || (info.mss ?? 0) > 0).toBe(true);
  });

  it("is nothing for a connection that does not stand", async () => {
    const ends = { local: "127.0.0.1:1", remote: "127.0.0.1:1" };
    expect(await readSocketInfo(ends, new AbortController().signal)).toBeUndefined();
  });

  it("ends with the caller's reason", async () => {
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    const ends = { local: "127.0.0.1:1", remote: "127.0.0.1:1" };
    await expect(readSocketInfo(ends, stop.signal)).rejects.toThrow("enough");
  });
});
