import { z } from "zod";
import { ClusterError, type ClusterErrorCode } from "../ports/cluster.ts";

/** What the API server answers where it does not answer with an object. */
const statusSchema = z.object({
  kind: z.literal("Status"),
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
});

export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/** @param body parsed JSON, or text where it was none */
export function statusOf(code: number, body: unknown): ApiStatus {
  const { data } = statusSchema.safeParse(body);
  return {
    code: data?.code ?? code,
    reason: data?.reason ?? "",
    message: data?.message ?? (typeof body === "string" ? body.slice(0, 200) : ""),
  };
}

/** The resource version is older than what the server remembers: list again. */
export const isExpired = ({ code, reason }: ApiStatus): boolean =>
  code === 410 || reason === "Expired" || reason === "Gone";

/** @param what for messages: "status of ModelRollout plant/bearing" */
export function refusal(status: ApiStatus, what: string): ClusterError {
  const { code, reason, message } = status;
  const said = [String(code), reason, message].filter((part) => part !== "").join(" ");
  return new ClusterError(codeOf(status), `${what}: the API server answered ${said}`);
}

function codeOf({ code }: ApiStatus): ClusterErrorCode {
  if (code === 409) return "conflict";
  if (code === 404 || code === 410) return "gone";
  if (code === 408 || code === 429 || code >= 500) return "unreachable";
  return "refused";
}
