import { execFileSync } from "node:child_process";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Desk, openDesk } from "./cli/testing/run.ts";
import { optionsFor, startAcme } from "./cli/testing/signature.ts";
import { type FakeModbus, startFakeModbus } from "./clients/testing/fake-modbus.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { captured, ethernet, ipv4, PC, PLC, pcapFile, udp } from "./passive/testing/build.ts";
import type { ScanResult } from "./scan.ts";

/** Commands that work on many devices, without an end, or without sending anything. */

let desk: Desk;
let plc: FakeModbus;
let known: string[];

beforeEach(async () => {
  desk = await openDesk();
  plc = await startAcme();
  known = await optionsFor(desk, plc);
});

afterEach(async () => {
  await plc.close();
  await desk.remove();
});

describe("scan", () => {
  const network = "127.0.0.1-127.0.0.6";

  it("lists what it found, and what the allow-list did not let it touch", async () => {
    const { code, out, err } = await desk.run("scan", network, "--allow", "127.0.0.0/30", ...known);
    expect(out).toMatch(
      /^HOST +DEVICE +SURE +SPEAKS +TREAT IT\n127\.0\.0\.1 +Acme Acme 7 +99 % +modbus on port \d+ +modbus, /,
    );
    expect(err).toContain("1 found, 2 closed, 0 silent, 0 failed, 3 refused");
    expect(err).toContain("refused, for the allow-list does not name them: 127.0.0.4, 127.0.0.5, 127.0.0.6");
    expect(code).toBe(0);
  });

  it("prints results as JSON as they come", async () => {
    const ran = await desk.run("scan", network, "--allow", "127.0.0.1", "--json", ...known);
    const kinds = new Map(ran.lines<ScanResult>().map(({ host, kind }) => [host, kind]));
    expect(kinds.get("127.0.0.1")).toBe("found");
    expect(kinds.get("127.0.0.6")).toBe("refused");
    expect(kinds.size).toBe(6);
  });

  it("goes on where it ended", async () => {
    const journal = desk.file("scan.ndjson");
    const resumed = ["--allow", "127.0.0.0/24", "--resume", journal, ...known];
    await desk.run("scan", "127.0.0.1-127.0.0.3", ...resumed);
    await appendFile(journal, '{"kind":"fou');
    const { connections } = plc;
    const { err, out } = await desk.run("scan", "127.0.0.1-127.0.0.4", ...resumed);
    expect(err).toContain("3 results of earlier runs in");
    expect(err).toContain("1 of 1 host, ");
    expect(out).toContain("127.0.0.1  Acme");
    expect(plc.connections).toBe(connections);
    expect((await readFile(journal, "utf8")).trimEnd().split("\n")).toHaveLength(4);
    const json = await desk.run("scan", "127.0.0.1", "--json", ...resumed);
    expect(json.lines<ScanResult>()).toHaveLength(1);
  });

  it("ends politely with Ctrl-C, and says how to go on", async () => {
    const silent = await startFakeModbus({ answer: () => true });
    const running = desk.start(
      ...["scan", "127.0.0.1", "127.0.0.2", "--allow", "127.0.0.0/24", "--side-by-side", "1"],
      ...["--resume", desk.file("scan.ndjson"), "--port", `modbus=${silent.port}`, "--protocols", "modbus"],
    );
    while (silent.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    running.interrupt();
    const { code, err } = await running.ended;
    expect(err).toMatch(
      /ended early: 2 hosts left unexamined; run the same command again to go on, .*scan\.ndjson has what was found/,
    );
    expect(code).toBe(1);
    await silent.close();
  });

  it("knocks four times at a host that refuses everything, and at every port with --inventory", async () => {
    const ports = ["s7", "modbus", "opcua", "enip", "iec104", "fox"];
    const closed = [
      ...ports.flatMap((id) => ["--port", `${id}=1`]),
      ...["--protocols", ports.join(","), "--spacing", "0", "--no-memory", "--json"],
    ];
    const knocked = async (...more: string[]) => {
      const ran = await desk.run("scan", "127.0.0.1", "--allow", "127.0.0.1", ...closed, ...more);
      const [result] = ran.lines<ScanResult>();
      return result?.kind === "closed" ? result.fingerprint.protocols.length : 0;
    };
    expect(await knocked()).toBe(4);
    expect(await knocked("--inventory")).toBe(6);
  });

  it("says at once how many hosts there are", async () => {
    const { err } = await desk.run("scan", "127.0.0.1-127.0.0.3", "--allow", "127.0.0.0/24", ...known);
    expect(err).toMatch(/^0 of 3 hosts\n/);
  });

  it("that may touch nothing ends with 3", async () => {
    const { code } = await desk.run("scan", network, "--allow", "10.0.0.1", ...known);
    expect(code).toBe(3);
    expect(plc.connections).toBe(0);
  });

  it("tells which hosts could not be examined", async () => {
    const { code, err } = await desk.run("scan", "nobody.invalid", "--allow", "nobody.invalid", ...known);
    expect(err).toMatch(/nobody\.invalid could not be examined: /);
    expect(code).toBe(1);
  });
});

/** What a device that speaks FINS answers to CPU Unit Data Read (Omron W342, 5-3-19). */
function finsCapture(): Buffer {
  const answer = Buffer.alloc(14 + 92);
  answer.set([0xc0, 0, 2, 0, 0x63, 0, 0, 0, 0, 0xef, 5, 1, 0, 0]);
  answer.write("ACME-9", 14, "latin1");
  answer.write("01.00", 34, "latin1");
  const packet = ipv4({ source: PLC.host, target: PC.host, protocol: 17 }, udp(9600, 50_000, answer));
  return pcapFile([captured(ethernet(0x0800, packet, "020000000005"), 1_700_000_000_000_000)]);
}

describe("listen", () => {
  const signatures = () => ["--signatures", desk.file("signatures")];

  it("names devices by a capture", async () => {
    await writeFile(desk.file("plant.pcap"), finsCapture());
    const { code, out, err } = await desk.run("listen", "--pcap", desk.file("plant.pcap"), ...signatures());
    expect(out).toMatch(
      /^HOST +MAC +DEVICE +SURE +SPEAKS\n10\.0\.0\.5 +02:00:00:00:00:05 +Acme Acme 9, .*firmware .*fins on port 9600, no driver/,
    );
    expect(err).toContain("1 packet, 1 message understood");
    expect(code).toBe(0);
  });

  it("reads standard input, and prints fingerprints as JSON with nothing spent", async () => {
    desk.feed(finsCapture());
    const ran = await desk.run("listen", "--pcap", "-", "--json", ...signatures());
    expect(ran.lines<Fingerprint>()[0]).toMatchObject({
      host: "10.0.0.5",
      vendor: "Acme",
      family: "Acme 9",
      spent: { connections: 0, frames: 0 },
      at: "2023-11-14T22:13:20.000Z",
    });
  });

  it("is content with a capture that was cut off, and says so", async () => {
    desk.feed(Buffer.concat([finsCapture(), Buffer.alloc(7)]));
    const { code, err } = await desk.run("listen", "--pcap", "-", ...signatures());
    expect(err).toContain("the capture was cut off in its last packet");
    expect(code).toBe(0);
  });

  it("ends with 1 where nobody has a name", async () => {
    desk.feed(pcapFile([captured(Buffer.alloc(9))]));
    const { code, err } = await desk.run("listen", "--pcap", "-", ...signatures());
    expect(err).toContain("1 damaged packets");
    expect(err).toContain("nobody was heard whom a signature names");
    expect(code).toBe(1);
  });

  it("ends with Ctrl-C, or when its time is over", async () => {
    const running = desk.start("listen", "--pcap", "-");
    running.interrupt();
    expect((await running.ended).code).toBe(1);
    desk.wait();
    const timed = await desk.run("listen", "--pcap", "-", "--seconds", "1");
    expect(timed.err).toContain("it is empty");
  });

  it("reads the neighbour tables of this machine without a fault", async () => {
    const { code } = await desk.run("listen", "--neighbours", "--json");
    expect([0, 1]).toContain(code);
  });

  it.each([
    { args: ["--pcap", "/nowhere/plant.pcap"], what: /plant\.pcap cannot be read/ },
    { args: ["--pcap", "/etc/hostname"], what: /as neither pcap nor pcapng does|ends after a few bytes/ },
  ])("says why it hears nothing of $args", async ({ args, what }) => {
    const { code, err } = await desk.run("listen", ...args);
    expect(err).toMatch(what);
    expect(code).toBe(1);
  });

  it("takes one source at a time", async () => {
    const { code } = await desk.run("listen", "--neighbours", "--pcap", "-");
    expect(code).toBe(2);
  });
});

describe("read", () => {
  it("reads registers over the profile that fits, and says which", async () => {
    plc.memory.writeFloatBE(21.5, 0);
    plc.memory.writeUInt16BE(0x8001, 4);
    const ran = await desk.run("read", "127.0.0.1", "hr:0,FLOAT32", "40003", "hr:2.15", ...known);
    expect(ran.lines().map(({ value, quality, address }) => [address, value, quality])).toEqual([
      ["hr:0,FLOAT32", 21.5, "good"],
      ["40003", 0x8001, "good"],
      ["hr:2.15", true, "good"],
    ]);
    expect(ran.err).toMatch(/reading over modbus, port \d+, unit 1/);
    expect(ran.code).toBe(0);
  });

  it("reads S7 addresses through registers where the areas are told", async () => {
    plc.memory.writeFloatBE(21.5, 20);
    await writeFile(
      desk.file("areas.yaml"),
      "- { kind: holding, db: 1, startRegister: 10, endRegister: 19 }\n",
    );
    const areas = ["--areas", desk.file("areas.yaml")];
    const ran = await desk.run("read", "127.0.0.1", "DB1,REAL0", ...areas, ...known);
    expect(ran.lines()[0]).toMatchObject({ value: 21.5, protocol: "modbus-tcp", address: "DB1,REAL0" });
    const beyond = await desk.run("read", "127.0.0.1", "DB1,REAL18", ...areas, ...known);
    expect(beyond.err).toMatch(/DB1, bytes 0 to 19/);
    expect(beyond.code).toBe(2);
  });

  it("says why a device cannot be read and what to do, in the language that was asked for", async () => {
    const closed = ["--protocols", "modbus", "--port", "modbus=1"];
    const { code, err } = await desk.run("read", "127.0.0.1", "hr:0", ...closed, "--lang", "zh");
    expect(err).toMatch(/modbus: closed\n127\.0\.0\.1: unknown device\nPORT_CLOSED\n {2}.*\p{Script=Han}/u);
    expect(code).toBe(1);
  });

  it("says which addresses the device can be read with", async () => {
    const { code, err } = await desk.run("read", "127.0.0.1", "DB1,REAL0", ...known);
    expect(err).toMatch(/cannot be read with s7 addresses. What it offers: modbus, port/);
    expect(code).toBe(1);
  });

  it("goes on, round after round, until it is stopped", async () => {
    const running = desk.start("read", "127.0.0.1", "hr:0", "--period", "5", ...known);
    await running.said(/"sequence":3/);
    running.interrupt();
    const { code, lines } = await running.ended;
    expect(
      lines()
        .map(({ sequence }) => sequence)
        .slice(0, 4),
    ).toEqual([0, 1, 2, 3]);
    expect(code).toBe(0);
  });

  it("gives bad readings while the device is away", async () => {
    const running = desk.start("read", "127.0.0.1", "hr:0", "--period", "5", ...known);
    await running.said(/"sequence":1/);
    await plc.close();
    await running.said(/"quality":"bad"/);
    running.interrupt();
    const { lines } = await running.ended;
    expect(lines().at(-1)).toMatchObject({ value: null, status: "BadNotConnected" });
    plc = await startAcme();
  });

  it("ends with 1 where no address has a value", async () => {
    const refusing = await startFakeModbus({ refuse: () => 2 });
    const ran = await desk.run("read", "127.0.0.1", "hr:0", ...known, "--port", `modbus=${refusing.port}`);
    expect(ran.lines()[0]).toMatchObject({ value: null, status: "BadNodeIdUnknown" });
    expect(ran.code).toBe(1);
    await refusing.close();
  });

  it("remembers what worked", async () => {
    const memory = desk.file("memory.json");
    await desk.run("read", "127.0.0.1", "hr:0", "--memory", memory, ...known);
    expect(await readFile(memory, "utf8")).toMatch(/"worked":\{.*"mode":"modbus"/);
  });

  it.each([
    {
      text: "- { kind: holding, db: 0, startRegister: 0, endRegister: 9 }",
      what: /areas\.yaml: area 1, db: .*kind: holding/,
    },
    { text: "db: 1", what: /areas\.yaml: must be a list, each area written as/ },
    { text: "{ [", what: /areas\.yaml cannot be read as YAML or JSON/ },
  ])("refuses areas that are none: $text", async ({ text, what }) => {
    await writeFile(desk.file("areas.yaml"), text);
    const { code, err } = await desk.run(
      "read",
      "127.0.0.1",
      "DB1,REAL0",
      "--areas",
      desk.file("areas.yaml"),
      ...known,
    );
    expect(err).toMatch(what);
    expect(code).toBe(2);
  });
});

describe("tunnel", () => {
  const areas = async () => {
    await writeFile(
      desk.file("areas.yaml"),
      "- { kind: holding, db: 1, startRegister: 0, endRegister: 99 }\n",
    );
    return ["--areas", desk.file("areas.yaml")];
  };
  const behind = () => ["--plc", `modbus://127.0.0.1:${plc.port}`];

  it("serves S7 clients over Modbus until Ctrl-C, and tells who came", async () => {
    plc.memory.writeFloatBE(21.5, 0);
    const tunnel = desk.start("tunnel", "--listen", "127.0.0.1:0", ...behind(), ...(await areas()));
    const [, port] = await tunnel.said(/listening on 127\.0\.0\.1:(\d+)/);
    const s7 = ["--port", `s7=${port}`, "--protocols", "s7", "--spacing", "0"];
    const ran = await desk.run("read", "127.0.0.1", "DB1,REAL0", ...s7);
    expect(ran.lines()[0]).toMatchObject({ value: 21.5, protocol: "s7" });
    tunnel.interrupt();
    const { code, err, out } = await tunnel.ended;
    expect(err).toMatch(/connected to the PLC\n/);
    expect(err).toMatch(/client 1 \(127\.0\.0\.1:\d+\) has come\n/);
    expect(err).toMatch(/client 1 \(127\.0\.0\.1:\d+\) has gone: it left\n/);
    expect(err).toMatch(/ended: 2 clients, \d+ requests, 0 writes/);
    expect(out).toBe("");
    expect(code).toBe(0);
  });

  it("serves Modbus clients over S7, here over another tunnel", async () => {
    plc.memory.writeUInt16BE(1234, 0);
    const first = desk.start("tunnel", "--listen", "127.0.0.1:0", ...behind(), ...(await areas()));
    const [, s7Port] = await first.said(/listening on 127\.0\.0\.1:(\d+)/);
    const plcUrl = `s7://127.0.0.1:${s7Port}?slot=2&rack=0&type=op`;
    const second = desk.start(
      "tunnel",
      "--listen-modbus",
      "127.0.0.1:0",
      "--plc",
      plcUrl,
      ...(await areas()),
      "--json",
    );
    const [, modbusPort] = await second.said(/"kind":"listening","address":"127\.0\.0\.1","port":(\d+)/);
    await second.said(/"kind":"plc-up"/);
    const modbus = ["--port", `modbus=${modbusPort}`, "--protocols", "modbus", "--spacing", "0"];
    const ran = await desk.run("read", "127.0.0.1", "hr:0", ...modbus);
    expect(ran.lines()[0]).toMatchObject({ value: 1234 });
    second.interrupt();
    const { lines } = await second.ended;
    expect(lines().at(-1)).toMatchObject({ kind: "ended", stats: { writes: 0 } });
    first.interrupt();
    await first.ended;
  });

  it("tells in words and as JSON that the PLC is away", async () => {
    await plc.close();
    for (const json of [[], ["--json"]]) {
      const tunnel = desk.start(
        "tunnel",
        "--listen",
        "127.0.0.1:0",
        ...behind(),
        ...(await areas()),
        ...json,
      );
      await tunnel.said(
        json.length === 0 ? /no PLC: .*; next attempt in \d+ s/ : /"kind":"plc-down","error":\{"code":"PLC_/,
      );
      tunnel.interrupt();
      expect((await tunnel.ended).code).toBe(0);
    }
    plc = await startAcme();
  });

  it("tells of clients that it turns away", async () => {
    const tunnel = desk.start("tunnel", "--listen", "127.0.0.1:0", ...behind(), ...(await areas()));
    const [, port] = await tunnel.said(/listening on 127\.0\.0\.1:(\d+)/);
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => undefined).write("GET / HTTP/1.1\r\n\r\n");
    await tunnel.said(/client 1 .* has gone: sent away: malformed/);
    tunnel.interrupt();
    expect((await tunnel.ended).err).toContain("1 client sent away for what they sent");
    socket.destroy();
  });

  it("lets nothing be written but what is listed", async () => {
    await writeFile(desk.file("writable.txt"), "DB1,INT4 # set point\n\n");
    const tunnel = desk.start(
      ...["tunnel", "--listen", "127.0.0.1:0", "--writable", desk.file("writable.txt")],
      ...behind(),
      ...(await areas()),
    );
    await tunnel.said(/listening on/);
    tunnel.interrupt();
    expect((await tunnel.ended).code).toBe(0);
    await writeFile(desk.file("writable.txt"), "DB9,INT4\n");
    const refused = await desk.run(
      ...["tunnel", "--listen", "127.0.0.1:0", "--writable", desk.file("writable.txt")],
      ...behind(),
      ...(await areas()),
    );
    expect(refused.err).toMatch(/"DB9,INT4" cannot be written/);
    expect(refused.code).toBe(2);
  });

  it.each([
    { args: ["--listen", "0.0.0.0:0"], what: /can be reached by other computers.*--expose/ },
    { args: ["--listen", "1102"], what: /"127.0.0.1:1102"/ },
    { args: ["--listen", "127.0.0.1:99999"], what: /"127.0.0.1:1102"/ },
    { args: [], what: /name either --listen/ },
    { args: ["--listen", "127.0.0.1:0", "--listen-modbus", "127.0.0.1:0"], what: /name either --listen/ },
    { args: ["--listen-modbus", "127.0.0.1:0"], what: /--listen-modbus with --plc s7:/ },
    { args: ["--listen", "127.0.0.1:0", "--plc", "s7://10.0.0.5"], what: /--listen goes with --plc modbus:/ },
    { args: ["--listen", "127.0.0.1:0", "--plc", "10.0.0.5"], what: /write "modbus:\/\/10.0.0.5"/ },
    { args: ["--listen", "127.0.0.1:0", "--plc", "http://10.0.0.5"], what: /behind modbus:\/\/ or s7:/ },
    {
      args: ["--listen", "127.0.0.1:0", "--plc", "modbus://10.0.0.5?slot=2"],
      what: /modbus:\/\/ takes unit, and "slot" is none of it/,
    },
    { args: ["--listen", "127.0.0.1:0", "--plc", "modbus://10.0.0.5?unit=256"], what: /from 0 to 255/ },
    { args: ["--listen-modbus", "127.0.0.1:0", "--plc", "s7://10.0.0.5?type=x"], what: /pg, op or basic/ },
    { args: ["--listen", "127.0.0.1:0", "--writable", "/nowhere"], what: /\/nowhere cannot be read/ },
  ])("refuses $args", async ({ args, what }) => {
    const plcArgs = args.includes("--plc") ? [] : behind();
    const { code, err } = await desk.run("tunnel", ...args, ...plcArgs, ...(await areas()));
    expect(err).toMatch(what);
    expect(code).toBe(2);
  });

  it("listens for others where that is meant", async () => {
    const tunnel = desk.start("tunnel", "--listen", "0.0.0.0:0", "--expose", ...behind(), ...(await areas()));
    await tunnel.said(/listening on 0\.0\.0\.0:\d+/);
    tunnel.interrupt();
    expect((await tunnel.ended).code).toBe(0);
  });
});

describe("completion", () => {
  it("teaches bash commands, options and their values", async () => {
    const { out } = await desk.run("completion", "bash");
    await writeFile(desk.file("completion.bash"), out);
    const complete = (...words: string[]) => {
      const script = `source ${desk.file("completion.bash")}
COMP_WORDS=(protocol-finger ${words.map((word) => `"${word}"`).join(" ")})
COMP_CWORD=${words.length}
_protocol_finger
echo "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split(" ");
    };
    expect(complete("pro")).toEqual(["probe"]);
    expect(complete("probe", "10.0.0.5", "--sig")).toEqual(["--signatures"]);
    expect(complete("probe", "--lang", "")).toEqual(["en", "zh"]);
    expect(complete("signatures", "")).toEqual(expect.arrayContaining(["list", "check"]));
    expect(complete("signatures", "check", "--")).toEqual(["--json", "--help"]);
    expect(complete("completion", "f")).toEqual(["fish"]);
  });

  it("teaches zsh the same through bash's", async () => {
    const { out } = await desk.run("completion", "zsh");
    expect(out).toMatch(/^#compdef protocol-finger\n.*bashcompinit\n# bash completion/);
  });

  it("teaches fish, with quotes that hold", async () => {
    const { out } = await desk.run("completion", "fish");
    expect(out).toContain("-n '__fish_use_subcommand' -a probe -d 'find out what one device is");
    expect(out).toContain("-n '__fish_seen_subcommand_from probe' -l lang -x -a 'en zh'");
    expect(out).toContain("not the protocol\\'s own");
    expect(out).toContain(
      "-n '__fish_seen_subcommand_from signatures; and not __fish_seen_subcommand_from list check' -a check",
    );
    expect(out).toContain("-n '__fish_seen_subcommand_from completion' -a 'zsh'");
  });
});
