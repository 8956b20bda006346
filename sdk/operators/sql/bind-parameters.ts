import type { JsonValue } from "../../json.ts";
import { lexSql } from "./lex-sql.ts";

/** What a statement is given: values by place or by name. */
export type SqlParameters = readonly JsonValue[] | { readonly [name: string]: JsonValue };

export interface BoundStatement {
  /** With `$1`, `$2` … for the values. */
  readonly text: string;
  readonly values: readonly JsonValue[];
}

/** `%s` and `%(name)s` are what Airflow's users write (psycopg's), `$name` what DuckDB has; `$1` stays as it is. */
const PLACE = /%s|%%/g;
const NAME = /%\((\w+)\)s|\$([A-Za-z_]\w*)|%%/g;

/** A statement with its parameters by place. Throws for a name or a place without a value. */
export function bindParameters(statement: string, parameters: SqlParameters | undefined): BoundStatement {
  if (parameters === undefined) return { text: statement, values: [] };
  if (Array.isArray(parameters)) return bindPlaces(statement, parameters as readonly JsonValue[]);
  return bindNames(statement, parameters as { readonly [name: string]: JsonValue });
}

function bindPlaces(statement: string, values: readonly JsonValue[]): BoundStatement {
  let places = 0;
  const text = replaceInCode(statement, PLACE, (found) => {
    if (found === "%%") return "%";
    places += 1;
    return `$${places}`;
  });
  // Without a %s the statement names places itself, and what looked like %% was meant.
  if (places === 0) return { text: statement, values };
  if (places === values.length) return { text, values };
  throw new Error(`The statement has ${places} places for parameters (%s), and was given ${values.length}`);
}

function bindNames(statement: string, parameters: { readonly [name: string]: JsonValue }): BoundStatement {
  const names: string[] = [];
  const text = replaceInCode(statement, NAME, (found, inPercent, afterDollar) => {
    if (found === "%%") return "%";
    const name = (inPercent ?? afterDollar)!;
    if (!Object.hasOwn(parameters, name)) {
      const known = Object.keys(parameters).join(", ") || "none";
      throw new Error(`The statement names the parameter "${name}", which is not among those given: ${known}`);
    }
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { text, values: names.map((name) => parameters[name]!) };
}

function replaceInCode(
  statement: string,
  pattern: RegExp,
  replace: (found: string, ...groups: (string | undefined)[]) => string,
): string {
  return lexSql(statement)
    .map(({ kind, text }) => (kind === "code" ? text.replaceAll(pattern, replace) : text))
    .join("");
}
