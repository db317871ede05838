/** Finds a circle in a directed graph, without recursion: documents may hold thousands of rules. */
export interface Edge {
  readonly from: string
  readonly to: string
  /** The rule that the edge comes from, absent for what a group implies. */
  readonly part?: object
}

/** A circle as names, first = last (`a -> b -> a`), with a rule that lies on it; undefined if there is none. */
export function findCycle(edges: readonly Edge[]): { readonly names: readonly string[]; readonly part?: object } | undefined {
  const out = new Map<string, Edge[]>()
  for (const edge of edges) out.set(edge.from, [...(out.get(edge.from) ?? []), edge])
  const done = new Set<string>()
  for (const start of out.keys()) {
    const path: Edge[] = []
    const onPath = new Set([start])
    const stack = done.has(start) ? [] : [{ name: start, next: 0 }]
    while (stack.length > 0) {
      const top = stack.at(-1) ?? { name: start, next: 0 }
      const edge = out.get(top.name)?.[top.next++]
      if (!edge) {
        done.add(top.name)
        onPath.delete(top.name)
        stack.pop()
        path.pop()
      } else if (onPath.has(edge.to)) {
        const circle = [...path, edge].slice([start, ...path.map((one) => one.to)].indexOf(edge.to))
        const part = circle.find((one) => one.part)?.part
        return { names: [edge.to, ...circle.map((one) => one.to)], ...(part ? { part } : {}) }
      } else if (!done.has(edge.to)) {
        onPath.add(edge.to)
        path.push(edge)
        stack.push({ name: edge.to, next: 0 })
      }
    }
  }
  return undefined
}
