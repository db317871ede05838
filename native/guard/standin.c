/*
 * Stand-in beats (design 8.7): frames that kyhad signed ahead are sent for it while it is down or silent, so that peers hold fencing.
 * One frame per sheaf every beatMs, each frame once, at most 3,000 ms per outage and 3 outages in 60 s; an outage counts when kyhad
 * died or it lasted 500 ms. The guard holds no key and cannot make a frame: what it was not given it cannot send.
 */
#include "guard.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHEAVES_MAX 256
#define FRAMES_MAX 128
#define DATAGRAM_MAX 1472
#define BYTES_MAX (4 * 1024 * 1024)
#define BINDS_MAX 16
#define OUTAGE_MS_MAX 3000
#define OUTAGES_MAX 3
#define OUTAGES_MS 60000
#define COUNTS_MS 500

struct sheaf {
  struct sockaddr_storage to;
  socklen_t to_len;
  int bind, next, count;
  uint32_t at[FRAMES_MAX], len[FRAMES_MAX]; /* into the set's bytes */
};
struct set {
  struct sheaf *sheaves[SHEAVES_MAX];
  int len;
  uint64_t beat_ms;
  struct buf bytes;
};
static struct set current, pending;
static bool open_part;
static struct { char address[64]; int fd; } binds[BINDS_MAX];
static int binds_len;
static ms_t outage_at, beat_at, counted[OUTAGES_MAX];
static bool in_outage, is_counted, silent;

static void set_free(struct set *s) {
  for (int i = 0; i < s->len; i++) free(s->sheaves[i]);
  buf_free(&s->bytes);
  *s = (struct set){0};
}

static bool resolve(const char *address, const char *port, struct sockaddr_storage *out, socklen_t *len) {
  struct addrinfo hint = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM}, *found;
  if (getaddrinfo(address, port, &hint, &found) != 0) return false;
  memcpy(out, found->ai_addr, found->ai_addrlen);
  *len = found->ai_addrlen;
  freeaddrinfo(found);
  return true;
}

/* One socket per local address, bound to a port of its own: kyhad's port stays kyhad's alone. */
static int bind_to(const char *address) {
  struct sockaddr_storage from;
  socklen_t len;
  for (int i = 0; i < binds_len; i++)
    if (strcmp(binds[i].address, address) == 0) return i;
  if (binds_len == BINDS_MAX || !resolve(address, "0", &from, &len)) return -1;
  int fd = socket(from.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && bind(fd, (struct sockaddr *)&from, len) != 0) {
    say("stand-in beats cannot be sent from %s: %s", address, strerror(errno));
    close(fd);
    fd = -1;
  }
  if (fd < 0) return -2;
  snprintf(binds[binds_len].address, sizeof binds[0].address, "%s", address);
  binds[binds_len].fd = fd;
  return binds_len++;
}

static bool add_sheaf(const char *address, const char *port, const char *bind, char *why, size_t cap) {
  if (pending.len == SHEAVES_MAX) return snprintf(why, cap, "more than %d sheaves", SHEAVES_MAX), false;
  struct sheaf *s = must(calloc(1, sizeof *s));
  pending.sheaves[pending.len++] = s;
  s->bind = bind_to(bind);
  if (s->bind == -1) return snprintf(why, cap, "local address %.60s is not one, or the %dth", bind, BINDS_MAX + 1), false;
  if (!resolve(address, port, &s->to, &s->to_len)) return snprintf(why, cap, "address %.60s is not one", address), false;
  return true;
}

static bool add_frame(const struct tlv *t, char *why, size_t cap) {
  struct sheaf *s = pending.len ? pending.sheaves[pending.len - 1] : NULL;
  if (!s || s->count == FRAMES_MAX || t->len == 0 || t->len > DATAGRAM_MAX || pending.bytes.len + t->len > BYTES_MAX)
    return snprintf(why, cap, "a stand-in frame without sheaf, or beyond %d frames, %d bytes", FRAMES_MAX, DATAGRAM_MAX), false;
  s->at[s->count] = (uint32_t)pending.bytes.len;
  s->len[s->count++] = t->len;
  buf_add(&pending.bytes, t->p, t->len);
  return true;
}

/* One part of a new set; the last part puts it in force. */
bool standin_part(struct cursor *c, char *why, size_t cap) {
  struct tlv t;
  uint64_t first = 0, more = 0, port = 0, beat = 0;
  char address[64] = "", bind[64], text[8];
  why[0] = 0;
  while (!why[0] && next_tlv(c, &t)) {
    if (t.tag == T_FIRST && tlv_num(c, &t, &first) && first) set_free(&pending), open_part = true;
    else if (t.tag == T_MORE) tlv_num(c, &t, &more);
    else if (t.tag == T_BEAT_MS && tlv_num(c, &t, &beat)) pending.beat_ms = beat;
    else if (t.tag == T_ADDRESS) tlv_copy(c, &t, address, sizeof address);
    else if (t.tag == T_PORT) tlv_num(c, &t, &port);
    else if (t.tag == T_BIND && tlv_copy(c, &t, bind, sizeof bind)) {
      if (port == 0 || port > 65535) snprintf(why, cap, "port %llu is not one", (unsigned long long)port);
      snprintf(text, sizeof text, "%u", (unsigned)(port & 65535));
      if (!why[0]) add_sheaf(address, text, bind, why, cap);
    } else if (t.tag == T_FRAME) add_frame(&t, why, cap);
  }
  if (!why[0] && c->bad) snprintf(why, cap, "a stand-in message does not fit its format");
  if (!why[0] && !open_part) snprintf(why, cap, "a stand-in message starts in its middle");
  if (!why[0] && (pending.beat_ms < 5 || pending.beat_ms > 10000))
    snprintf(why, cap, "a beat of %llu ms is outside 5..10000", (unsigned long long)pending.beat_ms);
  if (why[0]) return set_free(&pending), false;
  if (more) return true;
  open_part = false;
  set_free(&current);
  current = pending;
  pending = (struct set){0};
  return true;
}

static void send_beat(void) {
  for (int i = 0; i < current.len; i++) {
    struct sheaf *s = current.sheaves[i];
    if (s->bind < 0 || s->next == s->count) continue;
    sendto(binds[s->bind].fd, current.bytes.p + s->at[s->next], s->len[s->next], MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&s->to,
        s->to_len);
    s->next++;
  }
}

/* kyhad lives again. */
void standin_over(void) {
  if (in_outage && !silent) say("stand-in beats end after %llu ms", (unsigned long long)(now_ms() - outage_at));
  in_outage = false;
}

static void begin(ms_t now) {
  in_outage = true;
  is_counted = false;
  outage_at = beat_at = now;
  silent = counted[0] && now - counted[0] < OUTAGES_MS;
  if (silent) say("no stand-in beats: kyhad had %d outages in 60 s, peers may now decide without this node", OUTAGES_MAX);
  else if (current.len) say("kyhad is down or silent: stand-in beats for at most %d ms", OUTAGE_MS_MAX);
}

ms_t standin_tick(ms_t now) {
  if (!current.len) return NEVER;
  if (!manager_down(now)) return in_outage = false, NEVER;
  if (!in_outage) begin(now);
  if (!is_counted && (manager_pid() == 0 || now - outage_at >= COUNTS_MS)) {
    is_counted = true;
    memmove(counted, counted + 1, sizeof counted - sizeof *counted);
    counted[OUTAGES_MAX - 1] = outage_at ? outage_at : 1;
  }
  if (silent || now - outage_at >= OUTAGE_MS_MAX) return is_counted ? NEVER : outage_at + COUNTS_MS;
  if (now >= beat_at) {
    if (lease_allows()) send_beat();
    beat_at += current.beat_ms;
    if (beat_at <= now) beat_at = now + current.beat_ms; /* we were late: no burst */
  }
  return beat_at;
}
