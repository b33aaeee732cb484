// OPC 10000-6, A.2: what servers answer on the way to a session, and the commonest of values.
const NAMES: Readonly<Record<number, string>> = {
  0: "Good",
  2147549184: "BadUnexpectedError",
  2147614720: "BadInternalError",
  2147680256: "BadOutOfMemory",
  2147745792: "BadResourceUnavailable",
  2147811328: "BadCommunicationError",
  2147876864: "BadEncodingError",
  2147942400: "BadDecodingError",
  2148007936: "BadEncodingLimitsExceeded",
  2148139008: "BadTimeout",
  2148204544: "BadServiceUnsupported",
  2148270080: "BadShutdown",
  2148401152: "BadServerHalted",
  2148532224: "BadTooManyOperations",
  2148663296: "BadCertificateInvalid",
  2148728832: "BadSecurityChecksFailed",
  2149187584: "BadCertificateUntrusted",
  2149515264: "BadUserAccessDenied",
  2149580800: "BadIdentityTokenInvalid",
  2149646336: "BadIdentityTokenRejected",
  2149777408: "BadInvalidTimestamp",
  2149908480: "BadSessionIdInvalid",
  2149974016: "BadSessionClosed",
  2150039552: "BadSessionNotActivated",
  2150236160: "BadRequestHeaderInvalid",
  2150694912: "BadNoCommunication",
  2150760448: "BadWaitingForInitialData",
  2150825984: "BadNodeIdInvalid",
  2150891520: "BadNodeIdUnknown",
  2150957056: "BadAttributeIdInvalid",
  2151284736: "BadNotReadable",
  2151481344: "BadNotSupported",
  2152988672: "BadSecurityModeRejected",
  2153054208: "BadSecurityPolicyRejected",
  2153119744: "BadTooManySessions",
  2155675648: "BadTcpServerTooBusy",
  2155741184: "BadTcpMessageTypeInvalid",
  2155806720: "BadTcpSecureChannelUnknown",
  2155872256: "BadTcpMessageTooLarge",
  2155937792: "BadTcpNotEnoughResources",
  2156003328: "BadTcpInternalError",
  2156068864: "BadTcpEndpointUrlInvalid",
  2156265472: "BadSecureChannelClosed",
  2156331008: "BadSecureChannelTokenUnknown",
  2156724224: "BadOutOfService",
  2159542272: "BadRequestTooLarge",
  2159607808: "BadResponseTooLarge",
  2159935488: "BadProtocolVersionUnsupported",
};

/** "BadTcpEndpointUrlInvalid", or the number of a code that is not in the list. */
export function statusName(code: number): string {
  // The low half holds flags of the value, not the code.
  return NAMES[(code & 0xffff0000) >>> 0] ?? `0x${code.toString(16).padStart(8, "0")}`;
}

/** Good and uncertain codes have the highest bit clear. */
export const isBad = (code: number): boolean => code >= 0x8000_0000;
