/*
 * STATE/tokens: the highest token per resource, durable before it is acted upon (S3). Slots of 256 bytes, so that none straddles a
 * sector: first {magic, guard id}, then {token, name} in the order of acceptance, then zeros to the preallocated end (an append
 * is then one fdatasync of data). Every slot ends in its crc32c. A bad last slot was never acknowledged: dropped. A bad slot before a
 * good one is rot, and the guard refuses to start. Rewritten through rename at each start and when full.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT 256
#define SLOTS_MIN 256
#define MAGIC "kyhatok1"
#define DAMAGED \
  "so it is not known which decisions this node has accepted: remove this node from the cluster, delete the file and join again"

char guard_id[33];
static int fd = -1;
static size_t slots, used;
static bool lost; /* a sync failed: what is on disk is not known any more */

static void seal(uint8_t *slot) { put32(slot + SLOT - 4, crc32c(slot, SLOT - 4)); }
static bool sound(const uint8_t *slot) { return le32(slot + SLOT - 4) == crc32c(slot, SLOT - 4); }
static bool empty(const uint8_t *slot) {
  for (int i = 0; i < SLOT; i++)
    if (slot[i]) return false;
  return true;
}

static void token_slot(uint8_t *slot, int resource) {
  memset(slot, 0, SLOT);
  put64(slot, resources[resource].token);
  memcpy(slot + 8, resources[resource].name, strlen(resources[resource].name));
  seal(slot);
}

static bool sync_dir(void) {
  int dir = open(opt.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool ok = dir >= 0 && fsync(dir) == 0;
  if (dir >= 0) close(dir);
  return ok;
}

static bool write_at(int to, const uint8_t *p, size_t len, off_t at) {
  while (len) {
    ssize_t n = pwrite(to, p, len, at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    len -= (size_t)n;
    at += n;
  }
  return true;
}

/* The whole file anew, with room for as many again. The old one stays valid until the rename. */
static bool rewrite(void) {
  char path[PATH_MAX], tmp[PATH_MAX];
  size_t held = 1;
  for (int i = 0; i < resources_len; i++) held += resources[i].token > 0;
  size_t count = held * 2 < SLOTS_MIN ? SLOTS_MIN : held * 2;
  uint8_t *all = must(calloc(count, SLOT));
  memcpy(all, MAGIC, 8);
  memcpy(all + 8, guard_id, 32);
  seal(all);
  held = 1;
  for (int i = 0; i < resources_len; i++)
    if (resources[i].token > 0) token_slot(all + SLOT * held++, i);
  snprintf(path, sizeof path, "%s/tokens", opt.state_dir);
  snprintf(tmp, sizeof tmp, "%s/tokens.tmp", opt.state_dir);
  int to = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool ok = to >= 0 && write_at(to, all, count * SLOT, 0) && fdatasync(to) == 0 && rename(tmp, path) == 0 && sync_dir();
  int e = errno;
  free(all);
  if (ok) {
    if (fd >= 0) close(fd);
    fd = to;
    slots = count;
    used = held;
  } else {
    if (to >= 0) close(to);
    unlink(tmp);
  }
  errno = e;
  return ok;
}

static bool take(const uint8_t *slot) {
  const char *name = (const char *)slot + 8;
  size_t len = strnlen(name, SLOT - 12);
  if (!name_ok((const uint8_t *)name, len)) return false;
  char copy[NAME_BYTES_MAX + 1];
  memcpy(copy, name, len);
  copy[len] = 0;
  int r = resource_get(copy);
  if (r >= 0 && le64(slot) > resources[r].token) resources[r].token = le64(slot);
  return r >= 0;
}

static bool parse(const uint8_t *all, size_t len, char *why, size_t cap) {
  size_t count = len / SLOT, bad = 0;
  if (count < 1 || !sound(all) || memcmp(all, MAGIC, 8) != 0) {
    snprintf(why, cap, "%.160s/tokens is damaged at its head, " DAMAGED, opt.state_dir);
    return false;
  }
  memcpy(guard_id, all + 8, 32);
  for (size_t i = 1; i < count; i++) {
    const uint8_t *slot = all + i * SLOT;
    if (empty(slot)) continue;
    if (sound(slot) && bad == 0 && take(slot)) continue;
    if (sound(slot) || bad) {
      snprintf(why, cap, "%.160s/tokens is damaged at record %zu, " DAMAGED, opt.state_dir, bad ? bad : i);
      return false;
    }
    bad = i;
  }
  if (bad) say("the last record of %s/tokens was not written whole and never acknowledged: it is dropped", opt.state_dir);
  return true;
}

bool token_load(char *why, size_t cap) {
  char path[PATH_MAX];
  struct stat st;
  snprintf(path, sizeof path, "%s/tokens", opt.state_dir);
  int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0 && errno != ENOENT) return snprintf(why, cap, "%.200s cannot be read: %s", path, strerror(errno)), false;
  bool ok = true;
  if (from < 0) {
    ok = random_hex(guard_id, 16);
  } else {
    ok = fstat(from, &st) == 0 && st.st_size <= (off_t)SLOT * RESOURCES_MAX * 4;
    size_t len = ok ? (size_t)st.st_size : 0;
    uint8_t *all = must(malloc(len + 1));
    ok = ok && pread(from, all, len, 0) == (ssize_t)len;
    if (!ok) snprintf(why, cap, "%.200s cannot be read whole", path);
    ok = ok && parse(all, len, why, cap);
    free(all);
    close(from);
    if (!ok) return false;
  }
  if (ok && rewrite()) return true;
  snprintf(why, cap, "%.200s cannot be written: %s", path, strerror(errno));
  return false;
}

bool token_raise(int resource, uint64_t token, char *why, size_t cap) {
  struct resource *r = &resources[resource];
  uint64_t before = r->token;
  uint8_t slot[SLOT];
  if (token <= before) return true;
  if (lost)
    return snprintf(why, cap, "the token file could not be made durable before, so nothing is changed: restart the guard"), false;
  r->token = token;
  token_slot(slot, resource);
  bool ok = used < slots ? write_at(fd, slot, SLOT, (off_t)(used * SLOT)) && fdatasync(fd) == 0 : rewrite();
  if (ok && used < slots) used++;
  if (ok) return true;
  lost = true;
  r->token = before;
  snprintf(why, cap, "token %llu cannot be made durable in %.160s (%s), so nothing is started", (unsigned long long)token, opt.state_dir,
      strerror(errno));
  say("%s", why);
  return false;
}
