import { modelTitle } from "../core/model.ts";
import type { Logger } from "../ports/logger.ts";
import type { ModelContract } from "../ports/scorer.ts";
import type { RollOut } from "./roll-out.ts";

export interface ObjectiveWatchDeps {
  readonly rollouts: Pick<RollOut, "isDegraded" | "report" | "subscribe">;
  readonly logger: Logger;
  champion(): ModelContract;
}

/** Says in the log when the agent falls back to threshold alarms, and when it asks the network again.
 *  @returns ends it */
export function watchObjective({ rollouts, logger, champion }: ObjectiveWatchDeps): () => void {
  let isDegraded = false;

  function look(): void {
    if (rollouts.isDegraded === isDegraded) return;
    isDegraded = rollouts.isDegraded;
    const { errorPercent, frames } = rollouts.report().objective;
    const what = { model: modelTitle(champion()), errorPercent, frames };
    if (isDegraded) logger.error(what, "the model fails too often: threshold alarms only");
    else logger.info(what, "the model can be run again: threshold alarms have ended");
  }

  // An earlier run may have left it so.
  look();
  return rollouts.subscribe(look);
}
