import { bash, Dag, getContext } from "daisy";

/** Templates: what stands between braces is filled in before each try, as in Airflow. */
const dag = new Dag("example_templates", { tags: ["example"] });

// The run's date, a date made of it, and a value of the run.
const report = dag.task(
  "report",
  bash({ bashCommand: "echo 'rows of {{ ds }}, a week after {{ macros.ds_add(ds, -7) }}, in {{ run_id }}'" }),
)();

// A handler reads what its templates became; this one uses what the task above returned.
dag
  .task("load", async () => console.log(`load ${getContext().templatesDict?.path}`), {
    templatesDict: {
      path: "/data/{{ logical_date.strftime('%Y/%m') }}/{{ ti.xcom_pull(task_ids='report') | length }}",
    },
  })()
  .after(report);
