/** Style sheets are bundled by Vite; their import has no value. */
declare module '*.css'
