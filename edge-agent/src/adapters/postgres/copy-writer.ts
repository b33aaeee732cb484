/** Rows in the binary form of COPY (PostgreSQL 15, COPY, "Binary Format"), put together in one of two buffers while the
 *  other is on its way. Nothing is allocated for a row, unless one alone is larger than a buffer. */
export interface CopyWriter {
  /** What a COPY begins with. */
  begin(): void;
  /** What it ends with. */
  end(): void;
  /** Begins a row of so many columns; all of them must follow. */
  row(columns: number): void;
  null(): void;
  boolean(value: boolean): void;
  int4(value: number): void;
  /** An integer that a double holds exactly. */
  int8(value: number): void;
  /** Null where it is not finite. */
  float8(value: number | undefined): void;
  /** Microseconds since 1970 into timestamptz; null where it is not finite. */
  time(timeUs: number | undefined): void;
  text(value: string | undefined): void;
  /** Text that is JSON already, into jsonb. */
  json(value: string | undefined): void;
  /** The buffer with room for at least `bytes` more; what is written is told by `wrote`. */
  room(bytes: number): DataView;
  readonly position: number;
  wrote(bytes: number): void;
  /** Enough to be sent. */
  readonly isFull: boolean;
  /** What is written since the last time. It is valid until the next call but one. */
  take(): Uint8Array;
}

/** More than a socket's own queue, so that writing one waits until the operating system has it. */
const CHUNK_BYTES = 256 * 1024;
/** Rows of readings are put in without asking after each one. */
const SPARE_BYTES = 64 * 1024;
/** PostgreSQL counts from 2000-01-01. */
const EPOCH_2000_US = 946_684_800_000_000;
const TWO_32 = 2 ** 32;
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;

const NO_MORE_ROWS = -1;
/** Signature, no flags, no extension. */
const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");

/** An integer of 64 bits out of a double. */
export function setInt8(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  view.setInt32(at, high);
  view.setUint32(at + 4, value - high * TWO_32);
}

/** A time as PostgreSQL holds it. */
export const setTime = (view: DataView, at: number, timeUs: number): void =>
  setInt8(view, at, Math.round(timeUs) - EPOCH_2000_US);

export function createCopyWriter(): CopyWriter {
  let current = Buffer.allocUnsafeSlow(CHUNK_BYTES + SPARE_BYTES);
  let other = Buffer.allocUnsafeSlow(CHUNK_BYTES + SPARE_BYTES);
  let view = new DataView(current.buffer);
  let position = 0;

  function room(bytes: number): DataView {
    if (position + bytes > current.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (position + bytes));
      current.copy(larger, 0, 0, position);
      current = larger;
      view = new DataView(current.buffer);
    }
    return view;
  }

  /** Length and place of a value of so many bytes. */
  function value(bytes: number): number {
    room(4 + bytes).setInt32(position, bytes);
    const at = position + 4;
    position = at + bytes;
    return at;
  }

  function none(): void {
    room(4).setInt32(position, NULL_LENGTH);
    position += 4;
  }

  function int2(whole: number): void {
    room(2).setInt16(position, whole);
    position += 2;
  }

  return {
    begin() {
      room(HEADER.length);
      current.set(HEADER, position);
      position += HEADER.length;
    },
    end: () => int2(NO_MORE_ROWS),
    row: int2,
    null: none,
    boolean(is) {
      const at = value(1);
      view.setUint8(at, is ? 1 : 0);
    },
    int4(whole) {
      const at = value(4);
      view.setInt32(at, whole);
    },
    int8(whole) {
      const at = value(8);
      setInt8(view, at, whole);
    },
    float8(number) {
      if (number === undefined || !Number.isFinite(number)) return none();
      const at = value(8);
      view.setFloat64(at, number);
    },
    time(timeUs) {
      if (timeUs === undefined || !Number.isFinite(timeUs)) return none();
      const at = value(8);
      setTime(view, at, timeUs);
    },
    text(text) {
      if (text === undefined) return none();
      const at = value(Buffer.byteLength(text));
      current.write(text, at);
    },
    json(text) {
      if (text === undefined) return none();
      const at = value(1 + Buffer.byteLength(text));
      view.setUint8(at, JSONB_VERSION);
      current.write(text, at + 1);
    },
    room,
    get position() {
      return position;
    },
    wrote(bytes) {
      position += bytes;
    },
    get isFull() {
      return position >= CHUNK_BYTES;
    },
    take() {
      const full = current.subarray(0, position);
      [current, other] = [other, current];
      view = new DataView(current.buffer);
      position = 0;
      return full;
    },
  };
}
