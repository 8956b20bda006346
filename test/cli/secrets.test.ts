import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { generateFernetKey } from "#core/secrets/fernet.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { makeHome, type Outcome, runAirflow } from "./helpers/run-airflow.ts";

const KEY = generateFernetKey();

interface World {
  readonly db: TestDatabase;
  file(name: string, text?: string): Promise<string>;
  run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
}

/** A migrated database, a home folder, and a key. */
async function inWorld(t: ExecutionContext, work: (world: World) => Promise<void>): Promise<void> {
  t.timeout(120_000);
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  const env = {
    AIRFLOW_HOME: folder.home,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url,
    AIRFLOW__CORE__FERNET_KEY: KEY,
  };
  await work({
    db,
    async file(name, text) {
      const file = path.join(folder.home, name);
      if (text !== undefined) await writeFile(file, text);
      return file;
    },
    run: (argv, more = {}) => runAirflow(argv, { ...env, ...more }),
  });
}

type Step = readonly [argv: readonly string[], code: number, stdout: string | RegExp, stderr?: string | RegExp];

async function walk(t: ExecutionContext, { run }: World, steps: readonly Step[]): Promise<void> {
  for (const [argv, code, stdout, stderr = ""] of steps) {
    const outcome = await run(argv);
    const title = argv.join(" ");
    t.is(outcome.code, code, `${title}: ${outcome.stdout}${outcome.stderr}`);
    for (const [got, expected] of [
      [outcome.stdout, stdout],
      [outcome.stderr, stderr],
    ] as const) {
      if (typeof expected === "string") t.is(got, expected, title);
      else t.regex(got, expected, title);
    }
  }
}

test("variables in Airflow 1.10's words", (t) =>
  inWorld(t, async (world) => {
    const vars = await world.file("vars.json", '{"a": "1", "c": {"d": [true]}, "n": 3}');
    const broken = await world.file("broken.json", "{");
    const out = await world.file("out.json");
    await walk(t, world, [
      [["variables"], 0, ""],
      [["variables", "-s", "a", "-5"], 0, ""],
      [["variables", "-g", "a"], 0, "-5\n"],
      [["variables", "--get", "none", "--default", "d"], 0, "d\n"],
      [["variables", "-g", "none"], 1, "", "Variable none does not exist\n"],
      [["variables", "-j", "-g", "a"], 0, "-5\n"],
      [["variables", "-i", vars], 0, "3 of 3 variables successfully updated.\n"],
      [["variables", "-j", "-g", "c"], 0, '{"d":[true]}\n'],
      [["variables"], 0, "a\nc\nn\n"],
      [["variables", "-e", out], 0, `3 variables successfully exported to ${out}\n`],
      [["variables", "-i", `${vars}x`], 1, "", "Missing variables file.\n"],
      [["variables", "-i", broken], 1, "", "Invalid variables file.\n"],
      [["variables", "-x", "a"], 0, ""],
      [["variables", "-x", "a"], 0, ""],
      [["variables"], 0, "c\nn\n"],
      [["variables", "-s", "a"], 2, /^usage: /, /argument -s\/--set: expected 2 arguments/],
      [["variables", "lst"], 2, /^usage: /, /unrecognized arguments: lst/],
    ]);
    t.is(await readFile(out, "utf8"), `${JSON.stringify({ a: 1, c: { d: [true] }, n: 3 }, undefined, 4)}\n`);
    t.is((await stat(out)).mode & 0o777, 0o600);
    const { rows } = await world.db.database.query("select bool_and(is_encrypted) as all from variable");
    t.true(rows[0].all);
  }));

test("variables in the words of Airflow's groups", (t) =>
  inWorld(t, async (world) => {
    const vars = await world.file("vars.json", '{"a": "other", "b": "2"}');
    await walk(t, world, [
      [["variables", "list"], 0, "No data found\n"],
      [["variables", "set", "a", "1", "--description", "d"], 0, "Variable a created\n"],
      [["variables", "get", "a"], 0, "1\n"],
      [["variables", "get", "none"], 1, "", "Variable none does not exist\n"],
      [["variables", "set", "-j", "q", 'a "b"'], 0, "Variable q created\n"],
      [["variables", "get", "q"], 0, '"a \\"b\\""\n'],
      [["variables", "get", "-j", "a"], 0, "1\n"],
      [["variables", "import", vars, "-a", "skip"], 0, "1 of 2 variables successfully updated.\n"],
      [["variables", "get", "a"], 0, "1\n"],
      [["variables", "import", vars, "-a", "fail"], 1, "", /These keys: \['a'\] already exists/],
      [["variables", "list", "-o", "json"], 0, '[{"key":"a"},{"key":"b"},{"key":"q"}]\n'],
      [["variables", "delete", "q"], 0, "Variable q deleted\n"],
      [["variables", "export", "-"], 0, '{\n    "a": 1,\n    "b": 2\n}\n'],
    ]);
    t.is((await world.run(["variables", "get", "a"], { AIRFLOW_VAR_A: "env" })).stdout, "env\n");
  }));

test("connections in Airflow 1.10's words", (t) =>
  inWorld(t, async (world) => {
    const add = ["connections", "-a", "--conn_id"];
    await walk(t, world, [
      [
        [...add, "shop", "--conn_uri", "postgresql://me:hunter2@db:5432/s", "--conn_extra", '{"token": "hunter3"}'],
        0,
        "\n\tSuccessfully added `conn_id`=shop : postgres://me:******@db:5432/s\n\n",
      ],
      [
        [...add, "parts", "--conn_type", "http", "--conn_host", "h", "--conn_password", "hunter2"],
        0,
        "\n\tSuccessfully added `conn_id`=parts : http://:******@h\n\n",
      ],
      [[...add, "shop", "--conn_type", "x"], 0, "\n\tA connection with `conn_id`=shop already exists\n\n"],
      [[...add, "x"], 1, "", /following args are required to add a connection: \['conn_uri or conn_type'\]/],
      [
        [...add, "x", "--conn_uri", "a://b", "--conn_port", "1"],
        1,
        "",
        /not compatible with the --add flag and --conn_uri flag: \['conn_port'\]/,
      ],
      [[...add, "x", "--conn_uri", "hunter2"], 1, "", /^The connection x should be given as a URI, type:\/\/[^2]*$/],
      [["connections", "-d", "--conn_id", "parts"], 0, "\n\tSuccessfully deleted `conn_id`=parts\n\n"],
      [["connections", "-d", "--conn_id", "parts"], 0, "\n\tDid not find a connection with `conn_id`=parts\n\n"],
      [
        ["connections", "-l"],
        0,
        [
          "╒═══════════╤═════════════╤════════╤════════╤════════════════╤══════════════════════╤═══════════════════╕",
          "│ Conn Id   │ Conn Type   │ Host   │   Port │ Is Encrypted   │ Is Extra Encrypted   │ Extra             │",
          "╞═══════════╪═════════════╪════════╪════════╪════════════════╪══════════════════════╪═══════════════════╡",
          `│ 'shop'    │ 'postgres'  │ 'db'   │   5432 │ True           │ True                 │ '{"token":"***"}' │`,
          "╘═══════════╧═════════════╧════════╧════════╧════════════════╧══════════════════════╧═══════════════════╛",
          "",
        ].join("\n"),
      ],
      [["connections"], 2, /^usage: /, /exactly one of the arguments -l\/--list -a\/--add -d\/--delete is required/],
    ]);
  }));

test("connections in the words of Airflow's groups", (t) =>
  inWorld(t, async (world) => {
    const [json, env] = [await world.file("c.json"), await world.file("c.env")];
    const yaml = await world.file("c.yaml");
    const uri = "postgres://me:hunter2@db:5432/s?token=hunter3";
    await walk(t, world, [
      [
        ["connections", "add", "shop", "--conn-uri", uri],
        0,
        "Successfully added `conn_id`=shop : postgres://me:******@db:5432/s\n",
      ],
      [
        ["connections", "add", "web", "--conn-type", "http", "--conn-host", "https://me:hunter2@web/a"],
        0,
        "Successfully added `conn_id`=web : http://https://me:***@web/a\n",
      ],
      [["connections", "-l"], 0, /^(?!(.|\n)*hunter)(.|\n)*https:\/\/me:\*\*\*@web\/a/],
      [["connections", "delete", "web"], 0, /Successfully deleted/],
      [["connections", "add", "shop", "--conn-uri", uri], 1, "", "A connection with `conn_id`=shop already exists\n"],
      [
        ["connections", "add", "j", "--conn-json", '{"conn_type": "http", "host": "h"}'],
        0,
        /`conn_id`=j : http:\/\/h\n/,
      ],
      [["connections", "add", "k"], 2, /^usage: /, /required to add a connection: conn-uri or conn-json or conn-type/],
      [["connections", "get", "shop", "-o", "json"], 0, new RegExp(`"get_uri":"${uri.replace("?", "\\?")}"`)],
      [["connections", "get", "none"], 1, "", "Connection not found.\n"],
      [
        ["connections", "list", "-o", "yaml"],
        0,
        /password: "\*\*\*"[\s\S]*get_uri: "postgres:\/\/me:\*\*\*@db:5432\/s\?token=\*\*\*"/,
      ],
      [["connections", "export", json], 0, `Connections successfully exported to ${json}.\n`],
      [["connections", "export", env], 0, `Connections successfully exported to ${env}.\n`],
      [["connections", "export", yaml], 0, `Connections successfully exported to ${yaml}.\n`],
      [["connections", "export", `${json}.txt`], 1, "", /^Unsupported file format\. The file must have the extension/],
      [["connections", "delete", "shop"], 0, "Successfully deleted connection with `conn_id`=shop\n"],
      [["connections", "delete", "shop"], 1, "", "Did not find a connection with `conn_id`=shop\n"],
      [
        ["connections", "import", json],
        0,
        "Could not import connection j: connection already exists.\nImported connection shop\n",
      ],
      [["connections", "import", env, "--overwrite"], 0, "Imported connection j\nImported connection shop\n"],
      [["connections", "delete", "j"], 0, "Successfully deleted connection with `conn_id`=j\n"],
      [
        ["connections", "import", yaml],
        0,
        "Imported connection j\nCould not import connection shop: connection already exists.\n",
      ],
      [["connections", "import", `${json}x.json`], 1, "", "Missing connections file.\n"],
    ]);
    t.regex(await readFile(yaml, "utf8"), /^j:\n {2}conn_type: http\n {2}description: null\n/);
    t.is(await readFile(env, "utf8"), `j=http://h\nshop=${uri}\n`);
    const fromEnv = await world.run(["connections", "get", "shop"], { AIRFLOW_CONN_SHOP: "redis://elsewhere" });
    t.regex(fromEnv.stdout, /redis:\/\/elsewhere/);
  }));

test("pools in Airflow 1.10's words", (t) =>
  inWorld(t, async (world) => {
    const pools = await world.file("pools.json", '{"p": {"slots": 5, "description": "five"}}');
    const out = await world.file("out.json");
    await walk(t, world, [
      [
        ["pool", "-s", "gpu", "-1", "All of them"],
        0,
        [
          "",
          "╒════════╤═════════╤═══════════════╕",
          "│ Pool   │   Slots │ Description   │",
          "╞════════╪═════════╪═══════════════╡",
          "│ gpu    │      -1 │ All of them   │",
          "╘════════╧═════════╧═══════════════╛",
          "",
        ].join("\n"),
      ],
      [["pool", "-g", "none"], 1, "", "Pool none does not exist\n"],
      [["pool", "-s", "gpu", "two", "d"], 1, "", "Bad value for `slots`: two\n"],
      [["pool", "-s", "gpu", "2"], 2, /^usage: /, /expected 3 arguments/],
      [["pool", "-i", pools], 0, /^1 of 1 pool\(s\) successfully updated\.\n\n╒[\s\S]*│ p /],
      [["pool", "-i", `${pools}x`], 1, "", "Missing pools file.\n"],
      [["pool", "-e", out], 0, new RegExp(`^3 pools successfully exported to ${out}\n`)],
      [["pool", "-x", "p"], 0, /│ p /],
      [["pool", "-x", "default_pool"], 1, "", "default_pool cannot be deleted\n"],
      [["pool"], 0, /│ default_pool │ {5}128 │ Default pool {2}│\n├─+┼─+┼─+┤\n│ gpu /],
    ]);
    t.deepEqual(JSON.parse(await readFile(out, "utf8")).p, { slots: 5, description: "five", include_deferred: false });
  }));

test("pools in the words of Airflow's groups", (t) =>
  inWorld(t, async (world) => {
    const out = await world.file("out.json");
    await walk(t, world, [
      [["pools", "set", "gpu", "2", "d", "--include-deferred"], 0, "Pool gpu created\n"],
      [["pools", "set", "gpu", "two", "d"], 2, /^usage: /, /argument slots: invalid int value: 'two'/],
      [
        ["pools", "get", "gpu", "-o", "plain"],
        0,
        "pool  slots  description  include_deferred\ngpu   2      d            True\n",
      ],
      [["pools", "get", "none"], 1, "", "Pool none does not exist\n"],
      [["pools", "export", out], 0, `Exported 2 pools to ${out}\n`],
      [["pools", "delete", "gpu"], 0, "Pool gpu deleted\n"],
      [["pools", "delete", "gpu"], 1, "", "Pool gpu does not exist\n"],
      [["pools", "import", out], 0, "Uploaded 2 pool(s)\n"],
      [["pools", "list", "-o", "json"], 0, /"pool":"gpu","slots":"2","description":"d","include_deferred":"True"/],
      [["pools", "import", `${out}x`], 1, "", `Missing pools file ${out}x\n`],
    ]);
  }));

test("keys are rotated, and a wrong one is told by the option's name", (t) =>
  inWorld(t, async (world) => {
    const next = generateFernetKey();
    const under = (key: string, ...argv: string[]) => world.run(argv, { AIRFLOW__CORE__FERNET_KEY: key });
    await under(KEY, "variables", "set", "a", "1");
    await under(KEY, "connections", "add", "c", "--conn-uri", "http://u:p@h");
    const wrong = await under(next, "variables", "get", "a");
    t.is(wrong.code, 1);
    t.regex(wrong.stderr, /^The variable a cannot be decrypted: .*\[core\] fernet_key.*\n$/);
    t.is((await under("none", "variables", "set", "b", "1")).code, 1);
    t.regex((await under("", "rotate-fernet-key")).stderr, /^\[core\] fernet_key is empty/);
    const rotated = await under(`${next},${KEY}`, "rotate_fernet_key");
    t.is(rotated.stdout, "Encrypted 1 variable(s) and 1 connection(s)\n", rotated.stderr);
    t.is((await under(next, "variables", "get", "a")).stdout, "1\n");
    t.is((await under(KEY, "variables", "get", "a")).code, 1);
  }));
