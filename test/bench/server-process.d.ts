export interface ServerPorts {
  readonly s7?: number;
  readonly modbus?: number;
  readonly opcua?: string;
}
export interface ServerProcess {
  readonly ports: ServerPorts;
  stop(): Promise<void>;
}
/** @param which names of servers: "s7", "modbus", "opcua", joined by commas */
export declare function startServers(which: string): Promise<ServerProcess>;
