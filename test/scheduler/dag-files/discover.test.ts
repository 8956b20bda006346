import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { createLog } from "#core/log.ts";
import { discover, mayHoldDags } from "#scheduler/dag-files/discover.ts";
import { IgnoreFile, type IgnoreSyntax } from "#scheduler/dag-files/ignore-file.ts";
import { IgnoreFiles } from "#scheduler/dag-files/ignore-files.ts";
import { isIgnored, readIgnoreRule } from "#scheduler/dag-files/ignore-rules.ts";
import { makeZip } from "./zip.ts";

async function withFolder<T>(files: Record<string, string>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "daisy-discover-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("DAG files are found at any depth, and what cannot be one is left out", async (t) => {
  const paths = [
    "a.ts",
    "b.js",
    "sub/deep/c.mjs",
    "d.mts",
    "types.d.ts",
    "types.d.mts",
    "d.py",
    ".hidden.ts",
    ".git/e.ts",
    "node_modules/x/f.ts",
  ];
  await withFolder(Object.fromEntries(paths.map((path) => [path, ""])), async (folder) => {
    const { files, directories } = await discover(folder, createLog("test", "ERROR"));
    t.deepEqual(files, ["a.ts", "b.js", "d.mts", "sub/deep/c.mjs"]);
    t.deepEqual(directories, ["", "sub", "sub/deep"]);
  });
});

test("a missing folder has no files", async (t) => {
  t.deepEqual((await discover("/no/such/folder", createLog("test", "ERROR"))).files, []);
});

test("symbolic links are followed, and a link that leads back up is told and left out", async (t) => {
  const lines: string[] = [];
  await withFolder({ "sub/a.ts": "" }, async (folder) => {
    await symlink(join(folder, "sub"), join(folder, "link"));
    await symlink(folder, join(folder, "sub", "loop"));
    const { files } = await discover(
      folder,
      createLog("test", "INFO", (line) => lines.push(line)),
    );
    t.deepEqual(files, ["link/a.ts", "sub/a.ts"]);
  });
  t.regex(lines.join(""), /Detected recursive loop when walking DAG directory/);
});

test(".airflowignore files say what is left out, the deepest last", async (t) => {
  const files = {
    ".airflowignore": "# helpers\nlib/\n*_old.ts\n",
    "a.ts": "",
    "a_old.ts": "",
    "lib/b.ts": "",
    "sub/.airflowignore": "!keep_old.ts\n",
    "sub/keep_old.ts": "",
    "sub/other_old.ts": "",
  };
  await withFolder(files, async (folder) => {
    const listing = await discover(folder, createLog("test", "ERROR"));
    t.deepEqual(listing.files, ["a.ts", "sub/keep_old.ts"]);
  });
});

test("in regexp syntax a pattern is looked for anywhere below the DAGs folder, and a wrong one is told", async (t) => {
  const lines: string[] = [];
  const files = {
    ".airflowignore": ".*_invalid.*   # broken on purpose\nsubdir3\n(\n",
    "a.ts": "",
    "test_invalid_cron.ts": "",
    "subdir1/b.ts": "",
    "subdir1/.airflowignore": "subdir1/c\n",
    "subdir1/c.ts": "",
    "subdir2/subdir3/d.ts": "",
  };
  await withFolder(files, async (folder) => {
    const log = createLog("test", "WARNING", (line) => lines.push(line));
    const listing = await discover(folder, log, new IgnoreFiles("regexp"));
    t.deepEqual(listing.files, ["a.ts", "subdir1/b.ts"]);
  });
  t.regex(lines.join(""), /Ignoring invalid regex '\(' from \/.airflowignore/);
});

const LONG = "a".repeat(200);

/** Patterns of which comparing with a long name would take longer than anybody lives. */
const ENDLESS: readonly (readonly [syntax: IgnoreSyntax, line: string])[] = [
  ["regexp", "(a+)+\\.js"],
  ["regexp", "(?=(a|aa)+$)x"],
  ["glob", `${"*a".repeat(20)}b`],
];

for (const [syntax, line] of ENDLESS) {
  test(`'${line}' is told once and left out until its file changes, and other lines hold`, async (t) => {
    const lines: string[] = [];
    const log = createLog("test", "ERROR", (line) => lines.push(line));
    const ignoreFiles = new IgnoreFiles(syntax);
    const files = { "a.ts": "", [`sub/${LONG}.ts`]: "", [`sub/${LONG}b.ts`]: "", "sub/old.ts": "", "z.ts": "" };
    await withFolder({ ".airflowignore": `old\\.ts\n${line}\nz.ts\nold.ts\n`, ...files }, async (folder) => {
      const list = async () => (await discover(folder, log, ignoreFiles)).files;
      const kept = ["a.ts", `sub/${LONG}.ts`, `sub/${LONG}b.ts`];
      t.deepEqual(await list(), kept);
      t.deepEqual(await list(), kept);
      t.is(lines.length, 1);
      const told = `Ignoring '${line}' from /.airflowignore until the file changes: it takes too long to compare it with sub/`;
      t.true(lines[0]!.includes(told), lines[0]);
      await writeFile(join(folder, ".airflowignore"), `${line}\n`);
      t.deepEqual(await list(), ["a.ts", `sub/${LONG}.ts`, `sub/${LONG}b.ts`, "sub/old.ts", "z.ts"]);
      t.is(lines.length, 2);
    });
  });
}

const GLOBS: readonly (readonly [rules: string, path: string, isDirectory: boolean, ignored: boolean | undefined])[] = [
  ["*.ts", "sub/a.ts", false, true],
  ["/a.ts", "a.ts", false, true],
  ["/a.ts", "sub/a.ts", false, undefined],
  ["sub/a.ts", "other/sub/a.ts", false, undefined],
  ["**/a.ts", "x/y/a.ts", false, true],
  ["sub/**", "sub/x/y.ts", false, true],
  ["a*c", "a/c", false, undefined],
  ["[pr]un.ts", "run.ts", false, true],
  ["[!pr]un.ts", "run.ts", false, undefined],
  ["sub/", "sub", false, undefined],
  ["sub/", "sub", true, true],
  ["a.ts\n!a.ts", "a.ts", false, false],
  ["!a.ts\na.ts", "a.ts", false, true],
  ["/", "a.ts", false, undefined],
  ["a+(b).ts", "a+(b).ts", false, true],
  // As in pathspec, which Airflow reads them with.
  ["foo[", "foo[", false, true],
  ["[abc", "[abc", false, true],
  ["[!]q", "[!]q", false, true],
  ["[]]w", "]w", false, true],
  ["[!]]w", "]w", false, undefined],
  ["[!]]w", "aw", false, true],
  ["[^p]r", "qr", false, true],
  // As in git.
  ["[z-a]", "m", false, undefined],
  ["[z-ab]", "b", false, true],
  ["[!z-a].ts", "m.ts", false, true],
  ["[a-]", "-", false, true],
  ["[+--]", ",", false, true],
  ["[\u{1f600}-\u{1f64f}]", "\u{1f60e}", false, true],
  ["[\\d]", "d", false, true],
  ["\\!name", "!name", false, true],
  ["\\#name", "#name", false, true],
  ["name # comment", "name", false, true],
  ["\\*", "name", false, undefined],
  ["\\a-b", "a-b", false, true],
  ["name\\ ", "name ", false, true],
];

for (const [rules, path, isDirectory, ignored] of GLOBS) {
  test(`${JSON.stringify(rules)} says ${ignored ?? "nothing"} of ${path}${isDirectory ? "/" : ""}`, (t) => {
    const read = rules.split("\n").flatMap((line) => readIgnoreRule(line) ?? []);
    t.is(isIgnored(read, path, isDirectory), ignored);
  });
}

test("a pattern that nothing can be compared with is told and left out, and other lines hold", async (t) => {
  const lines: string[] = [];
  const files = { "sub/.airflowignore": "a.ts\nb\\\nc.ts\n", "sub/a.ts": "", "sub/b.ts": "", "sub/c.ts": "" };
  await withFolder(files, async (folder) => {
    const log = createLog("test", "WARNING", (line) => lines.push(line));
    t.deepEqual((await discover(folder, log)).files, ["sub/b.ts"]);
  });
  t.regex(
    lines.join(""),
    /Ignoring invalid pattern 'b\\' from sub\/\.airflowignore: nothing follows its last backslash/,
  );
});

const IGNORE_TEXT = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(..."[]!^-*?/\\#(){}|+.$zab \n"), maxLength: 40 }),
);

for (const syntax of ["glob", "regexp"] as const) {
  test(`whatever an .airflowignore file holds, it can be read as ${syntax}`, async (t) => {
    const log = createLog("test", "ERROR", () => undefined);
    const paths = ["a.ts", "sub/[z-a]b.ts"].map((path) => ({ path, isDirectory: false }));
    const property = fc.asyncProperty(IGNORE_TEXT, async (text) => {
      await new IgnoreFile(text, "", syntax, log).judge(paths, log);
    });
    await t.notThrowsAsync(fc.assert(property, { numRuns: 500 }));
  });
}

test("only a text that speaks of a dag and of airflow or daisy is loaded", (t) => {
  t.true(mayHoldDags(Buffer.from('import { Dag } from "daisy";')));
  t.true(mayHoldDags(Buffer.from("// AIRFLOW DAG")));
  t.false(mayHoldDags(Buffer.from("export const dag = 1;")));
  t.false(mayHoldDags(Buffer.from('import "daisy";')));
});

/** The shapes of Airflow's own `tests/dags/.airflowignore_glob`, on the same names. */
const AIRFLOW_GLOBS = `
# comments are left out
*_invalid_*      # also those behind a pattern
**/*_secret_*    # at all levels
subdir2/**/test_nested*.ts
subdir1/         # a folder
subdir2*test*    # stays inside one name
subdir2?test*    # and so does this
test_[pr]*
!test_prize.ts
/
`;
const AIRFLOW_FILES = {
  "test_on_kill.ts": true,
  "test_invalid_cron.ts": false,
  "test_prev_dagrun_dep.ts": false,
  "test_retry_handling_job.ts": false,
  "test_prize.ts": true,
  "subdir1/test_ignore_this.ts": false,
  "subdir2/test_dont_ignore_this.ts": true,
  "subdir2/a_secret_file.ts": false,
  "subdir2/subdir3/test_nested_dag.ts": false,
  "subdir2/subdir3/should_stay.ts": true,
};

test("Airflow's patterns leave out what they leave out there", async (t) => {
  const files = Object.fromEntries(Object.keys(AIRFLOW_FILES).map((path) => [path, ""]));
  await withFolder({ ".airflowignore": AIRFLOW_GLOBS, ...files }, async (folder) => {
    const found = (await discover(folder, createLog("test", "ERROR"))).files;
    t.deepEqual(
      [...found].sort(),
      Object.entries(AIRFLOW_FILES)
        .flatMap(([path, isKept]) => (isKept ? [path] : []))
        .sort(),
    );
  });
});

test("regular expressions are read as Python writes them", async (t) => {
  const files = { ".airflowignore": "(?i)UPPER\n(?P<what>old)_\n", "upper.ts": "", "x_old_.ts": "", "kept.ts": "" };
  await withFolder(files, async (folder) => {
    const listing = await discover(folder, createLog("test", "ERROR"), new IgnoreFiles("regexp"));
    t.deepEqual(listing.files, ["kept.ts"]);
  });
});

test("a folder that cannot be read is told apart from one that is empty, and an archive lists what is at its root", async (t) => {
  const log = createLog("test", "ERROR");
  t.deepEqual((await discover("/no/such/folder", log)).unreadable, [""]);
  await withFolder({}, async (folder) => {
    t.true((await discover(folder, log)).isBare);
    const entries = ["a.ts", "types.d.ts", ".hidden.ts", "readme.md", "lib/b.ts"].map((name) => ({ name, text: "" }));
    await writeFile(join(folder, "pack.zip"), makeZip(entries));
    await writeFile(join(folder, "data.zip"), "no archive");
    await writeFile(join(folder, "half.zip"), makeZip(entries).subarray(0, 50));
    await mkdir(join(folder, "folder.zip"));
    await writeFile(join(folder, "folder.zip", "c.ts"), "");
    const listing = await discover(folder, log);
    t.deepEqual(listing.files, ["folder.zip/c.ts", "half.zip", "pack.zip/a.ts"]);
    t.false(listing.isBare);
  });
});
