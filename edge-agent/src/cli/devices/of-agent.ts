import type { Language } from "@stethos/protocol-finger/diagnosis";
import { z } from "zod";
import { device } from "../../adapters/http-api/schemas.ts";
import type { DeviceDto } from "../../core/feed.ts";
import { askAgent } from "../ask-agent.ts";

/** What a running agent knows of its devices.
 *  @throws EdgeError AGENT_UNREACHABLE, CONFIG_UNREADABLE */
export function devicesOfAgent(
  url: string,
  { lang, ...options }: { readonly lang: Language; readonly tokenFile?: string },
  signal: AbortSignal,
): Promise<readonly DeviceDto[]> {
  return askAgent({ ...options, url }, `/v1/devices?lang=${lang}`, z.array(device), signal);
}
