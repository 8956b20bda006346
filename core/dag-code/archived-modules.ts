import { dirname, join } from "node:path";
import type { OnResolveResult, Plugin } from "esbuild";
import type { Archive } from "./archive.ts";

/** What an import may leave out, in the order in which it is tried. */
const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", ".json", "/index.ts", "/index.js"];

/**
 * Resolves what the modules of an archive import from each other, as if it were a folder; packages are looked for from
 * the archive's own folder.
 */
export const archivedModules = (archive: Archive): Plugin => ({
  name: "archived-modules",
  setup(build) {
    const root = `${archive.file}/`;
    build.onResolve({ filter: /^/ }, ({ path, importer, kind }): OnResolveResult | undefined => {
      if (kind === "entry-point") return { path };
      if (!importer.startsWith(root) || !/^\.\.?(\/|$)/.test(path)) return undefined;
      // Joined as if the archive were the root of everything: what leads out of it is seen by comparing.
      const target = join(dirname(importer), path);
      if (!target.startsWith(root)) return { errors: [{ text: `"${path}" leads out of the archive` }] };
      const inside = target.slice(root.length);
      const found = namesOf(inside).find((name) => archive.has(name));
      if (found === undefined)
        return { errors: [{ text: `Could not resolve "${path}": the archive has no ${inside}` }] };
      return { path: `${root}${found}` };
    });
  },
});

/** The names that an import may mean; TypeScript files may be imported by the name of what they compile to. */
function namesOf(path: string): string[] {
  return [...ENDINGS.map((ending) => path + ending), path.replace(/\.(m?)js$/, ".$1ts")];
}
