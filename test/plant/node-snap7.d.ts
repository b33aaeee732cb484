/** The parts of node-snap7 1.0 that the simulated plant uses (its doc/server.md); the package brings no types. */
declare module "node-snap7" {
  class S7Server {
    readonly srvAreaPE: number;
    readonly srvAreaPA: number;
    readonly srvAreaMK: number;
    readonly srvAreaCT: number;
    readonly srvAreaTM: number;
    readonly srvAreaDB: number;
    readonly LocalPort: number;
    readonly PDURequest: number;
    readonly SrvRunning: number;
    SetParam(parameter: number, value: number): boolean;
    SetEventMask(mask: number): void;
    RegisterArea(area: number, indexOrBytes: number | Buffer, bytes?: Buffer): boolean;
    SetArea(area: number, index: number, bytes: Buffer): void;
    UnregisterArea(area: number, index: number): boolean;
    StartTo(address: string): boolean;
    Stop(): boolean;
    ServerStatus(): number;
    ClientsCount(): number;
    LastError(): number;
    ErrorText(error: number): string;
  }
  const snap7: { readonly S7Server: typeof S7Server };
  export = snap7;
}
