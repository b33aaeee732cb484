/** A small text that survives kill -9 and power loss: old or new, never half of either. */
export interface StateFile {
  /** Undefined where there is none yet. @throws EdgeError DATA_INVALID when it cannot be read */
  read(): Promise<string | undefined>;
  /** On disk when it resolves. @throws EdgeError DISK_FULL */
  write(text: string): Promise<void>;
}
