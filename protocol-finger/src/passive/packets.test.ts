import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../wire/wire-error.ts";
import { decodePacket } from "./packets.ts";
import { captured, ethernet, ipv4, PC, PLC, segment, tcp, udp } from "./testing/build.ts";

const datagram = ipv4(
  { source: PLC.host, target: PC.host, protocol: 17 },
  udp(47808, 5000, Buffer.from("hi")),
);

describe("a TCP segment", () => {
  const packet = segment({
    isFromServer: true,
    from: 102,
    to: 4305,
    sequence: 7,
    acknowledged: 8,
    flags: "SA",
    window: 4096,
    ttl: 30,
    // Maximum segment size, filler, window scale, two fillers, timestamps: what a JACE answers with, and "end".
    options: "020405b4" + "01030300" + "0101080a0000000100000002" + "04020000",
  });

  it("is decoded with all that tells one stack from another", () => {
    const decoded = decodePacket(packet);
    expect(decoded).toMatchObject({
      kind: "tcp",
      sourceMac: "00:1b:1b:23:eb:3b",
      ip: { source: PLC.host, target: PC.host, ttl: 30, dontFragment: false },
      tcp: {
        sourcePort: 102,
        targetPort: 4305,
        sequence: 7,
        acknowledged: 8,
        isSyn: true,
        isAck: true,
        isFin: false,
        isReset: false,
        window: 4096,
        options: { order: "M,N,W,N,N,T,S,E", mss: 1460, windowScale: 0, hasSack: true, hasTimestamps: true },
      },
    });
  });

  it("throws a WireError wherever it is cut short within its headers", () => {
    const headerBytes = packet.bytes.length;
    for (let length = 0; length < headerBytes; length += 1) {
      const cut = captured(packet.bytes.subarray(0, length));
      expect(() => decodePacket(cut), `${length} bytes`).toThrow(WireError);
    }
  });

  it("has no payload but padding that Ethernet adds to short frames", () => {
    const short = segment({ isFromServer: true, from: 102, to: 4305, sequence: 7, flags: "A" });
    const padded = captured(Buffer.concat([short.bytes, Buffer.alloc(6, 0xee)]));
    const decoded = decodePacket(padded);
    expect(decoded?.kind === "tcp" && decoded.tcp.payload.length).toBe(0);
  });

  it("is looked for behind VLAN tags", () => {
    const inner = packet.bytes.subarray(14);
    const tagged = captured(ethernet(0x0800, inner, PLC.mac, [0x88a8, 0x8100]));
    expect(decodePacket(tagged)).toMatchObject({ kind: "tcp", tcp: { sourcePort: 102 } });
  });

  it.each([
    { name: "raw IP", linkType: 101, head: "" },
    { name: "the loopback of BSD", linkType: 0, head: "02000000" },
    { name: "the loopback of OpenBSD", linkType: 108, head: "00000002" },
  ])("is found on $name, where there are no MAC addresses", ({ linkType, head }) => {
    const bytes = Buffer.concat([Buffer.from(head, "hex"), packet.bytes.subarray(14)]);
    const decoded = decodePacket(captured(bytes, 0, linkType));
    expect(decoded).toMatchObject({ kind: "tcp", ip: { source: PLC.host } });
    expect(decoded?.sourceMac).toBeUndefined();
  });

  it.each([
    { name: "any interface", linkType: 113, head: "0000" + "0001" + "0006" + "001b1b23eb3b0000" + "0800" },
    {
      name: "any interface (second form)",
      linkType: 276,
      head: "0800" + "0000" + "00000002" + "0001" + "00" + "06" + "001b1b23eb3b0000",
    },
  ])("is found on $name of Linux", ({ linkType, head }) => {
    const bytes = Buffer.concat([Buffer.from(head, "hex"), packet.bytes.subarray(14)]);
    expect(decodePacket(captured(bytes, 0, linkType))).toMatchObject({
      kind: "tcp",
      sourceMac: "00:1b:1b:23:eb:3b",
    });
  });

  it("of an interface without MAC addresses has none", () => {
    const head = Buffer.from("0000" + "0304" + "0000" + "0000000000000000" + "0800", "hex");
    const decoded = decodePacket(captured(Buffer.concat([head, packet.bytes.subarray(14)]), 0, 113));
    expect(decoded?.kind).toBe("tcp");
    expect(decoded?.sourceMac).toBeUndefined();
  });

  it.each([
    { name: "a header that is too short", at: 14 + 20 + 12, byte: 0x10 },
    { name: "an IP header that is too short", at: 14, byte: 0x44 },
    { name: "another IP version", at: 14, byte: 0x55 },
  ])("with $name is malformed", ({ at, byte }) => {
    const bytes = Buffer.from(packet.bytes);
    bytes.writeUInt8(byte, at);
    expect(() => decodePacket(captured(bytes))).toThrow(WireError);
  });
});

describe("a UDP datagram", () => {
  it("is decoded without the padding behind it", () => {
    const decoded = decodePacket(captured(ethernet(0x0800, Buffer.concat([datagram, Buffer.alloc(9)]))));
    expect(decoded).toMatchObject({ kind: "udp", udp: { sourcePort: 47808, targetPort: 5000 } });
    expect(decoded?.kind === "udp" && decoded.udp.payload.toString()).toBe("hi");
  });

  it("in parts is left alone", () => {
    const part = ipv4(
      { source: PLC.host, target: PC.host, protocol: 17, fragmentOffset: 185 },
      Buffer.from("rest"),
    );
    expect(decodePacket(captured(ethernet(0x0800, part)))).toBeUndefined();
  });
});

describe("IPv6", () => {
  const address = (last: number) =>
    Buffer.concat([Buffer.from("fe80000000000000021b1bfffe23eb", "hex"), Buffer.from([last])]);
  const header = (next: number, length: number) =>
    Buffer.concat([Buffer.from([0x60, 0, 0, 0, 0, length, next, 64]), address(1), address(2)]);
  const payload = tcp({ from: 102, to: 4305, sequence: 1, flags: "A", payload: Buffer.from("x") });

  it("is decoded, extension headers and all", () => {
    const hopByHop = Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]);
    const bytes = Buffer.concat([
      header(0, hopByHop.length + payload.length),
      hopByHop,
      payload,
      Buffer.alloc(4),
    ]);
    const decoded = decodePacket(captured(ethernet(0x86dd, bytes)));
    expect(decoded).toMatchObject({
      kind: "tcp",
      ip: {
        source: "fe80::21b:1bff:fe23:eb01",
        target: "fe80::21b:1bff:fe23:eb02",
        ttl: 64,
        dontFragment: true,
      },
    });
    expect(decoded?.kind === "tcp" && decoded.tcp.payload.toString()).toBe("x");
  });

  it("is decoded from a loopback and raw, too", () => {
    const bytes = Buffer.concat([header(6, payload.length), payload]);
    expect(decodePacket(captured(bytes, 0, 101))?.kind).toBe("tcp");
  });

  it.each([
    { name: "a fragment", next: 44 },
    { name: "ICMP", next: 58 },
  ])("says nothing here as $name", ({ next }) => {
    const bytes = Buffer.concat([header(next, 8), Buffer.alloc(8)]);
    expect(decodePacket(captured(ethernet(0x86dd, bytes)))).toBeUndefined();
  });

  it.each([
    { name: "another version", bytes: Buffer.concat([Buffer.from([0x45]), header(6, 0).subarray(1)]) },
    { name: "headers without end", bytes: Buffer.concat([header(0, 80), Buffer.alloc(80)]) },
    { name: "a header cut short", bytes: header(6, 0).subarray(0, 39) },
  ])("is malformed with $name", ({ bytes }) => {
    expect(() => decodePacket(captured(ethernet(0x86dd, bytes)))).toThrow(WireError);
  });
});

describe("ARP", () => {
  const arp = (ip: string, types = "000108000604") =>
    Buffer.from(`${types}0002001b1b23eb3b${ip}90e6ba845e410a000009`, "hex");

  it("tells which address has which MAC", () => {
    expect(decodePacket(captured(ethernet(0x0806, arp("0a000005"))))).toEqual({
      kind: "arp",
      timeUs: 0,
      sourceMac: "00:1b:1b:23:eb:3b",
      host: "10.0.0.5",
      mac: "00:1b:1b:23:eb:3b",
    });
  });

  it.each([
    { name: "who has no address yet", bytes: arp("00000000") },
    { name: "other networks", bytes: arp("0a000005", "000608000604") },
    { name: "other lengths", bytes: arp("0a000005", "000108000804") },
  ])("of $name says nothing", ({ bytes }) => {
    expect(decodePacket(captured(ethernet(0x0806, bytes)))).toBeUndefined();
  });
});

it("leaves other types and links alone", () => {
  expect(decodePacket(captured(ethernet(0x88cc, Buffer.alloc(40))))).toBeUndefined();
  expect(decodePacket(captured(Buffer.alloc(40), 0, 105))).toBeUndefined();
  const icmp = ipv4({ source: PLC.host, target: PC.host, protocol: 1 }, Buffer.alloc(8));
  expect(decodePacket(captured(ethernet(0x0800, icmp)))).toBeUndefined();
});

it("throws nothing but WireError, whatever the bytes", () => {
  const links = [0, 1, 101, 108, 113, 228, 229, 276];
  fc.assert(
    fc.property(fc.constantFrom(...links), fc.uint8Array({ maxLength: 120 }), (linkType, bytes) => {
      try {
        decodePacket(captured(Buffer.from(bytes), 0, linkType));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 2000 },
  );
});
