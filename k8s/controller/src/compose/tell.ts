import { unreachable } from "@stethos/edge-agent/core";
import type { EventNews } from "../kubernetes/event-teller.ts";
import type { LeadershipNews } from "../kubernetes/leadership.ts";
import type { ReflectorNews } from "../kubernetes/reflector.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Told } from "../reconcile/lead.ts";
import { describeError } from "./describe-error.ts";
import type { Logger } from "./logger.ts";

/** What the parts tell, as lines that a technician understands and as counts. */
export interface Teller {
  watched(kind: string, news: ReflectorNews): void;
  event(news: EventNews): void;
  leadership(news: LeadershipNews): void;
  worked(told: Told): void;
  /** Devices whose report was good when they were last read. */
  readonly reporting: () => number;
}

export function createTeller(logger: Logger, metrics: Pick<Metrics, "add">): Teller {
  let reporting = 0;
  return {
    watched: (kind, news) => tellWatch(kind, news, logger, metrics),
    event(news) {
      if (news.kind === "told") {
        metrics.add("events_told_total", 1);
        return;
      }
      metrics.add("events_lost_total", 1, { why: news.why });
      if (news.error !== undefined)
        logger.warn({ err: describeError(news.error) }, "an event could not be written; nothing else stops");
    },
    leadership(news) {
      if (news.kind !== "following" && news.kind !== "failed" && news.kind !== "leading") reporting = 0;
      tellLeadership(news, logger, metrics);
    },
    worked(told) {
      if (told.kind === "heard") reporting = told.devices;
      tellWork(told, logger, metrics);
    },
    reporting: () => reporting,
  };
}

function tellWatch(kind: string, news: ReflectorNews, logger: Logger, metrics: Pick<Metrics, "add">): void {
  switch (news.kind) {
    case "listed":
      metrics.add("lists_total", 1, { kind });
      logger.debug({ kind, objects: news.objects }, "listed");
      return;
    case "watch-ended":
      metrics.add("watch_ends_total", 1, { kind, why: news.why });
      logger.debug({ kind, why: news.why }, "a watch ended; the next one goes on from there");
      return;
    case "failed":
      logger.warn(
        { kind, err: describeError(news.error), retrySeconds: seconds(news.retryMs) },
        "the API server is not followed; trying again",
      );
      return;
    case "refused":
      logger.warn(
        { kind, object: news.refused.key, why: news.refused.why },
        "an object does not fit its definition and is left out; compare the installed definitions (k8s/crd) with this controller's version",
      );
      return;
    default:
      unreachable(news);
  }
}

function tellLeadership(news: LeadershipNews, logger: Logger, metrics: Pick<Metrics, "add">): void {
  switch (news.kind) {
    case "leading":
      metrics.add("leader_terms_total", 1);
      logger.info({}, "this controller leads");
      return;
    case "released":
      logger.info({}, "the lease is given back");
      return;
    case "lost":
      metrics.add("leader_terms_lost_total", 1);
      logger.warn({ why: news.why }, "the lease is lost; nothing more is written");
      return;
    case "following":
      logger.info({ leader: news.holder }, "another controller leads; this one waits");
      return;
    case "failed":
      metrics.add("lease_failures_total", 1);
      logger.warn({ err: describeError(news.error) }, "the lease could not be looked at; trying again");
      return;
    default:
      unreachable(news);
  }
}

function tellWork(told: Told, logger: Logger, metrics: Pick<Metrics, "add">): void {
  switch (told.kind) {
    case "acted": {
      const { done, conflicts, failure } = told.acted;
      metrics.add("steps_total", done);
      metrics.add("conflicts_total", conflicts);
      const { rollout } = told;
      logger.info(
        { rollout, ...countsOf(told.steps), conflicts, ...(failure && { err: describeError(failure) }) },
        "a rollout was moved on",
      );
      return;
    }
    case "failed":
      metrics.add("failures_total", 1, { what: told.what.includes("/") ? "rollout" : told.what });
      logger.warn(
        { what: told.what, err: describeError(told.failure), retrySeconds: seconds(told.againMs) },
        "something did not work and is tried again",
      );
      return;
    case "refused":
      // The registry's side says in the log which, and why.
      metrics.add("reports_refused_total", 1);
      return;
    case "heard":
      metrics.add("reports_read_seconds", told.seconds);
      logger.debug({ devices: told.devices, seconds: told.seconds }, "the devices' reports were read");
      return;
    default:
      unreachable(told);
  }
}

function countsOf(steps: Extract<Told, { kind: "acted" }>["steps"]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of steps) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
