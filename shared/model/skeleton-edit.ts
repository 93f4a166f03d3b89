import type { Skeleton } from './annotation-class.ts'

/** Pure edits of a skeleton template; edges and pairs always refer to existing nodes. */

type Link = [number, number]

/** Links with new indices, without those that lost an end. */
function relink(links: readonly Link[], indexOf: (old: number) => number | null): Link[] {
  return links.flatMap(([from, to]): Link[] => {
    const [a, b] = [indexOf(from), indexOf(to)]
    return a === null || b === null ? [] : [[a, b]]
  })
}

function reindexed(
  skeleton: Skeleton,
  nodes: Skeleton['nodes'],
  indexOf: (old: number) => number | null,
): Skeleton {
  return {
    nodes,
    edges: relink(skeleton.edges, indexOf),
    pairs: relink(skeleton.pairs ?? [], indexOf),
  }
}

/** Adds a joint; `x`, `y` in the template's unit square. */
export function addNode(skeleton: Skeleton, x: number, y: number): Skeleton {
  const names = new Set(skeleton.nodes.map(({ name }) => name))
  let number = skeleton.nodes.length + 1
  while (names.has(`joint ${number}`)) number++
  return { ...skeleton, nodes: [...skeleton.nodes, { name: `joint ${number}`, x, y }] }
}

export function removeNode(skeleton: Skeleton, index: number): Skeleton {
  return reindexed(skeleton, skeleton.nodes.toSpliced(index, 1), (old) =>
    old === index ? null : old > index ? old - 1 : old,
  )
}

/** Moves a joint earlier or later in the placement order; unchanged at an end. */
export function shiftNode(skeleton: Skeleton, index: number, by: 1 | -1): Skeleton {
  const other = index + by
  if (other < 0 || other >= skeleton.nodes.length) return skeleton
  const nodes = skeleton.nodes.with(index, skeleton.nodes[other]).with(other, skeleton.nodes[index])
  return reindexed(skeleton, nodes, (old) => (old === index ? other : old === other ? index : old))
}

export function changeNode(
  skeleton: Skeleton,
  index: number,
  change: Partial<Skeleton['nodes'][number]>,
): Skeleton {
  return {
    ...skeleton,
    nodes: skeleton.nodes.with(index, { ...skeleton.nodes[index], ...change }),
  }
}

export function hasEdge({ edges }: Skeleton, a: number, b: number): boolean {
  return edges.some((edge) => edge.includes(a) && edge.includes(b))
}

/** Connects two joints, or removes their line. */
export function toggleEdge(skeleton: Skeleton, a: number, b: number): Skeleton {
  if (a === b) return skeleton
  const edges: Link[] = hasEdge(skeleton, a, b)
    ? skeleton.edges.filter((edge) => !(edge.includes(a) && edge.includes(b)))
    : [...skeleton.edges, [a, b]]
  return { ...skeleton, edges }
}

/** The joint on the other side; null if there is none. */
export function partnerOf({ pairs = [] }: Skeleton, index: number): number | null {
  return pairs.find((pair) => pair.includes(index))?.find((side) => side !== index) ?? null
}

/** Makes two joints left and right of each other; both lose their previous partners. */
export function pairNodes(skeleton: Skeleton, index: number, partner: number | null): Skeleton {
  const others = (skeleton.pairs ?? []).filter(
    (pair) => !pair.includes(index) && !(partner !== null && pair.includes(partner)),
  )
  const pairs: Link[] =
    partner === null || partner === index ? others : [...others, [index, partner]]
  return { ...skeleton, pairs }
}
