import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCertificate } from "../../adapters/http-api/certificate.ts";
import { SinkError } from "../../ports/sink.ts";
import { aMachine } from "./fake-machine.ts";
import type { Finding } from "./finding.ts";
import { lookAtCertificate } from "./look-at-certificates.ts";
import { lookAtBoard, lookAtCpu } from "./look-at-cpu.ts";
import { lookAtClock, lookAtDisk, lookAtMemory, lookAtNode, mountOf } from "./look-at-machine.ts";
import { lookAtModel } from "./look-at-model.ts";
import { lookAtDevice, lookAtSink } from "./look-at-reach.ts";
import { lookAtOutbox, lookAtStore, type ToldOutbox } from "./look-at-stores.ts";
import { thisMachine } from "./machine.ts";
import { placesOfSink } from "./places.ts";

const never = new AbortController().signal;
const codeOf = ({ code }: Finding): string => code;
const MIB = 2 ** 20;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-doctor-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the doctor looks at the computer", () => {
  it("and refuses an old Node.js", () => {
    expect(codeOf(lookAtNode(aMachine()))).toBe("node-good");
    expect(lookAtNode(aMachine({ nodeVersion: "22.1.0" }))).toMatchObject({
      level: "fail",
      code: "node-old",
    });
  });

  it("and tells a clock that is synchronised from one that is not, is alone, is unknown, or is wrong", async () => {
    const clock = async (outputs: Readonly<Record<string, string>>, more = {}) => {
      const run = async (command: string) => {
        const output = outputs[command];
        if (output === undefined) throw new Error("ENOENT");
        return output;
      };
      return codeOf(await lookAtClock(aMachine({ run, ...more }), never));
    };
    expect(await clock({ timedatectl: "NTP=yes\nNTPSynchronized=yes" })).toBe("clock-synchronised");
    expect(await clock({ timedatectl: "NTP=yes\nNTPSynchronized=no" })).toBe("clock-adrift");
    expect(await clock({ timedatectl: "NTP=no\nNTPSynchronized=no" })).toBe("clock-alone");
    expect(await clock({})).toBe("clock-unknown");
    expect(await clock({}, { sizeOf: async () => 0 })).toBe("clock-synchronised");
    expect(await clock({ chronyc: "Leap status     : Normal\n" })).toBe("clock-synchronised");
    expect(await clock({ chronyc: "Leap status     : Not synchronised\n" })).toBe("clock-adrift");
    expect(await clock({}, { nowUs: () => 1e9 })).toBe("clock-wrong");
  });

  it("and warns of little memory", () => {
    const free = (freeBytes: number) =>
      codeOf(lookAtMemory(aMachine({ memory: () => ({ freeBytes, totalBytes: 2 ** 31 }) })));
    expect(free(1000 * MIB)).toBe("memory-good");
    expect(free(200 * MIB)).toBe("memory-low");
    expect(free(10 * MIB)).toBe("memory-out");
  });

  it("and finds a disk that is full, volatile, remote, or does not flush", async () => {
    const disk = async (mount: string, more = {}) => {
      const readText = async () => `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 8:2 / /data ${mount}\n`;
      return (await lookAtDisk(aMachine({ readText, ...more }), "/data/stethos")).map(codeOf);
    };
    expect(await disk("rw,relatime - ext4 /dev/sdb1 rw")).toEqual(["disk-good"]);
    expect(await disk("rw - ext4 /dev/sdb1 rw,nobarrier")).toEqual(["disk-no-flush"]);
    expect(await disk("rw - xfs /dev/sdb1 rw", { freeBytes: async () => 1e9 })).toEqual(["disk-low"]);
    expect(await disk("rw - xfs /dev/sdb1 rw", { freeBytes: async () => 1e6 })).toEqual(["disk-full"]);
    expect(await disk("rw - tmpfs tmpfs rw")).toEqual(["disk-volatile"]);
    expect(await disk("rw - nfs4 host:/x rw", { freeBytes: async () => 1 })).toEqual([
      "disk-remote",
      "disk-full",
    ]);
    const tryWriting = async () => {
      throw new Error("EACCES");
    };
    expect(await disk("ro - ext4 /dev/sdb1 ro", { tryWriting })).toEqual(["disk-unwritable"]);
  });

  it("and finds the mount of a folder whose name begins like another's, or has blanks", () => {
    const mounts = [
      "1 0 8:1 / / rw - ext4 /dev/a rw",
      "2 1 8:2 / /data rw - xfs /dev/b rw",
      "3 1 8:3 / /my\\040disk rw,noatime shared:1 - btrfs /dev/c rw,barrier=0",
    ].join("\n");
    expect(mountOf(mounts, "/database").type).toBe("ext4");
    expect(mountOf(mounts, "/data").type).toBe("xfs");
    expect(mountOf(mounts, "/my disk/stethos")).toMatchObject({ type: "btrfs" });
    expect(mountOf(mounts, "/my disk/stethos").options).toContain("barrier=0");
  });
});

describe("the doctor looks at the processor", () => {
  const cpu = (cpuinfo: string, more = {}, threads?: number) =>
    lookAtCpu(aMachine({ readText: async () => cpuinfo, ...more }), threads);

  it("and knows the int8 dot products of x86-64 and ARM64", async () => {
    const x86 = "processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_vnni\nprocessor\t: 1\n";
    expect(await cpu(x86)).toMatchObject({
      code: "cpu-good",
      facts: { cores: 4, threads: 2, feature: "AVX512-VNNI" },
    });
    expect(await cpu("flags\t: fpu avx2\n")).toMatchObject({ level: "warn", code: "cpu-no-dot-product" });
    // Cortex-A78AE, as in the Orin; and a Cortex-A57, as in the first Nano.
    const orin = "processor\t: 0\nFeatures\t: fp asimd aes crc32 atomics fphp asimdhp asimddp dcpop\n";
    expect(await cpu(orin, { arch: "arm64" })).toMatchObject({ facts: { feature: "dotprod" } });
    const nano = "Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32\n";
    expect(codeOf(await cpu(nano, { arch: "arm64" }))).toBe("cpu-no-dot-product");
  });

  it("and says nothing of it where Linux says nothing", async () => {
    const readText = async () => {
      throw new Error("ENOENT");
    };
    expect(codeOf(await lookAtCpu(aMachine({ readText }), undefined))).toBe("cpu-untold");
  });

  it("and finds more threads than cores, and one core for a model that has two", async () => {
    expect(codeOf(await cpu("", {}, 5))).toBe("cpu-crowded");
    expect(await cpu("", { cores: 2 })).toMatchObject({ facts: { cores: 2, threads: 1 } });
  });

  it("and names a Jetson with its power mode, and a GPU that is not used", async () => {
    const readText = async (file: string) => {
      if (file !== "/proc/device-tree/model") throw new Error("ENOENT");
      return "NVIDIA Jetson AGX Orin Developer Kit\0";
    };
    const run = async () => "NV Power Mode: MODE_30W\n2\n";
    const sizeOf = async (file: string) => (file === "/dev/nvhost-gpu" ? 0 : undefined);
    const findings = await lookAtBoard(aMachine({ readText, run, sizeOf }), never);
    expect(findings.map(codeOf)).toEqual(["board-jetson", "gpu-idle"]);
    expect(findings[0]?.facts).toMatchObject({ mode: "MODE_30W" });
    expect(await lookAtBoard(aMachine(), never)).toEqual([]);
    expect((await lookAtBoard(aMachine({ readText }), never))[0]?.facts).toMatchObject({ mode: "?" });
  });
});

describe("the doctor looks at what the agent keeps", () => {
  const OUTBOX: ToldOutbox = { bytes: 1000, rows: 10, trouble: null, dropped: [], sinks: [] };

  it("and passes an outbox that is well, also one that drained", () => {
    expect(lookAtOutbox(OUTBOX, 1e15, 1e9).map(codeOf)).toEqual(["outbox-good"]);
  });

  it("and names trouble, little room, a sink that is behind, and every loss", () => {
    const nowUs = 1e15;
    const sick: ToldOutbox = {
      ...OUTBOX,
      bytes: 9e8,
      trouble: "the disk is full",
      dropped: [
        { stream: "readings", cause: "full-bytes", rows: 5 },
        { stream: "readings", cause: "operator", rows: 7 },
        { stream: "alarms", cause: "corrupt", rows: -1 },
      ],
      sinks: [
        { sink: "db", waitingRows: 900, oldestUs: nowUs - 3600e6 },
        { sink: "broker", waitingRows: 9, oldestUs: nowUs - 1e6 },
      ],
    };
    const findings = lookAtOutbox(sick, nowUs, 1e9);
    expect(findings.map(codeOf)).toEqual([
      "outbox-trouble",
      "outbox-near-full",
      "outbox-behind",
      "outbox-lost",
      "outbox-lost",
    ]);
    expect(findings[2]?.facts).toEqual({ sink: "db", rows: 900, minutes: 60 });
  });

  it("and opens the file of an agent that does not run, without changing it", async () => {
    const file = join(folder, "outbox.db");
    expect(codeOf(await lookAtStore(thisMachine, "outbox", file))).toBe("store-new");
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    database.close();
    expect(codeOf(await lookAtStore(thisMachine, "outbox", file))).toBe("store-good");
    await writeFile(file, "this is no database at all, whatever its name says");
    expect(await lookAtStore(thisMachine, "outbox", file)).toMatchObject({
      code: "store-damaged",
      facts: { why: "it does not begin as a database does" },
    });
    await writeFile(file, `SQLite format 3\0${"\xff".repeat(4000)}`);
    expect(codeOf(await lookAtStore(thisMachine, "outbox", file))).toBe("store-damaged");
  });

  it("and checks the model and what runs it", async () => {
    expect(codeOf(await lookAtModel(aMachine(), folder))).toBe("model-good");
    expect(codeOf(await lookAtModel(thisMachine, folder))).toBe("model-bad");
    const none = aMachine({ onnxRuntime: async () => ({ version: "1.30.0", providers: [] }) });
    expect(await lookAtModel(none, folder)).toMatchObject({
      code: "model-no-provider",
      facts: { why: "it offers nothing" },
    });
  });

  it("and tells a provider that is listed from one whose library is here", async () => {
    const providers = [
      { name: "cpu", isHere: true },
      { name: "cuda", isHere: false },
    ];
    const machine = aMachine({ onnxRuntime: async () => ({ version: "1.30.0", providers }) });
    expect(await lookAtModel(machine, folder)).toMatchObject({
      facts: { runtime: "1.30.0", provider: "cpu", listed: "cpu, cuda (no library)" },
    });
    const real = await thisMachine.onnxRuntime();
    expect(real.providers).toContainEqual({ name: "cpu", isHere: true });
    expect(real.version).toMatch(/^1\./);
  });
});

describe("the doctor looks at certificates", () => {
  const DAY_MS = 86_400_000;
  const at = (ms: number) => {
    const { certFile } = makeCertificate(folder);
    return lookAtCertificate({ ...thisMachine, nowUs: () => ms * 1000 }, certFile);
  };

  it("and tells how long they last, that they end soon, have ended, or have not begun", async () => {
    const today = Date.UTC(2026, 10, 23);
    const good = await at(today);
    expect(codeOf(good)).toBe("certificate-good");
    const ends = today + Number(good.facts["days"]) * DAY_MS;
    expect(codeOf(await at(ends - 5 * DAY_MS))).toBe("certificate-ends-soon");
    expect(codeOf(await at(ends + 5 * DAY_MS))).toBe("certificate-ended");
    expect(codeOf(await at(Date.UTC(1990, 0, 1)))).toBe("certificate-early");
  });

  it("and says which cannot be read", async () => {
    expect(codeOf(await lookAtCertificate(aMachine(), "api.pem"))).toBe("certificate-unreadable");
    expect(await lookAtCertificate(thisMachine, join(folder, "none.pem"))).toMatchObject({
      code: "certificate-unreadable",
      facts: { why: expect.stringContaining("ENOENT") },
    });
  });
});

describe("the doctor knocks at devices and sinks", () => {
  it("and finds who does not answer", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const place = { kind: "tcp", host: "127.0.0.1", ports: [port] } as const;
    const device = { name: "plc1", places: [place] };
    expect(await lookAtDevice(thisMachine, device, never)).toMatchObject({
      code: "device-good",
      facts: { address: `127.0.0.1:${port}` },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await lookAtDevice(thisMachine, device, never)).toMatchObject({
      code: "device-unreachable",
      facts: { why: expect.stringContaining("ECONNREFUSED") },
    });
  });

  it("and is content with one address of several, or with a serial port that is there", async () => {
    const knock = async (host: string) => {
      if (host === "gone") throw new Error("no answer");
    };
    const place = (host: string) => ({ kind: "tcp", host, ports: [1883] }) as const;
    const sink = { name: "broker", places: [place("gone"), place("here")] };
    expect(codeOf(await lookAtSink(aMachine({ knock }), sink, undefined, never))).toBe("sink-good");
    const alone = { name: "broker", places: [place("gone")] };
    expect(codeOf(await lookAtSink(aMachine({ knock }), alone, undefined, never))).toBe("sink-unreachable");
    const serial = { name: "meter", places: [{ kind: "file", path: "/dev/ttyUSB9" }] as const };
    expect(codeOf(await lookAtDevice(aMachine(), serial, never))).toBe("device-unreachable");
    expect(codeOf(await lookAtDevice(aMachine({ sizeOf: async () => 0 }), serial, never))).toBe(
      "device-good",
    );
  });

  it("and tells a sink that refuses from one that is not reached", async () => {
    const sink = { name: "db", places: [{ kind: "tcp", host: "db", ports: [5432] }] as const };
    const asked = (thrown: Error) =>
      lookAtSink(
        aMachine(),
        sink,
        async () => {
          throw thrown;
        },
        never,
      );
    const cause = new Error("said twice");
    expect(await asked(new SinkError("denied", "password authentication failed", { cause }))).toMatchObject({
      code: "sink-refuses",
      facts: { why: "password authentication failed" },
    });
    expect(codeOf(await asked(new SinkError("unreachable", "no answer")))).toBe("sink-unreachable");
    expect(codeOf(await asked(new Error("no such host")))).toBe("sink-unreachable");
    expect(await lookAtSink(aMachine(), sink, async () => "version 3", never)).toMatchObject({
      code: "sink-asked",
      facts: { said: "version 3", address: "db:5432" },
    });
  });

  it("and finds a serial port that is another user's", async () => {
    const tryOpening = async () => {
      throw new Error("EACCES");
    };
    const serial = { name: "meter", places: [{ kind: "file", path: "/dev/ttyUSB0" }] as const };
    const machine = aMachine({ sizeOf: async () => 0, tryOpening });
    expect(codeOf(await lookAtDevice(machine, serial, never))).toBe("device-denied");
  });

  it("and reads where a sink is from its address", () => {
    const where = (sink: object) => placesOfSink({ name: "s", ...sink }).places;
    expect(where({ url: "postgres://ada@db.plant/stethos" })).toEqual([
      { kind: "tcp", host: "db.plant", ports: [5432] },
    ]);
    expect(where({ urls: ["mqtts://[fd00::1]", "mqtt://b:1884"] })).toEqual([
      { kind: "tcp", host: "fd00::1", ports: [8883] },
      { kind: "tcp", host: "b", ports: [1884] },
    ]);
    expect(where({ folder: "/mnt/usb" })).toEqual([{ kind: "file", path: "/mnt/usb" }]);
  });
});
