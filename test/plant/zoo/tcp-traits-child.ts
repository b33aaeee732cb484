import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startRemoteDevice } from "./remote-device.ts";
import { LINUX, SIEMENS_2011 } from "./tcp-traits.ts";

// In a network namespace: STACK. Connects to a device with that stack and prints, a line each, what a witness on the
// cable saw of the SYN-ACK, what the client's own TCP says, and the answer to a connection request.
const device = await startRemoteDevice("s7-315-v26", process.argv[2] === "linux" ? LINUX : SIEMENS_2011);
const witness = spawn("/usr/bin/python3", [join(import.meta.dirname, "syn-ack-witness.py"), "client0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const seen = createInterface({ input: witness.stdout })[Symbol.asyncIterator]();
await seen.next();

const socket = connect(102, device.host);
await once(socket, "connect");
const own = execFileSync("ss", ["-tinoOH", "dst", device.host], { encoding: "utf8" });
socket.write(Buffer.from("0300001611e00000001400c1020100c2020202c0010a", "hex"));
const [answer] = (await once(socket, "data")) as [Buffer];
socket.destroy();

const synAck = await seen.next();
process.stdout.write(`${synAck.value}\n${own.trim()}\n${answer.toString("hex")}\n`);
await device.close();
