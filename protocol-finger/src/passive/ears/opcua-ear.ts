import { createNoter, decoded } from "../../probes/note.ts";
import { noteEndpoints } from "../../probes/opcua-endpoints.ts";
import { decodeGetEndpoints } from "../../wire/opcua-answer.ts";
import { decodeMessage, messageLength } from "../../wire/opcua-chunk.ts";
import type { Ear } from "./ear.ts";

// OPC 10000-6, 7.1.2: what either side begins with, and the reserved byte behind it.
const FIRST = { "to-server": "HELF", "to-client": "ACKF" } as const;

export const opcuaEar: Ear = {
  protocol: "opcua",
  transport: "tcp",
  ports: [4840],
  frameLength: messageLength,
  recognises: (bytes, direction) => bytes.toString("latin1", 0, 4) === FIRST[direction],
  open: (visit) => ({
    toClient(frame) {
      const message = decodeMessage(frame);
      const note = createNoter(visit, "opcua", frame);
      if (message.kind === "acknowledge") {
        note("speaks", true, "OPC UA answers a hello");
        note("receiveBytes", message.receiveBytes, `takes chunks of ${message.receiveBytes} bytes`);
        note("sendBytes", message.sendBytes, `sends chunks of ${message.sendBytes} bytes`);
        note(
          "mostMessageBytes",
          message.mostMessageBytes,
          `takes messages of ${message.mostMessageBytes} bytes`,
        );
        note("mostChunks", message.mostChunks, `takes messages of ${message.mostChunks} chunks`);
      } else if (message.kind === "service") {
        // What is encrypted, or another service's answer, decodes to nothing.
        const answer = decoded(decodeGetEndpoints, message.body);
        if (answer?.kind === "endpoints") noteEndpoints(visit, answer.endpoints, frame);
      }
    },
  }),
};
