import { mkdir, writeFile } from "node:fs/promises";
import { type FakeModbus, startFakeModbus } from "../../clients/testing/fake-modbus.ts";
import { encodeAdu } from "../../wire/mbap.ts";
import type { Desk } from "./run.ts";

/** Signatures of a device that nobody has ever built, and of one that overheard traffic names. */
export const TEST_SIGNATURES = `
- id: test.acme
  source: a test
  when: { modbus.vendor: Acme }
  supports: { vendor: Acme, family: Acme 7, nature: plc }
  weight: 0.99
  examples:
    - facts: { modbus.vendor: Acme }
      supports: { vendor: Acme, family: Acme 7, nature: plc }
- id: test.fins
  source: a test
  when: { fins.model: { pattern: "^ACME" } }
  supports: { vendor: Acme, family: Acme 9, firmware: "\${fins.version}" }
  weight: 0.95
  examples:
    - facts: { fins.model: ACME-9, fins.version: "01.00" }
      supports: { vendor: Acme, family: Acme 9, firmware: "01.00" }
`;

const READ_IDENTITY = 0x2b;
// Conformity 1, nothing follows, two objects: vendor and product code (V1.1b3, 6.21).
const IDENTITY = Buffer.from(
  `2b0e01010000020004${Buffer.from("Acme").toString("hex")}0102${Buffer.from("A7").toString("hex")}`,
  "hex",
);

/** A Modbus device that says that it is Acme's. */
export const startAcme = (): Promise<FakeModbus> =>
  startFakeModbus({
    answer(adu, _, socket) {
      if (adu.pdu[0] !== READ_IDENTITY) return false;
      socket.write(encodeAdu({ ...adu, pdu: IDENTITY }));
      return true;
    },
  });

/** What makes a command look for Acme's device at `plc` and nowhere else, at once. */
export async function optionsFor(desk: Desk, plc: FakeModbus): Promise<string[]> {
  await mkdir(desk.file("signatures"));
  await writeFile(desk.file("signatures/test.yaml"), TEST_SIGNATURES);
  return [
    ...["--port", `modbus=${plc.port}`],
    ...["--protocols", "modbus"],
    ...["--spacing", "0"],
    ...["--signatures", desk.file("signatures")],
  ];
}
