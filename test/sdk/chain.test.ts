import test from "ava";
import { chain, chainLinear, crossDownstream, Dag, label } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

/** A DAG with tasks a to f, and what is drawn between them: `a>b` and so on. */
function draw(work: (node: Record<string, ReturnType<typeof place>>) => void) {
  const dag = new Dag("lines");
  const nodes = Object.fromEntries([..."abcdef"].map((id) => [id, place(dag, id)]));
  work(nodes);
  const { tasks, edge_info } = serializeDag(dag, FILE).dag;
  const edges = tasks.flatMap(({ __var }) => (__var.downstream_task_ids ?? []).map((to) => `${__var.task_id}>${to}`));
  return { edges, edge_info };
}

function place(dag: Dag, id: string) {
  return dag.task(id, async () => undefined)();
}

test("chain joins lists beside each other pairwise, and a list with a node whole", (t) => {
  const { edges } = draw(({ a, b, c, d, e, f }) => chain(a!, [b!, c!], [d!, e!], f!));
  t.deepEqual(edges, ["a>b", "a>c", "b>d", "c>e", "d>f", "e>f"]);
});

test("chain refuses lists of different lengths beside each other", (t) => {
  t.throws(() => draw(({ a, b, c }) => chain([a!, b!], [c!])), {
    message: "chain(...) joins lists pairwise, so they have to be equally long: got 2 and 1",
  });
});

test("chainLinear joins every node with every one of the next list, and steps over empty ones", (t) => {
  const { edges } = draw(({ a, b, c, d, e }) => chainLinear(a!, [b!, c!], [], [d!, e!]));
  t.deepEqual(edges, ["a>b", "a>c", "b>d", "b>e", "c>d", "c>e"]);
  t.throws(() => draw(({ a }) => chainLinear(a!, [])), { message: /drew no edge/ });
});

test("crossDownstream joins every node of one list with every one of the other", (t) => {
  const { edges } = draw(({ a, b, c, d }) => crossDownstream([a!, b!], [c!, d!]));
  t.deepEqual(edges, ["a>c", "a>d", "b>c", "b>d"]);
});

test("a label is written for the edge, in either direction", (t) => {
  const { edges, edge_info } = draw(({ a, b, c }) => {
    a!.before(label("new rows", b!));
    c!.after(label("no rows", a!));
  });
  t.deepEqual(edges, ["a>b", "a>c"]);
  t.deepEqual(edge_info, { a: { b: { label: "new rows" }, c: { label: "no rows" } } });
});

test("the label of an edge to a group stands at the edges to its first tasks", (t) => {
  const dag = new Dag("lines");
  const start = place(dag, "start");
  const group = dag.taskGroup("g");
  const first = group.task("first", async () => undefined)();
  first.before(group.task("second", async () => undefined)());
  start.before(label("go", group));
  t.deepEqual(serializeDag(dag, FILE).dag.edge_info, { start: { "g.first": { label: "go" } } });
});

test("a label without a text is refused", (t) => {
  t.throws(() => draw(({ a, b }) => a!.before(label("", b!))), { message: /takes a non-empty text/ });
});
