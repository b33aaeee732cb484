import { createManualClock } from "@stethos/protocol-finger/clock";
import { beforeAll, describe, expect, it } from "vitest";
import type { Connection, Session } from "./connect.ts";
import { beat } from "./heartbeat.ts";
import { loadOpcua, type Opcua } from "./library.ts";
import { readChanges } from "./notification.ts";
import { type Notification, startPublishing } from "./publish.ts";
import type { Subscription } from "./subscribe.ts";

let opcua: Opcua;
beforeAll(async () => {
  opcua = await loadOpcua();
});

type Publish = Session["publish"];
type Asked = { readonly request: Parameters<Publish>[0]; readonly answer: Parameters<Publish>[1] };

const subscription = (id: number): Subscription => ({
  id,
  group: { name: `g${id}`, periodMs: 100, tags: [0, 1], waveforms: [0] },
  keepAliveMs: 1000,
});

/** A server whose answers the test gives. */
function setUp(subscriptions: readonly Subscription[]) {
  const asked: Asked[] = [];
  let state: unknown = 0;
  const session = {
    publish: (request: Asked["request"], answer: Asked["answer"]) => asked.push({ request, answer }),
    read: () => Promise.resolve({ statusCode: { value: 0 }, value: { value: state } }),
  };
  const connection = {
    opcua,
    session: session as unknown as Session,
    url: "opc.tcp://plc:4840",
    broken: new AbortController().signal,
    close: () => Promise.resolve(),
  } satisfies Connection;
  const clock = createManualClock();
  const lost: unknown[] = [];
  const told: Notification[] = [];
  const stop = new AbortController();
  let onNotification = (notification: Notification): void => {
    told.push(notification);
  };
  const publishing = startPublishing(
    connection,
    subscriptions,
    {
      clock,
      onNotification: (notification) => onNotification(notification),
      onLost: (reason) => lost.push(reason),
    },
    stop.signal,
  );
  return {
    asked,
    clock,
    connection,
    lost,
    told,
    stop,
    publishing,
    fail(message: string) {
      asked.shift()?.answer(new Error(message));
    },
    say(subscriptionId: number, sequenceNumber: number, notificationData: unknown[] | null) {
      const message = new opcua.NotificationMessage({ sequenceNumber });
      Object.assign(message, { notificationData });
      const response = new opcua.PublishResponse({ subscriptionId });
      response.notificationMessage = message;
      asked.shift()?.answer(null, response);
    },
    handleWith(handler: () => void) {
      onNotification = handler;
    },
    setState(value: unknown) {
      state = value;
    },
  };
}

const change = (items: readonly { handle: number; value: number; status?: number }[]) => {
  const monitoredItems = items.map(({ handle, value, status }) => ({
    clientHandle: handle,
    value: new opcua.DataValue({ value: { dataType: "Double", value } }),
    status,
  }));
  const notification = new opcua.DataChangeNotification({ monitoredItems });
  items.forEach(({ status }, i) => {
    const item = notification.monitoredItems?.[i];
    if (item && status !== undefined)
      Object.defineProperty(item.value, "statusCode", { value: { value: status } });
  });
  return notification;
};

describe("fetching notifications", () => {
  it("keeps four requests more at the server than there are subscriptions, and acknowledges what came", async () => {
    const { asked, told, say } = setUp([subscription(1), subscription(2)]);
    await Promise.resolve();
    expect(asked).toHaveLength(6);
    say(1, 7, [change([{ handle: 0, value: 1 }])]);
    expect(told.map((one) => one.subscription.id)).toEqual([1]);
    expect(asked).toHaveLength(6);
    const acknowledged = asked.at(-1)?.request.subscriptionAcknowledgements ?? [];
    expect(acknowledged.map((one) => [one.subscriptionId, one.sequenceNumber])).toEqual([[1, 7]]);
  });

  it("does not acknowledge a keep-alive, and remembers that it came", async () => {
    const { asked, clock, publishing, say } = setUp([subscription(1)]);
    await clock.advance(400);
    say(1, 8, null);
    expect(asked.at(-1)?.request.subscriptionAcknowledgements).toEqual([]);
    expect(publishing.lastHeardMs(subscription(1))).toBe(400);
    expect(publishing.lastHeardMs(subscription(5))).toBe(0);
  });

  it("asks less where the server cannot hold so many requests", async () => {
    const { asked, lost, fail, say } = setUp([subscription(1), subscription(2)]);
    await Promise.resolve();
    fail("serviceResult = BadTooManyPublishRequests (0x80780000)");
    expect(asked).toHaveLength(5);
    say(1, 1, null);
    expect(asked).toHaveLength(5);
    expect(lost).toEqual([]);
  });

  it("gives the connection up where a request fails", async () => {
    const { lost, fail } = setUp([subscription(1)]);
    await Promise.resolve();
    fail("serviceResult = BadNoSubscription (0x80790000)");
    expect(lost).toMatchObject([
      { code: "PLC_UNREACHABLE", message: expect.stringContaining("BadNoSubscription") },
    ]);
  });

  it("gives the connection up where the server ends a subscription, and names the group and the reason", async () => {
    const { lost, say } = setUp([subscription(1)]);
    await Promise.resolve();
    const status = opcua.StatusCodes.BadTimeout;
    say(1, 1, [new opcua.StatusChangeNotification({ status })]);
    expect(lost).toMatchObject([
      { message: expect.stringContaining("ended the subscription of group g1 (BadTimeout)") },
    ]);
  });

  it("passes over a subscription that is not its own", async () => {
    const { asked, told, lost, say } = setUp([subscription(1)]);
    await Promise.resolve();
    say(9, 1, [change([{ handle: 0, value: 1 }])]);
    expect([told, lost, asked.length]).toEqual([[], [], 5]);
  });

  it("hands on what goes wrong in the handling, instead of losing it in the library", async () => {
    const { lost, handleWith, say } = setUp([subscription(1)]);
    await Promise.resolve();
    handleWith(() => {
      throw new RangeError("bug");
    });
    say(1, 1, [change([{ handle: 0, value: 1 }])]);
    expect(lost).toEqual([new RangeError("bug")]);
  });

  it("is still when the signal aborts", async () => {
    const { asked, stop, lost, told, say, fail } = setUp([subscription(1)]);
    await Promise.resolve();
    stop.abort();
    say(1, 1, [change([{ handle: 0, value: 1 }])]);
    fail("Connection Break");
    expect([asked.length, lost, told]).toEqual([3, [], []]);
  });
});

describe("a notification", () => {
  const read = (data: unknown[] | null) => {
    const response = new opcua.PublishResponse({ subscriptionId: 1 });
    Object.assign(response.notificationMessage, { notificationData: data });
    const sequence = { namespace: 0, kind: "i" as const, identifier: "1" };
    const items = { ranges: [undefined, undefined], sequences: [sequence] };
    return readChanges(opcua, { subscription: subscription(1), response }, items, 5);
  };

  it("becomes one batch, and the waveforms whose counter changed", () => {
    const changes = read([
      change([
        { handle: 1, value: 10 },
        { handle: 2, value: 99 },
      ]),
      change([{ handle: 0, value: 20 }]),
    ]);
    expect([...(changes.batch?.tag ?? [])]).toEqual([1, 0]);
    expect([...(changes.batch?.value ?? [])]).toEqual([10, 20]);
    expect(changes.waveforms).toEqual([0]);
  });

  it("without values has none; items that nobody asked for are passed over", () => {
    const nothing = { batch: undefined, waveforms: [], overflowed: 0 };
    expect(read(null)).toEqual(nothing);
    expect(read([])).toEqual(nothing);
    expect(read([null])).toEqual(nothing);
    expect(read([change([{ handle: 3, value: 1 }])])).toEqual(nothing);
    expect(read([Object.assign(change([]), { monitoredItems: null })])).toEqual(nothing);
  });

  it("counts the values whose predecessors the server threw away", () => {
    const changes = read([
      change([
        { handle: 0, value: 1, status: 0x480 },
        { handle: 0, value: 2, status: 0 },
        { handle: 1, value: 2, status: 0x400 },
      ]),
    ]);
    expect(changes.overflowed).toBe(1);
    expect([...(changes.batch?.status ?? [])]).toEqual([0x480, 0, 0x400]);
  });
});

describe("the heartbeat", () => {
  const options = { heartbeatMs: 1000, requestTimeoutMs: 500 };

  function start() {
    const said: string[] = [];
    const log = (fields: Readonly<Record<string, unknown>>, message: string) => {
      said.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
    const server = setUp([subscription(1)]);
    const { clock, connection, publishing } = server;
    const deps = { clock, logger, random: () => 0 };
    const stop = new AbortController();
    const end = beat(
      { connection, subscriptions: [subscription(1)], publishing, options, deps },
      stop.signal,
    );
    end.catch(() => undefined);
    return { ...server, said, stop, end };
  }

  it("tells when the server changes its state", async () => {
    const { clock, said, setState, say, stop, end } = start();
    await clock.advance(1000);
    setState(4);
    say(1, 1, null);
    await clock.advance(2000);
    setState(undefined);
    await clock.advance(0);
    expect(said).toEqual(['the server changed its state {"server":"opc.tcp://plc:4840","state":"Shutdown"}']);
    stop.abort(new Error("enough"));
    await expect(end).rejects.toThrow("enough");
  });

  it("notices a subscription that fell silent although the server answers", async () => {
    const { clock, say, end } = start();
    await clock.advance(1500);
    say(1, 1, null);
    await clock.advance(3500);
    await expect(end).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      message: expect.stringContaining("the subscription of group g1 was silent for 3500 ms"),
    });
  });
});
