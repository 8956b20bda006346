import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { loadConfig } from "#core/config/load.ts";
import { readSecretsBackend } from "#core/secrets/backends/read-backend.ts";
import { lookUpConnection, lookUpVariable } from "#core/secrets/lookup.ts";
import { createSecretBox } from "#core/secrets/secret-box.ts";
import { createTestDatabase } from "#test/helpers/database.ts";

const FILES = "airflow.secrets.local_filesystem.LocalFilesystemBackend";
const COMMANDS = "daisy.secrets.CommandBackend";

let folder: string;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "daisy-backends-"));
  await writeFile(path.join(folder, "secrets.json"), JSON.stringify({ a: "hunter2", nested: { b: 1 } }));
  await writeFile(path.join(folder, "secrets.env"), "# ours\n\na = hunter2\nshop=redis://:pw@host:6379/1\n");
  await writeFile(path.join(folder, "secrets.yaml"), "# ours\na: hunter2\nnested:\n  b: 1\n");
  await writeFile(path.join(folder, "secrets.toml"), "a = 1\n");
  await writeFile(path.join(folder, "twice.env"), "a=1\na=2\n");
  await writeFile(path.join(folder, "list.json"), "[1]");
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

const kwargsFor = (name: string, file: string) => JSON.stringify({ [name]: path.join(folder, file) });

test("a file backend reads JSON, YAML and .env files", async (t) => {
  for (const file of ["secrets.json", "secrets.yaml", "secrets.env"]) {
    const backend = readSecretsBackend(FILES, kwargsFor("variables_file_path", file))!;
    t.is(await backend.variable("a"), "hunter2");
    t.is(await backend.variable("none"), null);
    t.is(await backend.connection("a"), null);
  }
  for (const file of ["secrets.json", "secrets.yaml"]) {
    const backend = readSecretsBackend(FILES, kwargsFor("variables_file_path", file))!;
    t.is(await backend.variable("nested"), '{"b":1}');
  }
});

test("a command backend gives the name as the last argument, without a shell", async (t) => {
  const backend = readSecretsBackend(COMMANDS, JSON.stringify({ variables_command: "printf '%s\\n' fixed" }))!;
  t.is(await backend.variable("a; exit 3"), "fixed\na; exit 3");
  const silent = readSecretsBackend(COMMANDS, JSON.stringify({ variables_command: "true" }))!;
  t.is(await silent.variable("a"), null);
});

const FAILING: readonly (readonly [title: string, backend: string, kwargs: () => string, message: RegExp])[] = [
  ["a file that is not there", FILES, () => kwargsFor("variables_file_path", "no.json"), /no\.json cannot be read/],
  ["another format", FILES, () => kwargsFor("variables_file_path", "secrets.toml"), /\.toml has an unsupported format/],
  ["JSON that is no object", FILES, () => kwargsFor("variables_file_path", "list.json"), /is not a JSON object/],
  [
    "a name that comes twice",
    FILES,
    () => kwargsFor("variables_file_path", "twice.env"),
    /twice\.env:2 names a a second/,
  ],
  ["a command that fails", COMMANDS, () => '{"variables_command": "false"}', /false ended with 1/],
  ["a command that is not there", COMMANDS, () => '{"variables_command": "no-such-program"}', /ENOENT/],
];

for (const [title, backend, kwargs, message] of FAILING) {
  test(`${title} fails whoever asks`, async (t) => {
    await t.throwsAsync(async () => readSecretsBackend(backend, kwargs())!.variable("a"), {
      code: "SECRETS_BACKEND_FAILED",
      message,
    });
  });
}

const INVALID: readonly (readonly [backend: string, kwargs: string, message: RegExp])[] = [
  ["hashicorp.Vault", "", /Daisy has .*LocalFilesystemBackend and daisy/],
  [FILES, "{", /is not a JSON object/],
  [FILES, '{"variables_path": "x"}', /has variables_path; .* takes variables_file_path/],
  [COMMANDS, '{"variables_command": 7}', /variables_command in .* is not a text/],
];

for (const [backend, kwargs, message] of INVALID) {
  test(`[secrets] backend ${backend} with ${JSON.stringify(kwargs)} is refused`, (t) => {
    t.throws(() => readSecretsBackend(backend, kwargs), { code: "SECRETS_BACKEND_INVALID", message });
  });
}

test("the backend is asked before the environment and the database", async (t) => {
  await using db = await createTestDatabase();
  const backend = readSecretsBackend(
    FILES,
    JSON.stringify({
      variables_file_path: path.join(folder, "secrets.env"),
      connections_file_path: path.join(folder, "secrets.env"),
    }),
  );
  const box = createSecretBox("", backend);
  const env = { AIRFLOW_VAR_A: "env", AIRFLOW_VAR_B: "env", AIRFLOW_CONN_SHOP: "http://env" };
  t.is(await lookUpVariable(db.database, box, "a", env), "hunter2");
  t.is(await lookUpVariable(db.database, box, "b", env), "env");
  t.like(await lookUpConnection(db.database, box, "shop", env), { type: "redis", password: "pw", port: 6379 });
});

test("sensitive options come from the backend by _SECRET, in the environment and in airflow.cfg", async (t) => {
  const home = await mkdtemp(path.join(folder, "home-"));
  const cfg = [
    "[secrets]",
    `backend = ${COMMANDS}`,
    'backend_kwargs = {"config_command": "printf %%s-%%s from"}',
    "[api]",
    "secret_key_secret = name",
  ];
  await writeFile(path.join(home, "airflow.cfg"), cfg.join("\n"));
  const env = { AIRFLOW_HOME: home, AIRFLOW__CORE__FERNET_KEY_SECRET: "other" };
  const config = await loadConfig({ env });
  t.is(config.api.secret_key, "from-name");
  t.is(config.core.fernet_key, "from-other");
});

test("an option that the backend does not have is an error", async (t) => {
  const home = await mkdtemp(path.join(folder, "home-"));
  const env = {
    AIRFLOW_HOME: home,
    AIRFLOW__SECRETS__BACKEND: FILES,
    AIRFLOW__SECRETS__BACKEND_KWARGS: kwargsFor("config_file_path", "secrets.json"),
    AIRFLOW__CORE__FERNET_KEY_SECRET: "none",
  };
  await t.throwsAsync(loadConfig({ env }), {
    code: "CONFIG_SECRET_NOT_FOUND",
    message: /has no none, which AIRFLOW__CORE/,
  });
});
