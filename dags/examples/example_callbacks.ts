// Functions that are called when something happens to a task or a run. What they throw is logged and changes nothing.
import { type CallbackContext, Dag } from "daisy";

function tell({ taskInstance, dagRun, exception }: CallbackContext): void {
  const who = taskInstance === null ? dagRun.runId : `${taskInstance.taskId}, try ${taskInstance.tryNumber}`;
  console.log(`${who}: ${exception?.split("\n")[0] ?? "all is well"}`);
}

const dag = new Dag("example_callbacks", {
  description: "Functions that hear how tasks and runs end",
  tags: ["example"],
  onSuccessCallback: ({ dagRun, reason }) => console.log(`${dagRun.runId} is ${dagRun.state}: ${reason}`),
  onFailureCallback: tell,
});

let isFirstTry = true;

dag.task(
  "works_at_second_try",
  async () => {
    if (!isFirstTry) return;
    throw new Error("nobody is perfect");
  },
  {
    retries: 1,
    retryDelay: 0,
    onExecuteCallback: ({ taskInstance }) => {
      isFirstTry = taskInstance?.tryNumber === 1;
    },
    onRetryCallback: tell,
    onSuccessCallback: [tell, () => console.log("Callbacks are called one after the other")],
  },
)();
