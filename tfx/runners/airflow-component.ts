import { type Operator, operator } from "#sdk/operator.ts";
import { getContext } from "#sdk/task-scope.ts";
import type { BaseNode } from "../components/base-node.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";

/** The fill that Airflow gives to PythonOperator, which TFX's AirflowComponent is a subclass of. */
const UI_COLOR = "#ffefeb";

/**
 * The task of one node. The DAG run's id is the pipeline run's id; the launcher, and with it everything heavy, is
 * loaded when the task runs.
 */
export function airflowComponent(node: BaseNode, pipeline: Pipeline): Operator {
  return operator({
    operatorName: "AirflowComponent",
    uiColor: UI_COLOR,
    async execute(): Promise<void> {
      const { runId, signal } = getContext();
      const { openMetadataStore } = await import("../metadata/store.ts");
      const { launch } = await import("./launcher/launch.ts");
      const store = await openMetadataStore(pipeline.metadataConnectionConfig, { signal });
      try {
        await launch(node, { pipeline, runId, store, signal, log: (message) => console.log(message) });
      } finally {
        await store.close();
      }
    },
  });
}
