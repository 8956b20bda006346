import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { loadTensorflow } from "#tfx/tensorflow.ts";

/** A signature of a SavedModel, to be run on serialized tf.Examples. */
export interface SignatureCall {
  readonly model: string;
  readonly signature: string;
  readonly examples: readonly Uint8Array[];
}

/** Values of the outputs by name, row-major; int64 as bigints where the judge gives them exactly, else as numbers. */
export type Answer = Readonly<Record<string, ArrayLike<number | bigint> | readonly string[]>>;

/** Something independent of our code that runs SavedModels. */
export interface Judge {
  readonly name: string;
  readonly run: (calls: readonly SignatureCall[]) => Promise<Answer[]>;
}

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * The judges that this machine has: TensorFlow for Python (the interpreter `DAISY_TEST_PYTHON`, or a virtual
 * environment in `.cache/tensorflow-judge`), and tfjs-node. Those that are absent are named in the test's log.
 */
export async function judges(t: ExecutionContext): Promise<Judge[]> {
  const found: Judge[] = [];
  const python = pythonWithTensorflow();
  if (python) found.push({ name: "TensorFlow for Python", run: (calls) => runInPython(python, calls) });
  else t.log("Absent: TensorFlow for Python. Set DAISY_TEST_PYTHON, or install it in .cache/tensorflow-judge");
  const { node, tf, nativeError } = await loadTensorflow();
  if (node) {
    found.push({
      name: "tfjs-node",
      run: async (calls) => {
        const answers: Answer[] = [];
        for (const { model, signature, examples } of calls) {
          const loaded = await node.loadSavedModel(model, ["serve"], signature);
          // tfjs types string tensors as text, but keeps bytes as they are.
          const input = tf.tensor1d([...examples] as unknown as string[], "string");
          const outputs = loaded.predict({ examples: input }) as Record<string, ReturnType<typeof tf.tensor>>;
          const entries = Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync()] as const);
          answers.push(Object.fromEntries(entries) as unknown as Answer);
          loaded.dispose();
        }
        return answers;
      },
    });
  } else {
    t.log(`Absent: tfjs-node (${nativeError})`);
  }
  return found;
}

function pythonWithTensorflow(): string | undefined {
  const given = process.env.DAISY_TEST_PYTHON;
  if (given) return given;
  const installed = path.join(REPOSITORY, ".cache", "tensorflow-judge", "bin", "python");
  return existsSync(installed) ? installed : undefined;
}

type Encoded = { readonly dtype: string; readonly data: string } | { readonly strings: readonly string[] };

/** One Python for all questions of a test file, since importing TensorFlow takes seconds. */
let interpreter: ChildProcessWithoutNullStreams | undefined;
let lastAnswer: Promise<unknown> = Promise.resolve();

test.after.always(() => interpreter?.kill());

function runInPython(python: string, calls: readonly SignatureCall[]): Promise<Answer[]> {
  const answer = lastAnswer.then(() => askPython(python, calls));
  lastAnswer = answer.catch(() => {});
  return answer;
}

async function askPython(python: string, calls: readonly SignatureCall[]): Promise<Answer[]> {
  const script = fileURLToPath(new URL("judge.py", import.meta.url));
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  interpreter ??= spawn(python, [script], { env });
  const { stdin, stdout, stderr } = interpreter;
  let errors = "";
  stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const encoded = calls.map(({ examples, ...call }) => ({
    ...call,
    examples: examples.map((example) => Buffer.from(example).toString("base64")),
  }));
  stdin.write(`${JSON.stringify(encoded)}\n`);
  const lines = createInterface({ input: stdout });
  const [line] = (await Promise.race([once(lines, "line"), once(interpreter, "exit").then(() => [])])) as string[];
  lines.close();
  if (line === undefined) throw new Error(`TensorFlow for Python refused: ${errors}`);
  const given = JSON.parse(line) as Record<string, Encoded>[];
  return given.map((outputs) =>
    Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, decode(value)])),
  );
}

function decode(value: Encoded): Answer[string] {
  if ("strings" in value) return value.strings.map((text) => Buffer.from(text, "base64").toString());
  const bytes = new Uint8Array(Buffer.from(value.data, "base64")).buffer;
  if (value.dtype === "int64") return new BigInt64Array(bytes);
  if (value.dtype === "int32") return new Int32Array(bytes);
  if (value.dtype === "float64") return new Float64Array(bytes);
  return new Float32Array(bytes);
}
