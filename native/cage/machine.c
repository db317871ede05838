/*
 * Power for a lab machine. This process is a child subreaper, so every descendant stays one: whoever double-forks or changes its session
 * ends up as our child. "Dead" means that no descendant is left, zombies reaped.
 */
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCS_MAX 65536

static void plain_child(const struct machine *m) {
  sigset_t none;
  sigemptyset(&none);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  int in = open("/dev/null", O_RDONLY);
  if (in > 0) dup2(in, 0), close(in);
  if (!m->log) return;
  int log = open(m->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (log < 0) return;
  dup2(log, 1);
  dup2(log, 2);
  if (log > 2) close(log);
}

static void run(const struct machine *m) {
  execvp(m->argv[0], m->argv);
  fprintf(stderr, "cage: %s cannot be started: %s\n", m->argv[0], strerror(errno));
  _exit(127);
}

static volatile pid_t inner = -1;
static volatile sig_atomic_t ending;
static void forward(int sig) {
  ending = 1;
  if (inner > 0) kill(inner, sig);
}

/* Process 1 of the machine: own /proc, reaps orphans, starts ARGV again if told so. On SIGTERM ARGV is ended, then the machine. */
static void init(const struct machine *m) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
    fprintf(stderr, "cage: /proc cannot be mounted: %s\n", strerror(errno));
    _exit(126);
  }
  if (sethostname(m->name, strlen(m->name)) != 0) fprintf(stderr, "cage: host name is not set: %s\n", strerror(errno));
  prctl(PR_SET_NAME, "cage-init");
  sigaction(SIGTERM, &(struct sigaction){.sa_handler = forward}, NULL);
  for (bool start = true;;) {
    if (start && !ending) {
      inner = fork();
      if (inner == 0) {
        signal(SIGTERM, SIG_DFL);
        run(m);
      }
      start = false;
    }
    pid_t gone = wait(NULL);
    if (gone == inner && ending) _exit(0);
    if (gone < 0 && errno == ECHILD) pause();
    if (gone != inner || !m->respawn) continue;
    usleep(50 * 1000);
    start = true;
  }
}

pid_t machine_start(const struct machine *m) {
  if (!m->pidns) {
    pid_t pid = fork();
    if (pid != 0) return pid < 0 ? 0 : pid;
    plain_child(m);
    run(m);
  }
  long pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);
  if (pid != 0) return pid < 0 ? 0 : (pid_t)pid;
  plain_child(m);
  init(m);
  _exit(126);
}

bool machine_links(const struct machine *m, bool up) {
  int fd = m->links_len ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
  bool ok = true;
  for (int i = 0; i < m->links_len; i++) {
    struct ifreq r = {0};
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", m->links[i]);
    bool done = ioctl(fd, SIOCGIFFLAGS, &r) == 0;
    r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
    done = done && ioctl(fd, SIOCSIFFLAGS, &r) == 0;
    if (!done) fprintf(stderr, "cage: link %s is not set %s: %s\n", m->links[i], up ? "up" : "down", strerror(errno));
    ok = ok && done;
  }
  if (fd >= 0) close(fd);
  return ok;
}

static int children_of(pid_t pid, pid_t *out, int cap) {
  char path[64], text[16384];
  int n = 0;
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *d = opendir(path);
  for (struct dirent *e; d && (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)pid, e->d_name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;
    while (fd >= 0 && (len = read(fd, text, sizeof text - 1)) > 0) {
      text[len] = 0;
      for (char *word = strtok(text, " "); word && n < cap; word = strtok(NULL, " ")) out[n++] = (pid_t)atoi(word);
    }
    if (fd >= 0) close(fd);
  }
  if (d) closedir(d);
  return n;
}

/* Parent pid of every process, where the kernel has no `children` files. */
static int all_parents(pid_t *pids, pid_t *parents, int cap) {
  int n = 0;
  DIR *d = opendir("/proc");
  for (struct dirent *e; d && n < cap && (e = readdir(d));) {
    char path[300], text[512];
    int pid = atoi(e->d_name), parent;
    if (pid <= 0) continue;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (len <= 0) continue;
    text[len] = 0;
    char *p = strrchr(text, ')');
    if (!p || sscanf(p + 2, "%*c %d", &parent) != 1) continue;
    pids[n] = (pid_t)pid;
    parents[n++] = (pid_t)parent;
  }
  if (d) closedir(d);
  return n;
}

static int descendants(pid_t *out, int cap) {
  static pid_t pids[PROCS_MAX], parents[PROCS_MAX];
  int n = 0;
  if (access("/proc/thread-self/children", F_OK) == 0) {
    n = children_of(getpid(), out, cap);
    for (int i = 0; i < n; i++) n += children_of(out[i], out + n, cap - n);
    return n;
  }
  int all = all_parents(pids, parents, PROCS_MAX);
  for (int round = -1; round < n; round++)
    for (int i = 0; i < all && n < cap; i++)
      if (parents[i] == (round < 0 ? getpid() : out[round])) out[n++] = pids[i];
  return n;
}

int machine_kill(void) {
  static pid_t found[PROCS_MAX];
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
  int n = descendants(found, PROCS_MAX);
  for (int i = 0; i < n; i++) kill(found[i], SIGKILL);
  return n == 0 && !(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) ? 1 : n; /* the kernel says it: no child, so no descendant */
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
  (void)st;
  if (at->level > 0 && remove(path) != 0) fprintf(stderr, "cage: %s is not wiped: %s\n", path, strerror(errno));
  (void)type;
  return 0;
}

void machine_wipe(const struct machine *m) {
  for (int i = 0; i < m->wipe_len; i++) nftw(m->wipe[i], remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
