import { describe, expect, it } from "vitest";
import type { ProtocolId } from "../fingerprint.ts";
import { createNoter } from "../probes/note.ts";
import { WireError } from "../wire/wire-error.ts";
import type { CapturedPacket } from "./captured.ts";
import type { Ear } from "./ears/ear.ts";
import { createOverhearing } from "./overhearing.ts";
import { captured, connection, ethernet, ipv4, PC, PLC, segment, udp } from "./testing/build.ts";

/** A protocol of frames that begin with their length; "!" is malformed, "?" a question. */
const toyEar = (protocol: ProtocolId, more: Partial<Ear> = {}): Ear => ({
  protocol,
  transport: "tcp",
  ports: [102],
  frameLength: (bytes) => bytes.readUInt8(0) - 0x30 + 1,
  recognises: (bytes, direction) => direction === "to-client" && bytes.toString().startsWith("4toy:"),
  open: (visit) => ({
    toClient(frame) {
      const text = frame.toString("latin1");
      if (text.includes("!")) throw new WireError(1, "an exclamation mark");
      const note = createNoter(visit, protocol, frame);
      note("speaks", true, "it speaks");
      note("text", text.slice(1), "a text");
      note("port", visit.portOf(protocol), `after ${visit.fact(`${protocol}.text`)}`);
    },
  }),
  ...more,
});

function overhear(
  packets: readonly CapturedPacket[],
  ears: readonly Ear[] = [toyEar("s7")],
  mostHosts?: number,
) {
  const overhearing = createOverhearing(ears, mostHosts);
  for (const packet of packets) overhearing.take(packet);
  overhearing.end();
  return overhearing;
}

const answers = (...texts: string[]) =>
  texts.map((text) => ({ isFromServer: true, bytes: Buffer.from(text) }));
const factsOf = (overhearing: ReturnType<typeof overhear>, host: string = PLC.host) => {
  const record = overhearing.hosts().find((one) => one.host === host);
  return Object.fromEntries([...(record?.facts.values() ?? [])].map(({ key, value }) => [key, value]));
};

describe("a TCP conversation overheard", () => {
  it("tells of its server: stack, protocol, MAC", () => {
    const overhearing = overhear(connection(102, answers("2ab")));
    expect(factsOf(overhearing)).toEqual({
      "tcp.connectMs": 2,
      "tcp.view": "syn-ack",
      "tcp.window": 4096,
      "tcp.mss": 1460,
      "tcp.timestamps": false,
      "tcp.sack": false,
      "tcp.ttl": 30,
      "tcp.df": false,
      "tcp.options": "M",
      "s7.speaks": true,
      "s7.text": "ab",
      "s7.port": 102,
      "neighbour.mac": "00:1b:1b:23:eb:3b",
      "neighbour.oui": "00:1b:1b",
    });
    const [record] = overhearing.hosts();
    expect([...(record?.facts.values() ?? [])].every(({ probe }) => probe === "traffic")).toBe(true);
    expect([...(record?.protocols ?? [])]).toEqual([["s7", { port: 102, state: "speaks" }]]);
    expect(overhearing.hosts()).toHaveLength(1);
  });

  it("is cut into frames, whatever way TCP cut it", () => {
    const overhearing = overhear(connection(102, answers("2", "a", "b3", "cde2f")));
    expect(factsOf(overhearing)["s7.text"]).toBe("cde");
    expect(overhearing.counts.frames).toBe(2);
  });

  it("goes on behind what is malformed, and counts it", () => {
    const overhearing = overhear(connection(102, answers("2a!", "2cd", "/", "2ef")));
    expect(factsOf(overhearing)["s7.text"]).toBe("ef");
    expect(overhearing.counts).toMatchObject({ malformed: 2, frames: 3 });
  });

  it("is known on another port by its first bytes", () => {
    const overhearing = overhear(connection(20_000, answers("4toy:")));
    expect(factsOf(overhearing)).toMatchObject({ "s7.text": "toy:", "s7.port": 20_000, "tcp.ttl": 30 });
  });

  it("in no known protocol tells nothing, and of nobody", () => {
    expect(overhear(connection(20_000, answers("2ab"))).hosts()).toEqual([]);
  });

  it("whose handshake was missed still tells TTL and DF", () => {
    const later = segment({
      isFromServer: true,
      from: 102,
      to: 4305,
      sequence: 5,
      flags: "PA",
      payload: Buffer.from("2ab"),
      ttl: 60,
      dontFragment: true,
    });
    const facts = factsOf(overhear([later, later]));
    expect(facts).toMatchObject({ "tcp.ttl": 60, "tcp.df": true, "s7.text": "ab" });
    expect(facts["tcp.window"]).toBeUndefined();
  });

  it("that was refused tells that the port is closed; one that was reset later does not", () => {
    const ask = { isFromServer: false, from: 4305, to: 102, sequence: 1 };
    const answer = { isFromServer: true, from: 102, to: 4305, sequence: 9 };
    const refused = overhear([segment({ ...ask, flags: "S" }), segment({ ...answer, flags: "RA" })]);
    expect(refused.hosts()[0]?.protocols.get("s7")).toEqual({ port: 102, state: "closed" });
    const reset = overhear([
      segment({ ...ask, flags: "S" }),
      segment({ ...answer, flags: "SA" }),
      segment({ ...ask, flags: "A" }),
      segment({ ...answer, flags: "R" }),
    ]);
    expect(reset.hosts()[0]?.protocols.get("s7")?.state).toBe("open");
  });

  it("loses what is before a hole, and hears what is behind it", () => {
    const part = (sequence: number, text: string) =>
      segment({ isFromServer: true, from: 102, to: 4305, sequence, flags: "PA", payload: Buffer.from(text) });
    const overhearing = overhear([part(0, "5ab"), part(10, "2xy")]);
    expect(factsOf(overhearing)["s7.text"]).toBe("xy");
    expect(overhearing.counts.gaps).toBe(1);
  });

  it("with a frame that never ends is given up", () => {
    const endless = toyEar("s7", { frameLength: () => undefined });
    const flood = Buffer.alloc(100_000, 0x31);
    const overhearing = overhear(
      connection(
        102,
        [1, 2, 3].map(() => ({ isFromServer: true, bytes: flood.subarray(0, 60_000) })),
      ),
      [endless],
    );
    expect(overhearing.counts.malformed).toBe(0);
    const more = overhear(
      connection(
        102,
        [1, 2, 3, 4, 5].map(() => ({ isFromServer: true, bytes: flood.subarray(0, 60_000) })),
      ),
      [endless],
    );
    expect(more.counts.malformed).toBe(1);
  });
});

describe("a MAC", () => {
  const arp = (ip: string) =>
    captured(
      ethernet(0x0806, Buffer.from(`00010800060400020${"01b1b23eb3b"}${ip}90e6ba845e410a000009`, "hex")),
      7_000_000,
    );

  it("is a host's own where ARP says so, and the time of it is kept", () => {
    const overhearing = overhear([arp("0a000005")]);
    expect(factsOf(overhearing)).toEqual({
      "neighbour.mac": "00:1b:1b:23:eb:3b",
      "neighbour.oui": "00:1b:1b",
    });
    expect(overhearing.hosts()[0]?.lastUs).toBe(7_000_000);
  });

  it("that stands before two hosts is a router's", () => {
    expect(factsOf(overhear([arp("0a000005"), arp("0a000006")]))).toEqual({});
  });

  it("of packets that have made a hop is a router's", () => {
    const facts = factsOf(overhear(connection(102, answers("2ab"), { ttl: 52 })));
    expect(facts["tcp.ttl"]).toBe(52);
    expect(facts["neighbour.mac"]).toBeUndefined();
  });
});

describe("UDP", () => {
  const datagram = (from: typeof PLC | typeof PC, ports: [number, number], text: string) => {
    const to = from === PLC ? PC : PLC;
    const packet = ipv4(
      { source: from.host, target: to.host, protocol: 17 },
      udp(...ports, Buffer.from(text)),
    );
    return captured(ethernet(0x0800, packet, from.mac));
  };
  const heard: string[] = [];
  const { frameLength: _, recognises: __, ...base } = toyEar("hart-ip");
  const ear: Ear = {
    ...base,
    transport: "udp",
    ports: [5094],
    open: (visit) => ({
      toServer: (frame) => void heard.push(`${visit.host} is asked ${frame}`),
      toClient: (frame) => void heard.push(`${visit.host} says ${frame}`),
    }),
  };

  it("is heard both ways, also where the answer comes from another port", () => {
    heard.length = 0;
    overhear(
      [
        datagram(PC, [49_905, 5094], "who?"),
        datagram(PLC, [5095, 49_905], "me"),
        datagram(PLC, [5095, 1], "to somebody else"),
        datagram(PC, [1, 2], "another protocol"),
        datagram(PC, [1, 5094], ""),
      ],
      [ear],
    );
    expect(heard).toEqual([`${PLC.host} is asked who?`, `${PLC.host} says me`]);
  });

  it("between two that use the same port is heard for both", () => {
    heard.length = 0;
    overhear([datagram(PC, [5094, 5094], "who?"), datagram(PLC, [5094, 5094], "me")], [ear]);
    expect(heard).toEqual([
      `${PLC.host} is asked who?`,
      `${PC.host} says who?`,
      `${PC.host} is asked me`,
      `${PLC.host} says me`,
    ]);
  });
});

describe("what is kept", () => {
  it("has a bound in hosts, and what is not kept is counted", () => {
    const arp = (last: number) =>
      captured(
        ethernet(
          0x0806,
          Buffer.from(
            `0001080006040002001b1b23eb3b0a0000${last.toString(16).padStart(2, "0")}90e6ba845e410a000009`,
            "hex",
          ),
        ),
      );
    const overhearing = overhear([1, 2, 3, 2].map(arp), [], 2);
    expect(overhearing.hosts().map(({ host }) => host)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(overhearing.counts.dropped).toBe(1);
  });

  it("counts damaged packets and goes on", () => {
    const whole = connection(102, answers("2ab"));
    const damaged = captured(Buffer.alloc(9));
    const overhearing = overhear([damaged, ...whole]);
    expect(overhearing.counts).toMatchObject({ packets: whole.length + 1, damaged: 1 });
    expect(factsOf(overhearing)["s7.text"]).toBe("ab");
  });

  it("sends nothing, whoever asks", async () => {
    let results: unknown[] = [];
    const nosy = toyEar("s7", {
      open: (visit) => ({
        toClient: () => {
          const { signal } = new AbortController();
          results = [visit.connect("s7", signal), visit.datagram("s7", signal), visit.left];
        },
      }),
    });
    overhear(connection(102, answers("2ab")), [nosy]);
    const forbidden = { kind: "forbidden", reason: "nothing is sent while listening" };
    expect(await Promise.all(results)).toEqual([forbidden, forbidden, { connections: 0, frames: 0 }]);
  });

  it("lets a bug in an ear through", () => {
    const broken = toyEar("s7", {
      open: () => ({
        toClient: () => {
          throw new TypeError("a bug");
        },
      }),
    });
    expect(() => overhear(connection(102, answers("2ab")), [broken])).toThrow("a bug");
  });
});
