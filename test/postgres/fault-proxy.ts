import { createServer, connect as dial, type Socket } from "node:net";

/** The network between a sink and its database. */
export interface PostgresProxy {
  readonly port: number;
  set(state: NetworkState): void;
  close(): Promise<void>;
}

/** "cut-after-request": the first COMMIT goes through, is done, and its answer is lost with the connection. "mute": what
 *  is sent goes nowhere and nothing comes back, and nobody says so. */
export type NetworkState = "up" | "cut" | "cut-after-request" | "slow" | "mute";

const SLOW_MS = 15;

export async function startPostgresProxy(target: number): Promise<PostgresProxy> {
  let state: NetworkState = "up";
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (state === "cut") {
      near.destroy();
      return;
    }
    const far = dial(target, "127.0.0.1");
    let isCommitting = false;
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
    pass(near, far, (chunk) => {
      if (state === "cut-after-request" && chunk.includes("COMMIT")) isCommitting = true;
      return state !== "mute";
    });
    pass(far, near, () => {
      // The server answers when the commit is done.
      if (isCommitting) end();
      return !isCommitting && state !== "mute";
    });
  });

  function pass(from: Socket, to: Socket, passes: (chunk: Buffer) => boolean): void {
    let last = Promise.resolve();
    from.on("data", (chunk) => {
      if (!passes(chunk)) return;
      from.pause();
      last = last
        .then(() => pauseOf(state))
        .then(() => {
          to.write(chunk);
          from.resume();
        });
    });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    set(next) {
      state = next;
      if (next === "cut") cutAll();
    },
    async close() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const pauseOf = (state: NetworkState): Promise<void> =>
  state === "slow" ? new Promise((resolve) => setTimeout(resolve, SLOW_MS)) : Promise.resolve();
