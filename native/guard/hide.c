/*
 * Values that an operation was given and that nobody is to see. What it prints is rid of them here, before it is put on record or sent; so
 * that it holds also when kyhad, or what it knows, is another by then. They are kept while the operation runs, in memory only.
 */
#include "guard.h"

#include <stdlib.h>
#include <string.h>

#define MASK "****" /* no longer than the shortest value: the text never grows */

void hide_keep(struct op *op, const struct run_request *r) {
  uint8_t head[4];
  size_t all = 0;
  for (int i = 0; i < r->hide_len; i++) all += sizeof head + r->hide[i].len;
  if (all == 0) return;
  op->hide = (struct buf){.p = must(malloc(all)), .cap = all}; /* never moved: no copy of it is left behind */
  for (int i = 0; i < r->hide_len; i++) {
    put32(head, r->hide[i].len);
    buf_add(&op->hide, head, sizeof head);
    buf_add(&op->hide, r->hide[i].p, r->hide[i].len);
  }
}

/* The length of the longest value that the text begins with, 0: none. */
static size_t longest(const struct buf *values, const uint8_t *text, size_t left) {
  size_t found = 0;
  for (size_t at = 0; at < values->len;) {
    size_t len = le32(values->p + at);
    const uint8_t *value = values->p + at + 4;
    at += 4 + len;
    if (len > found && len <= left && memcmp(text, value, len) == 0) found = len;
  }
  return found;
}

void hide_in(const struct op *op, struct buf *text) {
  bool first[256] = {false};
  size_t to = 0;
  if (op->hide.len == 0) return;
  for (size_t at = 0; at < op->hide.len; at += 4 + le32(op->hide.p + at)) first[op->hide.p[at + 4]] = true;
  for (size_t at = 0; at < text->len;) {
    size_t len = first[text->p[at]] ? longest(&op->hide, text->p + at, text->len - at) : 0;
    if (len == 0) {
      text->p[to++] = text->p[at++];
      continue;
    }
    memcpy(text->p + to, MASK, sizeof MASK - 1);
    to += sizeof MASK - 1;
    at += len;
  }
  text->len = to;
}

void hide_forget(struct op *op) {
  if (op->hide.p) explicit_bzero(op->hide.p, op->hide.len);
  buf_free(&op->hide);
}
