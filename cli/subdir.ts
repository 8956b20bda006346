import type { Refusal } from "./command.ts";

/** Airflow's `-sd/--subdir`, which every command about DAGs has there. */
export const NO_SUBDIR: Readonly<Record<string, Refusal>> = {
  subdir: { short: "-sd", reason: "DAGs are read from the database, where the scheduler keeps them" },
};

/** The same, for commands that read DAG files. */
export const BY_DAG_ID: Readonly<Record<string, Refusal>> = {
  subdir: { short: "-sd", reason: "the file in [core] dags_folder that holds the DAG is found by the DAG's id" },
  "bundle-name": { short: "-B", reason: "there is one folder of DAG files" },
};
