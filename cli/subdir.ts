import type { Refusal } from "./command.ts";

/** Airflow's `-sd/--subdir`, which every command about DAGs has there. */
export const NO_SUBDIR: Readonly<Record<string, Refusal>> = {
  subdir: { short: "-sd", reason: "DAGs are read from the database, where the scheduler keeps them" },
};
