import type { FeedMessage } from "@stethos/edge-agent/core";

export type Snapshot = Extract<FeedMessage, { kind: "snapshot" }>;
export type Change = Extract<FeedMessage, { kind: "change" }>;
export type ModelsNews = Extract<FeedMessage, { kind: "models" }>;
export type Heartbeat = Extract<FeedMessage, { kind: "heartbeat" }>;
