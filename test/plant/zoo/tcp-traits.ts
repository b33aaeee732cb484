/** How a device's TCP stack looks from outside, as far as Linux can play it. */
export interface TcpTraits {
  readonly ttl: number;
  readonly mss: number;
  readonly hasTimestamps: boolean;
  readonly hasSack: boolean;
  readonly hasWindowScale: boolean;
  /** Of the SYN-ACK. */
  readonly window?: number;
  readonly dontFragment: boolean;
}

/** S7-300, early S7-1200 and S7-1500 (SYN-ACKs of an IM151-8 PN/DP and others in ITI/ICS-Security-Tools, pcaps/s7). */
export const SIEMENS_2011: TcpTraits = {
  ttl: 30,
  mss: 1460,
  hasTimestamps: false,
  hasSack: false,
  hasWindowScale: false,
  window: 4096,
  dontFragment: false,
};

/** A Linux machine that plays a controller. */
export const LINUX: TcpTraits = {
  ttl: 64,
  mss: 1460,
  hasTimestamps: true,
  hasSack: true,
  hasWindowScale: true,
  dontFragment: true,
};

/** Lines of sh that give the network namespace they run in such a stack. */
export function tcpTraitLines(traits: TcpTraits): readonly string[] {
  const flag = (value: boolean): number => (value ? 1 : 0);
  const settings = {
    ip_default_ttl: traits.ttl,
    tcp_timestamps: flag(traits.hasTimestamps),
    tcp_sack: flag(traits.hasSack),
    tcp_window_scaling: flag(traits.hasWindowScale),
    // Half of the buffer is window.
    ...(traits.window !== undefined && { tcp_rmem: `4096 ${2 * traits.window} ${2 * traits.window}` }),
  };
  return [
    ...Object.entries(settings).map(([name, value]) => `echo '${value}' > /proc/sys/net/ipv4/${name}`),
    "nft add table inet zoo",
    "nft 'add chain inet zoo out { type filter hook output priority 0; }'",
    ...rewriting(traits).map((rule) => `nft 'add rule inet zoo out ${rule}'`),
  ];
}

/** What Linux cannot be told: it rounds the window to whole segments and sets DF on every SYN-ACK. */
function rewriting({ window, dontFragment }: TcpTraits): readonly string[] {
  return [
    ...(window === undefined ? [] : [`tcp flags & (syn|ack) == syn|ack tcp window set ${window}`]),
    ...(dontFragment ? [] : ["meta l4proto tcp ip frag-off set 0"]),
  ];
}
