import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PointType, typeOf } from "../../edge-agent/src/adapters/mqtt/sparkplug/data-type.ts";
import { dbirth, ddata, nbirth, ndeath } from "../../edge-agent/src/adapters/mqtt/sparkplug/payload.ts";
import type { Point } from "../../edge-agent/src/adapters/mqtt/sparkplug/points.ts";
import type { Value } from "../../edge-agent/src/core/reading.ts";
import { decodeSparkplug } from "./sparkplug-decode.ts";

/** From protoc 3.21.12 --encode with the specification's own message definitions (Sparkplug 3.0, 6.4.1) and, of
 *  DBIRTH, by the npm package sparkplug-payload 1.0.3 alike. */
const GOLDEN = {
  ndeath: "08eaf2f5a8a02b12120a05626453657118eaf2f5a8a02b20045807",
  nbirth:
    "08eaf2f5a8a02b12140a056264536571100018eaf2f5a8a02b2004580712210a144e6f646520436f6e74726f6c2f5265626972746818eaf2" +
    "f5a8a02b200b70001800",
  dbirth:
    "08eaf2f5a8a02b12480a0e732f612f6c2f632f6d2f74656d70100118f0f1f5a8a02b200a4a220a075175616c6974790a07656e67556e6974" +
    "1205080318c0011207080c420343656c690000000000803540123e0a0e732f612f6c2f632f6d2f6e616d65100218eaf2f5a8a02b200c3801" +
    "4a1f0a075175616c6974790a07656e67556e69741204080318001205080c4201311801",
  ddata:
    "08eaf2f5a8a02b1214100118f0f1f5a8a02b280169000000000000e0bf122f100218f1f1f5a8a02b280138014a200a075175616c6974790a" +
    "0853657175656e63651204080318001205080420ac0218ff012212303063306666656530306330666665652f37",
};
const NOW_MS = 1_486_144_502_122;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function point(
  alias: number,
  name: string,
  unit: string,
  type: PointType | undefined,
  last?: Point["last"],
): Point {
  const tag = { id: `s/a/l/c/m/${name}`, unit, device: "plc", protocol: "s7", address: "DB1,REAL0" } as const;
  return { tag, device: "plc", alias, type, last, isMarked: false };
}

const row = (of: Point, value: Value, more: Partial<Parameters<typeof ddata>[0][number]> = {}) => ({
  point: of,
  value,
  status: 0,
  timeMs: NOW_MS,
  sequence: 1,
  row: 0,
  tellsQuality: false,
  ...more,
});

const header = { seq: 3, nowMs: NOW_MS, isHistorical: false, uuid: "e/1", withSequences: false };

describe("Sparkplug payloads", () => {
  it("have the bytes that Google's encoder makes", () => {
    const temp = point(1, "temp", "Cel", "Double", { value: 21.5, status: 0, timeMs: NOW_MS - 122 });
    const name = point(2, "name", "1", "String");
    expect(hex(ndeath(7, NOW_MS))).toBe(GOLDEN.ndeath);
    expect(hex(nbirth(7, 0, NOW_MS))).toBe(GOLDEN.nbirth);
    expect(hex(dbirth([temp, name], 1, NOW_MS))).toBe(GOLDEN.dbirth);
    const history = { seq: 255, nowMs: NOW_MS, isHistorical: true, uuid: "00c0ffee00c0ffee/7" };
    const plain = ddata([row(temp, -0.5, { timeMs: NOW_MS - 122 })], { ...history, withSequences: false });
    const counted = ddata([row(name, null, { timeMs: NOW_MS - 121, status: 0x8000_0000, sequence: 300 })], {
      ...history,
      withSequences: true,
    });
    // Two messages here, one there: the metrics are the same.
    const golden = decodeSparkplug(Buffer.from(GOLDEN.ddata, "hex"));
    expect([decodeSparkplug(plain), decodeSparkplug(counted)]).toEqual(
      golden.metrics.map((metric) => ({ ...golden, metrics: [metric] })),
    );
    expect(GOLDEN.ddata).toContain(hex(plain).slice(18, 58));
  });

  it("carry any number, text, truth and null in the field of its type", () => {
    const scalar = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "binary" }),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(
        scalar,
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (value, alias, seq) => {
          const type = typeOf(value);
          const bytes = ddata([row(point(alias, "x", "1", type), value)], { ...header, seq });
          const { metrics, ...rest } = decodeSparkplug(bytes);
          expect(rest).toEqual({ timestamp: NOW_MS, seq, uuid: "e/1" });
          const field = { Double: 13, Boolean: 14, String: 15 }[String(type)];
          const held =
            value === null ? { isNull: true } : { field, value: Object.is(value, -0) ? -0 : value };
          expect(metrics).toEqual([{ alias, timestamp: NOW_MS, properties: {}, ...held }]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("pack arrays little endian: doubles, bits behind their count, texts with a NUL behind each", () => {
    const packed = (items: Value) => {
      const type = typeOf(items);
      const bytes = ddata([row(point(1, "x", "1", type), items)], header);
      return [type, hex(decodeSparkplug(bytes).metrics[0]?.value as Uint8Array)];
    };
    expect(packed([1, -2])).toEqual(["DoubleArray", "000000000000f03f00000000000000c0"]);
    const bits = [..."001101001101"].map((bit) => bit === "1");
    expect(packed(bits)).toEqual(["BooleanArray", "0c00000034d0"]);
    expect(packed(["ABC", "hello"])).toEqual(["StringArray", "4142430068656c6c6f00"]);
  });

  it("say a quality only where it is not good, or good again", () => {
    const of = point(1, "x", "1", "Double");
    const qualities = [
      row(of, 1),
      row(of, 1, { status: 0x4090_0000 }),
      row(of, null, { status: 0x808a_0000 }),
      row(of, 1, { tellsQuality: true }),
    ].map((each) => decodeSparkplug(ddata([each], header)).metrics[0]?.properties["Quality"]);
    expect(qualities).toEqual([
      undefined,
      { type: 3, value: 500 },
      { type: 3, value: 0 },
      { type: 3, value: 192 },
    ]);
  });
});
