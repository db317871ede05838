/*
 * Frames of fd 3 (README.md): u32 LE length of what follows (1..256 KiB), u8 verb, then fields of u8 tag, u32 LE length, bytes.
 * A number is always 8 bytes LE. Unknown tags are skipped; anything else that does not fit marks the cursor bad.
 */
#include "guard.h"

#include <stdlib.h>
#include <string.h>

uint32_t le32(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }
uint64_t le64(const uint8_t *p) { return le32(p) | (uint64_t)le32(p + 4) << 32; }
void put32(uint8_t *p, uint32_t n) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(n >> 8 * i);
}
void put64(uint8_t *p, uint64_t n) {
  for (int i = 0; i < 8; i++) p[i] = (uint8_t)(n >> 8 * i);
}

void buf_add(struct buf *b, const void *p, size_t len) {
  if (b->len + len > b->cap) {
    size_t cap = b->cap ? b->cap : 256;
    while (cap < b->len + len) cap *= 2;
    b->p = must(realloc(b->p, cap));
    b->cap = cap;
  }
  if (len) memcpy(b->p + b->len, p, len);
  b->len += len;
}

void buf_drop(struct buf *b, size_t n) {
  memmove(b->p, b->p + n, b->len - n);
  b->len -= n;
  if (b->len == 0 && b->cap > 8192) buf_free(b);
}

void buf_free(struct buf *b) {
  free(b->p);
  *b = (struct buf){0};
}

void frame_begin(struct buf *b, uint8_t verb) {
  b->len = 0;
  buf_add(b, (uint8_t[5]){0, 0, 0, 0, verb}, 5);
}
void frame_end(struct buf *b) { put32(b->p, (uint32_t)(b->len - 4)); }

void put_bytes(struct buf *b, uint8_t tag, const void *p, size_t len) {
  uint8_t head[5] = {tag};
  put32(head + 1, (uint32_t)len);
  buf_add(b, head, 5);
  buf_add(b, p, len);
}
void put_str(struct buf *b, uint8_t tag, const char *s) { put_bytes(b, tag, s, strlen(s)); }
void put_num(struct buf *b, uint8_t tag, uint64_t n) {
  uint8_t raw[8];
  put64(raw, n);
  put_bytes(b, tag, raw, 8);
}

bool next_tlv(struct cursor *c, struct tlv *out) {
  if (c->bad || c->p == c->end) return false;
  if (c->end - c->p < 5 || le32(c->p + 1) > (size_t)(c->end - c->p - 5)) {
    c->bad = true;
    return false;
  }
  *out = (struct tlv){.tag = c->p[0], .len = le32(c->p + 1), .p = c->p + 5};
  c->p += 5 + out->len;
  return true;
}

bool tlv_num(struct cursor *c, const struct tlv *t, uint64_t *out) {
  if (t->len != 8) {
    c->bad = true;
    return false;
  }
  *out = le64(t->p);
  return true;
}

bool tlv_copy(struct cursor *c, const struct tlv *t, char *out, size_t cap) {
  if (t->len >= cap || memchr(t->p, 0, t->len)) {
    c->bad = true;
    return false;
  }
  memcpy(out, t->p, t->len);
  out[t->len] = 0;
  return true;
}
