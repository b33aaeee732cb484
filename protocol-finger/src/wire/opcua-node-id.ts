// OPC 10000-6, 5.3.1.10: "ns=2;s=Line1.Temp", "i=2258".
const FORM = /^(?:ns=(?<namespace>\d{1,5});)?(?<kind>[isgb])=(?<identifier>.+)$/s;
const MOST_NAMESPACE = 0xffff;
const MOST_NUMBER = 0xffff_ffff;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
// Longest identifier that a node may have (OPC 10000-3, 8.2.4).
const MOST_CHARACTERS = 4096;

/** The wire form of a node id; undefined where the text is none. Namespaces are given by index: a URI would have to be
 *  looked up first. */
export function encodeNodeId(text: string): Buffer | undefined {
  const { namespace: index = "0", kind, identifier = "" } = FORM.exec(text)?.groups ?? {};
  const namespace = Number(index);
  if (kind === undefined || namespace > MOST_NAMESPACE || identifier.length > MOST_CHARACTERS)
    return undefined;
  switch (kind) {
    case "i":
      return numeric(namespace, identifier);
    case "s":
      return withLength(3, namespace, Buffer.from(identifier, "utf8"));
    case "b":
      return BASE64.test(identifier)
        ? withLength(5, namespace, Buffer.from(identifier, "base64"))
        : undefined;
    default:
      return GUID.test(identifier) ? guid(namespace, identifier) : undefined;
  }
}

function numeric(namespace: number, identifier: string): Buffer | undefined {
  const number = Number(identifier);
  if (!/^\d+$/.test(identifier) || number > MOST_NUMBER) return undefined;
  const bytes = head(2, namespace, 4);
  bytes.writeUInt32LE(number, 3);
  return bytes;
}

function withLength(kind: number, namespace: number, identifier: Buffer): Buffer {
  const bytes = head(kind, namespace, 4);
  bytes.writeUInt32LE(identifier.length, 3);
  return Buffer.concat([bytes, identifier]);
}

function guid(namespace: number, identifier: string): Buffer {
  const digits = Buffer.from(identifier.replaceAll("-", ""), "hex");
  const bytes = head(4, namespace, 16);
  bytes.writeUInt32LE(digits.readUInt32BE(0), 3);
  bytes.writeUInt16LE(digits.readUInt16BE(4), 7);
  bytes.writeUInt16LE(digits.readUInt16BE(6), 9);
  digits.copy(bytes, 11, 8);
  return bytes;
}

function head(kind: number, namespace: number, more: number): Buffer {
  const bytes = Buffer.alloc(3 + more);
  bytes.writeUInt8(kind, 0);
  bytes.writeUInt16LE(namespace, 1);
  return bytes;
}
