/*
 * RUN, on tmpfs on a real host: what outlives the guard's process but not the machine.
 *   boot       the kernel's boot id and ours, side by side; another kernel boot id = another life, a new id
 *   counter    kyhad starts in this life
 *   kyhad      pid and start time of the running kyhad
 *   ops/<id>   one file per operation: first its start, then its result frame, gone when acknowledged
 *   active/<name>  of a resource that a change may have made active: no stop has returned 0 since
 *   notes/<name>   what kyhad wants its next life to be told of a resource
 *   lease      see lease.c
 *   known, containment*   see subreap.c, contain.c
 */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char boot_id[33];
uint64_t boot_counter;

struct finished {
  char id[NAME_BYTES_MAX + 1];
  int resource;
};
static struct finished finished[FINISHED_MAX];
static int finished_len;

static void in_run(char *out, const char *file) { snprintf(out, PATH_MAX, "%s/%s", opt.run_dir, file); }

/* Another life of the machine, and the directory was kept: nothing of the former one runs. */
static void forget_life(void) {
  char path[PATH_MAX];
  in_run(path, "lease");
  unlink(path);
  for (int i = 0; i < 2; i++) {
    in_run(path, i ? "active" : "notes");
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
      if (e->d_name[0] != '.') unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
  }
}

bool rundir_init(char *why, size_t cap) {
  char path[PATH_MAX], kernel[64] = "", text[256], kept_kernel[64] = "", kept[64] = "";
  if (read_small("/proc/sys/kernel/random/boot_id", kernel, sizeof kernel) > 0) kernel[strcspn(kernel, "\n")] = 0;
  else snprintf(kernel, sizeof kernel, "unknown");
  in_run(path, "boot");
  if (read_small(path, text, sizeof text) > 0) {
    if (sscanf(text, "%63s %63s", kept_kernel, kept) != 2 || strlen(kept) != 32) kept[0] = 0;
  }
  if (kept[0] && strcmp(kept_kernel, kernel) == 0) {
    memcpy(boot_id, kept, sizeof boot_id);
    in_run(path, "counter");
    if (read_small(path, text, sizeof text) > 0) boot_counter = strtoull(text, NULL, 10);
  } else {
    snprintf(text, sizeof text, "%s ", kernel);
    if (!random_hex(boot_id, 16)) return snprintf(why, cap, "no random numbers: /dev/urandom cannot be read"), false;
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", boot_id);
    if (!write_file(path, text, strlen(text))) return snprintf(why, cap, "%.200s cannot be written: %s", path, strerror(errno)), false;
    forget_life();
  }
  static const char *const rooms[] = {"ops", "active", "notes"};
  for (int i = 0; i < 3; i++) {
    in_run(path, rooms[i]);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return snprintf(why, cap, "%.200s cannot be made: %s", path, strerror(errno)), false;
  }
  return true;
}

uint64_t rundir_count(void) {
  char path[PATH_MAX], text[32];
  in_run(path, "counter");
  snprintf(text, sizeof text, "%" PRIu64 "\n", ++boot_counter);
  if (!write_file(path, text, strlen(text)))
    say("%s cannot be written (%s): after a restart of the guard peers may take the new manager for an old one", path, strerror(errno));
  return boot_counter;
}

void rundir_kyhad(pid_t pid) {
  char path[PATH_MAX], text[64];
  struct procstat st;
  in_run(path, "kyhad");
  snprintf(text, sizeof text, "%d %" PRIu64 "\n", (int)pid, proc_stat(pid, &st) ? st.start : 0);
  if (!write_file(path, text, strlen(text))) say("%s cannot be written: %s", path, strerror(errno));
}

/* A kyhad that outlived its guard (stopped, or slow to notice) must be gone before the next one starts. */
void rundir_end_old_kyhad(void) {
  char path[PATH_MAX], text[64];
  int pid;
  uint64_t start;
  struct procstat st;
  in_run(path, "kyhad");
  if (read_small(path, text, sizeof text) <= 0 || sscanf(text, "%d %" SCNu64, &pid, &start) != 2) return;
  for (int i = 0; i < 200 && proc_stat((pid_t)pid, &st) && st.start == start && st.state != 'Z'; i++) {
    if (i == 0) say("kyhad of the former guard still runs (pid %d): it is killed", pid);
    kill((pid_t)pid, SIGKILL);
    usleep(5000);
  }
}

static void op_path(char *out, const char *id) {
  char file[NAME_BYTES_MAX * 3 + 1], tail[NAME_BYTES_MAX * 3 + 8];
  escape_name(id, file);
  snprintf(tail, sizeof tail, "ops/%s", file);
  in_run(out, tail);
}

bool rundir_op_started(const struct op *op) {
  struct buf f = {0};
  char path[PATH_MAX];
  frame_begin(&f, V_RUN);
  put_str(&f, T_ID, op->id);
  put_str(&f, T_RESOURCE, resources[op->resource].name);
  put_str(&f, T_ACTION, op->action);
  put_num(&f, T_KIND, op->fence);
  put_num(&f, T_CHANGES, op->changes);
  put_num(&f, T_START, op->serial);
  frame_end(&f);
  op_path(path, op->id);
  bool ok = write_file(path, f.p, f.len);
  buf_free(&f);
  return ok;
}

void rundir_op_forget(const struct op *op) {
  char path[PATH_MAX];
  op_path(path, op->id);
  unlink(path);
}

static void finished_add(const char *id, int resource) {
  if (finished_len == FINISHED_MAX) return; /* op_run admits none beyond; adopted ones stay on disk for the next list */
  snprintf(finished[finished_len].id, sizeof finished[0].id, "%s", id);
  finished[finished_len++].resource = resource;
}

void rundir_op_finished(const struct op *op, const struct buf *frame) {
  char path[PATH_MAX];
  op_path(path, op->id);
  if (!write_file(path, frame->p, frame->len))
    say("the result of %s is not on record (%s): it is lost if the manager ends now", op->id, strerror(errno));
  finished_add(op->id, op->resource);
}

static int finished_find(const char *id) {
  for (int i = 0; i < finished_len; i++)
    if (strcmp(finished[i].id, id) == 0) return i;
  return -1;
}

int rundir_finished(void) { return finished_len; }

/* The stored frame, whole and well-formed, or nothing. */
static bool load(const char *id, struct buf *f) {
  static uint8_t raw[OUT_BYTES_MAX + ERR_BYTES_MAX + 4096];
  char path[PATH_MAX];
  op_path(path, id);
  ssize_t n = read_small(path, (char *)raw, sizeof raw);
  if (n < 5 || le32(raw) != (size_t)n - 4) return false;
  f->len = 0;
  buf_add(f, raw, (size_t)n);
  return true;
}

bool rundir_resend(const char *id) {
  struct buf f = {0};
  int at = finished_find(id);
  if (at < 0) return false;
  if (load(id, &f) && f.p[4] == A_RESULT) manager_send(&f);
  else say("the stored result of %s cannot be read: it stays unknown, and the operation is not run again", id);
  buf_free(&f);
  return true;
}

bool rundir_ack(const char *id) {
  char path[PATH_MAX];
  int at = finished_find(id);
  if (at < 0) return false;
  op_path(path, id);
  unlink(path);
  finished[at] = finished[--finished_len];
  return true;
}

static void note_path(char *out, int resource) {
  char file[NAME_BYTES_MAX * 3 + 1], tail[NAME_BYTES_MAX * 3 + 16];
  escape_name(resources[resource].name, file);
  snprintf(tail, sizeof tail, "notes/%s", file);
  in_run(out, tail);
}

/* One that cannot be written is dropped, and so is the one before: an old note would be wrong. */
void rundir_note(int resource, const uint8_t *note, size_t len) {
  char path[PATH_MAX];
  note_path(path, resource);
  if (len > 0 && write_file(path, note, len)) return;
  if (len > 0) say("%s cannot be written: %s", path, strerror(errno));
  unlink(path);
}

static void list_resource(int r) {
  static pid_t pids[PIDS_MAX];
  static char note[NOTE_BYTES_MAX + 1];
  char path[PATH_MAX];
  struct buf f = {0};
  struct op *op = op_of(r);
  for (int i = 0; i < OPS_MAX && !op; i++)
    if (ops[i].phase != P_FREE && ops[i].resource == r) op = &ops[i];
  frame_begin(&f, A_RESOURCE);
  put_str(&f, T_RESOURCE, resources[r].name);
  put_num(&f, T_TOKEN, resources[r].token);
  int n = containment == C_SUBREAPER ? subreap_pids(r, pids, PIDS_MAX, true) : contain_pids(r, pids, PIDS_MAX, true);
  put_num(&f, T_PIDS, (uint64_t)n);
  if (op) put_str(&f, T_OP_ID, op->id);
  if (op) put_str(&f, T_OP_ACTION, op->action);
  note_path(path, r);
  ssize_t len = read_small(path, note, sizeof note);
  if (len > 0) put_bytes(&f, T_NOTE, note, (size_t)len);
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
}

/* Everything the guard holds: resources first, then stored results, then the end mark. */
void rundir_list(void) {
  struct buf f = {0};
  if (containment == C_SUBREAPER) subreap_scan(SCAN_NEAR);
  for (int r = 0; r < resources_len; r++) list_resource(r);
  for (int i = 0; i < finished_len; i++) {
    if (!load(finished[i].id, &f) || f.p[4] != A_RESULT) continue;
    f.p[4] = A_STORED;
    manager_send(&f);
  }
  frame_begin(&f, A_LIST_END);
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
}

/* One record of the former guard: a result that waits, or an operation that it did not see end. */
static void adopt(const char *id, ms_t now) {
  struct buf f = {0};
  if (!load(id, &f)) {
    say("the record of operation %s cannot be read: it is dropped, its outcome is unknown", id);
    char path[PATH_MAX];
    op_path(path, id);
    unlink(path);
    return;
  }
  struct op lost = {0};
  struct tlv t;
  uint64_t n, kind = 0, changes = 0;
  char resource[NAME_BYTES_MAX + 1] = "";
  struct cursor c = {.p = f.p + 5, .end = f.p + f.len};
  while (next_tlv(&c, &t)) {
    if (t.tag == T_RESOURCE) tlv_copy(&c, &t, resource, sizeof resource);
    if (t.tag == T_ACTION) tlv_copy(&c, &t, lost.action, sizeof lost.action);
    if (t.tag == T_KIND) tlv_num(&c, &t, &kind);
    if (t.tag == T_CHANGES) tlv_num(&c, &t, &changes);
    if (t.tag == T_START && tlv_num(&c, &t, &n)) lost.serial = n;
  }
  lost.resource = c.bad || !resource[0] ? -1 : resource_get(resource);
  if (lost.resource >= 0 && f.p[4] == A_RESULT) finished_add(id, lost.resource);
  if (lost.resource >= 0 && f.p[4] == V_RUN) {
    snprintf(lost.id, sizeof lost.id, "%s", id);
    snprintf(lost.box, sizeof lost.box, "o%" PRIx64, lost.serial);
    lost.fence = kind == 1;
    lost.changes = changes == 1;
    op_adopt(&lost, now);
  }
  buf_free(&f);
}

static void active_path(char *out, const char *file) {
  char tail[NAME_BYTES_MAX * 3 + 16];
  snprintf(tail, sizeof tail, "active%s%s", file ? "/" : "", file ? file : "");
  in_run(out, tail);
}

bool rundir_active(int resource, bool active) {
  char path[PATH_MAX], file[NAME_BYTES_MAX * 3 + 1];
  if (resources[resource].active == active) return true;
  escape_name(resources[resource].name, file);
  active_path(path, file);
  int fd = active ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
  if (active && fd < 0) return false;
  if (fd >= 0) close(fd);
  else unlink(path);
  resources[resource].active = active;
  return true;
}

static void adopt_active(void) {
  char path[PATH_MAX], name[NAME_BYTES_MAX + 1];
  active_path(path, NULL);
  DIR *d = opendir(path);
  for (struct dirent *e; d && (e = readdir(d));) {
    int r = e->d_name[0] != '.' && unescape_name(e->d_name, name) ? resource_get(name) : -1;
    if (r >= 0) resources[r].active = true;
  }
  if (d) closedir(d);
}

void rundir_adopt(void) {
  char path[PATH_MAX], id[NAME_BYTES_MAX + 1];
  in_run(path, "ops");
  DIR *d = opendir(path);
  for (struct dirent *e; d && (e = readdir(d));)
    if (e->d_name[0] != '.' && unescape_name(e->d_name, id)) adopt(id, now_ms());
  if (d) closedir(d);
  adopt_active();
}
