import { describe, expect, it } from "vitest";
import { refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { createOverhearing } from "./overhearing.ts";
import { decodeDcp } from "./profinet-dcp.ts";
import { captured, ethernet, PLC } from "./testing/build.ts";

/** One option with its data; the state before it, a fill byte behind it where it is odd. */
function block(option: string, data: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(2 + data.length);
  return Buffer.concat([
    Buffer.from(option, "hex"),
    length,
    Buffer.from([0, 0]),
    data,
    Buffer.alloc(data.length % 2),
  ]);
}

function frame(id: string, service: string, ...blocks: Buffer[]): Buffer {
  const data = Buffer.concat(blocks);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length);
  return Buffer.concat([
    Buffer.from(`${id}${service}0000000700 00`.replaceAll(" ", ""), "hex"),
    length,
    data,
  ]);
}

const blocks = [
  block("0201", Buffer.from("S7-300")),
  block("0202", Buffer.from("pn-io-1")),
  block("0203", Buffer.from("002a0105", "hex")),
  block("0204", Buffer.from("0200", "hex")),
  block("0102", Buffer.from("0a000005ffffff000a000005", "hex")),
];
const response = frame("feff", "0501", ...blocks);

describe("PROFINET DCP", () => {
  it("tells type, name, vendor and address of who is searched for", () => {
    expect(decodeDcp(response)).toEqual({
      host: "10.0.0.5",
      stationType: "S7-300",
      stationName: "pn-io-1",
      vendorId: "002a",
      deviceId: "0105",
    });
  });

  it("tells the same at the start of a device", () => {
    expect(decodeDcp(frame("fefc", "0600", ...blocks))).toEqual(decodeDcp(response));
  });

  it.each([
    { name: "who searches", bytes: frame("fefe", "0500", block("ffff", Buffer.alloc(0))) },
    { name: "cyclic data", bytes: Buffer.from("8000112233445566", "hex") },
    { name: "a refusal", bytes: frame("feff", "0505") },
  ])("says nothing of $name", ({ bytes }) => {
    expect(decodeDcp(bytes)).toBeUndefined();
  });

  it("is refused wherever it is cut short", () => {
    refusesEveryPrefix(response, decodeDcp, 0);
    survivesAnything(decodeDcp, [response]);
  });

  it("is overheard, under the device's address or, before it has one, under its MAC", () => {
    const overhearing = createOverhearing([]);
    overhearing.take(captured(ethernet(0x8892, response, PLC.mac, [0x8100]), 5_000_000));
    const unnamed = frame(
      "feff",
      "0501",
      block("0201", Buffer.from("ET200S")),
      block("0102", Buffer.alloc(12)),
    );
    overhearing.take(captured(ethernet(0x8892, unnamed, "020000000007")));
    overhearing.take(captured(response, 0, 113));
    const facts = overhearing
      .hosts()
      .map(({ host, facts: all }) => [
        host,
        Object.fromEntries([...all.values()].map(({ key, value }) => [key, value])),
      ]);
    expect(facts).toEqual([
      [
        "10.0.0.5",
        {
          "dcp.stationType": "S7-300",
          "dcp.stationName": "pn-io-1",
          "dcp.vendorId": "002a",
          "dcp.deviceId": "0105",
          "neighbour.mac": "00:1b:1b:23:eb:3b",
          "neighbour.oui": "00:1b:1b",
        },
      ],
      [
        "02:00:00:00:00:07",
        { "dcp.stationType": "ET200S", "neighbour.mac": "02:00:00:00:00:07", "neighbour.oui": "02:00:00" },
      ],
    ]);
  });
});
