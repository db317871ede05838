/*
 * guard --run DIR --state DIR [--agents DIR]... [--watchdog PATH] [--watchdog-s N] [--leave-s N] [--cgroup auto|cgroup2|cgroup1|subreaper]
 *       [--user NAME] [--disk NAME=PATH]... -- ARGV...
 * Exit codes: 0 orderly end, 2 usage, 3 was left without kyhad, 4 state or directories cannot be used, 5 another guard runs here.
 * The loop: events first, then what is due. A loop that was late itself blames nobody.
 */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATE_MS 100
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

struct options opt = {.cgroup = "auto", .watchdog_s = 5, .leave_s = 120};
int epoll_fd;
bool is_root;
static int signal_fd;

static int usage(const char *why) {
  say("%s; usage: guard --run DIR --state DIR [--agents DIR]... [--watchdog PATH] [--watchdog-s N] [--leave-s N] "
      "[--cgroup auto|cgroup2|cgroup1|subreaper] [--user NAME] [--disk NAME=PATH]... -- KYHAD...", why);
  return 2;
}

static int parse(int argc, char **argv) {
  static const struct option longs[] = {{"run", 1, 0, 'r'}, {"state", 1, 0, 's'}, {"agents", 1, 0, 'a'}, {"watchdog", 1, 0, 'w'},
    {"watchdog-s", 1, 0, 't'}, {"cgroup", 1, 0, 'c'}, {"leave-s", 1, 0, 'l'}, {"user", 1, 0, 'u'}, {"disk", 1, 0, 'd'}, {0}};
  opterr = 0;
  for (int c; (c = getopt_long(argc, argv, "+", longs, NULL)) != -1;) {
    if (c == 'r') opt.run_dir = optarg;
    else if (c == 's') opt.state_dir = optarg;
    else if (c == 'w') opt.watchdog_path = strcmp(optarg, "none") == 0 ? NULL : optarg;
    else if (c == 't') opt.watchdog_s = (unsigned)strtoul(optarg, NULL, 10);
    else if (c == 'l') opt.leave_s = (unsigned)strtoul(optarg, NULL, 10);
    else if (c == 'c') opt.cgroup = optarg;
    else if (c == 'u') opt.user = optarg;
    else if (c == 'a' && opt.agents_len < 16) opt.agents[opt.agents_len++] = optarg;
    else if (c == 'd' && servant_add(optarg)) continue;
    else if (c == 'd') return usage("--disk must be NAME=/PATH, at most 8");
    else return usage(c == 'a' ? "more than 16 --agents" : "an option is unknown or lacks its value");
  }
  opt.argv = argv + optind;
  if (!opt.run_dir || !opt.state_dir || !opt.argv[0]) return usage("--run, --state and the program to start are needed");
  if (opt.run_dir[0] != '/' || opt.state_dir[0] != '/' || strlen(opt.run_dir) > 1000 || strlen(opt.state_dir) > 1000)
    return usage("directories must be absolute paths");
  if (opt.leave_s < 1 || opt.leave_s > 3600) return usage("--leave-s must be 1..3600");
  if (opt.watchdog_s < 1 || opt.watchdog_s > 3600) return usage("--watchdog-s must be 1..3600");
  static const char *const kinds[] = {"auto", "cgroup2", "cgroup1", "subreaper"};
  for (int i = 0; i < 4; i++)
    if (strcmp(opt.cgroup, kinds[i]) == 0) return 0;
  return usage("--cgroup must be auto, cgroup2, cgroup1 or subreaper");
}

/* Descriptors of whoever started us are not ours to hand on; 0, 1 and 2 always exist. */
static void tidy_fds(void) {
  while (true) {
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    if (fd > 2) {
      close(fd);
      break;
    }
    fcntl(fd, F_SETFD, 0);
  }
  DIR *d = opendir("/proc/self/fd");
  for (struct dirent *e; d && (e = readdir(d));) {
    int fd = atoi(e->d_name);
    if (fd > 2 && fd != dirfd(d)) close(fd);
  }
  if (d) closedir(d);
}

static bool make_dir(const char *path) {
  if (mkdir(path, 0700) == 0 || errno == EEXIST) return true;
  say("%s cannot be made: %s", path, strerror(errno));
  return false;
}

static int lock_dir(const char *dir) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/lock", dir);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    say("%s cannot be opened: %s", path, strerror(errno));
    return 4;
  }
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
  say("another guard works on %s: this one ends", dir);
  return 5;
}

/* Where the kernel groups processes by session, a nice value counts inside the session only: the session's own value is raised, too. */
static void session_goes_ahead(void) {
  setsid(); /* a session that others share is not ours to raise; a leader has its own already */
  int fd = getsid(0) == getpid() ? open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  if (write(fd, "-10", 3) != 3) say("/proc/self/autogroup: %s", strerror(errno));
  close(fd);
}

/* Best effort, and only as root: a guard that is swapped out or starved cannot keep its promises. Agents run in sessions of their own. */
static void be_urgent(void) {
  if (!is_root) return;
  session_goes_ahead();
  sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &(struct sched_param){.sched_priority = 10});
  mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

static int prepare(void) {
  char why[600] = "";
  is_root = geteuid() == 0;
  tidy_fds();
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  spawn_init();
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (!make_dir(opt.run_dir) || !make_dir(opt.state_dir)) return 4;
  int locked = lock_dir(opt.state_dir);
  if (locked == 0 && strcmp(opt.state_dir, opt.run_dir) != 0) locked = lock_dir(opt.run_dir);
  if (locked) return locked;
  if (!trust_init(why, sizeof why) || !token_load(why, sizeof why) || !rundir_init(why, sizeof why)) {
    say("%s", why);
    return 4;
  }
  if (!contain_init()) {
    say("containment %s is not possible here: mount that cgroup tree and let this process write it, or use --cgroup auto", opt.cgroup);
    return 4;
  }
  watch_init();
  rundir_end_old_kyhad();
  rundir_adopt();
  contain_adopt();
  for (int i = 0; i < resources_len; i++) watch_rescan(i);
  lease_load();
  watchdog_open();
  shell_open();
  sigset_t set;
  sigemptyset(&set);
  int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP};
  for (int i = 0; i < 5; i++) sigaddset(&set, signals[i]);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  watch_fd(signal_fd, SRC_SIGNAL, 0, EPOLLIN);
  be_urgent();
  return 0;
}

static void reap(ms_t now) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    if (!manager_reaped(pid, status, now) && !servant_reaped(pid, status, now) && !op_reaped(pid, status, now)) watch_reaped(pid, now);
}

static void take_signals(ms_t now) {
  struct signalfd_siginfo info;
  while (read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT) manager_signal(info.ssi_signo == SIGQUIT, now);
  reap(now);
}

static void dispatch(const struct epoll_event *e, ms_t now) {
  int index = (int)(e->data.u64 & 0xffffffff);
  switch ((enum source)(e->data.u64 >> 32)) {
    case SRC_SIGNAL: take_signals(now); break;
    case SRC_KYHAD: manager_readable(e->events, now); break;
    case SRC_OP_OUT: op_readable(index, 0); break;
    case SRC_OP_ERR: op_readable(index, 1); break;
    case SRC_WATCH: watch_ready(index, now); break;
    case SRC_DISCARD: discard_readable(index); break;
    case SRC_SHELL: shell_knock(now); break;
    case SRC_RELAY_CLIENT: shell_ready(index, true, e->events); break;
    case SRC_RELAY_KYHAD: shell_ready(index, false, e->events); break;
    case SRC_ALIVE: manager_alive(now); break;
    case SRC_CONNECTOR: connector_readable(now); break;
  }
}

static ms_t soonest(ms_t now) {
  ms_t (*const ticks[])(ms_t) = {lease_tick, manager_tick, standin_tick, ops_tick, watch_tick, watchdog_tick, shell_tick, servant_tick};
  ms_t next = NEVER;
  for (int i = 0; i < 8; i++) {
    ms_t due = ticks[i](now);
    if (due < next) next = due;
  }
  return next;
}

int main(int argc, char **argv) {
  struct epoll_event events[64];
  int code = parse(argc, argv);
  if (code == 0) code = prepare();
  if (code) return code;
  manager_start(now_ms());
  while (!manager_over(&code)) {
    ms_t now = now_ms(), next = soonest(now);
    if (manager_over(&code)) break;
    int wait = next == NEVER ? -1 : next <= now ? 0 : next - now > 60000 ? 60000 : (int)(next - now);
    int n = epoll_wait(epoll_fd, events, 64, wait);
    ms_t then = now_ms();
    lease_tick(then); /* first of all after any pause (S15) */
    for (int i = 0; i < n; i++) dispatch(&events[i], then);
    if (wait >= 0 && then - now > (ms_t)wait + LATE_MS) manager_forgive(then);
  }
  shell_close();
  watchdog_close();
  servant_end();
  contain_end();
  return code;
}
