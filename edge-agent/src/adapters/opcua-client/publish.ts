import type { DiagnosisCode } from "@stethos/protocol-finger";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { PublishResponse } from "node-opcua";
import { EdgeError } from "../../core/errors.ts";
import { statusName } from "../../core/quality.ts";
import { peerError } from "./ask.ts";
import type { Connection } from "./connect.ts";
import type { Subscription } from "./subscribe.ts";

/** What a server sends of one subscription in one answer. */
export interface Notification {
  readonly subscription: Subscription;
  readonly response: PublishResponse;
}

export interface Publishing {
  /** When, on the monotonic clock, a subscription was last heard. */
  lastHeardMs(subscription: Subscription): number;
}

export interface PublishTasks {
  readonly clock: Clock;
  onNotification(notification: Notification): void;
  /** The connection or a subscription is lost, or a notification could not be handled; may be called more than once. */
  onLost(reason: unknown): void;
}

// A server without a request at hand cannot send. As many to spare as node-opcua's own client keeps; a server that has
// no room for them says so.
const SPARE_REQUESTS = 4;
const MOST_IN_FLIGHT = 20;

/** Fetches notifications until the signal aborts: keeps requests waiting at the server, and acknowledges. */
export function startPublishing(
  connection: Connection,
  subscriptions: readonly Subscription[],
  tasks: PublishTasks,
  signal: AbortSignal,
): Publishing {
  const { opcua, session, url } = connection;
  const { clock } = tasks;
  const byId = new Map(subscriptions.map((subscription) => [subscription.id, subscription]));
  const heard = new Map(subscriptions.map((subscription) => [subscription.id, clock.monotonicMs()]));
  let acknowledgements: { subscriptionId: number; sequenceNumber: number }[] = [];
  let inFlight = 0;
  let mostInFlight = Math.min(MOST_IN_FLIGHT, subscriptions.length + SPARE_REQUESTS);
  const keepAliveMs = Math.max(0, ...subscriptions.map((one) => one.keepAliveMs));
  // A request waits behind the others for its turn.
  const timeoutHint = Math.min(0x7fffffff, 2 * keepAliveMs * (mostInFlight + 1) + 10_000);

  function send(): void {
    inFlight += 1;
    const request = new opcua.PublishRequest({
      requestHeader: { timeoutHint },
      subscriptionAcknowledgements: acknowledgements,
    });
    acknowledgements = [];
    session.publish(request, (error, response) => {
      inFlight -= 1;
      if (signal.aborted) return;
      try {
        if (response && !error) receive(response);
        else onFailure(error);
      } catch (thrown) {
        // A throw would end in node-opcua, where nobody hears it.
        tasks.onLost(thrown);
      }
    });
  }

  function fill(): void {
    while (!signal.aborted && inFlight < mostInFlight) send();
  }

  function receive(response: PublishResponse): void {
    const subscription = byId.get(response.subscriptionId);
    const message = response.notificationMessage;
    if (message.notificationData !== null && message.notificationData.length > 0) {
      acknowledgements.push({
        subscriptionId: response.subscriptionId,
        sequenceNumber: message.sequenceNumber,
      });
    }
    if (subscription !== undefined) {
      heard.set(subscription.id, clock.monotonicMs());
      const ended = endOf(response, subscription);
      if (ended === undefined) tasks.onNotification({ subscription, response });
      else tasks.onLost(ended);
    }
    fill();
  }

  /** The server says that it has ended a subscription (OPC 10000-4, StatusChangeNotification). */
  function endOf(response: PublishResponse, subscription: Subscription): EdgeError | undefined {
    for (const data of response.notificationMessage.notificationData ?? []) {
      if (!(data instanceof opcua.StatusChangeNotification)) continue;
      const status = statusName(data.status.value);
      return new EdgeError(
        "PLC_UNREACHABLE",
        `${url} ended the subscription of group ${subscription.group.name} (${status}); it is made anew`,
        { diagnosis: "OPCUA_SUBSCRIPTION_LOST" satisfies DiagnosisCode },
      );
    }
    return undefined;
  }

  function onFailure(error: Error | null): void {
    if (error?.message.includes("BadTooManyPublishRequests") && mostInFlight > 1) {
      mostInFlight -= 1;
      return;
    }
    tasks.onLost(peerError({ what: "notifications", where: url }, error ?? "an empty answer"));
  }

  // Not in this turn: what the caller still does comes before the first notification.
  queueMicrotask(fill);
  return { lastHeardMs: ({ id }) => heard.get(id) ?? 0 };
}
