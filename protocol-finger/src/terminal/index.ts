// What the command lines of all packages do alike.
export { columns } from "./columns.ts";
export { isStop, put, putJson, type Streams, say, untilStopped } from "./streams.ts";
