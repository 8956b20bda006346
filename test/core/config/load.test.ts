import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import fc from "fast-check";
import { defaultConfig, loadConfig, withConfig } from "#core/config/load.ts";
import { OPTIONS } from "#core/config/options.ts";
import type { DaisyError, ErrorCode } from "#core/errors.ts";

type Variables = Record<string, string>;

async function makeHome(cfg?: string): Promise<AsyncDisposable & { home: string; file: string }> {
  const home = await mkdtemp(path.join(tmpdir(), "daisy-config-"));
  const file = path.join(home, "airflow.cfg");
  if (cfg !== undefined) await writeFile(file, cfg);
  return { home, file, [Symbol.asyncDispose]: () => rm(home, { recursive: true }) };
}

const load = (home: string, env: Variables = {}, warnings: string[] = []) =>
  loadConfig({ env: { PATH: process.env.PATH!, AIRFLOW_HOME: home, ...env }, warn: (line) => warnings.push(line) });

test("the first use writes airflow.cfg with every option, for the owner only, and reading it back gives the defaults", async (t) => {
  await using folder = await makeHome();
  const first = await load(folder.home);
  const text = await readFile(folder.file, "utf8");
  t.is((await stat(folder.file)).mode & 0o777, 0o600);
  for (const [section, options] of Object.entries(OPTIONS)) {
    t.true(text.includes(`[${section}]\n`));
    for (const [key, option] of Object.entries(options))
      t.regex(text, new RegExp(`^# .+\\n${key} = .*$`, "m"), `${key}: ${option.description}`);
  }
  const { fernet_key, secret_key } = { ...first.core, ...first.api };
  t.is(Buffer.from(fernet_key, "base64url").length, 32);
  t.is(secret_key.length, 43);
  t.deepEqual(
    withConfig(first, { core: { fernet_key: "" }, api: { secret_key: "" } }),
    defaultConfig({ home: folder.home }),
  );
  t.deepEqual(await load(folder.home), first);
});

test("the lines that the workshop edits with sed are there to the letter", async (t) => {
  await using folder = await makeHome();
  await load(folder.home);
  const lines = (await readFile(folder.file, "utf8")).split("\n");
  for (const line of [
    "dag_dir_list_interval = 300",
    "job_heartbeat_sec = 5",
    "scheduler_heartbeat_sec = 5",
    "dag_default_view = tree",
    "load_examples = True",
    "max_threads = 2",
  ])
    t.is(lines.filter((other) => other === line).length, 1, line);
});

test("twenty processes that write the first airflow.cfg at once agree on one, and leave nothing else behind", async (t) => {
  await using folder = await makeHome();
  const configs = await Promise.all(Array.from({ length: 20 }, () => load(folder.home)));
  t.is(new Set(configs.map((config) => config.core.fernet_key)).size, 1);
  t.deepEqual(await readdir(folder.home), ["airflow.cfg"]);
});

test("the configuration cannot be changed, at any depth", async (t) => {
  await using folder = await makeHome();
  const config = await load(folder.home);
  t.throws(() => Object.assign(config, { home: "/" }));
  t.throws(() => Object.assign(config.core, { parallelism: 1 }));
});

// Every place that can hold a value, most telling first; each sets [core] fernet_key to its own name.
const PLACES = ["flag", "variable", "variable_cmd", "file", "file_cmd"] as const;

test("a value comes from the first place that has one, whichever places have one", async (t) => {
  await using folder = await makeHome();
  await fc.assert(
    fc.asyncProperty(fc.subarray([...PLACES]), async (places) => {
      const has = (place: (typeof PLACES)[number]) => places.includes(place);
      const lines = [
        "[core]",
        ...(has("file") ? ["fernet_key = file"] : []),
        ...(has("file_cmd") ? ["fernet_key_cmd = printf file_cmd"] : []),
      ];
      await writeFile(folder.file, lines.join("\n"));
      const config = await loadConfig({
        env: {
          PATH: process.env.PATH,
          AIRFLOW_HOME: folder.home,
          ...(has("variable") && { AIRFLOW__CORE__FERNET_KEY: "variable" }),
          ...(has("variable_cmd") && { AIRFLOW__CORE__FERNET_KEY_CMD: "printf 'variable_cmd'" }),
        },
        flags: has("flag") ? { core: { fernet_key: "flag" } } : {},
      });
      t.is(config.core.fernet_key, PLACES.find(has) ?? "");
    }),
    { numRuns: 40 },
  );
});

const VALUES: readonly [title: string, cfg: string, env: Variables, section: string, key: string, expected: unknown][] =
  [
    ["Airflow's t", "[core]\nload_examples = t", {}, "core", "load_examples", true],
    ["FALSE in capitals", "[core]\nload_examples = FALSE", {}, "core", "load_examples", false],
    ["0 as a boolean", "", { AIRFLOW__CORE__LOAD_EXAMPLES: "0" }, "core", "load_examples", false],
    ["a fraction", "[core]\ndagbag_import_timeout = 2.5", {}, "core", "dagbag_import_timeout", 2.5],
    ["a colon for the equals sign", "[core]\nparallelism: 7", {}, "core", "parallelism", 7],
    ["spaces around", "[core]\n  \nparallelism   =   7  ", {}, "core", "parallelism", 7],
    ["a word in other case", "[logging]\nlogging_level = debug", {}, "logging", "logging_level", "DEBUG"],
    ["%% for %", "[api]\nsecret_key = a%%b", {}, "api", "secret_key", "a%b"],
    ["a single % in a variable", "", { AIRFLOW__API__SECRET_KEY: "a%b" }, "api", "secret_key", "a%b"],
    ["~ and $NAME", "[core]\ndags_folder = ~/$X", { HOME: "/h", X: "d" }, "core", "dags_folder", "/h/d"],
    ["a name that is not set stays", "[core]\ndags_folder = /$NO_SUCH", {}, "core", "dags_folder", "/$NO_SUCH"],
    [
      "an empty variable",
      "[celery]\ndefault_queue = q",
      { AIRFLOW__CELERY__DEFAULT_QUEUE: "" },
      "celery",
      "default_queue",
      "",
    ],
    [
      "_CMD's output to the letter",
      "",
      { AIRFLOW__CORE__FERNET_KEY_CMD: "echo 'a  b'" },
      "core",
      "fernet_key",
      "a  b\n",
    ],
    [
      "_CMD of an option that is not sensitive",
      "",
      { AIRFLOW__CORE__PARALLELISM_CMD: "echo 3" },
      "core",
      "parallelism",
      32,
    ],
    ["the key at its place of Airflow 2", "[webserver]\nsecret_key = old", {}, "api", "secret_key", "old"],
    ["the key at both places", "[webserver]\nsecret_key = a\n[api]\nsecret_key = b", {}, "api", "secret_key", "b"],
    [
      "the key at its former place in the environment",
      "[api]\nsecret_key = file",
      { AIRFLOW__WEBSERVER__SECRET_KEY: "variable" },
      "api",
      "secret_key",
      "variable",
    ],
    ["an empty key beside its _cmd", "[core]\nfernet_key =\nfernet_key_cmd = printf k", {}, "core", "fernet_key", "k"],
  ];
for (const [title, cfg, env, section, key, expected] of VALUES) {
  test(`it reads ${title}`, async (t) => {
    await using folder = await makeHome(cfg);
    const config = (await load(folder.home, env)) as unknown as Record<string, Record<string, unknown>>;
    t.is(config[section]![key], expected);
  });
}

const MISTAKES: readonly [title: string, cfg: string, env: Variables, code: ErrorCode, message: RegExp][] = [
  [
    "a word for a number",
    "[scheduler]\n\nmax_threads = two",
    {},
    "CONFIG_VALUE",
    /^\[scheduler\] max_threads should be a whole number of at least 1, but is 'two' \(.*airflow\.cfg:3\)$/,
  ],
  ["a fraction for a count", "[core]\nparallelism = 1.5", {}, "CONFIG_VALUE", /whole number/],
  [
    "a number below the least",
    "",
    { AIRFLOW__CORE__PARALLELISM: "0" },
    "CONFIG_VALUE",
    /at least 1, but is '0' \(AIRFLOW__CORE__PARALLELISM\)$/,
  ],
  ["yes for a boolean", "[core]\nload_examples = yes", {}, "CONFIG_VALUE", /should be True or False, but is 'yes'/],
  [
    "a misspelled word",
    "[webserver]\ndag_default_view = grpah",
    {},
    "CONFIG_VALUE",
    /one of tree, graph, grid, but is 'grpah'; did you mean graph\?/,
  ],
  [
    "another database",
    "[database]\nsql_alchemy_conn = sqlite:////a:secret@b",
    {},
    "CONFIG_VALUE",
    /^(?!.*secret@).*should be a PostgreSQL URL/,
  ],
  ["a lone %", "[api]\nsecret_key = a%b", {}, "CONFIG_SYNTAX", /written `%%` \(.*:2\)/],
  [
    "a line without a name, which may be a key",
    "[core]\nhunter2hunter2",
    {},
    "CONFIG_SYNTAX",
    /^(?!.*hunter).*expected `key = value` \(.*:2\)/,
  ],
  [
    "a line before any section",
    "fernet_key = hunter2hunter2",
    {},
    "CONFIG_SYNTAX",
    /^(?!.*hunter).*the line stands before any \[section\] \(.*:1\)/,
  ],
  [
    "a file that is no text",
    `[core]\n\u001b[2J\u0000\ufffdkey${"y".repeat(1000)}`,
    {},
    "CONFIG_SYNTAX",
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not take the file for commands.
    /^(?!.*[y\u001b]{9}).*expected `key = value` \(.*:2\)/,
  ],
  [
    "a port that there is not",
    "[webserver]\nweb_server_port = 99999",
    {},
    "CONFIG_VALUE",
    /web_server_port should be a whole number from 0 to 65535, but is '99999'/,
  ],
  [
    "a _CMD that fails",
    "",
    { AIRFLOW__CORE__FERNET_KEY_CMD: "sh -c 'exit 3'" },
    "CONFIG_COMMAND",
    /^Cannot execute sh -c 'exit 3'\. Error code is: 3\./,
  ],
  [
    "a _CMD without its closing quote",
    "",
    { AIRFLOW__CORE__FERNET_KEY_CMD: "printf 'a" },
    "CONFIG_SYNTAX",
    /no closing quotation/,
  ],
  [
    "a _SECRET",
    "",
    { AIRFLOW__CORE__FERNET_KEY_SECRET: "x" },
    "CONFIG_NO_SECRETS_BACKEND",
    /^AIRFLOW__CORE__FERNET_KEY_SECRET asks/,
  ],
];
for (const [title, cfg, env, code, message] of MISTAKES) {
  test(`it refuses ${title}`, async (t) => {
    await using folder = await makeHome(cfg);
    const error = await t.throwsAsync<DaisyError>(load(folder.home, env));
    t.is(error?.code, code);
    t.regex(error!.message, message);
  });
}

const WARNINGS: readonly [title: string, cfg: string, env: Variables, warnings: RegExp[]][] = [
  [
    "a former name",
    "[core]\ndag_concurrency = 3",
    {},
    [/dag_concurrency option in \[core\] has been moved to the max_active_tasks_per_dag/],
  ],
  [
    "a key at its place of Airflow 2",
    "",
    { AIRFLOW__WEBSERVER__SECRET_KEY: "k" },
    [/^DeprecationWarning: The secret_key option in \[webserver\] has been moved to .* in \[api\] .*SECRET_KEY\)$/],
  ],
  [
    "a misspelled key",
    "[scheduler]\nmax_thread = 3",
    {},
    [/^Unknown option \[scheduler\] max_thread is ignored; did you mean scheduler\.max_threads\?/],
  ],
  ["a misspelled section", "[schedular]\nmax_threads = 3", {}, [/did you mean scheduler\.max_threads\?/]],
  ["a misspelled variable", "", { AIRFLOW__CORE__PARALELISM: "3" }, [/did you mean AIRFLOW__CORE__PARALLELISM\?/]],
  [
    "options of Airflow's that Daisy does not read: nothing",
    "[smtp]\nsmtp_host = localhost\n[core]\nexecutor = LocalExecutor",
    {},
    [],
  ],
  [
    "an option of Airflow's about failures that has no effect",
    "[celery]\ntask_acks_late = False\nworker_prefetch_multiplier = 1",
    { AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS: "20" },
    [
      /^Option \[workers\] max_failed_heartbeats has no effect in Daisy: .* \(AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS\)$/,
      /^Option \[celery\] task_acks_late has no effect in Daisy: .*airflow\.cfg:2\)$/,
    ],
  ],
];
for (const [title, cfg, env, expected] of WARNINGS) {
  test(`it warns of ${title}`, async (t) => {
    await using folder = await makeHome(cfg);
    const warnings: string[] = [];
    await load(folder.home, env, warnings);
    t.is(warnings.length, expected.length);
    for (const [index, pattern] of expected.entries()) t.regex(warnings[index]!, pattern);
  });
}

test("a former name gives its value", async (t) => {
  await using folder = await makeHome("[core]\ndag_concurrency = 3");
  t.is((await load(folder.home)).core.max_active_tasks_per_dag, 3);
});

test("AIRFLOW_CONFIG names another file, and what it names is written", async (t) => {
  await using folder = await makeHome();
  const file = path.join(folder.home, "etc/other.cfg");
  await load(folder.home, { AIRFLOW_CONFIG: file });
  t.regex(await readFile(file, "utf8"), /^\[core\]/);
});
