/*
 * Notice of death. After every operation the processes that stay in the resource's containment are watched: by pidfd where the kernel
 * has it (5.3); else by the proc connector (connector.c) where it can be opened; else by SIGCHLD, since orphans become children of the
 * guard (subreaper), and for all others by a look every 250 ms (with the connector: every second, in case a notice was lost).
 * A death outside a change or stop is told at once; it is a hint, the monitor decides. More than 20 in a second are told as 20.
 */
#include "guard.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_pidfd_open
#define __NR_pidfd_open 434
#endif
#define SCAN_MS (connector ? 1000 : 250)
#define DEATHS_PER_S_MAX 20

static struct watch {
  pid_t pid; /* 0 = free */
  int fd, resource;
  uint64_t start;
} watches[WATCHES_MAX];
static int watches_len; /* in use */
static bool pidfd_works, connector, looks = true;
static ms_t scan_at = NEVER;
static bool told_full;

void watch_init(void) {
  int fd = forced("no-pidfd") ? -1 : (int)syscall(__NR_pidfd_open, getpid(), 0);
  pidfd_works = fd >= 0;
  close_watched(fd);
  connector = !pidfd_works && connector_open();
  looks = !forced("no-look");
}

const char *watch_how(void) { return pidfd_works ? "pidfd" : connector ? "connector" : "waitid"; }

static bool watched(pid_t pid, uint64_t start) {
  for (int i = 0; i < WATCHES_MAX; i++)
    if (watches[i].pid == pid && watches[i].start == start) return true;
  return false;
}

static void add(int resource, const struct procstat *st) {
  if (watches_len == WATCHES_MAX) {
    if (!told_full) say("%d processes are watched, no more: the death of others is seen by their monitor only", WATCHES_MAX);
    told_full = true;
    return;
  }
  int i = 0;
  while (watches[i].pid) i++;
  watches[i] = (struct watch){.pid = st->pid, .fd = -1, .resource = resource, .start = st->start};
  if (pidfd_works) {
    watches[i].fd = (int)syscall(__NR_pidfd_open, st->pid, 0);
    if (watches[i].fd >= 0) watch_fd(watches[i].fd, SRC_WATCH, (uint32_t)i, EPOLLIN);
  }
  if (watches[i].fd < 0 && scan_at == NEVER && looks) scan_at = now_ms() + SCAN_MS;
  watches_len++;
  resources[resource].watched++;
}

static void drop(int i) {
  close_watched(watches[i].fd);
  resources[watches[i].resource].watched--;
  watches[i].pid = 0;
  watches_len--;
}

static bool among(pid_t pid, const pid_t *pids, int n) {
  for (int i = 0; i < n; i++)
    if (pids[i] == pid) return true;
  return false;
}

/* Watches what is there and not watched yet: first those whose parent is outside (masters), then the others, up to the bound. */
void watch_rescan(int resource) {
  static pid_t pids[PIDS_MAX];
  int n = contain_pids(resource, pids, PIDS_MAX, false);
  for (int masters = 1; masters >= 0; masters--) {
    for (int i = 0; i < n && resources[resource].watched < WATCHES_PER_RESOURCE_MAX; i++) {
      struct procstat st;
      if (!proc_stat(pids[i], &st) || st.state == 'Z' || watched(st.pid, st.start)) continue;
      if (among(st.ppid, pids, n) == !masters) add(resource, &st);
    }
  }
}

static void died(int i, ms_t now) {
  static pid_t pids[PIDS_MAX];
  int resource = watches[i].resource;
  pid_t pid = watches[i].pid;
  struct resource *r = &resources[resource];
  drop(i);
  if (op_quiet(resource)) return;
  watch_rescan(resource);
  if (now - r->deaths_since >= 1000) {
    r->deaths_since = now;
    r->deaths = 0;
  }
  if (++r->deaths > DEATHS_PER_S_MAX) return;
  struct buf f = {0};
  frame_begin(&f, A_DEATH);
  put_str(&f, T_RESOURCE, r->name);
  put_num(&f, T_PID, (uint64_t)pid);
  put_num(&f, T_LEFT, (uint64_t)contain_pids(resource, pids, PIDS_MAX, false));
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
}

static bool lives(const struct watch *w) {
  struct procstat st;
  return proc_stat(w->pid, &st) && st.start == w->start && st.state != 'Z' && st.state != 'X';
}

/* The end of a change or stop: who died in it is not news, even if the notice has not been read yet. */
void watch_forget_dead(int resource) {
  for (int i = 0; i < WATCHES_MAX && resources[resource].watched; i++)
    if (watches[i].pid && watches[i].resource == resource && !lives(&watches[i])) drop(i);
}

/* A notice can be older than the watch that now has its number: only the dead died. */
void watch_ready(int index, ms_t now) {
  if (watches[index].pid && watches[index].fd >= 0 && !lives(&watches[index])) died(index, now);
}

void watch_reaped(pid_t pid, ms_t now) {
  for (int i = 0; i < WATCHES_MAX && watches_len; i++)
    if (watches[i].pid == pid && watches[i].fd < 0) died(i, now);
}

void watch_ended(pid_t pid, ms_t now) {
  for (int i = 0; i < WATCHES_MAX && watches_len; i++)
    if (watches[i].pid == pid && watches[i].fd < 0 && !lives(&watches[i])) died(i, now);
}

void watch_look(ms_t now) {
  for (int i = 0; i < WATCHES_MAX; i++) {
    if (!watches[i].pid || watches[i].fd >= 0) continue;
    if (!lives(&watches[i])) died(i, now);
  }
}

/* Only while something has no pidfd. */
ms_t watch_tick(ms_t now) {
  if (now < scan_at) return scan_at;
  watch_look(now);
  bool more = false;
  for (int i = 0; i < WATCHES_MAX && !more; i++) more = watches[i].pid && watches[i].fd < 0;
  return scan_at = more ? now + SCAN_MS : NEVER;
}
