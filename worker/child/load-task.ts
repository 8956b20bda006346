import { pathToFileURL } from "node:url";
import { collectDags } from "#sdk/collect.ts";
import { Dag } from "#sdk/dag.ts";
import type { DagGraph, TaskNode } from "#sdk/dag-graph.ts";

/** Bundles that this process has loaded: their modules stay in memory, so a next try of the same code is quick. */
const loaded = new Map<string, Promise<Map<string, DagGraph>>>();

export interface LoadedTask {
  readonly graph: DagGraph;
  readonly node: TaskNode;
}

/** Imports a bundle, once, and finds a task in it. */
export async function loadTask(codePath: string, dagId: string, taskId: string): Promise<LoadedTask> {
  let graphs = loaded.get(codePath);
  if (graphs === undefined) {
    graphs = loadGraphs(codePath);
    loaded.set(codePath, graphs);
  }
  const graph = (await graphs).get(dagId);
  if (graph === undefined) throw new Error(`The DAG file's code of this run does not define DAG "${dagId}"`);
  const node = graph.nodes.get(taskId);
  if (node?.kind !== "task") throw new Error(`DAG "${dagId}" has no task "${taskId}" in the version of this run`);
  return { graph, node };
}

async function loadGraphs(codePath: string): Promise<Map<string, DagGraph>> {
  const dags = await collectDags(() => import(pathToFileURL(codePath).href));
  return new Map(dags.map((dag) => [dag.dagId, Dag.read(dag)]));
}
