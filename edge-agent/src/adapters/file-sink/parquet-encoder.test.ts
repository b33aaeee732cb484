import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { outboundLines } from "../../core/outbox/outbound-lines.ts";
import { rowReader } from "./parquet-columns.ts";
import { createParquetEncoder } from "./parquet-encoder.ts";
import { numbered } from "./test-kit.ts";

const linesOf = (number: number, rows: number) =>
  outboundLines(numbered(number, rows)).lines.map(({ text }) => text);

async function encoded(pieces: readonly Uint8Array[]): Promise<ArrayBuffer> {
  const encoder = createParquetEncoder("readings");
  const ready: Uint8Array<ArrayBuffer>[] = [];
  for (const piece of pieces) ready.push(await encoder.push(piece));
  ready.push(await encoder.end());
  return new Blob(ready).arrayBuffer();
}

async function rowsOf(file: ArrayBuffer) {
  const parsers = { timestampFromMicroseconds: (micros: bigint) => micros as unknown as Date };
  return (await parquetReadObjects({ file, parsers })).map(rowReader("readings"));
}

/** The same bytes, cut at these places. */
function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const edges = [
    0,
    ...at.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  return edges.slice(1).map((end, i) => bytes.slice(edges[i], end));
}

describe("a Parquet file that is made piece by piece", () => {
  it("is the same file wherever the pieces end", async () => {
    const text = Buffer.from(linesOf(3, 40).join("").replaceAll('"Cel"', '"°C"'), "utf8");
    const whole = Buffer.from(await encoded([text]));
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(share, { maxLength: 12 }), async (at) => {
        expect(Buffer.from(await encoded(cut(text, at))).equals(whole)).toBe(true);
      }),
      { numRuns: 40 },
    );
    expect((await rowsOf(await encoded([text])))[39]).toMatchObject({
      row: 39,
      unit: "°C",
      value: 3 + 39 / 1024,
    });
  });

  it("has groups of 20,000 rows, and every row once and in its order", async () => {
    const texts = [1, 2, 3].flatMap((number) => linesOf(number, 15_000));
    const file = await encoded(cut(Buffer.from(texts.join(""), "utf8"), [0.1, 0.4, 0.41, 0.9]));
    expect(parquetMetadata(file).row_groups.map(({ num_rows }) => num_rows)).toEqual([
      20_000n,
      20_000n,
      5000n,
    ]);
    expect(await rowsOf(file)).toEqual(texts.map((text) => JSON.parse(text)));
  });

  it("refuses what is no JSON and no UTF-8", async () => {
    await expect(encoded([Buffer.from('{"row":\n{}\n')])).rejects.toThrow(SyntaxError);
    await expect(encoded([Uint8Array.of(0x22, 0xff, 0x22, 0x0a)])).rejects.toThrow(TypeError);
  });
});
