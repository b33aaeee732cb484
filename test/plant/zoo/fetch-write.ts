import { createReceived } from "./received.ts";
import { withRefused } from "./refused-ports.ts";
import { BLOCK_CELLS, memoryOf } from "./s7-300.ts";
import { AREAS, type S7Memory } from "./s7-memory.ts";
import { tagsOf } from "./s7-profile.ts";
import { openDoor } from "./tcp-door.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** FETCH and WRITE of a CP 343-1 (Siemens C79000-G8976-C182, chapter on FETCH/WRITE): a header of 16 bytes that begins
 *  with "S5", and no word before it. Nothing that speaks another protocol gets an answer. */
const HEADER_BYTES = 16;
const HEADER = Buffer.from("5335100103", "hex");
const FETCH = 5;
const DATA_BLOCK = 1;
/** Error numbers of the acknowledgement: none, no such block, area too small. */
const ERRORS = { none: 0, block: 2, area: 3, refused: 6 } as const;

function answerTo(request: Buffer, memory: S7Memory): Buffer {
  const isFetch = request[5] === FETCH;
  const answer = (error: number, data: Buffer = Buffer.alloc(0)): Buffer => {
    const head = Buffer.concat(
      [HEADER, Buffer.from([isFetch ? 6 : 4, 0x0f, 3, error, 0xff, 7])],
      HEADER_BYTES,
    );
    return Buffer.concat([head, data]);
  };
  if (!isFetch || request[8] !== DATA_BLOCK) return answer(ERRORS.refused);
  const block = memory.area(AREAS.dataBlock, request[9] ?? 0);
  if (block === undefined) return answer(ERRORS.block);
  // Address and length are words.
  const start = 2 * request.readUInt16BE(10);
  const end = start + 2 * request.readUInt16BE(12);
  return end > block.length ? answer(ERRORS.area) : answer(ERRORS.none, block.subarray(start, end));
}

const memory = memoryOf(BLOCK_CELLS);

export const fetchWriteProfile: ZooProfile = {
  id: "s7-300-fetch-write",
  title: "S7-300 whose CP 343-1 serves FETCH and WRITE only",
  traits: [
    "its port opens and ends on anything that does not begin with S5",
    "data blocks up to 255, in words",
  ],
  // Nothing that is sent to it may tell what it is: an open port without a protocol.
  expected: { mode: "none", diagnosis: "S7_TSAP_REFUSED" },
  backing: "own simulator",
  tags: tagsOf(BLOCK_CELLS),
  async start() {
    const received = createReceived();
    const door = await openDoor({}, (socket) => {
      let bytes: Buffer = Buffer.alloc(0);
      socket.on("data", (chunk) => {
        received.note("s7", chunk);
        bytes = Buffer.concat([bytes, chunk]);
        const known = Math.min(bytes.length, HEADER.length);
        if (!bytes.subarray(0, known).equals(HEADER.subarray(0, known))) {
          socket.end();
          return;
        }
        for (; bytes.length >= HEADER_BYTES; bytes = bytes.subarray(HEADER_BYTES)) {
          socket.write(answerTo(bytes.subarray(0, HEADER_BYTES), memory));
        }
      });
    });
    return {
      endpoints: [withRefused({ s7: door.port })],
      received: received.frames,
      get connections() {
        return door.accepted;
      },
      close: () => door.close(),
    };
  },
};
