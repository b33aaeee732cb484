import { afterAll } from "vitest";
import { openProtocolBench, openRealBench } from "../nifi/bench.ts";
import { nifiClassPath } from "../nifi/class-path.ts";
import { startNifi } from "../nifi/real-nifi.ts";
import { describeSink } from "./sink.contract.ts";

describeSink("NiFi's protocol", () => openProtocolBench());
describeSink("NiFi's protocol, in two phases", () => openProtocolBench({ twoPhase: true }));

const found = await nifiClassPath();
if (found.kind === "there") {
  const nifi = await startNifi(found.path);
  afterAll(() => nifi.close());
  describeSink("NiFi's own ListenHTTP", () => openRealBench(nifi, {}));
  describeSink("NiFi's own ListenHTTP, in two phases", () => openRealBench(nifi, { twoPhase: true }));
} else process.stderr.write(`NiFi's own ListenHTTP was not tested: ${found.reason}\n`);
