/** What an ordering means beside "first before then". Flags add up. */
export const Order = {
  none: 0,
  optional: 1, // only if both happen
  firstImpliesThen: 2, // first happens: then must happen too
  thenImpliesFirst: 4, // then happens: first must happen too
  promotedImpliesFirst: 8, // as thenImpliesFirst, where the resource is promoted now
  runnable: 16, // first cannot run: then cannot either
  restart: 32, // a stop before its own start: if the start must happen or cannot, the stop must happen
  oneOrMore: 64, // counts towards then's minimum
  asymmetric: 128, // matters only while then has not happened yet
  sameNode: 256, // only where both are on one node
  migratable: 512, // a half of a migration before what it replaces
  pseudoLeft: 1024, // first cannot run: then is no mere formality
  serialize: 2048, // never at the same time, in either order
  thenCancelsFirst: 4096,
  sameNodeImpliesThen: 8192, // unfencing: only what is on that node
  load: 16384, // makes room; only if both happen and first frees then's node
  printFirst: 32768,
  printThen: 65536,
  probe: 131072, // runnable, unless first's resource is active
} as const
