import type { BaseNode } from "../../components/base-node.ts";
import { getContextByTypeAndName } from "../../metadata/contexts.ts";
import { getExecutionsByContext } from "../../metadata/executions.ts";
import { ExecutionState } from "../../metadata/records.ts";
import type { Transaction } from "../../metadata/store.ts";
import { outputArtifacts } from "./artifact-lists.ts";
import { registerCached } from "./executions.ts";
import type { LaunchContext, LaunchResult } from "./launch.ts";
import { contextName, putRunContexts } from "./run-contexts.ts";

/**
 * Stands in for a node that a partial run leaves out: publishes an execution in this run whose outputs are those of an
 * earlier one, of the named run or the newest successful of all. Throws when there is none.
 */
export async function reuseOutputs(
  node: BaseNode,
  context: LaunchContext,
  baseRunId: string | undefined,
): Promise<LaunchResult> {
  const { pipeline, runId, store, log } = context;
  const { pipelineName } = pipeline;
  const result = await store.transaction(async (transaction) => {
    const contexts = await putRunContexts(transaction, { pipelineName, runId, node });
    const earlier = await findEarlier(transaction, node, pipelineName, baseRunId);
    const outputs = await outputArtifacts(transaction, earlier, node.outputChannels);
    const properties = { pipeline_name: pipelineName, run_id: runId, component_id: node.id };
    const execution = { type: node.typeName, contexts, properties, inputs: {} };
    return { earlier, outputs, executionId: await registerCached(transaction, execution, outputs) };
  });
  log(`${node.id} is left out of this run: the outputs of execution ${result.earlier} are used again`);
  return { executionId: result.executionId, state: "CACHED", outputs: result.outputs };
}

async function findEarlier(
  transaction: Transaction,
  node: BaseNode,
  pipelineName: string,
  baseRunId: string | undefined,
): Promise<number> {
  const context =
    baseRunId === undefined
      ? await getContextByTypeAndName(transaction, "node", contextName.node(pipelineName, node.id))
      : await getContextByTypeAndName(
          transaction,
          "component_run",
          contextName.componentRun(pipelineName, baseRunId, node.id),
        );
  const successful = [ExecutionState.COMPLETE, ExecutionState.CACHED];
  const [newest] = context ? await getExecutionsByContext(transaction, context.id, successful) : [];
  if (newest !== undefined) return newest.id;
  const where = baseRunId === undefined ? "any run" : `run ${baseRunId}`;
  throw new Error(`${node.id} is left out of this run, but ${where} of ${pipelineName} has no outputs of it`);
}
