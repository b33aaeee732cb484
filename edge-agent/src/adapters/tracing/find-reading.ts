import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { ReadingBatch } from "../../core/reading.ts";

/** What tells one reading from every other, inside the agent and in the outbox. */
export interface ReadingKey {
  readonly tag: string;
  readonly sequence: number;
  readonly agentTimeUs: number;
}

/** The newest row of a tag in a batch; -1 where there is none.
 *  @param index of the tag in the agent's table */
export const rowOf = ({ tag, count }: ReadingBatch, index: number): number =>
  tag.subarray(0, count).lastIndexOf(index);

export function holds({ content }: OutboxBatch, key: ReadingKey): boolean {
  if (content.stream !== "readings") return false;
  const index = content.tags.findIndex(({ id }) => id === key.tag);
  if (index < 0) return false;
  for (let row = 0; row < content.count; row += 1)
    if (
      content.tag[row] === index &&
      content.sequence[row] === key.sequence &&
      content.agentTimeUs[row] === key.agentTimeUs
    )
      return true;
  return false;
}
