/** A DAG file's `import steps from "./steps.py"`: the bundler carries the file's text along. */
declare module "*.py" {
  const file: import("./operators/python-function.ts").PythonFile;
  export default file;
}
