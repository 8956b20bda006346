import test from "ava";
import { failureMail } from "#worker/failure-mail.ts";

test("the mail about a failed try is Airflow's, and what was thrown cannot be markup", (t) => {
  const task = {
    taskId: "load",
    mapIndex: -1,
    tryNumber: 2,
    maxTries: 2,
    state: "up_for_retry",
    startDate: null,
    endDate: null,
    hostname: "worker-1",
  };
  const claimed = { dagId: "orders", runId: "manual__2024-01-31T00:00:00+00:00", exception: "Error: <b>\n  at load" };
  const link =
    "http://localhost:8080/dags/orders/runs/manual__2024-01-31T00%3A00%3A00%2B00%3A00/tasks/load?try_number=2";
  t.deepEqual(failureMail(["a@example.com"], claimed, task, "http://localhost:8080/"), {
    to: ["a@example.com"],
    subject: "Airflow alert: <TaskInstance: orders.load manual__2024-01-31T00:00:00+00:00 [up_for_retry]>",
    html:
      "Try 2 out of 3<br>Exception:<br>Error: &lt;b&gt;<br>  at load<br>" +
      `Log: <a href="${link}">Link</a><br>Host: worker-1<br>Mark success: <a href="${link}">Link</a><br>`,
  });
});
