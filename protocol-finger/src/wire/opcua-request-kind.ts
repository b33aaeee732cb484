import { createCursor } from "./cursor.ts";
import { readBytes, readNodeId, readText } from "./opcua-binary.ts";
import { REQUEST, SECURITY_NONE } from "./opcua-request.ts";
import { WireError } from "./wire-error.ts";

export type RequestKind = "hello" | keyof typeof REQUEST;

const HEADER_BYTES = 8;

/** Tells what a client's message asks for, so that nothing but these few requests leaves the house.
 *  @param bytes one whole message in one chunk
 *  @throws WireError for every other request, and where the message is not whole and without security */
export function requestKind(bytes: Buffer): RequestKind {
  const cursor = createCursor(bytes);
  const kind = cursor.bytes(4, "the kind of message").toString("latin1");
  const length = cursor.u32le("the size");
  if (length !== bytes.length) throw new WireError(4, `a size of ${length} where ${bytes.length} bytes are`);
  if (kind === "HELF") {
    cursor.skip(5 * 4, "the limits");
    readText(cursor, "the endpoint");
    if (cursor.left > 0) cursor.fail("bytes follow the endpoint");
    return "hello";
  }
  const channelAndToken = kind === "OPNF" ? 4 : 8;
  cursor.skip(channelAndToken, "the channel");
  if (kind === "OPNF") {
    if (readText(cursor, "the policy") !== SECURITY_NONE) cursor.fail("a policy other than None");
    readBytes(cursor, "the certificate");
    readBytes(cursor, "the thumbprint");
  }
  cursor.skip(8, "the sequence");
  const type = readNodeId(cursor).text;
  const found = KINDS.find((each) => `i=${REQUEST[each]}` === type);
  if (found === undefined || FRAMES[found] !== kind)
    throw new WireError(HEADER_BYTES, `${kind} asks for ${type}`);
  return found;
}

const FRAMES: Readonly<Record<keyof typeof REQUEST, string>> = {
  openChannel: "OPNF",
  closeChannel: "CLOF",
  getEndpoints: "MSGF",
  createSession: "MSGF",
  activateSession: "MSGF",
  read: "MSGF",
  closeSession: "MSGF",
};

const KINDS = Object.keys(REQUEST).filter((key): key is keyof typeof REQUEST => key in FRAMES);
