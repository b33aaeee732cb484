import { once } from "node:events";
import { connect } from "node:net";
import {
  AttributeIds,
  CreateMonitoredItemsRequest,
  type CreateMonitoredItemsResponse,
  DataChangeFilter,
  DeadbandType,
  OPCUAClient,
  StatusCodes,
  TransferSubscriptionsRequest,
} from "node-opcua";
import { afterEach, describe, expect, it } from "vitest";
import { createClientIdentity, type OpcuaSession, visitOpcua } from "./opcua-reader.ts";
import { otherProfiles } from "./other-profiles.ts";
import type { ZooDevice } from "./zoo-profile.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(id: string): Promise<{ device: ZooDevice; port: number; url: string }> {
  const profile = otherProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new RangeError(`no profile ${id}`);
  const device = await profile.start({ seed: 1, latencyScale: 0.02 });
  closers.push(() => device.close());
  const port = device.endpoints[0].ports.opcua ?? 0;
  return { device, port, url: `opc.tcp://127.0.0.1:${port}` };
}

const PRODUCT = "i=2261";
const URI = "i=2262";
const MANUFACTURER = "i=2263";
const SOFTWARE = "i=2264";
const NODES_PER_READ = "i=11705";
const SPEED = 'ns=3;s="Line"."Speed"';

async function valuesOf(session: OpcuaSession, ...nodes: readonly string[]): Promise<unknown[]> {
  const read = await session.read(nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
  return read.map(({ value }) => value.value);
}

const subscribe = (session: OpcuaSession, publishingMs: number) =>
  session.createSubscription({
    requestedPublishingInterval: publishingMs,
    requestedLifetimeCount: 100,
    requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });

async function watchWithDeadband(session: OpcuaSession): Promise<CreateMonitoredItemsResponse> {
  const { subscriptionId } = await subscribe(session, 500);
  return await session.createMonitoredItems(
    new CreateMonitoredItemsRequest({
      subscriptionId,
      itemsToCreate: [
        {
          itemToMonitor: { nodeId: SPEED, attributeId: AttributeIds.Value },
          requestedParameters: {
            clientHandle: 1,
            samplingInterval: 10,
            queueSize: 1,
            filter: new DataChangeFilter({ deadbandType: DeadbandType.Absolute, deadbandValue: 5 }),
          },
        },
      ],
    }),
  );
}

describe("the OPC UA server of an S7-1500", () => {
  it("says who it is, and its new firmware after an update", async () => {
    const { url, device } = await start("s7-1500-opcua-only");
    await visitOpcua(url, undefined, async (session) => {
      expect(await valuesOf(session, PRODUCT, URI, MANUFACTURER, SOFTWARE)).toEqual([
        "SIMATIC S7-1500",
        "https://www.siemens.com/s7-1500",
        "Siemens AG",
        "V2.9.2",
      ]);
      device.setFirmware?.("V3.0.1");
      expect(await valuesOf(session, SOFTWARE)).toEqual(["V3.0.1"]);
    });
  });

  it("gives 1000 nodes in one call and no more, and says so", async () => {
    const { url } = await start("s7-1500-opcua-only");
    await visitOpcua(url, undefined, async (session) => {
      expect(await valuesOf(session, NODES_PER_READ)).toEqual([1000]);
      const all = new Array<string>(1000).fill(SPEED);
      expect(await valuesOf(session, ...all)).toHaveLength(1000);
      await expect(valuesOf(session, ...all, SPEED)).rejects.toThrow("BadTooManyOperations");
    });
  });

  it("publishes every 500 ms at the fastest and samples every 100 ms", async () => {
    const { url } = await start("s7-1500-opcua-only");
    await visitOpcua(url, undefined, async (session) => {
      expect((await subscribe(session, 50)).revisedPublishingInterval).toBe(500);
      expect((await subscribe(session, 2000)).revisedPublishingInterval).toBe(2000);
      const { results } = await watchWithDeadband(session);
      expect(results?.[0]).toMatchObject({ statusCode: StatusCodes.Good, revisedSamplingInterval: 100 });
    });
  });

  it("does not transfer subscriptions", async () => {
    const { url } = await start("s7-1500-opcua-only");
    await visitOpcua(url, undefined, async (session) => {
      const { subscriptionId } = await subscribe(session, 500);
      const transfer = session.transferSubscriptions(
        new TransferSubscriptionsRequest({ subscriptionIds: [subscriptionId], sendInitialValues: true }),
      );
      await expect(transfer).rejects.toThrow("BadServiceUnsupported");
    });
  });

  it("has 32 sessions", async () => {
    const { url, device } = await start("s7-1500-opcua-only");
    await device.occupy?.(32);
    const visit = () => visitOpcua(url, undefined, (session) => valuesOf(session, SPEED));
    await expect(visit()).rejects.toThrow("BadTooManySessions");
    await device.occupy?.(31);
    expect(await visit()).toEqual([-1480]);
  });

  it("rejects a certificate that it sees for the first time, and trusts it from then on", async () => {
    const { url } = await start("s7-1500-opcua-only");
    const identity = await createClientIdentity();
    closers.push(() => identity.forget());
    const visit = () => visitOpcua(url, identity, (session) => valuesOf(session, SPEED));
    await expect(visit()).rejects.toThrow();
    expect(await visit()).toEqual([-1480]);
  });
});

describe("the OPC UA server of an S7-1200", () => {
  it("refuses data change filters", async () => {
    const { url } = await start("s7-1200-opcua");
    await visitOpcua(url, undefined, async (session) => {
      const { results } = await watchWithDeadband(session);
      expect(results?.[0]?.statusCode).toBe(StatusCodes.BadMonitoredItemFilterUnsupported);
    });
  });

  it("watches 1000 items and no more", async () => {
    const { url } = await start("s7-1200-opcua");
    await visitOpcua(url, undefined, async (session) => {
      const { subscriptionId } = await subscribe(session, 500);
      const item = {
        itemToMonitor: { nodeId: SPEED, attributeId: AttributeIds.Value },
        requestedParameters: { clientHandle: 1, samplingInterval: 100, queueSize: 1 },
      };
      const watch = async (items: number) => {
        const itemsToCreate = new Array(items).fill(item);
        const { results } = await session.createMonitoredItems(
          new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate }),
        );
        return new Set(results?.map(({ statusCode }) => statusCode.name));
      };
      expect(await watch(1000)).toEqual(new Set(["Good"]));
      expect(await watch(1)).toEqual(new Set(["BadTooManyMonitoredItems"]));
    });
  });

  it("has 10 sessions", async () => {
    const { url, device } = await start("s7-1200-opcua");
    const visit = () => visitOpcua(url, undefined, (session) => valuesOf(session, SPEED));
    await device.occupy?.(100);
    await expect(visit()).rejects.toThrow("BadTooManySessions");
    await device.occupy?.(9);
    expect(await visit()).toEqual([-1480]);
  });
});

/** A Hello that asks for this address. */
function helloTo(url: string): Buffer {
  const message = Buffer.alloc(32 + url.length);
  message.write("HELF", "latin1");
  message.writeUInt32LE(message.length, 4);
  message.writeUInt32LE(65_536, 12);
  message.writeUInt32LE(65_536, 16);
  message.writeUInt32LE(url.length, 28);
  message.write(url, 32, "latin1");
  return message;
}

async function answerTo(port: number, ...chunks: readonly Buffer[]): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  closers.push(async () => void socket.destroy());
  await once(socket, "connect");
  socket.setNoDelay();
  for (const chunk of chunks) {
    socket.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [answer] = await once(socket, "data");
  return answer;
}

describe("an OPC UA server with an opinion on its address", () => {
  it("names a host that nobody resolves", async () => {
    const { url } = await start("opcua-unresolvable-host");
    const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 } });
    await client.connect(url);
    const endpoints = await client.getEndpoints();
    await client.disconnect();
    expect(new Set(endpoints.map(({ endpointUrl }) => URL.parse(String(endpointUrl))?.hostname))).toEqual(
      new Set(["line7.invalid"]),
    );
  });

  it("answers BadTcpEndpointUrlInvalid to a Hello for another host, and a Hello for its own in two halves", async () => {
    const { port, device } = await start("opcua-unresolvable-host");
    const refusal = await answerTo(port, helloTo(`opc.tcp://line7.invalid:${port}`));
    expect(refusal.toString("latin1", 0, 4)).toBe("ERRF");
    expect(refusal.readUInt32LE(8)).toBe(0x80830000);
    const hello = helloTo(`opc.tcp://127.0.0.1:${port}`);
    const welcome = await answerTo(port, hello.subarray(0, 40), hello.subarray(40));
    expect(welcome.toString("latin1", 0, 4)).toBe("ACKF");
    expect(device.connections).toBe(2);
    expect(device.received.at(-1)?.bytes).toEqual(hello);
  });
});

describe("an OPC UA server that wants encryption", () => {
  it("lets a client with a new certificate in, where it is of the trusting kind", async () => {
    const { url } = await start("opcua-basic256sha256-only");
    const identity = await createClientIdentity();
    closers.push(() => identity.forget());
    const value = visitOpcua(url, identity, (session) => valuesOf(session, "ns=2;s=Line.Speed"));
    expect(await value).toEqual([-1480]);
  });

  it("rejects every client where it is not", async () => {
    const { url } = await start("opcua-untrusting");
    const identity = await createClientIdentity();
    closers.push(() => identity.forget());
    const visit = () => visitOpcua(url, identity, (session) => valuesOf(session, "ns=2;s=Line.Speed"));
    await expect(visit()).rejects.toThrow();
    await expect(visit()).rejects.toThrow();
  });

  it("offers nothing without security", async () => {
    const { url } = await start("opcua-untrusting");
    await expect(visitOpcua(url, undefined, () => Promise.resolve())).rejects.toThrow("End point must exist");
  });
});
