import { connect, type Socket } from "node:net";
import type { ProtocolId } from "@stethos/protocol-finger";
import type { PlantRandom } from "../random.ts";
import type { FaultKind } from "./faults.ts";
import { createReplyCutter } from "./reply-cutter.ts";
import type { Timers } from "./timers.ts";

/** What all connections through one proxy share. */
export interface Weather {
  readonly random: PlantRandom;
  /** The fault there is now. */
  fault(): FaultKind | undefined;
  /** How late a late answer comes. */
  readonly lateMs: number;
  readonly timers: Timers;
}

/** A connection of a client with the one to the device behind it. */
export interface Pair {
  /** The cable is out, or in again. */
  hold(isHeld: boolean): void;
  reset(): void;
  close(): void;
}

const MERGE_MS = 5;
/** For so long the rest of an answer is waited for. */
const REST_MS = 20;
// A peer that does not read is cut off.
const MOST_UNSENT_BYTES = 1 << 22;
/** One answer in so many is hit. */
const ONE_IN = 3;

export interface PairOptions {
  readonly client: Socket;
  readonly target: number;
  readonly protocol: ProtocolId;
  readonly weather: Weather;
}

export function createPair({ client, target, protocol, weather }: PairOptions): Pair {
  let device: Socket | undefined;
  let isHeld = false;
  let askedAt = performance.now();
  let previous: Buffer | undefined;
  const toClient = createWriter(() => client, weather);
  const toDevice = createWriter(() => device, weather);
  const cutter = createReplyCutter(protocol);
  let segments = 0;

  function open(): Socket {
    const socket = connect(target, "127.0.0.1");
    socket.setNoDelay();
    socket.on("data", (chunk) => {
      for (const reply of cutter.push(chunk)) passReply(reply);
      segments += 1;
      const mine = segments;
      // A device that sends no more of an answer than this is not to be improved upon.
      weather.timers.later(REST_MS, () => {
        if (mine === segments) toClient.write(cutter.takeRest());
      });
    });
    socket.on("end", () => {
      toClient.write(cutter.takeRest());
      toClient.end();
    });
    socket.on("error", () => reset());
    socket.once("close", () => toClient.close());
    return socket;
  }

  function passReply(reply: Buffer): void {
    const before = previous;
    previous = reply;
    const isHit = weather.random.uniform() < 1 / ONE_IN;
    switch (weather.fault()) {
      case "reset-mid-reply":
        if (isHit) breakOff(reply);
        else toClient.write(reply);
        return;
      case "double-latency":
        weather.timers.later(performance.now() - askedAt, () => toClient.write(reply));
        return;
      case "duplicate-replies":
        toClient.write(Buffer.concat([before ?? reply, reply]));
        return;
      case "late-replies":
        if (isHit) weather.timers.later(weather.lateMs, () => toClient.write(reply));
        else toClient.write(reply);
        return;
      case "garbage":
        toClient.write(isHit ? noise(reply.length, weather.random) : reply);
        return;
      default:
        toClient.write(reply);
    }
  }

  function breakOff(reply: Buffer): void {
    client.write(reply.subarray(0, Math.ceil(reply.length / 2)));
    // Reset only when the half has been on the wire: a reset takes with it what the sender still holds.
    weather.timers.later(2, reset);
  }

  function reset(): void {
    client.resetAndDestroy();
    device?.resetAndDestroy();
  }

  client.on("data", (chunk) => {
    askedAt = performance.now();
    toDevice.write(chunk);
  });
  client.on("end", () => toDevice.end());
  // A client that resets leaves the device as it would without the proxy: with a reset.
  client.on("error", () => device?.resetAndDestroy());
  client.once("close", () => toDevice.close());

  return {
    hold(isHeldNow) {
      isHeld = isHeldNow;
      for (const socket of [client, device]) {
        if (isHeld) socket?.pause();
        else socket?.resume();
      }
      if (!isHeld) device ??= open();
    },
    reset,
    close() {
      client.destroy();
      device?.destroy();
    },
  };
}

interface Writer {
  write(bytes: Buffer): void;
  end(): void;
  /** When everything is written. */
  close(): void;
}

/** Writes as the weather has it: as it comes, byte by byte, or several at once; always in order. */
function createWriter(socketNow: () => Socket | undefined, weather: Weather): Writer {
  let merged: Buffer[] = [];
  let chain: Promise<void> = Promise.resolve();
  let waiting = 0;

  function put(bytes: Buffer): void {
    const socket = socketNow();
    if (socket?.writable !== true || bytes.length === 0) return;
    if (socket.writableLength > MOST_UNSENT_BYTES) socket.resetAndDestroy();
    else socket.write(bytes);
  }

  function inTurn(step: () => void | Promise<void>): void {
    waiting += 1;
    chain = chain.then(step).finally(() => {
      waiting -= 1;
    });
  }

  function flush(): void {
    const bytes = Buffer.concat(merged);
    merged = [];
    put(bytes);
  }

  return {
    write(bytes) {
      const fault = weather.fault();
      if (fault === "split") inTurn(() => byteByByte(bytes, put));
      else if (fault === "merge") {
        if (merged.length === 0) weather.timers.later(MERGE_MS, () => inTurn(flush));
        merged.push(bytes);
      } else if (waiting > 0 || merged.length > 0) {
        inTurn(() => {
          flush();
          put(bytes);
        });
      } else put(bytes);
    },
    end() {
      inTurn(() => {
        flush();
        socketNow()?.end();
      });
    },
    close() {
      inTurn(() => {
        flush();
        socketNow()?.destroySoon();
      });
    },
  };
}

async function byteByByte(bytes: Buffer, put: (bytes: Buffer) => void): Promise<void> {
  for (let i = 0; i < bytes.length; i += 1) {
    put(bytes.subarray(i, i + 1));
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

function noise(length: number, random: PlantRandom): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random.uniform() * 256)));
}
