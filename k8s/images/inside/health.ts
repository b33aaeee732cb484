// Asks the server in this container whether it is ready, for HEALTHCHECK and for exec probes: 0 where it answers 200.
//   node health.ts [URL]    default: STETHOS_HEALTH_URL, else the agent's own port, without TLS and with it
import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";

const ANSWER_MS = 8000;
const AGENT = ["http://127.0.0.1:8642/readyz", "https://127.0.0.1:8642/readyz"];

/** @returns why it is not well; undefined where it is */
function ask(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    // Its certificate is for others: what answers on this loopback is in this container.
    const options = { signal, headers: { connection: "close" }, rejectUnauthorized: false };
    const asked = (url.startsWith("https:") ? overHttps : overHttp)(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? undefined : `${url} answers ${answer.statusCode}`);
    });
    asked.once("error", (error) => resolve(`${url}: ${error.message}`));
    asked.end();
  });
}

const named = process.argv[2] ?? process.env["STETHOS_HEALTH_URL"];
const troubles: string[] = [];
for (const url of named === undefined ? AGENT : [named]) {
  const trouble = await ask(url);
  if (trouble === undefined) process.exit(0);
  troubles.push(trouble);
}
process.stderr.write(`${troubles.join("; ")}\n`);
process.exit(1);
