/** A time as Kubernetes' MicroTime writes it: RFC 3339 with six places.
 *  @param us since 1970 */
export function microTime(us: number): string {
  const ms = Math.floor(us / 1000);
  const rest = String(us - ms * 1000).padStart(3, "0");
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`;
}
