/** The actor of the path `resource`; its children's is child.ts (kind `resource-child`). */
export { actor } from './director.js'
