import { isPlainObject } from "#sdk/json.ts";
import type { ScheduleSettings } from "#sdk/schedule.ts";
import type { SerializedDag } from "#sdk/serialized-dag.ts";
import type { TaskDefaults } from "./fill-in-defaults.ts";

/** What a parse process is told at its start, by its one argument. */
export interface ParseDefaults {
  readonly taskDefaults: TaskDefaults;
  /** `[core] max_map_length` */
  readonly maxMapLength: number;
  readonly schedules: ScheduleSettings;
  /** Absolute. */
  readonly dagsFolder: string;
  /** Where bundles are written to be loaded. */
  readonly cacheDir: string;
  /** `[core] dag_discovery_safe_mode`: whether only files that speak of DAGs are loaded. */
  readonly safeMode: boolean;
  /** `[dag_processor] dag_file_memory_limit`, in megabytes; 0: none. */
  readonly memoryLimit: number;
}

/** Scheduler → parse process. */
export interface ParseRequest {
  /** Absolute. */
  readonly fileloc: string;
  /** Below the dags folder. */
  readonly relativeFileloc: string;
  /** The bundle of the last parse: when it is the same again, the file is not loaded. */
  readonly knownCodeHash?: string;
  /** Milliseconds that the clock is off while the file is loaded, so that what depends on it shows. @default 0 */
  readonly clockShift?: number;
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

export interface ParsedFile {
  readonly kind: "parsed";
  readonly dags: readonly ParsedDag[];
  readonly brokenDags: readonly BrokenDag[];
  readonly source: string;
  readonly bundle: string;
  readonly codeHash: string;
  readonly logicHash: string;
  readonly inputs: readonly string[];
  /** Files whose text stands in the serialized DAGs. */
  readonly templates: readonly string[];
  readonly warnings: readonly string[];
}

export interface BrokenFile {
  readonly kind: "broken";
  /** Whether its process had to be killed, or died, while its code ran. */
  readonly wasKilled: boolean;
  readonly error: string;
  /** What it is made of, as far as that is known. */
  readonly inputs: readonly string[];
}

/** What is found out about a file. */
export type ParseAnswer =
  | ParsedFile
  | { readonly kind: "unchanged"; readonly inputs: readonly string[] }
  /** It does not speak of DAGs, so it was not loaded. */
  | { readonly kind: "passed-over" }
  | BrokenFile;

/**
 * A parse process's message, with the number of the request that it is about: a file's code may send what it likes,
 * but knows no number of another file's.
 */
export type ParseMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "bundled"; readonly request: string; readonly inputs: readonly string[] }
  | {
      readonly kind: "answer";
      readonly request: string;
      readonly answer: ParseAnswer;
      /** Whether the process should not be given another file. */
      readonly isSpent: boolean;
      /** Whether code threw where nobody catches it: an earlier file's, perhaps. */
      readonly isStray: boolean;
    };

const ANSWERS: readonly unknown[] = ["parsed", "unchanged", "passed-over", "broken"] satisfies ParseAnswer["kind"][];

/** Whether what a parse process sent has the shape of a message. */
export function isParseMessage(sent: unknown): sent is ParseMessage {
  if (!isPlainObject(sent)) return false;
  if (sent.kind === "ready") return true;
  if (sent.kind === "bundled") return isListOfTexts(sent.inputs);
  return sent.kind === "answer" && isPlainObject(sent.answer) && ANSWERS.includes(sent.answer.kind);
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Scheduler → parse process, as it is sent. */
export interface NumberedRequest extends ParseRequest {
  readonly request: string;
}
