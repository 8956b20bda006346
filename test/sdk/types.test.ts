import path from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import ts from "typescript";

test("wirings that fit compile, and each wrong one does not", (t) => {
  const file = fileURLToPath(new URL("wirings.ts", import.meta.url));
  const project = ts.readConfigFile(path.resolve("tsconfig.json"), ts.sys.readFile).config as {
    compilerOptions: object;
  };
  const { options } = ts.convertCompilerOptionsFromJson(project.compilerOptions, path.resolve("."));
  const program = ts.createProgram([file], { ...options, incremental: false });
  const problems = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
  t.deepEqual(
    problems.map((problem) => ts.formatDiagnostic(problem, FORMAT)),
    [],
  );
});

const FORMAT: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => path.resolve("."),
  getNewLine: () => "\n",
};
