import { describe, expect, it } from "vitest";
import type { DataPlane } from "../../ports/data-plane.ts";
import { startApi } from "./harness.ts";

const noFft = () => {
  throw new Error("no spectrum here");
};

const dataPlane: DataPlane = {
  sinks: () => [
    {
      sink: "historian",
      kind: "postgres",
      state: "trouble",
      fault: "denied",
      message: "password authentication failed",
      sinceUs: 2e6,
      attempts: 3,
      rows: 10,
      refused: 0,
    },
  ],
  statistics: async () => ({
    file: "/var/lib/stethos/outbox.db",
    bytes: 4096,
    epoch: "00112233aabbccdd",
    batches: 2,
    rows: 2000,
    oldestUs: 1e6,
    uncommitted: 7,
    dropped: [{ stream: "readings", cause: "full-bytes", rows: 12 }],
    sinks: [{ sink: "historian", waitingBatches: 2, waitingRows: 2000, oldestUs: 1e6 }],
    trouble: undefined,
  }),
};

describe("GET /v1/outbox", () => {
  it("tells what waits, what was dropped and why a sink does not take it", async () => {
    await using bench = await startApi({}, noFft, { dataPlane });
    const { status, json } = await bench.ask("/v1/outbox");
    expect(status).toBe(200);
    expect(json).toEqual({
      isConfigured: true,
      bytes: 4096,
      epoch: "00112233aabbccdd",
      batches: 2,
      rows: 2000,
      oldestTime: "1970-01-01T00:00:01.000000Z",
      uncommitted: 7,
      dropped: [{ stream: "readings", cause: "full-bytes", rows: 12 }],
      sinks: [
        {
          sink: "historian",
          kind: "postgres",
          state: "trouble",
          fault: "denied",
          message: "password authentication failed",
          sinceTime: "1970-01-01T00:00:02.000000Z",
          attempts: 3,
          rows: 10,
          refused: 0,
          waitingBatches: 2,
          waitingRows: 2000,
          oldestTime: "1970-01-01T00:00:01.000000Z",
        },
      ],
    });
  });

  it("says that nothing leaves an agent without sinks", async () => {
    await using bench = await startApi({}, noFft);
    const { json } = await bench.ask("/v1/outbox");
    expect(json).toMatchObject({ isConfigured: false, sinks: [] });
  });
});
