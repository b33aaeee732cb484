import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Desk, openDesk } from "./cli/testing/run.ts";
import { optionsFor, startAcme } from "./cli/testing/signature.ts";
import type { FakeModbus } from "./clients/testing/fake-modbus.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { ByteEntry } from "./probes/byte-entry.ts";
import { s7Fingerprint, unknownFingerprint } from "./testing/fingerprint.ts";

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

describe("the command line", () => {
  it("helps, tells its version, and says what its exit codes mean", async () => {
    const help = await desk.run("--help");
    expect(help.code).toBe(0);
    expect(help.out).toContain(
      "Exit codes: 0 done, 1 could not be done or not identified, 2 wrong usage, 3 the",
    );
    expect((await desk.run("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(["probe", "scan", "explain", "read", "listen", "tunnel", "completion"])(
    "gives examples in the help of %s",
    async (command) => {
      const { code, out } = await desk.run(command, "--help");
      expect(code).toBe(0);
      expect(out).toContain(`Examples:\n  protocol-finger ${command} `);
    },
  );

  it.each([
    { args: ["frobnicate"], what: /unknown command 'frobnicate'/ },
    { args: ["probe"], what: /missing required argument 'host'/ },
    { args: ["probe", "10.0.0.1", "--port", "102"], what: /none of s7, modbus/ },
    { args: ["probe", "10.0.0.1", "--port", "s7=0"], what: /"s7=1102"/ },
    { args: ["probe", "10.0.0.1", "--protocols", "s7,profibus"], what: /"profibus" is none of/ },
    { args: ["probe", "10.0.0.1", "--spacing", "soon"], what: /milliseconds/ },
    { args: ["probe", "10.0.0.1", "--lang", "de"], what: /Allowed choices are en, zh/ },
    { args: ["probe", "10.0.0.1", "--allow", "10.0.0.1/99"], what: /is no address, network, range or name/ },
    { args: ["probe", ""], what: /"" is neither an address nor a name/ },
    { args: ["probe", "10.0.0.5:102"], what: /a port goes into --port/ },
    { args: ["probe", "10.0.0.1", "--port", "s7=102=3"], what: /"s7=1102"/ },
    { args: ["probe", "10.0.0.1", "--spacing", "1e99"], what: /from 0 to 86400000/ },
    { args: ["probe", "10.0.0.1", "--allow", "plant.txt"], what: /there is no file plant\.txt/ },
    { args: ["probe", "10.0.0.1", "--allow", "lists/plant"], what: /there is no file lists\/plant/ },
    { args: ["probe", "10.0.0.1", "--allow", "/"], what: /\/ cannot be read as an allow-list/ },
    { args: ["probe", "10.0.0.1", "--allow", "/dev/null"], what: /names no device/ },
    { args: ["explain", "/"], what: /\/ is no fingerprint \(it cannot be read\)/ },
    { args: ["scan", "", "--allow", "10.0.0.1"], what: /"" names no hosts/ },
    { args: ["scan", "10.0.0.0/24"], what: /required option '--allow/ },
    { args: ["scan", "10.0.0.0/8", "--allow", "10.0.0.1"], what: /more than 65536 hosts/ },
    { args: ["scan", "10.0.0.1", "--allow", "10.0.0.1", "--side-by-side", "0"], what: /from 1 to 256/ },
    { args: ["listen"], what: /name one of --interface, --pcap and --neighbours/ },
    { args: ["read", "10.0.0.1", "DB1,FOO0"], what: /"DB1,FOO0" is no address, from character/ },
    { args: ["read", "10.0.0.1", "hr:0", "MW10"], what: /different protocols/ },
    { args: ["completion", "tcsh"], what: /Allowed choices are bash, zsh, fish/ },
  ])("refuses $args with what to write instead", async ({ args, what }) => {
    const { code, out, err } = await desk.run(...args);
    expect(err).toMatch(what);
    expect(code).toBe(2);
    expect(out).toBe("");
  });
});

describe("probe", () => {
  it("names the device, says how it knows and what it cost", async () => {
    const { code, out, err } = await desk.run("probe", "127.0.0.1", ...known);
    expect(out).toMatch(
      /^127\.0\.0\.1: Acme Acme 7\n {2}sure {8}99 % \(plc\)\n {2}speaks {6}modbus on port \d+\n/,
    );
    expect(out).toMatch(/treat it {4}modbus, port \d+, unit 1: /);
    expect(out).toMatch(/spent {7}1 connection, 1 frame, \d+ ms\n/);
    expect(err).toMatch(/modbus, port \d+ \.\.\.\nmodbus: 99 % sure\n/);
    expect(code).toBe(0);
  });

  it("prints the whole fingerprint as JSON, alone on stdout", async () => {
    const [fingerprint] = (await desk.run("probe", "127.0.0.1", "--json", ...known)).lines<Fingerprint>();
    expect(fingerprint).toMatchObject({ host: "127.0.0.1", vendor: "Acme", confidence: 0.99 });
    expect(fingerprint?.facts.map(({ key }) => key)).toContain("modbus.vendor");
  });

  it("does not probe again what it knows, unless it is told to", async () => {
    await desk.run("probe", "127.0.0.1", ...known);
    const connections = plc.connections;
    const again = await desk.run("probe", "127.0.0.1", ...known);
    expect(again.err).toMatch(/known since .*--fresh/);
    expect(plc.connections).toBe(connections);
    await desk.run("probe", "127.0.0.1", "--fresh", ...known);
    expect(plc.connections).toBe(connections + 1);
    await desk.run("probe", "127.0.0.1", "--no-memory", ...known);
    expect(plc.connections).toBe(connections + 2);
  });

  it("writes every byte to the log", async () => {
    const log = desk.file("bytes.ndjson");
    await desk.run("probe", "127.0.0.1", "--bytes", log, ...known);
    const entries = (await readFile(log, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ByteEntry & { bytes: string });
    const sent = entries.filter(({ direction }) => direction === "sent");
    expect(sent.map(({ bytes }) => bytes)).toEqual(
      plc.adus.map(({ transaction, unit, pdu }) => {
        const head = Buffer.from([transaction >> 8, transaction & 255, 0, 0, 0, pdu.length + 1, unit]);
        return Buffer.concat([head, pdu]).toString("hex");
      }),
    );
    expect(sent[0]?.rule).toMatch(/FC 43/);
    expect(entries.some(({ direction }) => direction === "received")).toBe(true);
  });

  it("says so where the log cannot be written", async () => {
    const { code, err } = await desk.run("probe", "127.0.0.1", "--bytes", desk.file("nowhere/log"), ...known);
    expect(err).toContain("cannot be the log of bytes; name a file in a folder that can be written to");
    expect(code).toBe(2);
    expect(plc.connections).toBe(0);
    const full = await desk.run("probe", "127.0.0.1", "--bytes", "/dev/full", ...known);
    expect(full.err).toContain("the log of bytes in /dev/full is not whole; free space");
    expect(full.out).toContain("Acme 7");
    expect(full.code).toBe(1);
  });

  it("ends with 1 and without a stack trace at Ctrl-C", async () => {
    const running = desk.start("probe", "127.0.0.1", ...known);
    running.interrupt();
    const { code, err } = await running.ended;
    expect(err).toMatch(/^stopped before it was done\n$/m);
    expect(code).toBe(1);
  });

  it("takes an IPv6 address in brackets", async () => {
    const { out } = await desk.run("probe", "[::1]", "--protocols", "modbus", "--port", "modbus=1");
    expect(out).toMatch(/^::1: unknown device/);
  });

  it("ends with 1, and the way to an explanation, where it does not know the device", async () => {
    const { code, out } = await desk.run("probe", "127.0.0.1", ...known.slice(0, -2));
    expect(out).toMatch(/^127\.0\.0\.1: unknown device/);
    expect(out).toMatch(/"protocol-finger explain 127\.0\.0\.1" shows what was seen\n$/);
    expect(code).toBe(1);
  });

  it("tells what is wrong in the language that was asked for", async () => {
    await plc.close();
    const closed = await desk.run("probe", "127.0.0.1", "--lang", "zh", ...known);
    expect(closed.out).toMatch(/PORT_CLOSED .*\n.*\p{Script=Han}/u);
    plc = await startAcme();
  });

  it.each([
    { name: "an address", allow: () => "10.9.9.9" },
    { name: "a file", allow: () => desk.file("allow.txt") },
  ])("sends nothing to what $name of the allow-list does not name", async ({ allow }) => {
    await writeFile(desk.file("allow.txt"), "# the line of building 7\n10.9.9.0/24\n\n");
    const { code, err, out } = await desk.run("probe", "127.0.0.1", "--allow", allow(), ...known);
    expect(code).toBe(3);
    expect(err).toMatch(/127\.0\.0\.1/);
    expect(out).toBe("");
    expect(plc.connections).toBe(0);
  });

  it("speaks to what a file of the allow-list names", async () => {
    await writeFile(desk.file("allow.txt"), "127.0.0.0/30 # the test bench\n");
    const { code } = await desk.run("probe", "127.0.0.1", "--allow", desk.file("allow.txt"), ...known);
    expect(code).toBe(0);
  });

  it("does without a memory where there is no place for it, and says so", async () => {
    await writeFile(desk.file("protocol-finger"), "in the way");
    const { code, err } = await desk.run("probe", "127.0.0.1", ...known);
    expect(err).toMatch(/verdicts are not remembered: /);
    expect(code).toBe(0);
  });

  it("insists on the memory that was asked for", async () => {
    await writeFile(desk.file("blocked"), "in the way");
    const { code, err } = await desk.run(
      "probe",
      "127.0.0.1",
      "--memory",
      desk.file("blocked/x.json"),
      ...known,
    );
    expect(err).toMatch(/memory of verdicts/);
    expect(code).toBe(2);
  });

  it("keeps a damaged memory aside", async () => {
    await writeFile(desk.file("verdicts.json"), "{");
    const { code, err } = await desk.run(
      "probe",
      "127.0.0.1",
      "--memory",
      desk.file("verdicts.json"),
      ...known,
    );
    expect(err).toMatch(/the memory of verdicts was damaged .*; it is kept as /);
    expect(code).toBe(0);
  });
});

describe("explain", () => {
  it("explains a fingerprint that was saved", async () => {
    await writeFile(desk.file("plc.json"), JSON.stringify(s7Fingerprint("10.0.0.5")));
    const { code, out } = await desk.run("explain", desk.file("plc.json"));
    expect(out).toMatch(
      /^10\.0\.0\.5 .*: Siemens S7-300.*\nIt is a controller.*\n\nEvidence\n├─ s7, port 102/,
    );
    expect(code).toBe(0);
  });

  it("explains a device, and one that it knows without sending anything", async () => {
    const first = await desk.run("explain", "127.0.0.1", ...known);
    expect(first.out).toMatch(/fact {4}modbus\.vendor = Acme/);
    const { connections } = plc;
    const second = await desk.run("explain", "127.0.0.1", ...known);
    expect(second.out).toContain("No connection was made and no frame sent for this");
    expect(plc.connections).toBe(connections);
  });

  it("gives an unknown device a signature to begin with, also as JSON", async () => {
    await writeFile(desk.file("plc.json"), JSON.stringify(unknownFingerprint("10.0.0.5")));
    const { code, lines } = await desk.run("explain", desk.file("plc.json"), "--json");
    expect(lines<{ signature: string }>()[0]?.signature).toMatch(/- id: /);
    expect(code).toBe(1);
    await writeFile(desk.file("plc.json"), JSON.stringify(s7Fingerprint("10.0.0.5")));
    expect((await desk.run("explain", desk.file("plc.json"), "--json")).lines()[0]).toEqual(
      s7Fingerprint("10.0.0.5"),
    );
  });

  it.each([
    { name: "no JSON", text: "hello" },
    { name: "something else", text: '{"host":"10.0.0.5"}' },
  ])("refuses a file that is $name", async ({ text }) => {
    await writeFile(desk.file("plc.json"), text);
    const { code, err } = await desk.run("explain", desk.file("plc.json"));
    expect(err).toMatch(/plc\.json is no fingerprint \(.*"protocol-finger probe HOST --json" writes one/);
    expect(code).toBe(2);
  });
});

describe("signatures", () => {
  it("are listed with what they say and who says so", async () => {
    const { code, out } = await desk.run("signatures", "list", "--signatures", desk.file("signatures"));
    expect(out).toContain(
      `test.fins (weight 0.95): vendor Acme, family Acme 9, firmware $\{fins.version}\n    when    fins.model ~ ^ACME\n    source  a test\n`,
    );
    expect(code).toBe(0);
  });

  it("are listed as JSON", async () => {
    const all = (
      await desk.run("signatures", "list", "--json", "--signatures", desk.file("signatures"))
    ).lines();
    expect(all.find(({ id }) => id === "test.acme")).toMatchObject({
      when: { "modbus.vendor": "= Acme" },
      weight: 0.99,
    });
  });

  it("of every condition can be read", async () => {
    const text = `
- id: test.all
  source: a test
  when: { a.b: 1, a.c: { oneOf: [x, y] }, a.d: { atLeast: 1, atMost: 2 }, a.e: { exists: true }, a.f: { exists: false } }
  against: { nature: simulator }
  weight: 0.5
`;
    await writeFile(desk.file("signatures/test.yaml"), text);
    const { out } = await desk.run("signatures", "list", "--signatures", desk.file("signatures"));
    expect(out).toContain(
      "test.all (weight 0.5): not nature simulator\n    when    a.b = 1, a.c in x y, a.d 1..2, a.e noted, a.f not noted\n",
    );
  });

  it("are checked by their own examples", async () => {
    const good = await desk.run("signatures", "check", desk.file("signatures"));
    expect(good.out).toBe(`${desk.file("signatures")} is good: 2 signatures, 2 examples\n`);
    expect(good.code).toBe(0);
    const text = `
- { id: test.none, source: a test, when: { a.b: 1 }, supports: { vendor: A }, weight: 0.5 }
- id: test.misfit
  source: a test
  when: { a.b: 1 }
  supports: { vendor: A }
  weight: 0.5
  examples: [{ facts: { a.b: 2 } }, { facts: { a.b: 1 }, supports: { vendor: B } }]
`;
    await writeFile(desk.file("signatures/test.yaml"), text);
    const bad = await desk.run("signatures", "check", desk.file("signatures"));
    expect(bad.out).toContain("test.none: it has no example");
    expect(bad.out).toContain("test.misfit: it does not fit its own example 1");
    expect(bad.out).toContain(
      'test.misfit: of its example 2 it says {"vendor":"A"} where {"vendor":"B"} is due',
    );
    expect(bad.out).toContain("has 3 problems: 2 signatures, 2 examples");
    expect(bad.code).toBe(1);
    const json = await desk.run("signatures", "check", "--json", desk.file("signatures"));
    expect(json.lines()[0]).toMatchObject({ ok: false, signatures: 2 });
  });

  it("that cannot be read are refused", async () => {
    await writeFile(desk.file("signatures/test.yaml"), "- id: X");
    const { code, err } = await desk.run("signatures", "check", desk.file("signatures"));
    expect(err).toMatch(/test\.yaml: entry 1 \("X"\).*[^\]}]\n$/);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
    const json = await desk.run("signatures", "check", "--json", desk.file("signatures"));
    expect(json.lines()[0]).toMatchObject({ ok: false, problems: [{ message: err.trimEnd() }] });
    expect(json.code).toBe(1);
  });
});
