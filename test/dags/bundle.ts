import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const repository = new URL("../../", import.meta.url);

/** A DAG file's text as one module that imports this installation's `daisy` and `daisy/tfx`. */
export async function bundleDagFile(text: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: text, loader: "ts", resolveDir: fileURLToPath(new URL("dags/", repository)) },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    plugins: [
      {
        name: "installation",
        setup({ onResolve }) {
          onResolve({ filter: /^daisy$/ }, () => ({ path: new URL("sdk/index.ts", repository).href, external: true }));
          onResolve({ filter: /^daisy\/tfx$/ }, () => ({
            path: new URL("tfx/index.ts", repository).href,
            external: true,
          }));
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}
