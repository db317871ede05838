/*
 * The lease (design 8.6): how long this node's resources may run without a word from the others. L counts from the sending of a renewal
 * on the boot clock. Armed only by kyhad's first renewal. On expiry, at once: the watchdog is not petted, changes are refused, stand-in
 * beats end, everything contained is killed; petted again only when nothing is left (processes gone; a resource that never had any: its
 * stop has returned 0). A life that was certified dead ends the same way, and for good: no renewal and no petting come back
 * in it. Kept in RUN/lease, so a new guard goes on with it; a record that cannot be read counts as expired.
 */
#include "guard.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LENGTH_MS_MAX 3600000
#define GAP_MS 5 /* the boot clock ran on by more than this while the monotonic one stood: a suspend */
#define LOOK_MS 20
#define LOOK_LATER_MS 200

static enum { NOT_ARMED, VALID, STOPPING, OVER } state;
static ms_t until, length, stopping_since, look_at = NEVER;
static ms_t suspended, gap_at; /* boot minus monotonic, its highest; monotonic time of the last gap */
static int left;
static bool ended; /* this life was certified dead */
#define ENDED 4 /* on record, beside the states */

static ms_t clock_ms(clockid_t id) {
  struct timespec t;
  if (clock_gettime(id, &t) != 0) clock_gettime(CLOCK_MONOTONIC, &t);
  return (ms_t)t.tv_sec * 1000 + (ms_t)t.tv_nsec / 1000000;
}

/* The monotonic clock is read last: a pause between the two makes the difference smaller, and never looks like a suspend. */
static ms_t look_for_gap(void) {
  ms_t boot = clock_ms(CLOCK_BOOTTIME), mono = clock_ms(CLOCK_MONOTONIC);
  ms_t ahead = boot > mono ? boot - mono : 0;
  if (ahead > suspended + GAP_MS || gap_at == 0) gap_at = mono;
  if (ahead > suspended) suspended = ahead;
  return mono;
}

const char *lease_state(void) {
  static char text[80];
  if (ended) snprintf(text, sizeof text, "ended: this life was certified dead; %d resources are left", left);
  else if (state == VALID) snprintf(text, sizeof text, "armed: %llu ms", (unsigned long long)length);
  else if (state == STOPPING) snprintf(text, sizeof text, "expired: %d resources are left", left);
  else snprintf(text, sizeof text, "%s", state == OVER ? "expired: nothing is left" : "not armed");
  return text;
}

static void tell(void) {
  struct buf f = {0};
  frame_begin(&f, A_LEASE);
  put_str(&f, T_LEASE, lease_state());
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
}

static bool record(void) {
  char path[PATH_MAX], text[80];
  snprintf(path, sizeof path, "%s/lease", opt.run_dir);
  if (state == NOT_ARMED && !ended) return unlink(path) == 0 || errno == ENOENT;
  snprintf(text, sizeof text, "%llu %llu %d\n", (unsigned long long)until, (unsigned long long)length, ended ? ENDED : (int)state);
  return write_file(path, text, strlen(text));
}

static void become(int next) {
  state = next;
  if (!record()) say("the lease cannot be put on record (%s): the next guard may take it for expired", strerror(errno));
  tell();
}

/*
 * What has processes of its own is stopped when they are gone; what has none has to be stopped by its agent.
 * On record before they are killed.
 */
static void note_processes(void) {
  static pid_t pids[PIDS_MAX];
  for (int i = 0; i < resources_len; i++)
    if (contain_pids(i, pids, PIDS_MAX, false) > 0) rundir_active(i, false);
}

/* One look at one resource. What runs now was not started by us any more: a stop or a monitor in flight is left alone. */
static bool look(int i, bool first) {
  static pid_t pids[PIDS_MAX];
  struct resource *r = &resources[i];
  int n = contain_pids(i, pids, PIDS_MAX, false);
  for (int k = 0; k < n && !first; k++) kill(pids[k], SIGKILL);
  if (first && contain_pids(i, pids, PIDS_MAX, true) > 0) contain_kill(i, NULL, SIGKILL);
  for (int k = 0; k < OPS_MAX && n == 0; k++) n = ops[k].phase > P_RUNNING && ops[k].resource == i;
  return r->left = n > 0 || r->active;
}

/* `first`: everything; then only what was left, and everything once more before "nothing is left" is said. */
static void sweep(ms_t now, bool first) {
  bool whole = first;
  if (containment == C_SUBREAPER) subreap_scan(SCAN_ALL);
  subreap_hold(true);
  if (first) note_processes(), ops_end_all("killed, since the lease of this node expired", now);
  do {
    left = 0;
    for (int i = 0; i < resources_len; i++)
      if (whole || resources[i].left) left += look(i, first);
    if (left || whole) break;
    whole = true;
  } while (true);
  subreap_hold(false);
  look_at = now + (now - stopping_since < 1000 ? LOOK_MS : LOOK_LATER_MS);
  if (left) return;
  look_at = NEVER;
  const char *then = ended ? "this life of the node is over" : "the node may be kept alive again, changes wait for a new lease";
  say("nothing of a resource is left: %s", then);
  become(OVER);
}

static void expire(ms_t now) {
  say("the lease of %llu ms expired %llu ms ago: everything is killed, and the watchdog is not petted until nothing is left",
      (unsigned long long)length, (unsigned long long)(now > until ? now - until : 0));
  stopping_since = now;
  state = STOPPING; /* before anything else: from here on nothing is petted or started */
  sweep(now, true);
  if (state == STOPPING) become(STOPPING);
}

/* To be called before everything that shows outside: after any pause of this process the clock is asked again (S15). */
static void check(void) {
  ms_t now = now_ms();
  look_for_gap();
  if (state == VALID && now >= until) expire(now);
}
bool lease_allows(void) {
  check();
  return !ended && (state == NOT_ARMED || state == VALID);
}
bool lease_pets(void) {
  check();
  return !ended && state != STOPPING;
}

/* At the end of the guard: a lease, and something that it was for. Then the watchdog goes on without us. */
bool lease_holds(void) {
  static pid_t pids[PIDS_MAX];
  bool any = ended;
  for (int i = 0; i < resources_len && state != NOT_ARMED && !any; i++)
    any = resources[i].active || contain_pids(i, pids, PIDS_MAX, true) > 0;
  return any;
}

static void disarm(void) {
  if (state == STOPPING) {
    say("the lease expired and %d resources are left: it cannot be laid down before they are gone", left);
    return;
  }
  if (state != NOT_ARMED) say("the lease is laid down");
  become(NOT_ARMED);
}

/* Others may run by now what runs here: everything is killed, nothing changes any more, and a watchdog resets the machine. */
void lease_end_life(ms_t now) {
  if (ended) return;
  ended = true;
  say("this life of the node was certified dead: everything is killed, and the watchdog is not petted any more");
  stopping_since = now;
  state = STOPPING;
  record(); /* before anything dies */
  sweep(now, true);
  tell();
}

/* `length_new`: 0 lays it down. `sent`: when kyhad sent its renewal to the others, monotonic ms, which is the clock that kyhad has. */
bool lease_renew(uint64_t length_new, uint64_t sent) {
  check();
  ms_t mono = look_for_gap(), now = now_ms();
  if (length_new > LENGTH_MS_MAX || (length_new && sent > mono)) return false;
  if (ended) return say("this life was certified dead: its lease is not renewed"), true;
  if (length_new == 0) return disarm(), true;
  ms_t passed = mono - sent + 1, end = now + length_new > passed ? now + length_new - passed : 0;
  if (sent <= gap_at) say("a lease renewal of before the guard's start or a suspend is worth nothing");
  else if (end <= now) say("a lease renewal came %llu ms after its sending: it has expired already", (unsigned long long)passed);
  else if (state == STOPPING) say("the lease expired and %d resources are left: it is renewed when they are gone", left);
  else {
    bool was = state == VALID;
    if (!was || end > until) until = end;
    length = length_new;
    state = VALID;
    if (was) record(); /* not on record: a new guard takes the older end, which is earlier */
    else if (record()) say("the lease is armed: %llu ms", (unsigned long long)length), tell();
    else state = NOT_ARMED, say("the lease cannot be put on record (%s): it is not armed", strerror(errno)), tell();
  }
  return true;
}

ms_t lease_tick(ms_t now) {
  check();
  if (state == VALID) return until;
  if (state != STOPPING) return NEVER;
  if (now >= look_at) sweep(now, false);
  return look_at;
}

/* What the former guard left; called when its processes are known again. */
void lease_load(void) {
  char path[PATH_MAX], text[100];
  unsigned long long end, l;
  int kept, used = 0;
  look_for_gap();
  snprintf(path, sizeof path, "%s/lease", opt.run_dir);
  ssize_t n = read_small(path, text, sizeof text);
  if (n < 0 && errno == ENOENT) return;
  ms_t now = now_ms();
  bool sound = n > 0 && sscanf(text, "%llu %llu %d\n%n", &end, &l, &kept, &used) == 3 && used == n && l > 0 && l <= LENGTH_MS_MAX &&
               end <= now + l && kept >= VALID && kept <= OVER;
  ended = n > 0 && sscanf(text, "%llu %llu %d\n", &end, &l, &kept) == 3 && kept == ENDED;
  if (ended) say("this life of the node was certified dead before");
  else if (!sound) say("%s cannot be read: the lease counts as expired", path);
  until = sound ? end : now;
  length = sound ? l : 0;
  state = sound ? kept : STOPPING;
  if (state == STOPPING) expire(now);
  check();
}
