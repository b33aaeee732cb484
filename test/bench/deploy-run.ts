import { join } from "node:path";
import { startScript, temporaryFolder } from "../e2e/processes.ts";
import { freePort } from "../free-port.ts";
import { CONFIG, hasGoodReading, hasScore, type Plant, until } from "../image/agent-container.ts";
import { startContainer } from "../image/container.ts";
import { imageName } from "../image/storage.ts";

/** Milliseconds from when somebody asked for an agent. */
export interface Firsts {
  /** Until a good reading of a PLC stands in its API. */
  readonly readingMs: number;
  /** Until a window was scored by the model. */
  readonly scoreMs: number;
}

interface Running {
  /** Why it is no longer there. */
  gone(): string | undefined;
  /** @param isWell it did what it should: then it must end as it should, too */
  stop(isWell: boolean): Promise<void>;
}

/** Takes the times of one start.
 *  @param start is told the configuration's file */
async function firstsOf(
  plant: Plant,
  data: string,
  start: (config: string) => Promise<Running>,
): Promise<Firsts> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const config = await plant.writeConfig(`agent-${port}.yaml`, { data, api: { port } });
  const begin = performance.now();
  const agent = await start(config);
  let isWell = false;
  try {
    await until(() => hasGoodReading(address), agent.gone);
    const readingMs = performance.now() - begin;
    await until(() => hasScore(address), agent.gone);
    const scoreMs = performance.now() - begin;
    isWell = true;
    return { readingMs, scoreMs };
  } finally {
    await agent.stop(isWell);
  }
}

/** From the image on the disk: a root folder over its layers, runc, the agent. Its health check must agree in the end. */
export const inContainer = (plant: Plant, architecture: "amd64" | "arm64"): Promise<Firsts> =>
  firstsOf(plant, "/var/lib/stethos", async (config) => {
    const container = await startContainer(imageName("agent", architecture), {
      files: { [CONFIG]: config },
    });
    let code: number | undefined;
    void container.exited.then((ended) => {
      code = ended;
    });
    return {
      gone: () =>
        code === undefined ? undefined : `the container ended with ${code}: ${container.output()}`,
      async stop(isWell) {
        try {
          if (!isWell) return;
          const health = container.config.Healthcheck?.Test.slice(1) ?? [];
          const isHealthy = code !== undefined || (await healthy(container.exec, health, config));
          if (!isHealthy) throw new Error(`the health check refuses a container that reads and scores`);
          if (code === undefined) container.signal("SIGTERM");
          const ended = await container.exited;
          if (ended !== 0) throw new Error(`it did not end in order: ${ended}: ${container.output()}`);
        } finally {
          await container.remove();
        }
      },
    };
  });

/** The image's own check, told the port that this bench chose. */
async function healthy(
  exec: (...command: readonly string[]) => Promise<number>,
  check: readonly string[],
  config: string,
): Promise<boolean> {
  const [, port = ""] = /agent-(\d+)\.yaml$/.exec(config) ?? [];
  return (await exec(...check, `http://127.0.0.1:${port}/readyz`)) === 0;
}

/** The baseline: the same agent from a checkout, with nothing between it and the machine. */
export async function fromCheckout(plant: Plant): Promise<Firsts> {
  const folder = await temporaryFolder();
  try {
    return await firstsOf(plant, join(folder.path, "data"), async (config) => {
      const child = startScript("edge-agent/src/main.ts", ["run", "-c", config, "--log", "warn"]);
      let isGone = false;
      void child.ended().then(() => {
        isGone = true;
      });
      return {
        gone: () => (isGone ? child.output() : undefined),
        stop: async () => void (await child.stop()),
      };
    });
  } finally {
    await folder.remove();
  }
}
