/*
 * Whose processes they are. With cgroups: BASE/<resource>/<box>, one box per operation; a daemon stays in the box of the operation
 * that started it, so an operation can be killed without its resource's daemons, and a resource with everything it has.
 * BASE is named by the guard's id (kept in the state directory) and therefore found again by the next guard.
 * Without cgroups: subreap.c. Feature probes: clone into a cgroup, cgroup.kill, freezers; each has a fallback (KYHA_GUARD_FORCE).
 */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct resource resources[RESOURCES_MAX];
int resources_len;
enum containment containment = C_SUBREAPER;
static char base[PATH_MAX / 2];

int resource_find(const char *name) {
  for (int i = 0; i < resources_len; i++)
    if (strcmp(resources[i].name, name) == 0) return i;
  return -1;
}

int resource_get(const char *name) {
  int i = resource_find(name);
  if (i >= 0 || resources_len == RESOURCES_MAX) return i;
  snprintf(resources[resources_len].name, sizeof resources[0].name, "%s", name);
  return resources_len++;
}

const char *containment_name(void) {
  return containment == C_CGROUP2 ? "cgroup2" : containment == C_CGROUP1 ? "cgroup1" : "subreaper";
}

static void box_path(char *out, size_t cap, int resource, const char *box, const char *file) {
  char name[NAME_BYTES_MAX * 3 + 1];
  escape_name(resources[resource].name, name);
  snprintf(out, cap, "%s/%s%s%s%s%s", base, name, box ? "/" : "", box ? box : "", file ? "/" : "", file ? file : "");
}

/* Mount point of cgroup2, or of the v1 freezer, and the part of the tree that is mounted there. */
static bool find_mount(bool v2, char *point, char *root, size_t cap) {
  FILE *f = fopen("/proc/self/mountinfo", "re");
  char line[4096];
  bool found = false;
  while (f && !found && fgets(line, sizeof line, f)) {
    char r[1024], p[1024], type[64], super[1024];
    char *rest = strstr(line, " - ");
    if (!rest || sscanf(line, "%*s %*s %*s %1023s %1023s", r, p) != 2 || sscanf(rest + 3, "%63s %*s %1023s", type, super) != 2) continue;
    if (v2 ? strcmp(type, "cgroup2") != 0 : strcmp(type, "cgroup") != 0) continue;
    for (char *word = strtok(super, ","); !v2 && !found && word; word = strtok(NULL, ",")) found = strcmp(word, "freezer") == 0;
    found |= v2;
    if (!found) continue;
    snprintf(point, cap, "%s", p);
    snprintf(root, cap, "%s", r);
  }
  if (f) fclose(f);
  return found;
}

/* This process's own path in that tree: what a service manager delegated to us. */
static void own_path(bool v2, char *out, size_t cap) {
  FILE *f = fopen("/proc/self/cgroup", "re");
  char line[2048];
  snprintf(out, cap, "/");
  while (f && fgets(line, sizeof line, f)) {
    line[strcspn(line, "\n")] = 0;
    char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
    if (!path) continue;
    *path++ = 0;
    if (v2 ? names[1] == 0 : strcmp(names + 1, "freezer") == 0) snprintf(out, cap, "%s", path);
  }
  if (f) fclose(f);
}

/* A child can really be moved there: the only honest test of permissions and delegation. */
static bool can_enter(const char *dir) {
  char probe[PATH_MAX], procs[PATH_MAX + 32];
  snprintf(probe, sizeof probe, "%s/probe-%d", dir, (int)getpid());
  snprintf(procs, sizeof procs, "%s/cgroup.procs", probe);
  if (mkdir(probe, 0755) != 0 && errno != EEXIST) return false;
  pid_t pid = fork();
  if (pid == 0) _exit(write_word(procs, "0") ? 0 : 1);
  int status = 1;
  if (pid > 0) waitpid(pid, &status, 0);
  rmdir(probe);
  return pid > 0 && status == 0;
}

static bool try_cgroup(bool v2) {
  char point[1024], root[1024], own[1024], recorded[PATH_MAX], text[sizeof base];
  if (!find_mount(v2, point, root, sizeof point)) return false;
  snprintf(recorded, sizeof recorded, "%s/containment%d", opt.run_dir, v2 ? 2 : 1);
  struct stat st;
  if (read_small(recorded, text, sizeof text) > 0 && stat(text, &st) == 0 && can_enter(text)) {
    snprintf(base, sizeof base, "%s", text);
    return true;
  }
  own_path(v2, own, sizeof own);
  size_t strip = strcmp(root, "/") != 0 && strncmp(own, root, strlen(root)) == 0 ? strlen(root) : 0;
  snprintf(text, sizeof text, "%s%s", point, own + strip);
  if (stat(text, &st) != 0) snprintf(text, sizeof text, "%s", point);
  size_t len = strlen(text);
  while (len > 1 && text[len - 1] == '/') text[--len] = 0;
  if ((size_t)snprintf(base, sizeof base, "%.*s/kyha-%.16s", (int)len, text, guard_id) >= sizeof base) return false;
  if (mkdir(base, 0755) != 0 && errno != EEXIST) return false;
  if (!can_enter(base)) return false;
  write_file(recorded, base, strlen(base));
  return true;
}

bool contain_init(void) {
  const char *want = opt.cgroup;
  if (forced("cgroup1")) want = "cgroup1";
  if (forced("subreaper") || forced("no-cgroup")) want = "subreaper";
  bool any = strcmp(want, "auto") == 0;
  subreap_init();
  if ((any || strcmp(want, "cgroup2") == 0) && try_cgroup(true)) {
    containment = C_CGROUP2;
    return true;
  }
  if ((any || strcmp(want, "cgroup1") == 0) && try_cgroup(false)) {
    containment = C_CGROUP1;
    return true;
  }
  containment = C_SUBREAPER;
  return any || strcmp(want, "subreaper") == 0;
}

/* Everything found alive from before becomes known, so that `list` names it. */
void contain_adopt(void) {
  if (containment == C_SUBREAPER) {
    subreap_scan(SCAN_START);
    return;
  }
  DIR *d = opendir(base);
  for (struct dirent *e; d && (e = readdir(d));) {
    char name[NAME_BYTES_MAX + 1], path[PATH_MAX];
    if (e->d_type != DT_DIR || !unescape_name(e->d_name, name)) continue;
    snprintf(path, sizeof path, "%s/%s", base, e->d_name);
    if (rmdir(path) == 0 || resource_get(name) >= 0) continue;
    say("resource %s has processes from before, but the table of %d resources is full: they run on unwatched", name, RESOURCES_MAX);
  }
  if (d) closedir(d);
}

bool contain_op_open(struct op *op) {
  if (containment == C_SUBREAPER) return true;
  char path[PATH_MAX];
  snprintf(op->box, sizeof op->box, "o%llx", (unsigned long long)op->serial);
  box_path(path, sizeof path, op->resource, op->box, NULL);
  if (mkdir(path, 0755) == 0) return true;
  if (errno != ENOENT) return false;
  char parent[PATH_MAX];
  box_path(parent, sizeof parent, op->resource, NULL, NULL);
  mkdir(base, 0755); /* somebody tidied the empty tree away */
  return (mkdir(parent, 0755) == 0 || errno == EEXIST) && mkdir(path, 0755) == 0;
}

void contain_op_close(struct op *op) {
  char path[PATH_MAX];
  if (!op->box[0]) return;
  box_path(path, sizeof path, op->resource, op->box, NULL);
  rmdir(path); /* EBUSY: a daemon lives in it */
}

int contain_enter_fd(struct op *op, bool *by_clone) {
  char path[PATH_MAX];
  if (containment == C_SUBREAPER) return -1;
  if (*by_clone && containment == C_CGROUP2) {
    box_path(path, sizeof path, op->resource, op->box, NULL);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  *by_clone = false;
  box_path(path, sizeof path, op->resource, op->box, "cgroup.procs");
  return open(path, O_WRONLY | O_CLOEXEC);
}

static int box_pids(int resource, const char *box, pid_t *out, int cap) {
  char path[PATH_MAX];
  box_path(path, sizeof path, resource, box, "cgroup.procs");
  FILE *f = fopen(path, "re");
  int n = 0, pid;
  while (f && n < cap && fscanf(f, "%d", &pid) == 1)
    if (pid > 0) out[n++] = (pid_t)pid;
  if (f) fclose(f);
  return n;
}

static bool box_in_flight(int resource, const char *box) {
  for (int i = 0; i < OPS_MAX; i++)
    if (ops[i].phase != P_FREE && ops[i].resource == resource && strcmp(ops[i].box, box) == 0) return true;
  return false;
}

int contain_pids(int resource, pid_t *out, int cap, bool with_ops) {
  if (containment == C_SUBREAPER) {
    subreap_scan(with_ops ? SCAN_ALL : SCAN_NEAR);
    return subreap_pids(resource, out, cap, with_ops);
  }
  char path[PATH_MAX];
  box_path(path, sizeof path, resource, NULL, NULL);
  DIR *d = opendir(path);
  int n = 0;
  for (struct dirent *e; d && n < cap && (e = readdir(d));) {
    if (e->d_type != DT_DIR || e->d_name[0] == '.') continue;
    bool in_flight = box_in_flight(resource, e->d_name);
    if (in_flight && !with_ops) continue;
    int got = box_pids(resource, e->d_name, out + n, cap - n);
    n += got;
    if (got || in_flight) continue;
    box_path(path, sizeof path, resource, e->d_name, NULL);
    rmdir(path);
  }
  if (d) closedir(d);
  return n;
}

int contain_op_pids(struct op *op, pid_t *out, int cap) {
  if (containment != C_SUBREAPER) return box_pids(op->resource, op->box, out, cap);
  subreap_scan(SCAN_ALL);
  return subreap_op_pids(op->serial, out, cap);
}

/* Frozen processes cannot fork away between listing and killing. Both freezers are optional: the caller repeats until none is left. */
static void freeze(int resource, const char *box, bool frozen) {
  char path[PATH_MAX];
  box_path(path, sizeof path, resource, box, containment == C_CGROUP1 ? "freezer.state" : "cgroup.freeze");
  if (containment == C_CGROUP1) write_word(path, frozen ? "FROZEN" : "THAWED");
  else write_word(path, frozen ? "1" : "0");
}

void contain_kill(int resource, struct op *only, int sig) {
  static pid_t pids[PIDS_MAX];
  const char *box = only ? only->box : NULL;
  bool cgroup = containment != C_SUBREAPER;
  if (sig == SIGKILL && containment == C_CGROUP2 && !forced("no-cgroupkill")) {
    char path[PATH_MAX];
    box_path(path, sizeof path, resource, box, "cgroup.kill");
    if (write_word(path, "1")) return;
  }
  if (cgroup && sig == SIGKILL) freeze(resource, box, true);
  int n = only ? contain_op_pids(only, pids, PIDS_MAX) : contain_pids(resource, pids, PIDS_MAX, true);
  for (int i = 0; i < n; i++) kill(pids[i], sig);
  if (cgroup && sig == SIGKILL) freeze(resource, box, false);
}

/* Orderly end: directories without processes go; the others are found again by the next guard. */
void contain_end(void) {
  if (containment == C_SUBREAPER) return;
  static pid_t pids[PIDS_MAX];
  char path[PATH_MAX];
  for (int i = 0; i < resources_len; i++) {
    contain_pids(i, pids, PIDS_MAX, true);
    box_path(path, sizeof path, i, NULL, NULL);
    rmdir(path);
  }
  rmdir(base);
}
