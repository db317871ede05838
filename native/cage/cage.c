/*
 * cage --socket PATH --name NAME [--links a,b] [--pidns] [--respawn] [--wipe DIR]... [--log FILE] -- ARGV...
 * A lab machine with its power switch (a "BMC") for demo and rig. One line in, one line out, on a unix socket:
 *   off | crash  links down, every process killed, --wipe directories emptied; `ok off N` (N killed) only when none is left
 *   on           links up, ARGV started unless it is on; `ok on`
 *   stop         SIGTERM to ARGV, at most 10 s, then as off            status   `on` or `off`            quit   off, and the cage ends
 * The switch never waits for a client, and the cage's own death leaves the machine running. A second cage on the same socket
 * is refused while the machine of the first lives, so that no switch answers "off" for a machine it does not hold.
 * Exit codes: 0 quit, 2 usage, 4 socket or machine cannot be used.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 32
#define LINE_MAX_BYTES 64
#define STOP_MS 10000
#define KILL_MS_MAX 15000
#define TICK_MS 2

enum goal { STEADY, STOPPING, KILLING };
static struct { int fd; char line[LINE_MAX_BYTES]; size_t len; bool waits; long at; } clients[CLIENTS_MAX];
static struct machine machine;
static const char *socket_path;
static enum goal goal;
static bool powered, quitting, done;
static pid_t leader;
static int killed;
static long since, respawn_at;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail(int code, const char *what, const char *why) {
  fprintf(stderr, "cage: %s: %s\n", what, why);
  return code;
}

static void drop(int i) {
  close(clients[i].fd);
  clients[i].fd = -1;
}

/* A client that does not take its one line is dropped, never waited for. */
static void answer(int i, const char *text) {
  if (send(clients[i].fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)strlen(text)) drop(i);
  else clients[i].waits = false;
}

static void answer_waiting(const char *text) {
  for (int i = 0; i < CLIENTS_MAX; i++)
    if (clients[i].fd >= 0 && clients[i].waits) answer(i, text);
}

static void note_pid(pid_t pid) {
  char path[200], text[32];
  snprintf(path, sizeof path, "%s.pid", socket_path);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  int n = snprintf(text, sizeof text, "%d\n", (int)pid);
  if (fd < 0 || write(fd, text, (size_t)n) != n) fprintf(stderr, "cage: %s is not written: %s\n", path, strerror(errno));
  if (fd >= 0) close(fd);
}

static void start(void) {
  leader = machine_start(&machine);
  if (leader == 0) fprintf(stderr, "cage: the machine cannot be started: %s\n", strerror(errno));
  else note_pid(leader);
}

static void power_on(int i) {
  if (goal != STEADY) {
    answer(i, "fail the machine is being switched off\n");
    return;
  }
  if (!powered) {
    machine_links(&machine, true);
    powered = true;
    start();
  }
  answer(i, leader || machine.respawn ? "ok on\n" : "fail the machine cannot be started, see the cage's messages\n");
}

static void power_off(void) {
  machine_links(&machine, false);
  if (goal != KILLING) {
    killed = 0;
    since = now();
  }
  goal = KILLING;
  powered = false;
  respawn_at = 0;
}

/* Called every 2 ms while something is to die. */
static void tick(void) {
  char text[80];
  if (respawn_at && now() >= respawn_at && powered && goal == STEADY) {
    respawn_at = 0;
    start();
  }
  if (goal == STOPPING && (waitpid(leader, NULL, WNOHANG) != 0 || now() - since > STOP_MS)) power_off();
  if (goal != KILLING) return;
  int left = machine_kill();
  if (killed == 0) killed = left;
  if (left == 0) {
    goal = STEADY;
    leader = 0;
    note_pid(0);
    machine_wipe(&machine);
    snprintf(text, sizeof text, "ok off %d\n", killed);
    answer_waiting(text);
    done = quitting;
  } else if (now() - since > KILL_MS_MAX) {
    snprintf(text, sizeof text, "fail %d processes are left and cannot be killed\n", left);
    answer_waiting(text);
    since = now();
  }
}

static void command(int i) {
  const char *c = clients[i].line;
  clients[i].waits = true;
  clients[i].at = now();
  if (strcmp(c, "status") == 0) answer(i, powered || goal != STEADY ? "on\n" : "off\n");
  else if (strcmp(c, "on") == 0) power_on(i);
  else if (strcmp(c, "off") == 0 || strcmp(c, "crash") == 0 || strcmp(c, "quit") == 0) {
    quitting |= c[0] == 'q';
    power_off();
    tick();
  } else if (strcmp(c, "stop") == 0) {
    if (goal != STEADY) return;
    since = now();
    goal = STOPPING;
    if (leader > 0) kill(leader, SIGTERM);
    else power_off();
  } else answer(i, "fail unknown command: off, on, status, crash, stop, quit\n");
}

static void readable(int i) {
  char chunk[LINE_MAX_BYTES];
  ssize_t n = recv(clients[i].fd, chunk, sizeof chunk, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    drop(i);
    return;
  }
  for (ssize_t k = 0; k < n && clients[i].fd >= 0; k++) {
    if (chunk[k] != '\n') {
      if (clients[i].len + 1 < LINE_MAX_BYTES) clients[i].line[clients[i].len++] = chunk[k];
      continue;
    }
    clients[i].line[clients[i].len] = 0;
    clients[i].len = 0;
    command(i);
  }
}

/* A full table drops the oldest client that waits for nothing; else the new one. */
static bool accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), slot = -1;
  if (fd < 0) return false;
  for (int i = 0; i < CLIENTS_MAX; i++)
    if (clients[i].fd < 0) slot = i;
  for (int i = 0; i < CLIENTS_MAX && (slot < 0 || clients[slot].fd >= 0); i++)
    if (!clients[i].waits && (slot < 0 || clients[i].at < clients[slot].at)) slot = i;
  if (slot < 0) {
    close(fd);
    return true;
  }
  if (clients[slot].fd >= 0) drop(slot);
  clients[slot].fd = fd;
  clients[slot].len = 0;
  clients[slot].waits = false;
  clients[slot].at = now();
  return true;
}

static void reap(void) {
  if (goal != STEADY) return; /* tick does */
  for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;) {
    if (pid != leader) continue;
    leader = 0;
    if (powered && machine.respawn) respawn_at = now() + 50;
  }
}

static int listen_at(void) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  char path[200], text[32] = "";
  if (strlen(socket_path) >= sizeof a.sun_path) return fail(-1, socket_path, "the path is longer than a socket's may be");
  snprintf(path, sizeof path, "%s.pid", socket_path);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && read(fd, text, sizeof text - 1) > 0 && atoi(text) > 0 && kill(atoi(text), 0) == 0)
    return fail(-1, socket_path, "the machine of an earlier cage still runs; kill its processes first");
  if (fd >= 0) close(fd);
  strcpy(a.sun_path, socket_path);
  unlink(socket_path);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 128) != 0) return fail(-1, socket_path, strerror(errno));
  return fd;
}

static int parse(int argc, char **argv) {
  static const struct option longs[] = {{"socket", 1, 0, 's'}, {"name", 1, 0, 'n'}, {"links", 1, 0, 'l'}, {"pidns", 0, 0, 'p'},
    {"respawn", 0, 0, 'r'}, {"wipe", 1, 0, 'w'}, {"log", 1, 0, 'o'}, {0}};
  opterr = 0;
  for (int c; (c = getopt_long(argc, argv, "+", longs, NULL)) != -1;) {
    if (c == 's') socket_path = optarg;
    else if (c == 'n') machine.name = optarg;
    else if (c == 'p') machine.pidns = true;
    else if (c == 'r') machine.respawn = true;
    else if (c == 'o') machine.log = optarg;
    else if (c == 'w' && machine.wipe_len < 16 && optarg[0] == '/' && strlen(optarg) > 4) machine.wipe[machine.wipe_len++] = optarg;
    else if (c == 'l')
      for (char *w = strtok(optarg, ","); w && machine.links_len < 16; w = strtok(NULL, ",")) machine.links[machine.links_len++] = w;
    else return fail(2, "usage",
        "cage --socket PATH --name NAME [--links a,b] [--pidns] [--respawn] [--wipe /DIR]... [--log FILE] -- ARGV...");
  }
  machine.argv = argv + optind;
  if (!socket_path || !machine.name || !machine.argv[0])
    return fail(2, "usage", "--socket, --name and the program of the machine are needed");
  return 0;
}

int main(int argc, char **argv) {
  struct pollfd fds[CLIENTS_MAX + 2];
  sigset_t set;
  int code = parse(argc, argv);
  if (code) return code;
  int listener = listen_at();
  if (listener < 0) return 4;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  for (int i = 0; i < CLIENTS_MAX; i++) clients[i].fd = -1;
  machine_links(&machine, true);
  powered = true;
  start();
  if (leader == 0) return 4;
  while (!done) {
    fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = signals, .events = POLLIN};
    for (int i = 0; i < CLIENTS_MAX; i++) fds[i + 2] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
    poll(fds, CLIENTS_MAX + 2, goal != STEADY || respawn_at ? TICK_MS : -1);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
      if (info.ssi_signo != SIGCHLD) quitting = true, power_off();
    reap();
    for (int i = 0; i < CLIENTS_MAX; i++)
      if (clients[i].fd >= 0 && clients[i].fd == fds[i + 2].fd && fds[i + 2].revents) readable(i);
    for (int i = 0; i < 128 && fds[0].revents && accept_one(listener); i++) {
    }
    tick();
  }
  unlink(socket_path);
  return 0;
}
