import { describe, expect, it } from "vitest";
import { createFlowTable, type FlowOptions } from "./flows.ts";
import { decodePacket } from "./packets.ts";
import { connection, PC, PLC, type Segment, segment } from "./testing/build.ts";

function table(options: Partial<FlowOptions> = {}) {
  const heard: string[] = [];
  const ended: string[] = [];
  const flows = createFlowTable(
    { isServerPort: (port) => port === 102, ...options },
    {
      onBytes: (flow, direction, bytes, isAfterGap) =>
        void heard.push(
          `${flow.server.host}:${flow.server.port} ${direction} ${bytes}${isAfterGap ? " (gap)" : ""}`,
        ),
      onEnd: ({ server, client }) => void ended.push(`${client.port}>${server.port}`),
    },
  );
  const push = (captured: ReturnType<typeof segment>) => {
    const packet = decodePacket(captured);
    if (packet?.kind === "tcp") flows.push(packet);
  };
  const send = (parts: Partial<Segment>) => {
    const ports = parts.isFromServer === true ? { from: 102, to: 4305 } : { from: 4305, to: 102 };
    push(segment({ isFromServer: false, sequence: 0, flags: "A", ...ports, ...parts }));
  };
  return { flows, heard, ended, push, send };
}

const say = (text: string) => ({ payload: Buffer.from(text) });

describe("connections overheard", () => {
  it("are told apart by direction, and end with both FINs", () => {
    const { heard, ended, push } = table();
    const turns = [
      { isFromServer: false, bytes: Buffer.from("who?") },
      { isFromServer: true, bytes: Buffer.from("me") },
    ];
    for (const packet of connection(20_000, turns)) push(packet);
    expect(heard).toEqual([`${PLC.host}:20000 to-server who?`, `${PLC.host}:20000 to-client me`]);
    expect(ended).toEqual(["49152>20000"]);
  });

  it("have the known port for server where their beginning was not heard", () => {
    const { heard, send } = table();
    send({ isFromServer: true, ...say("me") });
    expect(heard).toEqual([`${PLC.host}:102 to-client me`]);
  });

  it("have the lower port for server where neither is known", () => {
    const { heard, send } = table();
    send({ from: 4305, to: 4000, ...say("who?") });
    send({ isFromServer: true, from: 4000, to: 4305, ...say("me") });
    expect(heard).toEqual([`${PLC.host}:4000 to-server who?`, `${PLC.host}:4000 to-client me`]);
  });

  it("whose SYN-ACK alone was heard have its sender for server", () => {
    const { heard, send } = table();
    send({ isFromServer: true, from: 60_000, to: 80, flags: "SA" });
    send({ isFromServer: true, from: 60_000, to: 80, sequence: 1, ...say("me") });
    expect(heard).toEqual([`${PLC.host}:60000 to-client me`]);
  });

  it("that begin anew on the same ports are new", () => {
    const { heard, ended, send } = table();
    send({ flags: "S", sequence: 10 });
    send({ sequence: 11, ...say("a") });
    send({ flags: "S", sequence: 5 });
    send({ sequence: 6, ...say("b") });
    expect(heard.map((line) => line.at(-1))).toEqual(["a", "b"]);
    expect(ended).toHaveLength(1);
  });

  it("end with a reset", () => {
    const { ended, send } = table();
    send(say("a"));
    send({ isFromServer: true, flags: "R" });
    expect(ended).toEqual(["4305>102"]);
  });

  it("go on behind a hole when the other side shows that it heard what was in it", () => {
    const { flows, heard, send } = table();
    send({ sequence: 0, ...say("a") });
    send({ sequence: 10, ...say("k") });
    send({ isFromServer: true, acknowledged: 11 });
    expect(heard.at(-1)).toBe(`${PLC.host}:102 to-server k (gap)`);
    expect(flows.counts.gaps).toBe(1);
  });

  it("are forgotten, the one of longest silence first, when there are too many; and that is counted", () => {
    const { flows, ended, send } = table({ mostFlows: 2 });
    send({ from: 1001, ...say("a") });
    send({ from: 1002, ...say("b") });
    send({ from: 1001, sequence: 1, ...say("c") });
    send({ from: 1003, ...say("d") });
    expect(ended).toEqual(["1002>102"]);
    expect(flows.counts.forgotten).toBe(1);
  });

  it("hand on what waits when the capture ends", () => {
    const { flows, heard, send } = table();
    send(say("a"));
    send({ sequence: 10, ...say("k") });
    flows.end();
    expect(heard).toHaveLength(2);
    expect(PC.host).not.toBe(PLC.host);
  });
});
