import { listTaskAssetEvents } from "#core/database/asset-events.ts";
import { deleteAssetState, findAssetState, storeAssetState } from "#core/database/asset-state.ts";
import type { Queryable } from "#core/database/connect.ts";
import type { Asking } from "./asking.ts";
import type { Answer, AssetQuestion } from "./child/messages.ts";

/** Answers what a running task asks about assets. */
export async function answerAssetQuestion(db: Queryable, asking: Asking, question: AssetQuestion): Promise<Answer> {
  switch (question.about) {
    case "getAssetEvents": {
      const of = question.of === "run" ? { dagRunId: asking.dagRunId } : question.of;
      return JSON.stringify(await listTaskAssetEvents(db, of));
    }
    case "getAssetState":
      return findAssetState(db, question.asset, question.key);
    case "setAssetState":
      return storeAssetState(db, asking.id, question.asset, question.key, question.value);
    case "deleteAssetState":
      await deleteAssetState(db, asking.id, question.asset, question.key);
      return null;
  }
}
