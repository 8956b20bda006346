import { Dag } from "#sdk/dag.ts";
import type { TaskRef } from "#sdk/node.ts";
import type { DagSpec } from "#sdk/specs.ts";
import type { BaseNode } from "../components/base-node.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { airflowComponent } from "./airflow-component.ts";

/** How the pipeline's DAG is scheduled: what `new Dag(id, …)` takes. */
export class AirflowPipelineConfig {
  readonly airflowDagConfig: DagSpec;

  constructor(airflowDagConfig: DagSpec = {}) {
    this.airflowDagConfig = airflowDagConfig;
  }
}

/**
 * Turns a pipeline into a DAG that Daisy's scheduler runs: one task for each node, of the operator type
 * `AirflowComponent`, with the node's id, after the tasks of the nodes it waits for.
 *
 * @example
 * ```ts
 * export const DAG = new AirflowDagRunner(
 *   new AirflowPipelineConfig({ schedule: null, startDate: new Date("2019-01-01") }),
 * ).run(createPipeline());
 * ```
 */
export class AirflowDagRunner {
  readonly #config: AirflowPipelineConfig;

  constructor(config: AirflowPipelineConfig | DagSpec = {}) {
    this.#config = config instanceof AirflowPipelineConfig ? config : new AirflowPipelineConfig(config);
  }

  /** The DAG has the pipeline's name; export it from the DAG file, as `DAG` by custom. */
  run(pipeline: Pipeline): Dag {
    const dag = new Dag(pipeline.pipelineName, this.#config.airflowDagConfig);
    const tasks = new Map<BaseNode, TaskRef>();
    for (const node of pipeline.components) {
      const task = dag.task(node.id, airflowComponent(node, pipeline))();
      const upstream = [...node.upstreamNodes].map((producer) => tasks.get(producer)!);
      if (upstream.length > 0) task.after(...upstream);
      tasks.set(node, task);
    }
    return dag;
  }
}
