import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { driverlessProfiles } from "./other-driverless.ts";
import type { ZooDevice } from "./zoo-profile.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(id: string): Promise<ZooDevice & { port: number }> {
  const profile = driverlessProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new RangeError(`no profile ${id}`);
  const device = await profile.start({ seed: 1, latencyScale: 1 });
  closers.push(() => device.close());
  const port = Object.values(device.endpoints[0].ports).find((one) => one >= 1024);
  return Object.assign(device, { port: port ?? 0 });
}

/** What comes back first, in hex. */
async function askTcp(port: number, question: Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  closers.push(async () => void socket.destroy());
  socket.write(question);
  const [answer] = await once(socket, "data");
  return answer.toString("hex");
}

async function askUdp(port: number, ...questions: readonly Buffer[]): Promise<string> {
  const socket = createSocket("udp4");
  for (const question of questions) socket.send(question, port, "127.0.0.1");
  const [answer] = await once(socket, "message");
  socket.close();
  return answer.toString("hex");
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

const LIST_IDENTITY = hex("63000000000000000000000000000000c1debed100000000");
const FINS_READ = hex("800002000000006300ef050100");
const FIRMWARE = hex("810a001101040005010c0c023fffff192c");
const TEST_FRAME = hex("680443000000");
const HELLO = Buffer.from("fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\n};;\n");

function garbage(seed: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Array.from({ length: 200 }, () => Math.floor(random.uniform() * 256)));
}

describe("devices without a driver", () => {
  it("1756-ENBT lists its identity with the sender's context, over TCP and UDP alike", async () => {
    const { port } = await start("logix-1756-enbt");
    const answer = await askTcp(port, LIST_IDENTITY);
    expect(answer).toMatch(/^63003300000000000000000000000000c1debed10000000001000c002d00/);
    expect(answer).toContain("01000c003a000403");
    expect(await askUdp(port, LIST_IDENTITY)).toBe(answer);
  });

  it("1756-ENBT lists its services, and knows no others", async () => {
    const { port } = await start("logix-1756-enbt");
    const services = hex("040000000000000000000000000000000000000000000000");
    expect(hex(await askTcp(port, services)).toString("latin1")).toContain("Communications");
    const unknown = hex("ffff00000000000000000000000000000000000000000000");
    expect(await askTcp(port, unknown)).toBe(`ffff00000000000001000000${"00".repeat(12)}`);
  });

  it("1756-ENET answers status 1", async () => {
    const { port } = await start("logix-1756-enet");
    expect(await askTcp(port, LIST_IDENTITY)).toBe("630000000000000001000000" + "00000000c1debed100000000");
  });

  it("CP1L answers to the node that asks, and refuses other commands with 0401", async () => {
    const { port } = await start("omron-cp1l");
    expect(await askUdp(port, FINS_READ)).toMatch(/^c0000200630000c800ef050100004350314c2d/);
    expect(await askUdp(port, hex("800002000000006300ef010182000000000001"))).toBe(
      "c0000200630000c800ef01010401",
    );
  });

  it("CP1L gives a node number over TCP, then answers in it", async () => {
    const { port } = await start("omron-cp1l");
    const socket = connect(port, "127.0.0.1");
    closers.push(async () => void socket.destroy());
    socket.write(hex("46494e530000000c000000000000000000000000"));
    expect((await once(socket, "data"))[0].toString("hex")).toBe(
      "46494e53000000100000000100000000000000fb000000c8",
    );
    socket.write(hex("46494e530000001500000002000000008000 0200c8000000ef05050100"));
    expect((await once(socket, "data"))[0].toString("hex")).toMatch(
      /^46494e53000000720000000200000000c00002/,
    );
  });

  it("NAE tells properties in UCS-2, and that it has not others", async () => {
    const { port } = await start("bacnet-nae");
    expect(await askUdp(port, FIRMWARE)).toBe(
      "810a0029010030010c0c023fffff192c3e7515040035002e0031002e0030002e00340034003000303f",
    );
    expect(await askUdp(port, hex("810a001101040005070c0c023fffff1901"))).toBe("810a000d010050070c91029120");
  });

  it("a station confirms a test frame, and hangs up on what is no frame", async () => {
    const { port } = await start("iec104-station");
    expect(await askTcp(port, TEST_FRAME)).toBe("680483000000");
    const socket = connect(port, "127.0.0.1");
    socket.resume();
    socket.write("GET / HTTP/1.0\r\n\r\n");
    await once(socket, "close");
  });

  it.each([
    ["logix-1756-enbt", LIST_IDENTITY, "63003300"],
    ["omron-cp1l", FINS_READ, "c0000200"],
    ["bacnet-nae", FIRMWARE, "810a0029"],
  ])("%s answers on after datagrams that mean nothing", async (id, question, beginning) => {
    const { port, received } = await start(id);
    const noise = [1, 2, 3].map((seed) => Buffer.concat([Buffer.from([0]), garbage(seed)]));
    expect(await askUdp(port, ...noise, Buffer.alloc(0), question)).toMatch(new RegExp(`^${beginning}`));
    expect(received.length).toBeGreaterThanOrEqual(4);
  });

  it.each([
    ["logix-1756-enbt", LIST_IDENTITY, "63003300"],
    ["niagara-jace", HELLO, HELLO.toString("hex", 0, 4)],
    ["iec104-station", TEST_FRAME, "68048300"],
  ])("%s answers on after a stream that means nothing", async (id, question, beginning) => {
    const { port } = await start(id);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.resume();
    socket.end(Buffer.alloc(8000, 0xa5));
    await once(socket, "close");
    expect(await askTcp(port, question)).toMatch(new RegExp(`^${beginning}`));
  });

  it.each([
    ["logix-1756-enbt", LIST_IDENTITY, "5.9", "3a000509"],
    ["niagara-jace", HELLO, "4.9.1", Buffer.from("app.version=s:4.9.1\n").toString("hex")],
  ])("%s tells its new firmware after an update", async (id, question, firmware, expected) => {
    const device = await start(id);
    device.setFirmware?.(firmware);
    expect(await askTcp(device.port, question)).toContain(expected);
  });
});
