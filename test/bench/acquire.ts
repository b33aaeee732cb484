import ModbusRTU from "modbus-serial";
import {
  AttributeIds,
  ClientMonitoredItemGroup,
  ClientSubscription,
  OPCUAClient,
  TimestampsToReturn,
} from "node-opcua";
import Nodes7 from "nodes7";
import { deviceOf, rateOf, startAcquisition } from "./agent-path.ts";
import { agentAtRest } from "./agent-process.ts";
import { modbusDevice, opcuaDevice, s7Device } from "./devices.ts";
import type { Bench, Report } from "./harness.ts";
import { startServers } from "./server-process.ts";

const WARM_MS = 1500;
const MEASURE_MS = 5000;
// Shorter than any scan takes: the agent scans as fast as the device answers.
const FLAT_OUT_MS = 1;

const REALS = Array.from({ length: 500 }, (_, i) => `DB1,REAL${4 * i}`);
const FLOATS = Array.from({ length: 500 }, (_, i) => `hr:${2 * i},FLOAT32`);
const OPCUA_ITEMS = Array.from({ length: 2000 }, (_, i) => `ns=1;s=v${i}`);

/** nodes7 as its README shows it, scan after scan. */
async function bareS7(port: number): Promise<number> {
  const plc = new Nodes7({ silent: true });
  await new Promise<void>((resolve, reject) => {
    plc.initiateConnection({ host: "127.0.0.1", port, rack: 0, slot: 2 }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
  plc.addItems(REALS);
  let values = 0;
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      await new Promise<void>((resolve) => plc.readAllItems(() => resolve()));
      values += REALS.length;
    }
  })();
  const rate = await rateOf(() => values, WARM_MS, MEASURE_MS);
  isOver = true;
  await loop;
  await new Promise<void>((resolve) => plc.dropConnection(() => resolve()));
  return rate;
}

/** modbus-serial with requests as long as the protocol allows, one after the other, values decoded. */
async function bareModbus(port: number): Promise<number> {
  const client = new ModbusRTU.default();
  await client.connectTCP("127.0.0.1", { port });
  client.setID(1);
  let values = 0;
  let isOver = false;
  const decoded = new Float64Array(62);
  const loop = (async () => {
    while (!isOver) {
      for (let at = 0; at < 2 * FLOATS.length; at += 124) {
        const count = Math.min(124, 2 * FLOATS.length - at);
        const { buffer } = await client.readHoldingRegisters(at, count);
        for (let i = 0; i < count / 2; i += 1) decoded[i] = buffer.readFloatBE(4 * i);
        values += count / 2;
      }
    }
  })();
  const rate = await rateOf(() => values, WARM_MS, MEASURE_MS);
  isOver = true;
  await loop;
  await new Promise<void>((resolve) => client.close(() => resolve()));
  return rate;
}

/** node-opcua's own subscription to the same items. */
async function bareOpcua(endpoint: string): Promise<number> {
  const client = OPCUAClient.create({ endpointMustExist: false });
  await client.connect(endpoint);
  const session = await client.createSession();
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: 100,
    publishingEnabled: true,
    requestedLifetimeCount: 1000,
    requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 0,
    priority: 1,
  });
  const items = OPCUA_ITEMS.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }));
  const group = ClientMonitoredItemGroup.create(
    subscription,
    items,
    { samplingInterval: 100, queueSize: 1, discardOldest: true },
    TimestampsToReturn.Both,
  );
  let values = 0;
  group.on("changed", () => {
    values += 1;
  });
  const rate = await rateOf(() => values, WARM_MS + 2000, MEASURE_MS);
  await subscription.terminate();
  await session.close();
  await client.disconnect();
  return rate;
}

interface Pair {
  readonly bare: number;
  readonly agent: number;
}

async function agentRate(
  device: Parameters<typeof deviceOf>[0],
  addresses: readonly string[],
  periodMs: number,
  warmMs: number,
): Promise<number> {
  const running = await startAcquisition([deviceOf(device, addresses, periodMs)]);
  const rate = await rateOf(running.values, warmMs, MEASURE_MS);
  await running.stop();
  return rate;
}

/** Bare and agent in turn, twice; the medians of two are their means. */
async function inTurn(
  name: string,
  report: Report,
  bare: () => Promise<number>,
  agent: () => Promise<number>,
): Promise<Pair> {
  const rates = { bare: 0, agent: 0 };
  for (let i = 0; i < 2; i += 1) {
    rates.bare += (await bare()) / 2;
    rates.agent += (await agent()) / 2;
  }
  report(
    `${name}: bare library ${Math.round(rates.bare)} values/s, agent ${Math.round(rates.agent)} values/s`,
  );
  return rates;
}

export const acquire: Bench = {
  name: "acquire",
  explains:
    "values/s of the agent (normalising, mirror and history on) against the bare library in a tight loop, server in another " +
    "process: 500 REALs of an S7 (nodes7, one item a tag), 500 FLOAT32s of a Modbus device (modbus-serial, 124 registers a " +
    "request), 2,000 OPC UA items at 100 ms (node-opcua's subscription); then the CPU and memory of a whole agent that reads " +
    "10,000 tags every second with the model loaded",
  async run(report) {
    const servers = await startServers("s7,modbus,opcua");
    const { s7 = 0, modbus = 0, opcua = "" } = servers.ports;
    const s7Pair = await inTurn(
      "s7",
      report,
      () => bareS7(s7),
      () => agentRate(s7Device(s7), REALS, FLAT_OUT_MS, WARM_MS),
    );
    const modbusPair = await inTurn(
      "modbus",
      report,
      () => bareModbus(modbus),
      () => agentRate(modbusDevice(modbus), FLOATS, FLAT_OUT_MS, WARM_MS),
    );
    const opcuaPair = await inTurn(
      "opcua",
      report,
      () => bareOpcua(opcua),
      () => agentRate(opcuaDevice(opcua), OPCUA_ITEMS, 100, WARM_MS + 2000),
    );
    await servers.stop();
    report("10,000 tags every second ...");
    const rest = await agentAtRest(report);
    return {
      s7ValuesPerSecond: s7Pair.agent,
      s7Ratio: s7Pair.agent / s7Pair.bare,
      modbusValuesPerSecond: modbusPair.agent,
      modbusRatio: modbusPair.agent / modbusPair.bare,
      opcuaValuesPerSecond: opcuaPair.agent,
      opcuaRatio: opcuaPair.agent / opcuaPair.bare,
      ...rest,
    };
  },
};
