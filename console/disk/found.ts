/**
 * What is on a disk that somebody wants to give to kyha: told by the marks that file systems, partition tables and cluster managers leave. Pure: the
 * first and the last bytes in, a name out. What is not blank and not known is "other data": nobody but its owner knows that it may go.
 */
import { decodeHeader, type Header } from '../../actors/disk-heartbeat/layout.js'
import { diskBlockBytes } from '../../runtime/actor.js'

/** Bytes of the head that are looked at, 1 MiB, and of the end. */
export const headBlocks = 256
export const tailBlocks = 16

export interface Found {
  /** As people call it: `ext2/3/4`, `GPT partition table`, `SBD header` ... */
  readonly what: string
  /** A header of kyha, with what it says. */
  readonly header?: Header
}

const at = (bytes: Uint8Array, place: number, text: string): boolean =>
  place >= 0 && place + text.length <= bytes.length && [...text].every((c, i) => bytes[place + i] === c.charCodeAt(0))

/** Name, and where in the head its mark stands. */
const marks: readonly (readonly [what: string, place: number, mark: string])[] = [
  ['SBD header', 0, 'SBD_SBD_'],
  ['LUKS volume', 0, 'LUKS\xba\xbe'],
  ['XFS', 0, 'XFSB'],
  ['squashfs', 0, 'hsqs'],
  ['NTFS', 3, 'NTFS    '],
  ['exFAT', 3, 'EXFAT   '],
  ['FAT', 54, 'FAT'],
  ['FAT', 82, 'FAT32'],
  ['GPT partition table', 512, 'EFI PART'],
  ['GPT partition table', 4096, 'EFI PART'],
  ['LVM physical volume', 512, 'LABELONE'],
  ['LVM physical volume', 0, 'LABELONE'],
  ['ext2/3/4', 1080, '\x53\xef'],
  ['F2FS', 1024, '\x10\x20\xf5\xf2'],
  ['swap', 4086, 'SWAPSPACE2'],
  ['Linux RAID member', 4096, '\xfc\x4e\x2b\xa9'],
  ['Linux RAID member', 0, '\xfc\x4e\x2b\xa9'],
  ['OCFS2', 8192, 'OCFSV2'],
  ['GFS2', 65_536, '\x01\x16\x19\x70'],
  ['btrfs', 65_600, '_BHRfS_M'],
  ['reiserfs', 65_588, 'ReIsEr'],
]
/** In the last blocks, counted from the end. */
const endMarks: readonly (readonly [what: string, before: number, mark: string])[] = [
  ['GPT partition table (its copy at the end)', 512, 'EFI PART'],
  ['DRBD volume', 4096 - 60, '\x83\x74\x02\x6b'],
]

/** What is there, or undefined for a blank disk. `tail` ends where the disk does. */
export function foundOn(head: Uint8Array, tail: Uint8Array): Found | undefined {
  const header = decodeHeader(head.subarray(0, diskBlockBytes))
  if (header.ok) return { what: 'kyha header', header: header.value }
  if (at(head, 0, 'kyhadisk')) return { what: `kyha header that cannot be used (${header.flaw})` }
  const mark = marks.find(([, place, text]) => at(head, place, text))
  if (mark) return { what: mark[0] }
  const end = endMarks.find(([, before, text]) => at(tail, tail.length - before, text))
  if (end) return { what: end[0] }
  if (head[510] === 0x55 && head[511] === 0xaa) return { what: 'MBR partition table or boot sector' }
  if (head.some((byte) => byte !== 0)) return { what: 'other data' }
  return tail.some((byte) => byte !== 0) ? { what: 'other data at its end' } : undefined
}
