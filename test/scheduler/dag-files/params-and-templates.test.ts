import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import test from "ava";
import { startTestScheduler, type TestScheduler } from "../support.ts";

async function importError({ database }: TestScheduler, file: string): Promise<string | undefined> {
  const { rows } = await database.query("select stack_trace from import_error where relative_fileloc = $1", [file]);
  return rows[0]?.stack_trace;
}

/** The commands of the tasks of the DAG's latest version. */
async function commandsOf({ database }: TestScheduler): Promise<string[] | undefined> {
  const { rows } = await database.query<{ commands: string[] }>(
    `select array(select task -> '__var' ->> 'bash_command' from json_array_elements(serialized::json -> 'dag' -> 'tasks') task)
            as commands from dag_version where dag_id = 'd' order by version_number desc limit 1`,
  );
  return rows[0]?.commands;
}

const dagFile = (spec: string, task = "") => `
import { bash, Dag, param } from "daisy";
const dag = new Dag("d", ${spec});
${task}
`;

for (const [title, spec, task, expected] of [
  [
    "a required param on a DAG with a schedule",
    '{ schedule: "@daily", params: { x: param(undefined, { type: "string" }) } }',
    "",
    /DAG Schedule must be None, if there are any required params without default values[\s\S]*Invalid input for param x: No value passed/,
  ],
  [
    "an invalid default on a DAG with a schedule",
    '{ schedule: "@daily", params: { x: param("a", { type: "integer" }) } }',
    "",
    /DAG Schedule must be None[\s\S]*Invalid input for param x: 'a' is not of type 'integer'/,
  ],
  [
    "a schema that is none",
    '{ params: { x: param(1, { type: "whole" }) } }',
    "",
    /The schema of param "x" of Dag "d" is not valid/,
  ],
  [
    "functions as macros of one's own",
    "{ userDefinedMacros: { x: () => 1 } }",
    "",
    /^sub\/d\.ts:3: userDefinedMacros for Dag "d" hold a function: they are values that JSON can carry/,
  ],
  [
    "a template file that is not there",
    "{}",
    'dag.task("t", bash({ bashCommand: "nowhere.sh" }))();',
    /TemplateNotFound: nowhere\.sh \(bash_command of task "t"\)/,
  ],
  [
    "a template file outside the DAG file's folder",
    "{}",
    'dag.task("t", bash({ bashCommand: "../../outside.sh" }))();',
    /TemplateNotFound: \.\.\/\.\.\/outside\.sh/,
  ],
  [
    "a link that leads out of the folder",
    "{}",
    'dag.task("t", bash({ bashCommand: "link.sh" }))();',
    /TemplateNotFound: link\.sh/,
  ],
] as const) {
  test.serial(`an import error: ${title}`, async (t) => {
    await using scheduler = await startTestScheduler({});
    const folder = join(scheduler.dagsFolder, "sub");
    await mkdir(folder, { recursive: true });
    await writeFile(join(dirname(scheduler.dagsFolder), "outside.sh"), "echo out");
    await symlink(join(dirname(scheduler.dagsFolder), "outside.sh"), join(folder, "link.sh"));
    await scheduler.write("sub/d.ts", dagFile(spec, task));
    const found = () => importError(scheduler, "sub/d.ts");
    await scheduler.until("there is an import error", async () => (await found()) !== undefined);
    t.regex((await found())!, expected);
  });
}

test.serial(
  "the text of a template file is stored with the DAG, from beside its file or the search path",
  async (t) => {
    await using scheduler = await startTestScheduler({});
    await mkdir(join(scheduler.dagsFolder, "scripts"), { recursive: true });
    await writeFile(join(scheduler.dagsFolder, "near.sh"), "echo near {{ ds }}\n");
    await writeFile(join(scheduler.dagsFolder, "scripts", "far.sh"), "echo far");
    await scheduler.write(
      "d.ts",
      dagFile(
        '{ templateSearchpath: "scripts" }',
        `dag.task("near", bash({ bashCommand: "near.sh" }))();
       dag.task("far", bash({ bashCommand: "far.sh" }))();
       dag.task("command", bash({ bashCommand: "run it.sh " }))();`,
      ),
    );
    const commands = () => commandsOf(scheduler);
    await scheduler.until("the DAG is loaded", async () => (await commands()) !== undefined);
    t.deepEqual(await commands(), ["echo near {{ ds }}\n", "echo far", "run it.sh "]);
    // Only the template changes: the code stays as it is, and the DAG does not.
    await scheduler.write("near.sh", "echo nearer\n");
    const latest = async () => (await commands())?.[0];
    await scheduler.until("the new text is stored", async () => (await latest()) === "echo nearer\n");
    t.is(await latest(), "echo nearer\n");
  },
);
