export interface PlantOfFlow {
  readonly s7: number;
  readonly modbus: number;
  /** Tags of each of the two. */
  readonly tags: number;
  readonly file: string;
}

const TAB = "plant";
const KEEP = "keep";
/** Registers of one request, and REALs in them. */
const REGISTERS = 124;
const FLOATS = REGISTERS / 2;

const READING = `{ tag, value, unit: "1", quality: "good", time: new Date().toISOString(), sequence }`;

/** What its users write into a function node: values into readings. */
const S7_READINGS = `
const sequence = (context.get("n") || 0) + 1; context.set("n", sequence);
msg.payload = Object.entries(msg.payload).map(([tag, value]) => (${READING}));
return msg;`;

const modbusReadings = (first: number) => `
const sequence = (context.get("n") || 0) + 1; context.set("n", sequence);
const { buffer } = msg.responseBuffer, readings = [];
for (let i = 0; i < buffer.length / 4; i += 1) {
  const tag = "m" + (${first} + i), value = buffer.readFloatBE(4 * i);
  readings.push(${READING});
}
msg.payload = readings;
return msg;`;

/** A flow as its editor would export it. */
export function nodeRedFlow({ s7, modbus, tags, file }: PlantOfFlow): readonly object[] {
  return [
    { id: TAB, type: "tab", label: "plant" },
    ...s7Nodes(s7, tags),
    ...modbusNodes(modbus, tags),
    {
      id: KEEP,
      type: "file",
      z: TAB,
      filename: file,
      filenameType: "str",
      appendNewline: true,
      createDir: false,
      overwriteFile: "false",
      encoding: "none",
      wires: [[]],
    },
  ];
}

const functionNode = (id: string, func: string) => ({
  id,
  type: "function",
  z: TAB,
  func,
  outputs: 1,
  libs: [],
  wires: [[KEEP]],
});

const s7Nodes = (port: number, tags: number) => [
  {
    id: "s7-plc",
    type: "s7 endpoint",
    transport: "iso-on-tcp",
    address: "127.0.0.1",
    port: String(port),
    rack: "0",
    slot: "2",
    localtsaphi: "01",
    localtsaplo: "00",
    remotetsaphi: "01",
    remotetsaplo: "00",
    connmode: "rack-slot",
    adapter: "",
    busaddr: "2",
    cycletime: "1000",
    timeout: "2000",
    name: "",
    vartable: Array.from({ length: tags }, (_, i) => ({ addr: `DB1,REAL${4 * i}`, name: `s${i}` })),
  },
  {
    id: "s7-in",
    type: "s7 in",
    z: TAB,
    endpoint: "s7-plc",
    mode: "all",
    variable: "",
    diff: false,
    name: "",
    wires: [["s7-readings"]],
  },
  functionNode("s7-readings", S7_READINGS),
];

function modbusNodes(port: number, tags: number) {
  const requests = Array.from({ length: Math.ceil(tags / FLOATS) }, (_, i) => i);
  return [
    {
      id: "modbus-plc",
      type: "modbus-client",
      name: "",
      clienttype: "tcp",
      bufferCommands: true,
      stateLogEnabled: false,
      queueLogEnabled: false,
      failureLogEnabled: true,
      tcpHost: "127.0.0.1",
      tcpPort: String(port),
      tcpType: "DEFAULT",
      unit_id: "1",
      commandDelay: "1",
      clientTimeout: "1000",
      reconnectOnTimeout: true,
      reconnectTimeout: "2000",
      parallelUnitIdsAllowed: true,
    },
    ...requests.flatMap((i) => [
      {
        id: `modbus-read-${i}`,
        type: "modbus-read",
        z: TAB,
        name: "",
        topic: "",
        showStatusActivities: false,
        logIOActivities: false,
        showErrors: true,
        unitid: "1",
        dataType: "HoldingRegister",
        adr: String(i * REGISTERS),
        quantity: String(2 * Math.min(FLOATS, tags - i * FLOATS)),
        rate: "1",
        rateUnit: "s",
        delayOnStart: false,
        startDelayTime: "",
        server: "modbus-plc",
        useIOFile: false,
        ioFile: "",
        useIOForPayload: false,
        // The first output carries the registers, and the answer as it came.
        wires: [[`modbus-readings-${i}`], []],
      },
      functionNode(`modbus-readings-${i}`, modbusReadings(i * FLOATS)),
    ]),
  ];
}
