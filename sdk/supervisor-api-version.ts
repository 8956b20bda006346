/** The version of Airflow's interface between tasks and their supervisor whose words this package speaks. */
export const SUPERVISOR_API_VERSION = "2026-10-30";
