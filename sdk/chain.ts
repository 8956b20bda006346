import type { Node } from "./node.ts";

type Link = Node | readonly Node[];

/**
 * Draws edges along a line (Airflow's `chain`). Two lists beside each other are joined pairwise, so they have to be
 * equally long; a list beside a single node is joined with it whole.
 *
 * ```ts
 * chain(start, [left, right], [leftEnd, rightEnd], end);
 * ```
 */
export function chain(...links: readonly Link[]): void {
  eachPair(links, (up, down) => {
    if (!Array.isArray(up) || !Array.isArray(down)) return join(listOf(up), listOf(down));
    if (up.length !== down.length) {
      throw new Error(
        `chain(...) joins lists pairwise, so they have to be equally long: got ${up.length} and ${down.length}`,
      );
    }
    for (const [index, node] of up.entries()) (node as Node).before(down[index] as Node);
  });
}

/** Draws edges along a line, from every node of a list to every one of the next (Airflow's `chain_linear`). */
export function chainLinear(...links: readonly Link[]): void {
  const filled = links.filter((link) => listOf(link).length > 0);
  if (filled.length < 2) throw new Error("chainLinear(...) drew no edge; it takes at least two tasks or lists of them");
  eachPair(filled, (up, down) => join(listOf(up), listOf(down)));
}

/** Draws an edge from every node of one list to every node of another (Airflow's `cross_downstream`). */
export function crossDownstream(from: Link, to: Link): void {
  join(listOf(from), listOf(to));
}

function listOf(link: Link): readonly Node[] {
  return Array.isArray(link) ? link : [link as Node];
}

function eachPair(links: readonly Link[], draw: (up: Link, down: Link) => void): void {
  for (const [index, link] of links.entries()) if (index > 0) draw(links[index - 1]!, link);
}

function join(from: readonly Node[], to: readonly Node[]): void {
  for (const node of from) node.before(...to);
}
