import type { FrameRule } from "./probe.ts";

/** System status lists that the probe reads: id and index. */
export const SZL = {
  moduleIdentity: { id: 0x0011, index: 0 },
  componentNames: { id: 0x001c, index: 0 },
  communication: { id: 0x0131, index: 1 },
  consistency: { id: 0x0131, index: 3 },
  protection: { id: 0x0132, index: 4 },
  mode: { id: 0x0424, index: 0 },
} as const;

export type SzlQuestion = (typeof SZL)[keyof typeof SZL];

const rule = (name: string, pattern: string, source: string): FrameRule => ({
  protocol: "s7",
  name,
  pattern: pattern.replaceAll(" ", ""),
  source,
});

// TPKT, COTP data header, S7 userdata header with any number, function group 4 (CPU), function 1 (read SZL).
const READ_SZL = "03000021 02f080 3207 0000 ???? 0008 0008 00011204 114401 00 ff090004";
const CAPTURE = "ITI/ICS-Security-Tools, snap7_s300_everything.pcapng";

/** Everything that the probe may send to port 102. "????" is the number of a request, and the TSAP of the first one. */
export const S7_FRAMES: readonly FrameRule[] = [
  rule(
    "ISO connection request",
    "03000016 11e0 0000 0014 00 c1020100 c202???? c0010a",
    "RFC 1006; nmap s7-info.nse sends it, with TSAPs of its own",
  ),
  rule(
    "setup of one job in flight, PDU 480",
    "03000019 02f080 3201 0000 ???? 0008 0000 f000 0001 0001 01e0",
    "STEP 7 sends it (s7comm_reading_plc_status.pcap of ITI/ICS-Security-Tools), nmap s7-info.nse too",
  ),
  rule("read SZL 0x0011, module identification", `${READ_SZL} 0011 0000`, CAPTURE),
  rule("read SZL 0x001C, component identification", `${READ_SZL} 001c 0000`, CAPTURE),
  rule("read SZL 0x0131 index 1, communication", `${READ_SZL} 0131 0001`, CAPTURE),
  rule(
    "read SZL 0x0131 index 3, bytes read at one moment",
    `${READ_SZL} 0131 0003`,
    "WinCC asks an S7-400 for it (wincc_s400_production.pcapng of ITI/ICS-Security-Tools)",
  ),
  rule(
    "read SZL 0x0132 index 4, protection",
    `${READ_SZL} 0132 0004`,
    "STEP 7 sends it (step7_s300_AuthPassword.pcapng of ITI/ICS-Security-Tools)",
  ),
  rule("read SZL 0x0424, mode of the CPU", `${READ_SZL} 0424 0000`, CAPTURE),
  rule(
    "go on with an SZL that comes in parts",
    "03000021 02f080 3207 0000 ???? 000c 0004 00011208 124401 ?? 00 00 0000 0a000000",
    CAPTURE,
  ),
  rule(
    "read one byte of bit memory",
    "0300001f 02f080 3201 0000 ???? 000e 0000 04 01 120a1002 0001 0000 83 000000",
    "what every HMI polls with (snap7_s300_readVar.pcapng of ITI/ICS-Security-Tools, other area)",
  ),
];
