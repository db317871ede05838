/** Renders a verdict's key and args in a language. The only place where sentences are made. */
export type Lang = 'en' | 'zh'
export type Texts = Readonly<Record<string, Readonly<Record<Lang, string>>>>

/** `template` with every `{name}` replaced by its argument; a missing argument shows as `{name}`. */
export function fill(template: string, args: Readonly<Record<string, string | number | boolean>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in args ? String(args[name]) : whole))
}
