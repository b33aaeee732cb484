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
    readonly S7CpuStatusRun: number;
    readonly S7CpuStatusStop: number;
    SetParam(parameter: number, value: number): boolean;
    SetEventMask(mask: number): void;
    SetCpuStatus(status: number): void;
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
  /** Its calls wait for the answer; each has a form with a callback, which is used here. */
  class S7Client {
    readonly RemotePort: number;
    readonly S7CpuStatusRun: number;
    readonly S7CpuStatusStop: number;
    SetParam(parameter: number, value: number): boolean;
    SetConnectionType(type: number): void;
    ConnectTo(host: string, rack: number, slot: number, done: (error: S7Error) => void): void;
    Disconnect(): boolean;
    GetOrderCode(done: (error: S7Error, code: S7OrderCode) => void): void;
    GetCpuInfo(done: (error: S7Error, info: S7CpuInfo) => void): void;
    GetCpInfo(done: (error: S7Error, info: S7CpInfo) => void): void;
    GetProtection(done: (error: S7Error, protection: S7Protection) => void): void;
    PlcStatus(done: (error: S7Error, status: number) => void): void;
    ListBlocks(done: (error: S7Error, blocks: S7BlockCounts) => void): void;
    GetPlcDateTime(done: (error: S7Error, time: Date) => void): void;
    DBRead(db: number, start: number, size: number, done: (error: S7Error, bytes: Buffer) => void): void;
    DBWrite(db: number, start: number, size: number, bytes: Buffer, done: (error: S7Error) => void): void;
    WriteArea(
      area: number,
      db: number,
      start: number,
      amount: number,
      wordLength: number,
      bytes: Buffer,
      done: (error: S7Error) => void,
    ): void;
    ReadMultiVars(
      items: readonly S7Var[],
      done: (error: S7Error, results: readonly S7VarResult[]) => void,
    ): void;
    readonly S7AreaDB: number;
    readonly S7AreaMK: number;
    readonly S7WLBit: number;
    readonly S7WLByte: number;
    readonly S7WLReal: number;
    PDULength(): number;
    ErrorText(error: S7Error): string;
  }
  interface S7Var {
    readonly Area: number;
    readonly WordLen: number;
    readonly DBNumber?: number;
    readonly Start: number;
    readonly Amount: number;
  }
  interface S7VarResult {
    /** 0 where all went well. */
    readonly Result: number;
    readonly Data: Buffer;
  }
  /** A number; false or null where all went well. */
  type S7Error = number | false | null;
  interface S7OrderCode {
    readonly Code: string;
    readonly V1: number;
    readonly V2: number;
    readonly V3: number;
  }
  interface S7CpuInfo {
    readonly ModuleTypeName: string;
    readonly SerialNumber: string;
    readonly ASName: string;
    readonly Copyright: string;
    readonly ModuleName: string;
  }
  interface S7CpInfo {
    readonly MaxPduLength: number;
    readonly MaxConnections: number;
    readonly MaxMpiRate: number;
    readonly MaxBusRate: number;
  }
  interface S7Protection {
    readonly sch_schal: number;
    readonly sch_par: number;
    readonly sch_rel: number;
    readonly bart_sch: number;
    readonly anl_sch: number;
  }
  interface S7BlockCounts {
    readonly OBCount: number;
    readonly DBCount: number;
  }
  const snap7: { readonly S7Server: typeof S7Server; readonly S7Client: typeof S7Client };
  export = snap7;
}
