import {
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  DataChangeFilter,
  DeadbandType,
  ModifySubscriptionRequest,
  type OPCUAServer,
} from "node-opcua";
import type { OpcuaTraits } from "./opcua-traits.ts";

/** Makes node-opcua's server as narrow as a controller. */
export function keepManners(server: OPCUAServer, traits: OpcuaTraits): void {
  if (!traits.transfersSubscriptions) forget(server, "_on_TransferSubscriptionsRequest");
  server.on("request", (request) => {
    if (request instanceof CreateSubscriptionRequest || request instanceof ModifySubscriptionRequest) {
      // What the server then answers is the interval that it will keep.
      const least = traits.limits.leastPublishingMs;
      request.requestedPublishingInterval = Math.max(least, request.requestedPublishingInterval);
    }
    if (request instanceof CreateMonitoredItemsRequest && !traits.hasDataChangeFilters)
      refuseFilters(request);
  });
}

/** A service without a handler is answered with BadServiceUnsupported. */
function forget(server: OPCUAServer, handler: string): void {
  Object.assign(server, { [handler]: undefined });
}

/** node-opcua refuses a percent deadband on a variable without a range, and only that: so every filter becomes one. */
function refuseFilters({ itemsToCreate }: CreateMonitoredItemsRequest): void {
  for (const item of itemsToCreate ?? []) {
    if (item.requestedParameters.filter instanceof DataChangeFilter) {
      item.requestedParameters.filter.deadbandType = DeadbandType.Percent;
      item.requestedParameters.filter.deadbandValue = 1;
    }
  }
}
