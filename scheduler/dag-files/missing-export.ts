import { nearest } from "#core/nearest.ts";
import * as sdk from "#sdk/index.ts";

/** What Node says of an import of a name that a module has not. */
const MISSING = /^The requested module '([^']*)' does not provide an export named '([^']*)'$/;
/** This installation's modules, by what DAG files import them as. */
const OWN = [
  { file: "/sdk/index.ts", subpath: "" },
  { file: "/sdk/hitl/index.ts", subpath: "/hitl" },
  { file: "/tfx/index.ts", subpath: "/tfx" },
];

/**
 * What is shown of a DAG file that imports a name which a module, such as `daisy`, has not: its line, and the name that
 * was most likely meant. Undefined for any other error.
 * @param source the DAG file's text
 */
export function describeMissingExport(thrown: unknown, source: string, relativeFileloc: string): string | undefined {
  const [, module, name] = (thrown instanceof SyntaxError && MISSING.exec(thrown.message)) || [];
  if (module === undefined || name === undefined) return undefined;
  const line = source.split("\n").findIndex((text) => text.split(/[^\p{ID_Continue}$]+/u).includes(name));
  const place = line === -1 ? relativeFileloc : `${relativeFileloc}:${line + 1}`;
  const own = OWN.find(({ file }) => module.endsWith(file));
  const meant = own?.subpath === "" ? nearest(name, Object.keys(sdk)) : undefined;
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  const imported = source.includes("apache-airflow-ts-sdk") ? "apache-airflow-ts-sdk" : "daisy";
  const from = own === undefined ? module : `${imported}${own.subpath}`;
  return `${place}: "${from}" has no export named "${name}"${hint}`;
}
