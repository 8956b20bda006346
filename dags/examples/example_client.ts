// What a running task may ask for: who it is, variables, connections, and XComs under keys of their own.
import { Dag, getClient, getContext } from "daisy";

const dag = new Dag("example_client", { description: "Variables, connections and XComs by hand", tags: ["example"] });

const write = dag.task("write", async () => {
  const { taskId, tryNumber } = getContext();
  await getClient().setVariable("example_greeting", "Hello", "Written by an example");
  await getClient().setXCom({ key: "who", value: { taskId, tryNumber } });
})();

dag
  .task("read", async () => {
    const client = getClient();
    // Null when there is none; getVariableOrThrow and getConnectionOrThrow fail the task instead.
    const greeting = await client.getVariable("example_greeting");
    const connection = await client.getConnection("example_database");
    const who = await client.getXCom<{ taskId: string }>({ key: "who", taskId: "write" });
    console.log(`${greeting}, ${who?.taskId}; the database is at ${connection?.host ?? "no place that anybody knows"}`);
  })()
  .after(write);
