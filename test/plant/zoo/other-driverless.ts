import { bacnetTalk } from "./bacnet-simulator.ts";
import { enipTalk } from "./enip-simulator.ts";
import { finsTalk } from "./fins-simulator.ts";
import { foxTalk } from "./fox-simulator.ts";
import { IEC104_TALK } from "./iec104-simulator.ts";
import { deviceOf } from "./other-device.ts";
import { startTalker, type Talk } from "./other-talker.ts";
import { createReceived } from "./received.ts";
import type { ZooDevice, ZooProfile } from "./zoo-profile.ts";

/** A protocol of a device; its firmware may be told anew while it runs. */
type DriverlessTalk = (firmware: () => string | undefined) => Talk;

async function startDriverless(talk: DriverlessTalk): Promise<ZooDevice> {
  const received = createReceived();
  let firmware: string | undefined;
  const talked = talk(() => firmware);
  const talker = await startTalker(talked, received);
  return {
    ...deviceOf(received, { [talked.protocol]: talker }),
    get connections() {
      return talker.accepted;
    },
    setFirmware(value) {
      firmware = value;
    },
  };
}

/** Values of a 1756-ENBT/A (ITI/ICS-Security-Tools, enip_test.pcap); the serial number is made up. */
const ENBT: DriverlessTalk = (revision) =>
  enipTalk(
    {
      identity: {
        vendor: 1,
        deviceType: 12,
        product: 58,
        revision: "4.3",
        status: 0x30,
        serial: 0x00a1b2c3,
        name: "1756-ENBT/A",
        state: 3,
      },
    },
    revision,
  );

const ENET: DriverlessTalk = (revision) => enipTalk({ identity: undefined }, revision);

/** Values of a CP1L-EL20DR-D (the same, omron_test.pcap). */
const CP1L: DriverlessTalk = (version) =>
  finsTalk({ model: "CP1L-EL20DR-D", version: "01.00", unitVersion: "01.06", node: 200 }, version);

/** Values of an NAE (the same, bacnet_test.pcap); its name is made up. */
const NAE: DriverlessTalk = (firmware) =>
  bacnetTalk(
    {
      instance: 500,
      vendorId: 5,
      vendor: "JCI",
      model: "MS-NAE4510-2",
      firmware: "5.1.0.4400",
      application: "",
      name: "NAE-HALL-3",
    },
    firmware,
  );

/** As a JACE on QNX says hello (ITI/ICS-Security-Tools, fox_info.pcap); host, station and numbers are made up. */
const JACE: DriverlessTalk = (version) =>
  foxTalk(
    {
      hostName: "192.168.2.15",
      hostAddress: "192.168.2.15",
      "app.name": "Station",
      "app.version": "3.5.41.1",
      "vm.name": "J9",
      "vm.version": "2.3",
      "os.name": "QNX",
      "os.version": "6.3.2",
      "station.name": "Hall_3",
      lang: "en",
      timeZone: "Europe/Berlin;3600000;0;null;null",
      hostId: "Qnx-NPM6-0000-0000-0001",
      brandId: "vykon",
    },
    version,
  );

const RTU: DriverlessTalk = () => IEC104_TALK;

type Words = Pick<ZooProfile, "id" | "title" | "traits"> & {
  readonly labels: Omit<ZooProfile["expected"], "diagnosis" | "mode">;
};

function driverless({ labels, ...words }: Words, talk: DriverlessTalk): ZooProfile {
  return {
    ...words,
    backing: "own simulator",
    expected: { ...labels, mode: "none", diagnosis: "NO_DRIVER" },
    tags: [],
    start: () => startDriverless(talk),
  };
}

export const driverlessProfiles: readonly ZooProfile[] = [
  driverless(
    {
      id: "logix-1756-enbt",
      title: "Rockwell ControlLogix, 1756-ENBT/A",
      traits: ["answers ListIdentity over TCP and UDP with the values of the capture"],
      labels: {
        vendor: "Rockwell Automation",
        family: "ControlLogix",
        model: "1756-ENBT/A",
        firmware: "V4.3",
        serial: "00a1b2c3",
        nature: "plc",
      },
    },
    ENBT,
  ),
  driverless(
    {
      id: "logix-1756-enet",
      title: "Rockwell ControlLogix, 1756-ENET",
      traits: ["answers every command with status 1"],
      labels: {},
    },
    ENET,
  ),
  driverless(
    {
      id: "omron-cp1l",
      title: "Omron CP1L-EL20DR-D",
      traits: ["answers controller data read over FINS/UDP and FINS/TCP with the values of the capture"],
      labels: {
        vendor: "Omron",
        family: "CP1L",
        model: "CP1L-EL20DR-D",
        firmware: "V01.00",
        nature: "plc",
      },
    },
    CP1L,
  ),
  driverless(
    {
      id: "bacnet-nae",
      title: "Johnson Controls MS-NAE4510-2",
      traits: ["BACnet/IP: reads properties of its device object, texts in UCS-2"],
      labels: {
        vendor: "Johnson Controls",
        family: "Metasys",
        model: "MS-NAE4510-2",
        firmware: "V5.1.0.4400",
        nature: "plc",
      },
    },
    NAE,
  ),
  driverless(
    {
      id: "niagara-jace",
      title: "Niagara station on a JACE",
      traits: ["says hello over Fox, brand vykon, QNX"],
      labels: {
        vendor: "Tridium",
        family: "Niagara",
        model: "JACE NPM6",
        firmware: "V3.5.41.1",
        nature: "plc",
      },
    },
    JACE,
  ),
  driverless(
    {
      id: "iec104-station",
      title: "IEC 60870-5-104 station",
      traits: ["confirms test, start and stop frames, tells nothing of itself"],
      labels: {},
    },
    RTU,
  ),
];
