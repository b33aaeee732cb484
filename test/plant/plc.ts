/** What a machine shows of itself at one moment. */
export interface MachineState {
  /** Counts the blocks; a PLC changes it when it rewrites the samples. */
  readonly sequence: number;
  readonly samples: Float32Array;
  readonly temperature: number;
  readonly current: number;
  /** Revolutions a minute. */
  readonly speed: number;
}

/** One simulated controller that several machines are wired to. */
export interface Plc {
  readonly name: string;
  /** The device of an agent's configuration: protocol and connection. */
  readonly device: { readonly protocol: string; readonly connection: Readonly<Record<string, unknown>> };
  /** Addresses of machine `slot`, in the protocol's notation. */
  addresses(slot: number): PlcAddresses;
  /** Raw sample x scale = value. */
  readonly sampleScale: number;
  show(slot: number, state: MachineState): void;
  close(): Promise<void>;
}

export interface PlcAddresses {
  readonly sequence: string;
  readonly samples: string;
  readonly temperature: string;
  readonly current: string;
  readonly speed: string;
}

export interface PlcOptions {
  readonly machines: number;
  readonly samples: number;
  readonly sampleScale: number;
}
