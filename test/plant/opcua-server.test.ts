import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpcuaServer, startOpcuaServer } from "./opcua-server.ts";

let server: OpcuaServer;
beforeAll(async () => {
  server = await startOpcuaServer();
});
afterAll(() => server.close());

describe("the simulated OPC UA server", () => {
  it("listens on a free port of loopback, with nobody in it", () => {
    expect(server.url).toBe(`opc.tcp://127.0.0.1:${server.port}`);
    expect(server.port).toBeGreaterThan(0);
    expect([server.sessions(), server.subscriptions(), server.requests("ReadRequest")]).toEqual([0, 0, 0]);
  });

  it("names the variables that it is given", () => {
    expect(server.add("temperature", "Double", 21.5)).toBe("ns=1;s=temperature");
    expect(server.addWaveform("vibration", "Int16", new Int16Array(4))).toEqual({
      address: "ns=1;s=vibration",
      sequenceAddress: "ns=1;s=vibration.sequence",
    });
  });

  it("refuses to set what it does not have", () => {
    expect(() => server.set("nothing", 1)).toThrow("no variable nothing");
    expect(() => server.setBlock("nothing", [1], 1)).toThrow("no variable nothing");
  });

  it("starts again on the port that it had", async () => {
    const first = await startOpcuaServer();
    await first.close();
    const second = await startOpcuaServer({ port: first.port });
    expect(second.url).toBe(first.url);
    await second.close();
  });
});
