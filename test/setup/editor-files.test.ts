import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import ts from "typescript";
import { defaultConfig } from "#core/config/load.ts";
import { provideEditorFiles } from "#setup/editor-files.ts";

async function withHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(path.join(tmpdir(), "daisy-editor-"));
  try {
    await work(home);
  } finally {
    await rm(home, { recursive: true });
  }
}

const DAG_FILES: Readonly<Record<string, string>> = {
  "greet.ts": `
    import { type Condition, Dag, getClient, getContext, type TaskRef } from "apache-airflow-ts-sdk";
    import { approval, type HITLResult } from "apache-airflow-ts-sdk/hitl";
    import { suffix } from "./lib/suffix.ts";
    export const dag = new Dag("greet", { schedule: "@daily", startDate: new Date("2026-01-01"), tags: ["a"] });
    const name: TaskRef<string> = dag.task("name", async () => \`Daisy\${suffix}\`, { retries: 2 })();
    dag.task(async function hello({ name, at }: { name: string; at: Date }) {
      const text: string | null = await getClient().getVariable(getContext().taskId);
      console.log(name, at, text?.length);
    })({ name, at: name });
    const answer: TaskRef<HITLResult | undefined> = dag.task("ask", approval({ subject: "Go?" }))();
    const holds: Condition = dag.if(async ({ name }: { name: string }) => name !== "", { name }, { taskId: "any" });
    holds.then(answer).else(dag.task("no", () => undefined)());
    // @ts-expect-error the types are known: a number is no name
    dag.task("wrong", async ({ name }: { name: string }) => name)({ name: 3 });
  `,
  "lib/suffix.ts": "export const suffix: string = '!';",
  "module.mts": 'import { Dag } from "daisy";\nexport default new Dag("module");',
  "plain.js": 'import { Dag } from "daisy";\nnew Dag("plain").task("t", async ({ a }) => a)({ a: 1 });',
};

/** What TypeScript says of the DAG files of a home, as an editor would show it. */
function problems(home: string, more: ts.CompilerOptions): string[] {
  const config = ts.readConfigFile(path.join(home, "dags/tsconfig.json"), ts.sys.readFile).config;
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, path.join(home, "dags"));
  const program = ts.createProgram(fileNames, { ...options, ...more });
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(path.join(home, "dags/")));
  return [
    ...own.flatMap((file) => ts.getPreEmitDiagnostics(program, file)),
    ...(own.length === Object.keys(DAG_FILES).length ? [] : [{ messageText: `${own.length} files were found` }]),
  ].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

test("an editor knows what DAG files import, however it resolves modules", async (t) => {
  await withHome(async (home) => {
    await provideEditorFiles(defaultConfig({ home }));
    for (const [name, text] of Object.entries(DAG_FILES)) {
      const file = path.join(home, "dags", name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    t.deepEqual(problems(home, {}), []);
    const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
    t.deepEqual(problems(home, bundler), []);
  });
});

test("what a user has put beside the DAG files is kept, and a folder elsewhere is left alone", async (t) => {
  await withHome(async (home) => {
    await mkdir(path.join(home, "dags"));
    await writeFile(path.join(home, "dags/tsconfig.json"), "{}");
    for (const _ of ["first", "again"]) await provideEditorFiles(defaultConfig({ home }));
    t.is(await readFile(path.join(home, "dags/tsconfig.json"), "utf8"), "{}");
    const elsewhere = path.join(home, "elsewhere");
    await provideEditorFiles(defaultConfig({ home: elsewhere, core: { dags_folder: path.join(home, "dags") } }));
    await t.throwsAsync(readFile(path.join(elsewhere, "package.json")), { code: "ENOENT" });
  });
});
