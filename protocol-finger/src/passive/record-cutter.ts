/** Cuts a stream of bytes into records that tell their own length, whatever way the chunks fell. */
export interface RecordCutter {
  /** Hands on each record that `chunk` completes: a view that nobody else writes to. */
  push(chunk: Buffer, onRecord: (record: Buffer) => void): void;
  /** Bytes of a record that never became whole. */
  readonly left: number;
}

/** @param lengthOf bytes of the record that `bytes` begins with; undefined while that cannot be told. It must bound
 *    the length (by throwing), for that bounds what waits here */
export function createRecordCutter(lengthOf: (bytes: Buffer) => number | undefined): RecordCutter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk, onRecord) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let length = lengthOf(bytes); length !== undefined && length <= bytes.length; ) {
        const record = bytes.subarray(0, length);
        bytes = bytes.subarray(length);
        onRecord(record);
        length = lengthOf(bytes);
      }
      rest = bytes;
    },
    get left() {
      return rest.length;
    },
  };
}
