import type { BaseNode } from "../../components/base-node.ts";
import { putContext } from "../../metadata/contexts.ts";
import type { Transaction } from "../../metadata/store.ts";

/** Ids of the ML Metadata contexts that an execution belongs to. */
export interface RunContexts {
  readonly pipeline: number;
  readonly run: number;
  readonly node: number;
  readonly componentRun: number;
}

/** Names of contexts, as TFX's launcher composes them. */
export const contextName = {
  run: (pipelineName: string, runId: string) => `${pipelineName}.${runId}`,
  node: (pipelineName: string, nodeId: string) => `${pipelineName}.${nodeId}`,
  componentRun: (pipelineName: string, runId: string, nodeId: string) => `${pipelineName}.${runId}.${nodeId}`,
};

/** Registers the contexts of one node in one run; those that are there stay. */
export async function putRunContexts(
  transaction: Transaction,
  { pipelineName, runId, node }: { readonly pipelineName: string; readonly runId: string; readonly node: BaseNode },
): Promise<RunContexts> {
  const inPipeline = { pipeline_name: pipelineName };
  const inRun = { ...inPipeline, run_id: runId };
  return {
    pipeline: await putContext(transaction, { type: "pipeline", name: pipelineName, properties: inPipeline }),
    run: await putContext(transaction, {
      type: "pipeline_run",
      name: contextName.run(pipelineName, runId),
      properties: inRun,
    }),
    node: await putContext(transaction, {
      type: "node",
      name: contextName.node(pipelineName, node.id),
      properties: inPipeline,
    }),
    componentRun: await putContext(transaction, {
      type: "component_run",
      name: contextName.componentRun(pipelineName, runId, node.id),
      properties: { ...inRun, component_id: node.id },
    }),
  };
}
