import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { render } from "#core/templates/render.ts";
import { TemplateFiles } from "#scheduler/dag-files/template-files.ts";
import { makeZip } from "./zip.ts";

async function setUp() {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-templates-"));
  const [dags, more] = [path.join(folder, "dags"), path.join(folder, "more")];
  for (const directory of [dags, more, path.join(dags, "sub")]) await mkdir(directory);
  const texts = {
    "dags/day.sql": "day = '{{ ds }}'\n",
    "dags/where.sql": "where {% include 'day.sql' %}\n",
    "dags/sub/deep.sql": "deep",
    "dags/loop.sql": "{% include 'loop.sql' %}",
    "more/far.sql": "far {% if ds %}{% include 'day.sql' %}{% endif %}",
    "outside.sql": "out",
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(path.join(folder, name), text);
  await symlink(path.join(folder, "outside.sql"), path.join(dags, "link.sql"));
  const read: string[] = [];
  const files = new TemplateFiles([dags, more], (file) => read.push(path.relative(folder, file)));
  return { dags, files, read, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

function rendered(template: string): unknown {
  const context = { ds: "2024-01-05", params: { name: "day.sql" } };
  const answer = render({ fields: { it: template }, context, fetched: {}, undefinedAs: "strict", native: false });
  return answer.kind === "rendered" ? answer.fields.it : answer;
}

/** What Jinja makes of the same files. */
const INCLUDES: readonly (readonly [template: string, text: string])[] = [
  ["select {% include 'day.sql' %}", "select day = '2024-01-05'"],
  ['select {% include "where.sql" %} limit 1', "select where day = '2024-01-05' limit 1"],
  ["a {%- include 'sub/deep.sql' -%} b", "adeepb"],
  ["a\n{% include 'far.sql' %}\nb", "a\nfar day = '2024-01-05'\nb"],
  ["{% include 'none.sql' ignore missing %}x", "x"],
  ["{% include ['none.sql', 'day.sql'] with context %}", "day = '2024-01-05'"],
  ["{% for d in [1, 2] %}{% include 'sub/deep.sql' %}{{ d }} {% endfor %}", "deep1 deep2 "],
  ["{% raw %}{% include 'none.sql' %}{% endraw %}{# {% include 'none.sql' %} #}", "{% include 'none.sql' %}"],
  ["what we include", "what we include"],
];

for (const [template, text] of INCLUDES) {
  test(`${JSON.stringify(template)} includes as in Jinja`, async (t) => {
    await using place = await setUp();
    t.is(rendered(await place.files.include(template, "sql")), text);
  });
}

for (const [template, message] of [
  ["{% include 'none.sql' %}", /^TemplateNotFound: none\.sql \(included in sql\)/],
  ["{% include 'loop.sql' %}", /includes itself/],
  ["{% include '../outside.sql' %}", /^TemplateNotFound: \.\.\/outside\.sql/],
  ["{% include 'link.sql' %}", /^TemplateNotFound: link\.sql/],
  ["{% include '/etc/passwd' %}", /^TemplateNotFound: \/etc\/passwd/],
] as const) {
  test(`${template} is refused`, async (t) => {
    await using place = await setUp();
    await t.throwsAsync(place.files.include(template, "sql"), { message });
  });
}

test("an include of what only a run knows is left to the renderer, which refuses it", async (t) => {
  await using place = await setUp();
  const template = "{% include params.name %}";
  t.is(await place.files.include(template, "sql"), template);
  t.like(rendered(template), { kind: "failed" });
});

test("each file that was taken is told", async (t) => {
  await using place = await setUp();
  await place.files.include("{% include 'far.sql' %}", "sql");
  t.deepEqual(place.read, ["more/far.sql", "dags/day.sql"]);
});

test("no template file lies in an archive, but one may lie beside it", async (t) => {
  await using place = await setUp();
  const archive = path.join(place.dags, "pack.zip");
  await writeFile(archive, makeZip([{ name: "day.sql", text: "packed" }]));
  const files = (folders: readonly string[]) => new TemplateFiles(folders, () => undefined);
  await t.throwsAsync(files([archive]).read("day.sql", "sql"), {
    message: /^TemplateNotFound: day\.sql \(sql\) is in none/,
  });
  t.is(await files([archive, path.resolve(archive, "..")]).read("day.sql", "sql"), "day = '{{ ds }}'\n");
});
