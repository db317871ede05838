/** MD5 (RFC 1321) of a text's UTF-8 bytes, in hex. The field marks parameters with it; nothing here relies on it for safety. */
const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
const sines = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) >>> 0)

export function md5(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const length = ((bytes.length + 8) >> 6) * 64 + 64
  const data = new Uint8Array(length)
  data.set(bytes)
  data[bytes.length] = 0x80
  const view = new DataView(data.buffer)
  view.setUint32(length - 8, (bytes.length << 3) >>> 0, true)
  view.setUint32(length - 4, Math.floor(bytes.length / 2 ** 29), true)
  let [a, b, c, d] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < length; at += 64) {
    const next = block(view, at, a, b, c, d)
    a = (a + next[0]) >>> 0
    b = (b + next[1]) >>> 0
    c = (c + next[2]) >>> 0
    d = (d + next[3]) >>> 0
  }
  return [a, b, c, d].map((x) => hex(x)).join('')
}

function block(view: DataView, at: number, a0: number, b0: number, c0: number, d0: number): [number, number, number, number] {
  let [a, b, c, d] = [a0, b0, c0, d0]
  for (let i = 0; i < 64; i++) {
    const round = i >> 4
    const [f, g] =
      round === 0
        ? [(b & c) | (~b & d), i]
        : round === 1
          ? [(d & b) | (~d & c), (5 * i + 1) % 16]
          : round === 2
            ? [b ^ c ^ d, (3 * i + 5) % 16]
            : [c ^ (b | ~d), (7 * i) % 16]
    const sum = (a + f + (sines[i] ?? 0) + view.getUint32(at + g * 4, true)) >>> 0
    const s = shifts[round * 4 + (i % 4)] ?? 0
    a = d
    d = c
    c = b
    b = (b + ((sum << s) | (sum >>> (32 - s)))) >>> 0
  }
  return [a, b, c, d]
}

const hex = (x: number): string => [0, 8, 16, 24].map((s) => ((x >>> s) & 255).toString(16).padStart(2, '0')).join('')
