import type { JsonValue } from "#sdk/json.ts";
import { type Operator, operator } from "#sdk/operator.ts";
import { getContext } from "#sdk/task-scope.ts";
import type { BaseNode } from "../components/base-node.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { LaunchResult } from "./launcher/launch.ts";

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
    async execute(): Promise<JsonValue> {
      const { runId, signal } = getContext();
      const { openMetadataStore } = await import("../metadata/store.ts");
      const { launch } = await import("./launcher/launch.ts");
      const store = await openMetadataStore(pipeline.metadataConnectionConfig, { signal });
      try {
        return summarize(
          await launch(node, { pipeline, runId, store, signal, log: (message) => console.log(message) }),
        );
      } finally {
        await store.close();
      }
    },
  });
}

/** The task's result: the execution, and where its outputs lie. The artifacts themselves are in ML Metadata. */
function summarize({ executionId, state, outputs }: LaunchResult): JsonValue {
  const artifacts = Object.entries(outputs).map(([key, list]) => [
    key,
    list.map(({ id, uri, properties, customProperties }) => ({
      id: id ?? null,
      uri,
      ...properties,
      ...customProperties,
    })),
  ]);
  return { execution_id: executionId, state, outputs: Object.fromEntries(artifacts) as JsonValue };
}
