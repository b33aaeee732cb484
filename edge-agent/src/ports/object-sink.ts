/** Where data sets and requests go: a bucket or a folder. Keys are relative and "/"-separated. */
export interface ObjectSink {
  /** For messages. */
  readonly name: string;
  /** There when it resolves; the same key again with as many bytes is no error and costs nothing.
   *  @throws EdgeError REGISTRY_UNREACHABLE, REGISTRY_REFUSED, DISK_FULL */
  put(key: string, body: Uint8Array, signal: AbortSignal): Promise<void>;
}
