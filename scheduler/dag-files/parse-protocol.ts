import type { ScheduleSettings } from "#sdk/schedule.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";

/** What a parse process is told at its start, by its one argument. */
export interface ParseDefaults {
  /** `[celery] default_queue`, of tasks that name none. */
  readonly defaultQueue: string;
  /** `[core] default_task_retries`, of tasks that say nothing. */
  readonly defaultTaskRetries: number;
  /** `[core] max_map_length` */
  readonly maxMapLength: number;
  readonly schedules: ScheduleSettings;
  /** Absolute. */
  readonly dagsFolder: string;
  /** Where bundles are written to be loaded. */
  readonly cacheDir: string;
}

/** Scheduler → parse process. */
export interface ParseRequest {
  /** Absolute. */
  readonly fileloc: string;
  /** Below the dags folder. */
  readonly relativeFileloc: string;
  /** The bundle of the last parse: when it is the same again, the file is not loaded. */
  readonly knownCodeHash?: string;
}

export interface ParsedDag {
  readonly serialized: SerializedDag;
  /** Of the serialized form without the file's place. */
  readonly serializedHash: string;
}

/** A DAG that its file declares wrongly; the file's others are loaded all the same. */
export interface BrokenDag {
  readonly dagId: string;
  /** What is shown of it: `path:line: Dag "id": problem`, and the stack. */
  readonly error: string;
}

/** Parse process → scheduler. */
export type ParseAnswer =
  | {
      readonly kind: "parsed";
      readonly dags: readonly ParsedDag[];
      readonly brokenDags: readonly BrokenDag[];
      readonly source: string;
      readonly bundle: string;
      readonly codeHash: string;
      readonly inputs: readonly string[];
      /** Files whose text stands in the serialized DAGs. */
      readonly templates: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: "unchanged"; readonly inputs: readonly string[] }
  | { readonly kind: "broken"; readonly error: string };

/** A parse process's message: ready for a file, or the answer about one. */
export type ParseMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly answer: ParseAnswer; readonly isSpent: boolean };
