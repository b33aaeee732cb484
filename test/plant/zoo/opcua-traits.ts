import type { OpcuaType } from "../opcua-server.ts";

export interface OpcuaVariable {
  /** Identifier within the namespace of the device: `"Line"."Temperature"`. */
  readonly identifier: string;
  readonly type: OpcuaType;
  readonly value: number | boolean | string;
}

/** An OPC UA server, by what it does. */
export interface OpcuaTraits {
  readonly applicationUri: string;
  readonly applicationName: string;
  readonly productUri: string;
  /** BuildInfo, nodes 2260 to 2265. */
  readonly build: {
    readonly manufacturer: string;
    readonly product: string;
    /** "V2.9.2". */
    readonly software: string;
  };
  /** With Basic256Sha256, but for None. */
  readonly securityModes: readonly ("None" | "Sign" | "SignAndEncrypt")[];
  /** What becomes of clients whose certificate is new: they are let in, let in from the second time on (somebody trusted
   *  them in between), or never. */
  readonly newClients: "accepted" | "accepted-later" | "rejected";
  /** What the server calls its host, to clients that ask for its endpoints; its address where absent. */
  readonly hostname?: string;
  /** Which address a client must ask for in its Hello; any where absent. */
  readonly requiredHost?: string;
  readonly limits: {
    /** Nodes in one read, write or browse, items in one request to monitor. */
    readonly nodesPerCall: number;
    readonly sessions: number;
    readonly monitoredItems: number;
    readonly leastPublishingMs: number;
    readonly leastSamplingMs: number;
  };
  readonly transfersSubscriptions: boolean;
  readonly hasDataChangeFilters: boolean;
  /** Registered after the server's own (1), from 2 on; the variables are in the last one. */
  readonly namespaces: readonly string[];
  readonly variables: readonly OpcuaVariable[];
}
