import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Weather } from "./fault-pair.ts";
import type { FaultPlace, FaultPort } from "./fault-tcp.ts";

const HOST = "127.0.0.1";
/** One answer in so many is hit. */
const ONE_IN = 3;
// Peers that have sent something; the oldest is forgotten.
const MOST_PEERS = 64;

/** Passes datagrams on; answers from whichever port of the device go back to who asked.
 *  @param target the device's port */
export async function openFaultUdp(target: number, place: FaultPlace, weather: Weather): Promise<FaultPort> {
  const front = createSocket("udp4");
  const backs = new Map<string, Socket>();
  front.on("message", (datagram, peer) => {
    if (isOut()) return;
    backFor(peer).send(datagram, target, HOST);
  });

  const isOut = (): boolean => weather.fault() === "cable-pull" || weather.fault() === "power-cycle";

  function backFor(peer: RemoteInfo): Socket {
    const key = `${peer.address}:${peer.port}`;
    const known = backs.get(key);
    if (known !== undefined) return known;
    const [oldest] = backs;
    if (oldest !== undefined && backs.size >= MOST_PEERS) {
      oldest[1].close();
      backs.delete(oldest[0]);
    }
    const back = createSocket("udp4");
    // Nobody listens behind: a datagram that is lost.
    back.on("error", () => undefined);
    back.on("message", (datagram) => answer(datagram, peer));
    backs.set(key, back);
    return back;
  }

  function answer(datagram: Buffer, peer: RemoteInfo): void {
    const send = (): void => {
      if (!isOut() && !isClosed) front.send(datagram, peer.port, peer.address);
    };
    const isHit = weather.random.uniform() < 1 / ONE_IN;
    switch (weather.fault()) {
      case "late-replies":
        if (isHit) weather.timers.later(weather.lateMs, send);
        else send();
        return;
      case "duplicate-replies":
        send();
        send();
        return;
      case "garbage":
        if (isHit) datagram.fill(0xa5);
        send();
        return;
      default:
        send();
    }
  }

  let isClosed = false;
  front.bind(place.port, place.host);
  await once(front, "listening");
  return {
    port: front.address().port,
    accepted: 0,
    changed: async () => undefined,
    reset: () => undefined,
    async close() {
      isClosed = true;
      for (const back of backs.values()) back.close();
      front.close();
      await once(front, "close");
    },
  };
}
