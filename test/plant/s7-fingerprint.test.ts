import {
  builtInSignatures,
  type FactValue,
  type Fingerprint,
  identify,
  parseAllowList,
} from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { type S7Server, startS7Server } from "./s7-server.ts";

const never = new AbortController().signal;
const open: S7Server[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function examine(pduSize: number): Promise<{ print: Fingerprint; server: S7Server }> {
  const server = await startS7Server({ pduSize });
  open.push(server);
  const print = await identify(
    { host: "127.0.0.1", ports: { s7: server.port }, protocols: ["s7"] },
    {
      clock: createSystemClock(),
      allow: parseAllowList(["127.0.0.1"]),
      signatures: await builtInSignatures(),
      budget: { spacingMs: 0 },
    },
    never,
  );
  return { print, server };
}

const factsOf = ({ facts }: Fingerprint): Readonly<Record<string, FactValue>> =>
  Object.fromEntries(facts.map(({ key, value }) => [key, value]));

describe("the S7 probe at snap7's server", () => {
  it.each([240, 480])("reads who it says it is over a PDU of %i, and that it is none", async (pduSize) => {
    const { print } = await examine(pduSize);
    expect(factsOf(print)).toMatchObject({
      "cotp.ccOrder": "C1,C2,C0",
      "cotp.sourceRef": 1,
      "s7.speaks": true,
      "s7.tsap": 0x0302,
      "s7.pduSize": pduSize,
      "s7.orderNumber": "6ES7 315-2EH14-0AB0",
      "s7.firmware": "V3.2.6",
      "s7.stationName": "SNAP7-SERVER",
      "s7.serial": "S C-C2UR28922012",
      "s7.moduleType": "CPU 315-2 PN/DP",
      "s7.connections": 1024,
      "s7.mostPduSize": 2048,
      "s7.szlFragmented": false,
    });
    expect(print.nature).toBe("simulator");
    expect(print.spent).toMatchObject({ connections: 1 });
    expect(print.spent.frames).toBeLessThanOrEqual(6);
  });

  it("tells a list that snap7 cuts off at the end of its PDU", async () => {
    const { print } = await examine(240);
    expect(factsOf(print)["s7.szlTruncated"]).toBe(true);
  });

  it("gives its connection back", async () => {
    const { server } = await examine(480);
    await expect.poll(() => server.clients()).toBe(0);
  });
});
