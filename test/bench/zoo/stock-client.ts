// One try with a stock library and its defaults, in a process of its own: some of them end theirs on a broken answer.
// Argument: JSON of a StockTry. Prints the values by tag name as one JSON line, or ends with 1 and a word on why.
import Nodes7 from "nodes7";
import { connectModbus, readModbusTag } from "../../plant/zoo/modbus-reader.ts";
import type { ZooTag } from "../../plant/zoo/zoo-profile.ts";
import type { StockTry } from "./stock.ts";

type Values = Readonly<Record<string, unknown>>;

/** nodes7 as its README shows it: rack 0, slot 2, PDU 960, 8 jobs in flight. */
async function withNodes7({ host, port, tags }: StockTry): Promise<Values> {
  const plc = new Nodes7({ silent: true });
  await new Promise<void>((resolve, reject) => {
    plc.initiateConnection({ host, port, rack: 0, slot: 2 }, (error) => (error ? reject(error) : resolve()));
  });
  plc.addItems(tags.map(ownNotation));
  const values = await new Promise<Values>((resolve, reject) => {
    plc.readAllItems((isBad, read) => (isBad ? reject(new Error("a value is bad")) : resolve(read)));
  });
  return byName(tags, (tag) => values[ownNotation(tag)]);
}

/** nodes7 abbreviates types outside of data blocks: MI10 for MINT10. */
const ownNotation = ({ address }: ZooTag): string => address.replace(/^([MIQ])INT/, "$1I");

/** modbus-serial: unit 1, a request a tag, an answer within a second. */
async function withModbusSerial({ host, port, tags }: StockTry): Promise<Values> {
  const client = await connectModbus(host, port, 1000);
  const values: Record<string, unknown> = {};
  for (const tag of tags) values[tag.name] = await readModbusTag(client, tag, 1);
  return values;
}

/** node-opcua: the first endpoint, no security, nobody in particular. */
async function withNodeOpcua({ host, port, tags }: StockTry): Promise<Values> {
  const { readOpcuaTags, visitOpcua } = await import("../../plant/zoo/opcua-reader.ts");
  const url = `opc.tcp://${host}:${port}`;
  return await visitOpcua(url, undefined, (session) => readOpcuaTags(session, tags));
}

const byName = (tags: readonly ZooTag[], value: (tag: ZooTag) => unknown): Values =>
  Object.fromEntries(tags.map((tag) => [tag.name, value(tag)]));

const CLIENTS = { s7: withNodes7, modbus: withModbusSerial, opcua: withNodeOpcua } as const;

const attempt = JSON.parse(process.argv[2] ?? "") as StockTry;
try {
  const values = await CLIENTS[attempt.protocol](attempt);
  process.stdout.write(`${JSON.stringify(values)}\n`, () => process.exit(0));
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`, () =>
    process.exit(1),
  );
}
