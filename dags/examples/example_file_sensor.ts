// One task waits for a file that another one writes.
import { tmpdir } from "node:os";
import { bash, Dag, fileSensor } from "daisy";

const file = `${tmpdir()}/example_file_sensor.txt`;
const dag = new Dag("example_file_sensor", { description: "Waits for a file", tags: ["example"] });

const arrival = dag.task("arrival", fileSensor({ filepath: file, pokeInterval: 0.5, timeout: 60 }))();
dag.task("write", bash({ bashCommand: `sleep 1; echo here > ${file}` }))();
dag
  .task("read", bash({ bashCommand: `cat ${file} && rm ${file}` }))()
  .after(arrival);
