import { type Console, processConsole } from "./console.ts";
import { groupHelp } from "./help.ts";
import { readVersion } from "./version.ts";

/** What TFX's command line has, and how the same is done here. */
const INSTEAD: Readonly<Record<string, string>> = {
  pipeline: "a pipeline is a DAG file in [core] dags_folder, taken up as soon as it is there; see `airflow dags list`",
  run: "use `airflow dags trigger`, `airflow dags list-runs` and `airflow dags delete`",
  template: "copy dags/taxi_pipeline.ts and dags/taxi_utils.ts, and change them",
};

const HELP = groupHelp("tfx", [["version", "Show the version"]]);

/** Runs `tfx …` and returns the exit code. */
export async function main([command]: readonly string[], console: Console = processConsole): Promise<number> {
  switch (command) {
    case "version":
    case "--version":
      console.print(await readVersion());
      return 0;
    case "-h":
    case "--help":
      console.print(HELP);
      return 0;
    default: {
      console.print(HELP);
      const instead = INSTEAD[command ?? ""];
      const problem = command === undefined ? "a command is required" : `there is no command '${command}'`;
      console.complain(`\ntfx command error: ${problem}${instead ? `: ${instead}` : ", see help above."}`);
      return 2;
    }
  }
}
