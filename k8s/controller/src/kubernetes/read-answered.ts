import { z } from "zod";
import { ClusterError } from "../ports/cluster.ts";

/** What the server answered, as it must be. @throws ClusterError "refused": it is no Kubernetes, or another one */
export function readAnswered<T>(schema: z.ZodType<T>, body: unknown, what: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError(parsed.error).replaceAll("\n", " ").slice(0, 300);
  throw new ClusterError("refused", `${what}: the answer is not what the API describes: ${why}`);
}
