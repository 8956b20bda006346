// Shell commands, in an order that `before` draws; a command that fails is tried twice more.
import { bash, Dag } from "daisy";

const dag = new Dag("example_bash", { description: "Shell commands, one after the other", tags: ["example"] });

const date = dag.task("print_date", bash({ bashCommand: "date -u" }))();
const sleep = dag.task("sleep", bash({ bashCommand: "sleep 1" }), { retries: 2, retryDelay: 5 })();
const done = dag.task("done", bash({ bashCommand: 'echo "done by $(hostname)"' }))();

date.before(sleep);
sleep.before(done);
