import { pathToFileURL } from "node:url";
import { collectDags } from "#sdk/collect.ts";
import { Dag } from "#sdk/dag.ts";
import type { DagGraph, TaskNode } from "#sdk/dag-graph.ts";

/** Bundles that this process has loaded: their modules stay in memory, so a next try of the same code is quick. */
const loaded = new Map<string, Promise<ReadonlyMap<string, Dag>>>();

export interface LoadedDag {
  readonly dag: Dag;
  readonly graph: DagGraph;
}

export interface LoadedTask {
  readonly graph: DagGraph;
  readonly node: TaskNode;
}

/** Imports a bundle, once, and finds a task in it. */
export async function loadTask(codePath: string, dagId: string, taskId: string): Promise<LoadedTask> {
  const { graph } = await loadDag(codePath, dagId);
  const node = graph.nodes.get(taskId);
  if (node?.kind !== "task") throw new Error(`DAG "${dagId}" has no task "${taskId}" in the version of this run`);
  return { graph, node };
}

/** Imports a bundle, once, and finds a DAG in it. */
export async function loadDag(codePath: string, dagId: string): Promise<LoadedDag> {
  let dags = loaded.get(codePath);
  if (dags === undefined) {
    dags = loadDags(codePath);
    loaded.set(codePath, dags);
  }
  const dag = (await dags).get(dagId);
  if (dag === undefined) throw new Error(`The DAG file's code of this run does not define DAG "${dagId}"`);
  // Only this one is read: another of the file may be broken.
  return { dag, graph: Dag.read(dag) };
}

/** The DAGs of a bundle by their ids; of two with one id the first counts, as when the file is parsed. */
async function loadDags(codePath: string): Promise<ReadonlyMap<string, Dag>> {
  const dags = await collectDags(() => import(pathToFileURL(codePath).href));
  return new Map(dags.toReversed().map((dag) => [dag.dagId, dag]));
}
