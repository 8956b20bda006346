import test from "ava";
import fc from "fast-check";
import { bindParameters, type SqlParameters } from "#sdk/operators/sql/bind-parameters.ts";
import { lexSql } from "#sdk/operators/sql/lex-sql.ts";
import { splitStatements } from "#sdk/operators/sql/split-statements.ts";

const SPLITS: readonly [text: string, statements: string[]][] = [
  ["select 1", ["select 1"]],
  ["select 1; select 2;", ["select 1", "select 2"]],
  ["select ';'; select 2", ["select ';'", "select 2"]],
  ["select 'it''s; so'; select 2", ["select 'it''s; so'", "select 2"]],
  ["select E'a\\';b'; select 2", ["select E'a\\';b'", "select 2"]],
  ['select 1 as "a;b"; select 2', ['select 1 as "a;b"', "select 2"]],
  ["do $$ begin; end $$; select 2", ["do $$ begin; end $$", "select 2"]],
  ["do $x$ $$;$$ $x$; select 2", ["do $x$ $$;$$ $x$", "select 2"]],
  ["select 1 -- one; really\n; select 2", ["select 1 -- one; really", "select 2"]],
  ["/* a /* b; */ c; */ select 1;; -- nothing;\n", ["/* a /* b; */ c; */ select 1"]],
  ["-- only words", []],
  ["", []],
];

for (const [text, statements] of SPLITS) {
  test(`statements of ${JSON.stringify(text)}`, (t) => t.deepEqual(splitStatements(text), statements));
}

test("the parts of any text are the text again", (t) => {
  const text = fc.string({ unit: fc.constantFrom("'", '"', "$", "-", "/", "*", ";", "\\", "e", "a", " ", "\n") });
  t.notThrows(() =>
    fc.assert(
      fc.property(
        text,
        (sql) =>
          lexSql(sql)
            .map((part) => part.text)
            .join("") === sql,
      ),
    ),
  );
});

const BINDINGS: readonly [text: string, parameters: SqlParameters | undefined, bound: [string, unknown[]]][] = [
  ["select '%s', 5 %% 2", undefined, ["select '%s', 5 %% 2", []]],
  ["select %s, '%s', 5 %% %s", [1, "a"], ["select $1, '%s', 5 % $2", [1, "a"]]],
  ["select $1, 5 % 2", [1], ["select $1, 5 % 2", [1]]],
  ["select %(a)s, %(b)s, %(a)s", { a: 1, b: null }, ["select $1, $2, $1", [1, null]]],
  ["select $a, '$b'", { a: 1 }, ["select $1, '$b'", [1]]],
];

for (const [text, parameters, [bound, values]] of BINDINGS) {
  test(`parameters of ${text}`, (t) => t.deepEqual(bindParameters(text, parameters), { text: bound, values }));
}

test("a parameter that is missing is named", (t) => {
  t.throws(() => bindParameters("select %(b)s", { a: 1 }), {
    message: 'The statement names the parameter "b", which is not among those given: a',
  });
  t.throws(() => bindParameters("select %s", [1, 2]), {
    message: "The statement has 1 places for parameters (%s), and was given 2",
  });
});
