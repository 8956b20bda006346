import path from "node:path";
import type { BaseNode } from "../components/base-node.ts";
import type { MetadataConnectionConfig } from "../metadata/connection-config.ts";
import { topologicalOrder } from "./topological-order.ts";

/** What a pipeline is declared with. */
export interface PipelineOptions {
  /** At most 63 characters; also the DAG id and the name of the pipeline's context in ML Metadata. */
  readonly pipelineName: string;
  /** The folder that artifacts are written under; an absolute path. */
  readonly pipelineRoot: string;
  /** The nodes, in any order; each node's producers must be among them. */
  readonly components: readonly BaseNode[];
  /** Reuses the outputs of an earlier execution with the same inputs and parameters. @default false */
  readonly enableCache?: boolean;
  /** Where ML Metadata lives. @default the database that the environment variable DAISY_METADATA_URL names */
  readonly metadataConnectionConfig?: MetadataConnectionConfig;
  /** Accepted so that pipelines can be carried over; no component runs on Beam, so they change nothing. */
  readonly beamPipelineArgs?: readonly string[];
}

/** TFX's limit, `pipeline.py`. */
const MAX_PIPELINE_NAME_LENGTH = 63;

/**
 * A named set of nodes in topological order, and where their artifacts and metadata go.
 *
 * @example
 * ```ts
 * const pipeline = new Pipeline({
 *   pipelineName: "taxi",
 *   pipelineRoot: "/home/me/airflow/tfx/pipelines/taxi",
 *   components: [exampleGen, statisticsGen],
 *   enableCache: true,
 * });
 * ```
 */
export class Pipeline {
  readonly pipelineName: string;
  readonly pipelineRoot: string;
  readonly enableCache: boolean;
  readonly metadataConnectionConfig: MetadataConnectionConfig | undefined;
  readonly beamPipelineArgs: readonly string[];
  /** Every node once, each after those it waits for. */
  readonly components: readonly BaseNode[];

  constructor(options: PipelineOptions) {
    this.pipelineName = checkedName(options.pipelineName);
    this.pipelineRoot = checkedRoot(options.pipelineRoot);
    this.enableCache = options.enableCache ?? false;
    this.metadataConnectionConfig = options.metadataConnectionConfig;
    this.beamPipelineArgs = options.beamPipelineArgs ?? [];
    const nodes = [...new Set(options.components)];
    refuseDuplicateIds(nodes);
    this.components = topologicalOrder(nodes);
  }
}

function checkedName(name: string): string {
  if (typeof name !== "string" || name === "") {
    throw new Error(`A pipeline needs a name, got ${JSON.stringify(name)}`);
  }
  if (name.length > MAX_PIPELINE_NAME_LENGTH) {
    throw new Error(
      `pipeline ${name} exceeds maximum allowed length: ${MAX_PIPELINE_NAME_LENGTH}, it has ${name.length} characters`,
    );
  }
  return name;
}

function checkedRoot(root: string): string {
  if (typeof root !== "string" || !path.isAbsolute(root)) {
    throw new Error(`pipelineRoot must be an absolute path of a local folder, got ${JSON.stringify(root)}`);
  }
  return path.resolve(root);
}

function refuseDuplicateIds(nodes: readonly BaseNode[]): void {
  const seen = new Set<string>();
  for (const node of nodes) {
    if (seen.has(node.id)) {
      throw new Error(
        `Duplicated node_id ${node.id} for component type ${node.typeName}. Try setting a different node_id using \`.withId()\`.`,
      );
    }
    seen.add(node.id);
  }
}
