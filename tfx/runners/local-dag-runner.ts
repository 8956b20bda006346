import type { BaseNode } from "../components/base-node.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { planRun, type RunOptions } from "../pipeline/run-options.ts";
import type { LaunchResult } from "./launcher/launch.ts";

/** The world around a local run; tests pass their own. */
export interface LocalRunEffects {
  /** @default the current time, as TFX's runner does */
  readonly runId?: string;
  /** Receives one line at a time. @default console.log */
  readonly log?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** What a local run did. */
export interface LocalRunResult {
  readonly runId: string;
  /** What became of each node, by node id, in the order they ran. */
  readonly results: ReadonlyMap<string, LaunchResult>;
}

/**
 * Runs a pipeline in this process, one node after the other.
 *
 * @example
 * ```ts
 * await new LocalDagRunner().run(createPipeline());
 * await new LocalDagRunner().run(createPipeline(), { fromNodes: ["Trainer"] });
 * ```
 */
export class LocalDagRunner {
  /** Throws the first node's error; nodes after it do not run. */
  async run(pipeline: Pipeline, options: RunOptions = {}, effects: LocalRunEffects = {}): Promise<LocalRunResult> {
    const { runId = new Date().toISOString(), log = console.log, signal = new AbortController().signal } = effects;
    const plan = planRun(pipeline, options);
    const { openMetadataStore } = await import("../metadata/store.ts");
    const { launch } = await import("./launcher/launch.ts");
    const { reuseOutputs } = await import("./launcher/reuse-outputs.ts");
    const store = await openMetadataStore(pipeline.metadataConnectionConfig, { signal });
    const results = new Map<string, LaunchResult>();
    try {
      for (const { node, action } of plan.steps) {
        signal.throwIfAborted();
        const context = { pipeline, runId, store, signal, log };
        if (action === "reuse") {
          results.set(node.id, await reuseOutputs(node, context, options.basePipelineRunId));
        } else {
          results.set(node.id, await announced(node, log, () => launch(node, context)));
        }
      }
    } finally {
      await store.close();
    }
    return { runId, results };
  }
}

/** TFX's two lines around each node. */
async function announced<Result>(node: BaseNode, log: (message: string) => void, run: () => Promise<Result>) {
  log(`Component ${node.id} is running.`);
  const result = await run();
  log(`Component ${node.id} is finished.`);
  return result;
}
