/** MD5 (RFC 1321) of a text's UTF-8 bytes, in hex. The field marks parameters with it; nothing here relies on it for safety. */
const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
const sines = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) >>> 0)

const utf8 = new TextEncoder()

export function md5(text: string): string {
  const bytes = utf8.encode(text)
  const length = ((bytes.length + 8) >> 6) * 64 + 64
  const data = new Uint8Array(length)
  data.set(bytes)
  data[bytes.length] = 0x80
  const view = new DataView(data.buffer)
  view.setUint32(length - 8, (bytes.length << 3) >>> 0, true)
  view.setUint32(length - 4, Math.floor(bytes.length / 2 ** 29), true)
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476])
  for (let at = 0; at < length; at += 64) block(view, at, state)
  return Array.from(state, hex).join('')
}

/** Works one block into the state. */
function block(view: DataView, at: number, state: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (let i = 0; i < 64; i++) {
    const round = i >> 4
    const f = round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d)
    const g = (round === 0 ? i : round === 1 ? 5 * i + 1 : round === 2 ? 3 * i + 5 : 7 * i) & 15
    const sum = (a + f + (sines[i] ?? 0) + view.getInt32(at + g * 4, true)) | 0
    const s = shifts[round * 4 + (i & 3)] ?? 0
    a = d
    d = c
    c = b
    b = (b + ((sum << s) | (sum >>> (32 - s)))) | 0
  }
  state[0] = (state[0] ?? 0) + a
  state[1] = (state[1] ?? 0) + b
  state[2] = (state[2] ?? 0) + c
  state[3] = (state[3] ?? 0) + d
}

/** Lowest byte first. */
function hex(x: number): string {
  const turned = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)
  return (turned >>> 0).toString(16).padStart(8, '0')
}
