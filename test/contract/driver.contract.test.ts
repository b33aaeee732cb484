import { createModbusDevice } from "../../edge-agent/src/adapters/modbus/device.ts";
import { modbusTcpOptions } from "../../edge-agent/src/adapters/modbus/options.ts";
import { createOpcuaDriver } from "../../edge-agent/src/adapters/opcua-client/driver.ts";
import { opcuaOptions } from "../../edge-agent/src/adapters/opcua-client/options.ts";
import { createS7Device } from "../../edge-agent/src/adapters/s7/device.ts";
import { s7OptionsSchema } from "../../edge-agent/src/adapters/s7/options.ts";
import { createS7TunnelDevice } from "../../edge-agent/src/adapters/s7-tunnel/device.ts";
import { s7TunnelOptions } from "../../edge-agent/src/adapters/s7-tunnel/options.ts";
import { createPolledDriver } from "../../edge-agent/src/flow/poll.ts";
import { startModbusServer } from "../plant/modbus-server.ts";
import { startOpcuaServer } from "../plant/opcua-server.ts";
import { startS7Server } from "../plant/s7-server.ts";
import { type DriverSubject, driverContract, type Peer } from "./driver.contract.ts";

// Tests should not wait a second for the first reconnect as people would.
const eager = { backoffFirstMs: 50, backoffMostMs: 200 };

type AtPort = Peer & { readonly port: number };
const portOf = (peer: Peer | undefined): { port?: number } =>
  peer === undefined ? {} : { port: (peer as AtPort).port };

const s7: DriverSubject = {
  protocol: "s7",
  async startPeer(previous) {
    const server = await startS7Server(portOf(previous));
    const block = server.addDataBlock(1, 2000);
    const peer: AtPort = {
      port: server.port,
      addresses: { a: "DB1,REAL0", b: "DB1,REAL4", missing: "DB77,REAL0" },
      waveform: { samples: "DB1,INT20.600", sequence: "DB1,DINT8" },
      set({ a, b }) {
        block.bytes.writeFloatBE(a, 0);
        block.bytes.writeFloatBE(b, 4);
        block.publish();
      },
      setBlock(samples, sequence) {
        block.bytes.writeInt32BE(sequence, 8);
        samples.forEach((sample, i) => {
          block.bytes.writeInt16BE(sample, 20 + 2 * i);
        });
        block.publish();
      },
      clients: () => server.clients(),
      stop: () => server.close(),
    };
    return peer;
  },
  async createDriver(plan, peer, deps) {
    const options = s7OptionsSchema.parse({
      host: "127.0.0.1",
      port: (peer as AtPort).port,
      requestTimeoutMs: 1000,
      connectTimeoutMs: 1000,
    });
    return createPolledDriver(plan, createS7Device(plan, options, deps), deps, eager);
  },
};

const modbus: DriverSubject = {
  protocol: "modbus-tcp",
  cannotCount: "modbus-serial's server does not tell how many clients it has",
  async startPeer(previous) {
    const server = await startModbusServer({ ...portOf(previous), unit: 1 });
    const scratch = new DataView(new ArrayBuffer(4));
    const write = (at: number, value: number) => {
      scratch.setFloat32(0, value);
      server.holding[at] = scratch.getUint16(0);
      server.holding[at + 1] = scratch.getUint16(2);
    };
    const peer: AtPort = {
      port: server.port,
      // A silent unit behind a gateway that lives.
      addresses: { a: "hr:0,FLOAT32", b: "hr:2,FLOAT32", missing: "hr:60000,FLOAT32#unit=9" },
      waveform: { samples: "hr:100,INT16[600]", sequence: "hr:10,UINT16" },
      set({ a, b }) {
        write(0, a);
        write(2, b);
      },
      setBlock(samples, sequence) {
        samples.forEach((sample, i) => {
          server.holding[100 + i] = sample;
        });
        server.holding[10] = sequence;
      },
      clients: () => 0,
      stop: () => server.close(),
    };
    return peer;
  },
  async createDriver(plan, peer, deps) {
    const options = modbusTcpOptions.parse({
      host: "127.0.0.1",
      port: (peer as AtPort).port,
      requestTimeoutMs: 500,
    });
    return createPolledDriver(plan, createModbusDevice(plan, options, deps), deps, eager);
  },
};

const TUNNEL_FIRST = 100;
const TUNNEL_REGISTERS = 1000;

const s7Tunnel: DriverSubject = {
  protocol: "s7-tunnel",
  cannotCount: "modbus-serial's server does not tell how many clients it has",
  async startPeer(previous) {
    // DB1 begins at register 100; DB77 has registers in the configuration alone.
    const server = await startModbusServer({
      ...portOf(previous),
      unit: 1,
      tableSize: TUNNEL_FIRST + TUNNEL_REGISTERS,
    });
    const block = Buffer.alloc(2 * TUNNEL_REGISTERS);
    const publish = () => {
      for (let i = 0; i < TUNNEL_REGISTERS; i += 1)
        server.holding[TUNNEL_FIRST + i] = block.readUInt16BE(2 * i);
    };
    const peer: AtPort = {
      port: server.port,
      addresses: { a: "DB1,REAL0", b: "DB1,REAL4", missing: "DB77,REAL0" },
      waveform: { samples: "DB1,INT20.600", sequence: "DB1,DINT8" },
      set({ a, b }) {
        block.writeFloatBE(a, 0);
        block.writeFloatBE(b, 4);
        publish();
      },
      setBlock(samples, sequence) {
        block.writeInt32BE(sequence, 8);
        samples.forEach((sample, i) => {
          block.writeInt16BE(sample, 20 + 2 * i);
        });
        publish();
      },
      clients: () => 0,
      stop: () => server.close(),
    };
    return peer;
  },
  async createDriver(plan, peer, deps) {
    const last = TUNNEL_FIRST + TUNNEL_REGISTERS - 1;
    const options = s7TunnelOptions.parse({
      host: "127.0.0.1",
      port: (peer as AtPort).port,
      areas: [
        { kind: "holding", db: 1, startRegister: TUNNEL_FIRST, endRegister: last },
        { kind: "holding", db: 77, startRegister: last + 1, endRegister: last + 10 },
      ],
      requestTimeoutMs: 500,
    });
    return createPolledDriver(plan, createS7TunnelDevice(plan, options, deps), deps, eager);
  },
};

const opcua: DriverSubject = {
  protocol: "opcua",
  async startPeer(previous) {
    const server = await startOpcuaServer({ ...portOf(previous), securityModes: ["None"] });
    const a = server.add("a", "Float", 0);
    const b = server.add("b", "Float", 0);
    const wave = server.addWaveform("wave", "Float", new Float32Array(600));
    const peer: AtPort = {
      port: server.port,
      addresses: { a, b, missing: "ns=1;s=nothing-here" },
      waveform: { samples: wave.address, sequence: wave.sequenceAddress },
      set(values) {
        server.set("a", values.a);
        server.set("b", values.b);
      },
      setBlock: (samples, sequence) => server.setBlock("wave", samples, sequence),
      clients: () => server.sessions(),
      stop: () => server.close(),
    };
    return peer;
  },
  async createDriver(plan, peer, deps) {
    const options = opcuaOptions.parse({
      endpoint: `opc.tcp://127.0.0.1:${(peer as AtPort).port}`,
      securityMode: "None",
      heartbeatMs: 500,
      requestTimeoutMs: 1000,
      connectTimeoutMs: 3000,
    });
    return createOpcuaDriver(plan, { ...options, certificateFolder: "/nowhere" }, deps);
  },
};

driverContract("S7 (snap7's server)", s7);
driverContract("Modbus TCP (modbus-serial's server)", modbus);
driverContract("S7 through the registers of a Modbus server (modbus-serial's)", s7Tunnel);
driverContract("OPC UA (node-opcua's server)", opcua);
