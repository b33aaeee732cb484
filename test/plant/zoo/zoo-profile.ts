import type { DeviceProfile, DiagnosisCode, Labels, ProtocolId } from "@stethos/protocol-finger";

/** A tag of a simulated device and what reading it must give. */
export interface ZooTag {
  readonly name: string;
  /** In the notation of the device's driver: S7, Modbus or OPC UA. */
  readonly address: string;
  readonly value: number | boolean | string;
}

/** Registers that a Modbus server in an S7 serves: what the operator would configure for the tunnel. */
export interface ZooTunnelArea {
  readonly kind: "holding" | "input" | "coil" | "discrete";
  readonly db: number;
  readonly startRegister: number;
  readonly endRegister: number;
  readonly byteBase: number;
}

/** One address of a running device. */
export interface ZooEndpoint {
  readonly host: string;
  /** Where the protocols answer; on loopback these are ports of the system's choosing. A protocol that the device has
   *  not is named too where something must refuse it: a port on which nobody listens. */
  readonly ports: Readonly<Partial<Record<ProtocolId, number>>>;
}

/** A simulated device that runs. */
export interface ZooDevice {
  /** More than one where the device has several addresses (CPU and CP, H system). */
  readonly endpoints: readonly [ZooEndpoint, ...ZooEndpoint[]];
  /** What came in, frame by frame, as the device's own side saw it. */
  readonly received: readonly { readonly protocol: ProtocolId; readonly bytes: Buffer }[];
  /** TCP connections accepted since the start. */
  readonly connections: number;
  /** A new firmware from now on, where the device can tell one. */
  setFirmware?(firmware: string): void;
  /** So many of the device's connections are other clients' from now on, or as many as it has; 0 lets them go. */
  occupy?(connections: number): Promise<void>;
  close(): Promise<void>;
}

export interface ZooStart {
  /** Seeds whatever the device does by chance. */
  readonly seed: number;
  /** Multiplies the device's own latencies: 1 as on the wire; tests take less. */
  readonly latencyScale: number;
}

/** One device of the zoo, declared by what it does. */
export interface ZooProfile {
  /** Stable, kebab-case: "s7-315-v26". */
  readonly id: string;
  readonly title: string;
  /** In words, for the table. */
  readonly traits: readonly string[];
  /** Who serves it: a server written by others, or ours. */
  readonly backing: string;
  /** What a fingerprint must say; absent labels must not be claimed with confidence. */
  readonly expected: Labels & {
    readonly mode: DeviceProfile["mode"];
    /** Where reading must fail, why. */
    readonly diagnosis?: DiagnosisCode;
  };
  readonly tags: readonly ZooTag[];
  readonly tunnelAreas?: readonly ZooTunnelArea[];
  start(options: ZooStart): Promise<ZooDevice>;
}
