import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  builtInSignatures,
  type FactValue,
  FingerError,
  type Fingerprint,
  type Overheard,
  overhear,
} from "@stethos/protocol-finger";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

// Captures of real devices (ITI/ICS-Security-Tools, pcaps/). They judge where they exist; they may not be copied.
const folder = join(process.env["STETHOS_DATA"] ?? "/nowhere", "captures");

interface Expected {
  readonly host: string;
  readonly labels: Partial<Fingerprint>;
  readonly facts: Readonly<Record<string, FactValue>>;
  /** Messages that are malformed in the capture itself. */
  readonly malformed?: number;
}

/** SYN-ACKs as they are in the captures. */
const SIEMENS_2013 = {
  "tcp.window": 4096,
  "tcp.ttl": 30,
  "tcp.df": false,
  "tcp.mss": 1460,
  "tcp.options": "M",
};

const S7_315: Expected = {
  host: "134.217.61.211",
  labels: {
    vendor: "Siemens",
    family: "S7-300",
    model: "CPU 315-2 PN/DP",
    orderNumber: "6ES7 315-2EH14-0AB0",
    firmware: "V3.2.7",
    serial: "S C-B1U393142011",
    mac: "00:0e:8c:d0:f9:cb",
  },
  // The module name stands in the second part of a list that does not fit one PDU.
  facts: {
    "s7.pduSize": 240,
    "s7.amqCalled": 1,
    "s7.szlFragmented": true,
    "s7.moduleType": "CPU 315-2 PN/DP",
    "tcp.ttl": 30,
    "tcp.df": false,
  },
};

const CAPTURES: Readonly<Record<string, Expected>> = {
  "snap7_s300_everything.pcapng": {
    ...S7_315,
    facts: { ...S7_315.facts, "s7.connections": 16, "s7.mostPduSize": 240, "s7.cpuState": "RUN" },
  },
  "tia_s300_goOnline.pcapng": S7_315,
  "s7comm_reading_plc_status.pcap": {
    host: "192.168.1.40",
    labels: {
      vendor: "Siemens",
      family: "S7-300",
      model: "IM151-8 PN/DP CPU",
      orderNumber: "6ES7 151-8AB01-0AB0",
      firmware: "V3.2.6",
    },
    facts: { ...SIEMENS_2013, "cotp.ccOrder": "C0,C1,C2", "s7.connections": 12, "s7.protectionLevel": 1 },
  },
  "snap7_s300_readVar.pcapng": {
    host: "134.249.61.163",
    labels: { vendor: "Siemens" },
    facts: { "s7.protocol": "s7comm", "tcp.ttl": 30 },
  },
  "snap7_s300_setupCommunication.pcapng": {
    host: "134.249.61.163",
    labels: { vendor: "Siemens" },
    facts: { "s7.pduSize": 240, "s7.amqCalling": 1, "s7.amqCalled": 1 },
  },
  "step7_s300_AuthPassword.pcapng": {
    host: "134.249.61.163",
    labels: { vendor: "Siemens" },
    facts: { "s7.protectionLevel": 3, "s7.cpuState": "RUN" },
  },
  "wincc_s300_setup-alarm-read.pcapng": {
    host: "134.249.61.182",
    labels: {},
    // Asked for three jobs of the controller, it grants two.
    facts: { "s7.pduSize": 240, "s7.amqCalling": 1, "s7.amqCalled": 2 },
  },
  "s7-1200-hmi.pcap": {
    host: "192.168.25.131",
    labels: { vendor: "Siemens", family: "S7-1200", orderNumber: "6ES7 211-1BE31-0XB0", firmware: "V3.0" },
    facts: { ...SIEMENS_2013, "s7.protocol": "s7comm-plus" },
  },
  "S7-1511-opc-request-all-types.pcap": {
    host: "192.168.25.139",
    labels: { vendor: "Siemens", family: "S7-1500", orderNumber: "6ES7 511-1AK00-0AB0", firmware: "V1.0" },
    facts: { ...SIEMENS_2013, "s7.protocol": "s7comm-plus" },
  },
  "modicon_test.pcap": {
    host: "192.168.63.253",
    labels: { vendor: "Schneider Electric", family: "Modicon Quantum", model: "140 CPU 311 10" },
    facts: {
      "tcp.window": 4096,
      "tcp.ttl": 64,
      "tcp.df": false,
      "tcp.options": "M,N,W",
      "tcp.windowScale": 0,
    },
  },
  "modbus_test_data_part1.pcap": {
    host: "10.0.0.3",
    labels: { vendor: "Wingpath" },
    // A client sends 34,820 for a length, twice.
    malformed: 4,
    facts: {
      "modbus.serverId": "Wingpath Limited",
      "tcp.window": 65_535,
      "tcp.ttl": 128,
      "tcp.options": "M,N,N,S",
    },
  },
  "modbus_test_data_part2.pcap": {
    host: "166.161.16.230",
    labels: {},
    facts: { "modbus.speaks": true, "modbus.unit": 1, "tcp.window": 4096, "tcp.mss": 512, "tcp.df": false },
  },
  "omron_test.pcap": {
    host: "10.1.1.164",
    labels: { vendor: "Omron", family: "CP1L", model: "CP1L-EL20DR-D" },
    facts: { "fins.version": "01.00", "tcp.window": 2144, "tcp.mss": 536, "tcp.options": "M" },
  },
  "bacnet_test.pcap": {
    host: "10.1.1.165",
    labels: { model: "MS-NAE4510-2" },
    facts: { "bacnet.vendor": "JCI", "bacnet.model": "MS-NAE4510-2", "bacnet.firmware": "5.1.0.4400" },
  },
  "enip_test.pcap": {
    host: "10.1.1.164",
    labels: { vendor: "Rockwell Automation", model: "1756-ENBT/A" },
    facts: {
      "enip.vendorId": 1,
      "enip.deviceType": 12,
      "enip.revision": "4.3",
      "tcp.window": 4096,
      "tcp.df": true,
    },
  },
  "fox_info.pcap": {
    host: "106.68.88.119",
    labels: { vendor: "Tridium", family: "Niagara" },
    facts: {
      "fox.osName": "QNX",
      "fox.appVersion": "3.5.41.1",
      "tcp.window": 16_384,
      "tcp.mss": 1376,
      "tcp.options": "M,N,W,N,N,T",
    },
  },
  "hart_ip.pcap": {
    host: "192.168.0.10",
    labels: { vendor: "Emerson" },
    facts: {
      "hart-ip.deviceType": "264e",
      "hart-ip.hartRevision": 7,
      "tcp.window": 5840,
      "tcp.options": "M,N,N,S,N,W",
      "tcp.windowScale": 2,
    },
  },
  "TestDissectIec104.pcap": { host: "172.27.248.79", labels: {}, facts: { "iec104.speaks": true } },
  "opc-ua-ap-method-wireshark-freeze.pcap": {
    host: "192.168.41.212",
    labels: {},
    // On a port that is not OPC UA's own.
    facts: {
      "opcua.applicationName": "UA StackTest Server (AnsiC/2048)",
      "opcua.policies": "None,Basic128Rsa15,Basic256",
    },
  },
};

const signatures = await builtInSignatures();

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const listen = (bytes: Buffer, size = 4096): Promise<Overheard> =>
  overhear(inPieces(bytes, size), signatures);

if (existsSync(folder)) {
  describe.each(Object.entries(CAPTURES))("%s", (name, { host, labels, facts, malformed = 0 }) => {
    const bytes = readFileSync(join(folder, name));

    it("decodes without a fault", async () => {
      const { counts, isWhole } = await listen(bytes);
      expect(counts).toMatchObject({ damaged: 0, malformed, dropped: 0, forgotten: 0 });
      expect(counts.frames).toBeGreaterThan(0);
      expect(isWhole).toBe(true);
    });

    it("tells who the device is", async () => {
      const { devices } = await listen(bytes);
      const device = devices.find((one) => one.host === host);
      expect(device).toMatchObject({ ...labels, spent: { connections: 0, frames: 0 } });
      const seen = Object.fromEntries(device?.facts.map(({ key, value }) => [key, value]) ?? []);
      expect(seen).toMatchObject(facts);
      expect(device?.facts.every(({ probe }) => probe === "traffic")).toBe(true);
    });

    it("says the same whatever way its bytes come", async () => {
      const [whole, pieces] = [await listen(bytes, bytes.length), await listen(bytes, 13)];
      expect(pieces.devices).toEqual(whole.devices);
    });

    it("is survived wherever it is cut off, and whatever bytes of it are changed", async () => {
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 40 }), fc.nat(bytes.length), async (changes, end) => {
          const damaged = Buffer.from(bytes.subarray(0, end));
          for (const [at, value] of changes) if (at < end) damaged[at] = value;
          try {
            await listen(damaged);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(FingerError);
            expect((thrown as FingerError).code).toBe("CAPTURE_UNREADABLE");
          }
        }),
        { numRuns: 25 },
      );
    });
  });

  it("every capture there is has its expectations", () => {
    const files = readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name));
    expect(files.toSorted()).toEqual(Object.keys(CAPTURES).toSorted());
  });
} else {
  it("has no captures to judge here", () => {
    expect(existsSync(folder)).toBe(false);
  });
}
