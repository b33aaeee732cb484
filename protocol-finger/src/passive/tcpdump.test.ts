import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCapture } from "./capture-reader.ts";
import { listenWithTcpdump } from "./tcpdump.ts";
import { startTcpdumpSynAcks } from "./tcpdump-syn-acks.ts";
import { captured, connection, PLC, pcapFile, segment } from "./testing/build.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "finger-tcpdump-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program in tcpdump's place. */
async function program(script: string): Promise<string> {
  const file = join(folder, "tcpdump");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** One that has seen `packets` and goes on listening. */
async function hearing(packets: Parameters<typeof pcapFile>[0]): Promise<string> {
  await writeFile(join(folder, "heard"), pcapFile(packets));
  return program(`echo "$@" > ${folder}/args; cat ${folder}/heard; exec sleep 60`);
}

const never = new AbortController().signal;

async function heardFrom(source: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of source) bytes += chunk.length;
  return bytes;
}

describe("listening with tcpdump", () => {
  it("hands on what it hears until it is stopped", async () => {
    const packets = connection(102, []);
    const stop = new AbortController();
    let heard = 0;
    await readCapture(
      listenWithTcpdump({ interface: "eth0", program: await hearing(packets) }, stop.signal),
      () => {
        heard += 1;
        if (heard === packets.length) stop.abort();
      },
    );
    expect(heard).toBe(packets.length);
  });

  it.each([
    {
      name: "it may not listen",
      script: `echo "tcpdump: eth0: You don't have permission to perform this capture" >&2; exit 1`,
      what: /exit code 1: .*permission.*setcap cap_net_raw/s,
    },
    {
      name: "there is no such link",
      script: 'echo "No such device exists" >&2; exit 1',
      what: /No such device.*ip link/s,
    },
  ])("says what to do where $name", async ({ script, what }) => {
    const source = listenWithTcpdump({ interface: "eth0", program: await program(script) }, never);
    await expect(heardFrom(source)).rejects.toThrow(what);
  });

  it("says what to install where it is missing", async () => {
    const source = listenWithTcpdump({ interface: "eth0", program: join(folder, "nothing") }, never);
    await expect(heardFrom(source)).rejects.toThrow(/apt-get install tcpdump.*--pcap/s);
  });

  it("does not begin when it is stopped already", async () => {
    const source = listenWithTcpdump({ interface: "eth0" }, AbortSignal.abort(new Error("stopped")));
    await expect(heardFrom(source)).rejects.toThrow("stopped");
  });
});

describe("SYN-ACKs seen with tcpdump", () => {
  it("go to who waits for that host and port, with the time since the SYN", async () => {
    // What it hears comes when the test lets it.
    await writeFile(join(folder, "header"), pcapFile([]));
    const heard = pcapFile([captured(Buffer.alloc(3)), ...connection(102, [])]).subarray(24);
    await writeFile(join(folder, "heard"), heard);
    const file = await program(
      `cat ${folder}/header; while [ ! -e ${folder}/go ]; do sleep 0.02; done; cat ${folder}/heard; exec sleep 60`,
    );
    const source = await startTcpdumpSynAcks({ program: file });
    const other = source.observe(PLC.host, 502, AbortSignal.timeout(1000));
    const seen = source.observe(PLC.host, 102, never);
    const too = source.observe(PLC.host, 102, never);
    await writeFile(join(folder, "go"), "");
    expect(await seen).toEqual({
      connectMs: 2,
      window: 4096,
      ttl: 30,
      dontFragment: false,
      options: "M",
      mss: 1460,
      hasSack: false,
      hasTimestamps: false,
    });
    expect(await too).toEqual(await seen);
    await source.close();
    expect(await other).toBeUndefined();
    expect(await source.observe(PLC.host, 102, never)).toBeUndefined();
  });

  it("are not waited for when tcpdump ends, and its end is told", async () => {
    await writeFile(
      join(folder, "header"),
      pcapFile([segment({ isFromServer: true, from: 1, to: 2, sequence: 1, flags: "SA" })]),
    );
    const file = await program(`cat ${folder}/header; exit 3`);
    const source = await startTcpdumpSynAcks({ program: file, interface: "eth9" });
    expect(await source.observe(PLC.host, 102, never)).toBeUndefined();
    await expect(source.close()).rejects.toThrow(/does not listen on eth9 \(exit code 3/);
  });

  it("need tcpdump", async () => {
    await expect(startTcpdumpSynAcks({ program: join(folder, "nothing") })).rejects.toThrow(
      /apt-get install/,
    );
  });
});
