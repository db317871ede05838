/*
 * Containment without cgroups (demo, containers): the guard is a child subreaper, so whatever its agents start remains its descendant
 * while it lives. A process belongs to a resource if it was known before, if its parent does, or if its start environment names
 * the resource; an orphan that wiped its environment is counted to the youngest operation in flight at its birth.
 * Known processes are written to RUN/known, since after a restart of the guard only that and the environment tell.
 * Weaker than a cgroup: a daemon that wipes its environment while the guard is dead is lost. Status shows "subreaper".
 */
#include "guard.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct known {
  pid_t pid;
  uint64_t start, serial;
  int resource;
};
static struct known *known;
static int known_len, known_cap;
static struct procstat *procs;
static int *mark; /* index into known, -1 none, -2 kyhad's */
static int procs_len, procs_cap;
static char marker[64]; /* KYHA_GUARD=<id> */
static uint32_t written_crc;
static bool held;

static void known_add(pid_t pid, uint64_t start, int resource, uint64_t serial) {
  if (known_len == PIDS_MAX) return; /* said by the scan */
  if (known_len == known_cap) {
    known_cap = known_cap ? known_cap * 2 : 64;
    known = must(realloc(known, (size_t)known_cap * sizeof *known));
  }
  known[known_len++] = (struct known){.pid = pid, .start = start, .serial = serial, .resource = resource};
}

void subreap_init(void) {
  snprintf(marker, sizeof marker, "KYHA_GUARD=%s", guard_id);
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/known", opt.run_dir);
  FILE *f = fopen(path, "re");
  int pid;
  unsigned long long start, serial;
  char file[NAME_BYTES_MAX * 3 + 1], name[NAME_BYTES_MAX + 1];
  while (f && fscanf(f, "%d %llu %llu %240s", &pid, &start, &serial, file) == 4) {
    int r = unescape_name(file, name) ? resource_get(name) : -1;
    if (r >= 0) known_add((pid_t)pid, start, r, serial);
  }
  if (f) fclose(f);
}

static bool see(pid_t pid) {
  if (servant_is(pid)) return false;
  if (procs_len == procs_cap) {
    procs_cap = procs_cap ? procs_cap * 2 : 512;
    procs = must(realloc(procs, (size_t)procs_cap * sizeof *procs));
    mark = must(realloc(mark, (size_t)procs_cap * sizeof *mark));
  }
  if (!proc_stat(pid, &procs[procs_len]) || procs[procs_len].state == 'Z') return false;
  mark[procs_len++] = -1;
  return true;
}

static void read_procs(void) {
  procs_len = 0;
  DIR *d = opendir("/proc");
  for (struct dirent *e; d && (e = readdir(d));)
    if (e->d_name[0] >= '1' && e->d_name[0] <= '9') see((pid_t)atoi(e->d_name));
  if (d) closedir(d);
}

static int index_of(pid_t pid) {
  for (int i = 0; i < procs_len; i++)
    if (procs[i].pid == pid) return i;
  return -1;
}

static void see_children(pid_t pid) {
  static char text[64 * 1024];
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *d = opendir(path);
  for (struct dirent *e; d && (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%.12s/children", (int)pid, e->d_name);
    if (read_small(path, text, sizeof text) <= 0) continue;
    for (char *p = text, *next; (pid = (pid_t)strtol(p, &next, 10)) > 0 && next != p; p = next)
      if (pid != manager_pid() && index_of(pid) < 0) see(pid);
  }
  if (d) closedir(d);
}

/* Only what can be ours: our children, the known, and their descendants. False: this kernel does not list children. */
static bool read_near(void) {
  procs_len = 0;
  if (access("/proc/thread-self/children", R_OK) != 0) return false;
  see(getpid());
  for (int i = 0; i < known_len; i++)
    if (index_of(known[i].pid) < 0) see(known[i].pid);
  for (int i = 0; i < procs_len && procs_len < PIDS_MAX; i++) see_children(procs[i].pid);
  return true;
}

/* Resource and operation out of the start environment; false: not started by this guard. */
static bool read_marks(pid_t pid, int *resource, uint64_t *serial) {
  static char env[128 * 1024];
  char path[40], *ours = NULL, *name = NULL, *id = NULL;
  snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
  ssize_t len = read_small(path, env, sizeof env);
  for (char *p = env; len > 0 && p < env + len; p += strlen(p) + 1) {
    if (strcmp(p, marker) == 0) ours = p;
    else if (strncmp(p, "KYHA_RESOURCE=", 14) == 0) name = p + 14;
    else if (strncmp(p, "KYHA_OP=", 8) == 0) id = p + 8;
  }
  if (!ours || !name || !name_ok((uint8_t *)name, strlen(name))) return false;
  *resource = resource_get(name);
  *serial = 0;
  for (int i = 0; id && i < OPS_MAX; i++)
    if (ops[i].phase != P_FREE && strcmp(ops[i].id, id) == 0) *serial = ops[i].serial;
  return *resource >= 0;
}

/* An orphan without a name: the youngest operation that was in flight when it was born. */
static bool guess(const struct procstat *p, int *resource, uint64_t *serial) {
  ms_t born = p->start * 1000 / (uint64_t)sysconf(_SC_CLK_TCK), best = 0;
  for (int i = 0; i < OPS_MAX; i++) {
    if (ops[i].phase == P_FREE || ops[i].started > born + 10 || ops[i].started < best) continue;
    best = ops[i].started;
    *resource = ops[i].resource;
    *serial = ops[i].serial;
  }
  return best > 0;
}

static void remember(void) {
  struct buf text = {0};
  char line[NAME_BYTES_MAX * 3 + 64], name[NAME_BYTES_MAX * 3 + 1], path[PATH_MAX];
  for (int i = 0; i < known_len; i++) {
    escape_name(resources[known[i].resource].name, name);
    int n = snprintf(line, sizeof line, "%d %llu %llu %s\n", (int)known[i].pid, (unsigned long long)known[i].start,
                     (unsigned long long)known[i].serial, name);
    buf_add(&text, line, (size_t)n);
  }
  uint32_t crc = crc32c(text.p, text.len);
  snprintf(path, sizeof path, "%s/known", opt.run_dir);
  if (crc != written_crc && containment == C_SUBREAPER && write_file(path, text.p, text.len)) written_crc = crc;
  buf_free(&text);
}

/* While held, the last scan stands: several questions about one moment cost one look at /proc. */
void subreap_hold(bool on) { held = on; }

/*
 * Brings `known` up to date. SCAN_NEAR looks at our descendants only: cheap, but the kernel may skip one while its siblings exit, so what
 * decides that nothing is left asks for SCAN_ALL. SCAN_START also looks into every process's environment (once, at start).
 */
void subreap_scan(enum scan scan) {
  bool environments = scan == SCAN_START;
  if (held) return;
  if (scan != SCAN_NEAR || !read_near()) read_procs();
  struct known *before = known;
  int before_len = known_len;
  known = NULL;
  known_len = known_cap = 0;
  for (int i = 0; i < before_len; i++) {
    int at = index_of(before[i].pid);
    if (at < 0 || procs[at].start != before[i].start) continue;
    mark[at] = known_len;
    known_add(before[i].pid, before[i].start, before[i].resource, before[i].serial);
  }
  free(before);
  int kyhad = index_of(manager_pid()), resource;
  uint64_t serial;
  if (kyhad >= 0) mark[kyhad] = -2;
  for (int i = 0; i < procs_len; i++) {
    bool orphan = procs[i].ppid == getpid();
    if (mark[i] != -1 || procs[i].pid == getpid() || !(orphan || environments)) continue;
    if (!read_marks(procs[i].pid, &resource, &serial) && !(orphan && guess(&procs[i], &resource, &serial))) continue;
    mark[i] = known_len;
    known_add(procs[i].pid, procs[i].start, resource, serial);
  }
  for (bool more = true; more && known_len < PIDS_MAX;) {
    more = false;
    for (int i = 0; i < procs_len && known_len < PIDS_MAX; i++) {
      int parent = mark[i] == -1 ? index_of(procs[i].ppid) : -1;
      if (parent < 0 || mark[parent] == -1) continue;
      more = true;
      mark[i] = mark[parent];
      if (mark[i] < 0) continue;
      struct known *p = &known[mark[i]];
      mark[i] = known_len;
      known_add(procs[i].pid, procs[i].start, p->resource, p->serial);
    }
  }
  remember();
}

/* A just forked leader: no scan needed to know it. */
void subreap_born(pid_t pid, int resource, uint64_t serial) {
  struct procstat st;
  if (containment == C_SUBREAPER && proc_stat(pid, &st)) known_add(pid, st.start, resource, serial);
}

int subreap_pids(int resource, pid_t *out, int cap, bool with_ops) {
  int n = 0;
  for (int i = 0; i < known_len && n < cap; i++)
    if (known[i].resource == resource && (with_ops || !op_by_serial(known[i].serial))) out[n++] = known[i].pid;
  return n;
}

int subreap_op_pids(uint64_t serial, pid_t *out, int cap) {
  int n = 0;
  for (int i = 0; i < known_len && n < cap; i++)
    if (serial && known[i].serial == serial) out[n++] = known[i].pid;
  return n;
}
