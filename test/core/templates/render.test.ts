import test from "ava";
import fc from "fast-check";
import type { RenderRequest } from "#core/templates/protocol.ts";
import { render } from "#core/templates/render.ts";

const CONTEXT = {
  ds: "2015-01-01",
  ds_nodash: "20150101",
  logical_date: { $date: "2015-01-01T12:30:00.000Z" },
  data_interval_end: { $date: "2015-01-31T00:00:00.250Z" },
  params: { rows: 3, flag: true, nothing: null, list: [1, "b", null], text: "it's" },
  dag_run: { conf: { region: "eu" } },
  dag: { dag_id: "d" },
  ti: { task_id: "t", try_number: 1 },
  templates_dict: null,
};

function rendered(template: unknown, options: Partial<RenderRequest> = {}) {
  const request = { context: CONTEXT, fetched: {}, undefinedAs: "strict", native: false, ...options } as const;
  const answer = render({ ...request, fields: { it: template } });
  return answer.kind === "rendered" ? { value: answer.fields.it } : answer;
}

for (const [template, expected] of [
  // Airflow's own vectors of its macros.
  ["{{ macros.ds_add('2015-01-01', 5) }}", "2015-01-06"],
  ["{{ macros.ds_add('2015-01-06', -5) }}", "2015-01-01"],
  ["{{ macros.ds_add(ds, days=31) }}", "2015-02-01"],
  ["{{ macros.ds_format('2015-01-01', '%Y-%m-%d', '%m-%d-%y') }}", "01-01-15"],
  ["{{ macros.ds_format('1/5/2015', '%m/%d/%Y', '%Y-%m-%d') }}", "2015-01-05"],
  ["{{ macros.datetime_diff_for_humans(macros.datetime(2020, 1, 2), macros.datetime(2020, 1, 3)) }}", "1 day before"],
  [
    "{{ macros.datetime_diff_for_humans(macros.datetime(2020, 1, 2, 2), macros.datetime(2020, 1, 2)) }}",
    "2 hours after",
  ],
  ["{{ macros.timedelta(days=1, hours=2) }}", "1 day, 2:00:00"],
  ["{{ macros.datetime.strptime('2020-02-03', '%Y-%m-%d').day }}", "3"],
  ["{{ macros.datetime(2020, 1, 2) }}", "2020-01-02 00:00:00"],
  ["{{ macros.dateutil.parser.parse('2020-01-02 03:04:05') }}", "2020-01-02 03:04:05+00:00"],
  ["{{ macros.json.dumps({'a': [1, none]}) }}", '{"a": [1, null]}'],
  ["{{ macros.json.loads('[1, 2]')[1] }}", "2"],
  ["{{ macros.yaml.dump({'b': [1, none], 'a': params.text}) }}", "a: it's\nb:\n- 1\n- null\n"],
  ["{{ macros.yaml.dump(params.list, default_flow_style=True) }}", "[1, b, null]\n"],
  ["{{ macros.yaml.safe_load('a: {b: [1, yes]}').a.b[1] }}", "True"],
  ["{{ macros.uuid.uuid4() | length }}", "36"],
  ["{{ macros.random() < 1 }} {{ macros.time.time() > 0 }}", "True True"],
  // Dates.
  ["{{ logical_date }}", "2015-01-01 12:30:00+00:00"],
  ["{{ data_interval_end }}", "2015-01-31 00:00:00.250000+00:00"],
  ["{{ logical_date | ds }} {{ logical_date | ds_nodash }}", "2015-01-01 20150101"],
  ["{{ logical_date | ts }} {{ logical_date | ts_nodash }}", "2015-01-01T12:30:00+00:00 20150101T123000"],
  ["{{ logical_date | ts_nodash_with_tz }}", "20150101T123000+0000"],
  ["{{ logical_date.isoformat() }}", "2015-01-01T12:30:00+00:00"],
  ["{{ logical_date.strftime('%d.%m.%y %H:%M %A %j') }}", "01.01.15 12:30 Thursday 001"],
  ["{{ logical_date.year }}/{{ logical_date.month }}/{{ logical_date.hour }}", "2015/1/12"],
  ["{{ (logical_date - macros.timedelta(days=1)) | ds }}", "2014-12-31"],
  ["{{ logical_date + macros.timedelta(minutes=45) }}", "2015-01-01 13:15:00+00:00"],
  ["{{ data_interval_end - logical_date }}", "29 days, 11:30:00.250000"],
  ["{{ data_interval_end > logical_date }}", "True"],
  ["{{ data_interval_end.add(months=1) | ds }}", "2015-02-28"],
  ["{{ logical_date.subtract(weeks=1).start_of('day') }}", "2014-12-25 00:00:00+00:00"],
  ["{{ logical_date.replace(day=15, hour=0) }}", "2015-01-15 00:30:00+00:00"],
  ["{{ logical_date.in_timezone('Europe/Zurich') }}", "2015-01-01 13:30:00+01:00"],
  // What Python prints.
  ["{{ params.flag }} {{ params.nothing }} {{ params.rows }} {{ 4 / 2 }}", "True None 3 2.0"],
  ["{{ params.list }} {{ {'a': params.text} }}", "[1, 'b', None] {'a': \"it's\"}"],
  ["{{ params.list | join('-') }} {{ 'x' ~ params.flag }}", "1-b-None xTrue"],
  ["{{ params | tojson }}", '{"flag": true, "list": [1, "b", null], "nothing": null, "rows": 3, "text": "it\\u0027s"}'],
  ["{{ '%s has %03d' % (ds, params.rows) }}", "2015-01-01 has 003"],
  ["{{ '{}-{n:>4}|{0[0]}'.format(params.list, n='b') }}", "[1, 'b', None]-   b|1"],
  ["{{ dag_run.conf.get('region') }} {{ dag_run.conf.get('x', 'd') }} {{ dag_run.conf['region'] }}", "eu d eu"],
  // The language.
  ["{% for x in params.list if x %}{{ loop.index }}:{{ x }},{% endfor %}", "1:1,2:b,"],
  ["{% set a, b = [1, 2] %}{{ a }}{{ b }}", "12"],
  ["{% if params.rows == 3 and not params.none is defined %}yes{% else %}no{% endif %}", "yes"],
  ["{% macro m(a, b=2) %}{{ a }}/{{ b }}{% endmacro %}{{ m(1) }}", "1/2"],
  ["{% with day = ds %}{{ day }}{% endwith %}", "2015-01-01"],
  ["{% raw %}{{ ds }}{% endraw %} a {# note #}b", "{{ ds }} a b"],
  ["a\n  {{- ds -}}\n b", "a2015-01-01b"],
  ["{{ 'a' if params.flag else 'b' }} {{ 1 < 2 < 3 }} {{ not params.flag }} {{ -params.rows }}", "a True False -3"],
  ["{{ ds.split('-')[0] }} {{ ds[:4] }} {{ ds.replace('-', '') }} {{ ds | upper }}", "2015 2015 20150101 2015-01-01"],
  ["{{ {'a': {'b': 1}}['a']['b'] }} {{ [3, 1] | sort | first }} {{ '5' | int + 1 }} {{ 'x' | int }}", "1 1 6 0"],
  ["{{ nothing_there | default('d') }}", "d"],
] as const) {
  test(`${template} renders as in Airflow`, (t) => {
    t.deepEqual(rendered(template), { value: expected });
  });
}

for (const [template, message] of [
  ["{{ nope }}", /^'nope' is undefined$/],
  ["{{ params.nope }}", /undefined value/],
  ["{{ execution_date }}", /'execution_date' was removed in Airflow 3; use logical_date/],
  ["{{ yesterday_ds }}", /'yesterday_ds' was removed in Airflow 3/],
  ["{{ next_ds }}", /'next_ds' was removed in Airflow 3/],
  ["{{ conf }}", /'conf' was removed in Airflow 3/],
  ["{{ macros.ds_add('x', 1) }}", /time data 'x' does not match format '%Y-%m-%d'/],
  ["{{ logical_date + 'x' }}", /unsupported operands for \+/],
  ["{{ ti.xcom_push('k', 1) }}", /cannot push an XCom/],
  ["{% include params.text %}", /\{% include params.text %\}: only names in quotes can be included/],
  ["{% import 'other.sql' as o %}", /\{% import %\} is not supported/],
  ["{{ ds", /a tag is not closed/],
  ["{{ ds ds }}", /unexpected "ds"/],
  ["{% if %}x{% endif %}", /ends too early/],
  ["{{ ds | nofilter }}", /unknown filter/],
] as const) {
  test(`${template} fails and says why`, (t) => {
    const answer = rendered(template);
    t.true("kind" in answer && answer.kind === "failed");
    t.regex((answer as { message: string }).message, message);
  });
}

/** Ways to what JavaScript has and a template must not: each fails, or renders to nothing of it. */
const INJECTIONS = [
  "{{ params.constructor }}",
  "{{ params['constructor'] }}",
  "{{ params.__proto__ }}",
  "{{ params['__proto__'] }}",
  "{{ ''.__class__.__mro__ }}",
  "{{ params | attr('constructor') }}",
  "{{ params | attr('__proto__') }}",
  "{{ params | attr('__' ~ 'proto__') }}",
  "{{ ds.constructor('return process')() }}",
  "{{ macros.ds_add.constructor('return process')() }}",
  "{{ macros['constructor'] }}",
  "{{ macros.json.constructor }}",
  "{{ [params] | map(attribute='constructor') | first }}",
  "{{ [params] | map(attribute='constructor.name') | first }}",
  "{{ [params] | join(attribute='constructor') | replace('{', '') | length > 400 and x }}",
  "{{ '{0.constructor}'.format(params) }}",
  "{{ '{0[__proto__]}'.format(params) }}",
  "{{ '{0.constructor.constructor}'.format(ds) }}",
  "{{ '%(constructor)s' % params }}",
  "{{ params.get('constructor').name }}",
  "{{ params.get('__proto__', {}).constructor }}",
  "{{ dict(params).constructor }}",
  "{{ macros.yaml.safe_load('!!js/function x') }}",
  "{{ macros.yaml.safe_load('a: 1').constructor }}",
  "{{ macros.yaml.constructor }}",
  "{{ process }}",
  "{{ process.env }}",
  "{{ require('fs') }}",
  "{{ globalThis }}",
  "{{ global.process }}",
  "{{ Function('return process')() }}",
  "{{ this }}",
  "{{ self.__init__ }}",
  "{{ op__.constructor }}",
  "{{ method__(params, 'constructor') }}",
  "{{ fetch__.constructor }}",
  "{{ ti.xcom_pull.constructor }}",
  "{{ logical_date.strftime.constructor('return 1')() }}",
  "{{ cycler.__init__.__globals__ }}",
  "{% set x = params.constructor %}{{ x() }}",
  "{% for k in params.__proto__ %}{{ k }}{% endfor %}",
];

for (const template of INJECTIONS) {
  test(`a template cannot reach out by ${template}`, (t) => {
    for (const undefinedAs of ["strict", "lenient", "chainable"] as const) {
      const answer = rendered(template, { undefinedAs });
      const text = "value" in answer ? String(answer.value) : "";
      t.notRegex(text, /function|native code|\[object|Object|process|PATH/);
      if (undefinedAs === "strict" && !template.includes("join") && !template.includes("%(")) {
        t.true("kind" in answer && answer.kind === "failed", JSON.stringify(answer));
      }
    }
  });
}

test("data under names of JavaScript's own is only data", (t) => {
  const params = JSON.parse('{"__proto__": {"admin": true}, "constructor": "x"}') as object;
  t.deepEqual(rendered("{{ params.admin is defined }} {{ params.constructor }}", { context: { params } }), {
    value: "False x",
  });
});

test("an unknown name is nothing where the DAG says so, and its attributes are an error or nothing too", (t) => {
  t.deepEqual(rendered("a{{ nope }}b", { undefinedAs: "lenient" }), { value: "ab" });
  t.like(rendered("{{ nope.x }}", { undefinedAs: "lenient" }), { kind: "failed" });
  t.deepEqual(rendered("{{ nope.x.y }}", { undefinedAs: "chainable" }), { value: "" });
});

for (const [template, expected] of [
  ["{{ [1,2] }}", [1, 2]],
  ["{{ params.list }}", [1, "b", null]],
  ["{{ {'a': 1} }}", { a: 1 }],
  ["[{{ params.rows }}, 2]", [3, 2]],
  ["{{ '1' }}", 1],
  ["{{ none }}", null],
  ["{{ params.flag }}", true],
  ["{{ (1, 2) }}", [1, 2]],
  ["{{ '{1: [2, (3,)]}' }}", { 1: [2, [3]] }],
  ["{{ ds }}", "2015-01-01"],
  ["x{{ 1 }}", "x1"],
  ["{{ '007' }}", "007"],
  ["plain [1]", "plain [1]"],
] as const) {
  test(`with native objects ${template} becomes ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(rendered(template, { native: true }), { value: expected });
  });
}

for (const [template, key, value, expected] of [
  ["{{ var.value.city }}", { about: "variable", key: "city" }, "Bern", "Bern"],
  ["{{ var.value['city'] }}", { about: "variable", key: "city" }, "Bern", "Bern"],
  ["{{ var.value[params.text] }}", { about: "variable", key: "it's" }, "x", "x"],
  ["{{ var.value.get('city', 'd') }}", { about: "variable", key: "city" }, null, "d"],
  ["{{ var.json.deep.a.b }}", { about: "variable", key: "deep" }, '{"a": {"b": [1]}}', "[1]"],
  ["{{ var.json.get('deep', {'a': 1}).a }}", { about: "variable", key: "deep" }, null, "1"],
  ["{{ conn.db.host }}", { about: "connection", connId: "db" }, { host: "h" }, "h"],
  ["{{ conn.get('db', {'host': 'other'}).host }}", { about: "connection", connId: "db" }, null, "other"],
  [
    "{{ prev_start_date_success }}",
    { about: "name", name: "prev_start_date_success" },
    { $date: "2015-01-01T00:00:00Z" },
    "2015-01-01 00:00:00+00:00",
  ],
  ["{{ prev_data_interval_start_success }}", { about: "name", name: "prev_data_interval_start_success" }, null, "None"],
  ["{{ ti.xcom_pull(task_ids='a', key='k')['n'] }}", xcom({ taskId: "a", key: "k" }), { n: 1 }, "1"],
  ["{{ task_instance.xcom_pull('a') }}", xcom({ taskId: "a" }), ["x"], "['x']"],
  ["{{ ti.xcom_pull(['a']) }}", xcom({ taskId: "a" }), null, "[None]"],
  ["{{ ti.xcom_pull('a', map_indexes=2) }}", xcom({ taskId: "a", mapIndex: 2 }), 5, "5"],
] as const) {
  test(`${template} asks for one thing, and renders when it is there`, (t) => {
    const context = { ...CONTEXT, task_instance: CONTEXT.ti };
    t.deepEqual(rendered(template, { context }), { kind: "fetch", keys: [JSON.stringify(key)] });
    t.deepEqual(rendered(template, { context, fetched: { [JSON.stringify(key)]: value } }), { value: expected });
  });
}

function xcom(key: { taskId: string; key?: string; mapIndex?: number }) {
  const { taskId, key: name = "return_value", mapIndex = null } = key;
  return { about: "xcom", taskId, key: name, dagId: null, runId: null, mapIndex, includePriorDates: false } as const;
}

test("a variable or connection that is not there fails the template, when it has no default", (t) => {
  const fetched = {
    [JSON.stringify({ about: "variable", key: "x" })]: null,
    [JSON.stringify({ about: "connection", connId: "x" })]: null,
  };
  t.like(rendered("{{ var.value.x }}", { fetched }), { message: "Variable x does not exist" });
  t.like(rendered("{{ conn.x.host }}", { fetched }), { message: "The conn_id `x` isn't defined" });
});

test("texts at any depth are rendered, and other values stay", (t) => {
  t.deepEqual(rendered({ a: ["{{ ds }}", 1, null, { b: "x" }] }), {
    value: { a: ["2015-01-01", 1, null, { b: "x" }] },
  });
});

test("any text without braces renders to itself", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const plain = text.replaceAll(/[{}]/g, "");
      t.deepEqual(rendered(plain), { value: plain });
    }),
  );
});

test("any text comes out of a param as it went in, before and after other text", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      t.deepEqual(rendered("<{{ params.x }}>", { context: { params: { x: text } } }), { value: `<${text}>` });
    }),
  );
});
