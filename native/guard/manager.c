/*
 * kyhad: started with one end of a socketpair as fd 3 and of a pipe for its sign of life as fd 4, started again when it ends by itself or
 * is silent for 1,000 ms, at most 3 times in 60 s. After that the guard stays without it: resources run on, nobody decides, and stderr says
 * so. Restarts it asked for (leave restart) do not count. Silence is kyhad's only if the guard itself was on time.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NICE (-10)
#define SILENT_MS 100
#define STALLED_MS 1000
#define GRACE_MS 3000
#define STOP_MS 5000
#define ASK_MS 2000
#define RESTARTS_MAX 3
#define RESTARTS_MS 60000
#define SEND_BYTES_MAX (24 * 1024 * 1024) /* 256 stored results at their largest */

static pid_t pid;
static int fd = -1, alive_fd = -1;
static struct buf in, out;
static ms_t alive_at, start_at = NEVER, kill_at = NEVER, down_at, restarts[RESTARTS_MAX];
static ms_t leave_by = NEVER, ask_at = NEVER; /* after a signal: when patience ends, when kyhad is asked again */
static enum { STAY, LEAVE_STOP, LEAVE_RESTART } leaving;
static bool stopping, gave_up, over;
static int exit_code;

pid_t manager_pid(void) { return pid; }
bool manager_over(int *code) { return *code = exit_code, over; }
bool manager_down(ms_t now) {
  if (stopping || leaving == LEAVE_STOP) return false;
  return down_at || pid == 0 || fd < 0 || (alive_at && now - alive_at > SILENT_MS);
}
bool manager_well(ms_t now) {
  if (gave_up) return false;
  if (pid && (!alive_at || now - alive_at <= STALLED_MS) && !down_at) return true;
  return !down_at || now - down_at <= GRACE_MS;
}

static void disconnect(void) {
  close_watched(fd);
  close_watched(alive_fd);
  fd = alive_fd = -1;
  buf_free(&in);
  buf_free(&out);
}

static void become(int end, int sign) {
  struct passwd *user = NULL;
  if (opt.user && !(user = getpwnam(opt.user))) {
    say("kyhad cannot run as %s: no such user", opt.user);
    _exit(126);
  }
  setpgid(0, 0); /* a terminal's Ctrl-C is for the guard, which asks kyhad */
  child_reset();
  /* All of kyhad goes ahead of what it protects, or a busy machine would look like a dead one. Without the right to, it stays as it is. */
  if (setpriority(PRIO_PROCESS, 0, NICE) != 0 && errno != EACCES && errno != EPERM) say("kyhad's priority: %s", strerror(errno));
  if (user && (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    say("kyhad cannot run as %s: %s", opt.user, strerror(errno));
    _exit(126);
  }
  end = fcntl(end, F_DUPFD_CLOEXEC, 10); /* out of the way of what they become */
  sign = fcntl(sign, F_DUPFD_CLOEXEC, 10);
  if (dup2(end, 3) != 3 || dup2(sign, 4) != 4) _exit(126);
  setenv("KYHA_GUARD_FD", "3", 1);
  setenv("KYHA_ALIVE_FD", "4", 1);
  execvp(opt.argv[0], opt.argv);
  say("%s cannot be started: %s", opt.argv[0], strerror(errno));
  _exit(127);
}

void manager_start(ms_t now) {
  int ends[2] = {-1, -1}, signs[2] = {-1, -1};
  start_at = kill_at = NEVER;
  alive_at = 0;
  leaving = STAY;
  rundir_count();
  /* The pipe never makes its writer wait: a full one says no more than an empty one would. */
  bool ready = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 && pipe2(signs, O_CLOEXEC | O_NONBLOCK) == 0;
  pid = ready ? fork() : -1;
  if (pid == 0) become(ends[1], signs[1]);
  int why = errno;
  if (ends[1] >= 0) close(ends[1]);
  if (signs[1] >= 0) close(signs[1]);
  if (pid < 0) {
    say("kyhad cannot be started: %s", strerror(why));
    pid = 0;
    if (ends[0] >= 0) close(ends[0]);
    if (signs[0] >= 0) close(signs[0]);
    start_at = now + 1000;
    return;
  }
  fd = ends[0];
  alive_fd = signs[0];
  fcntl(fd, F_SETFL, O_NONBLOCK);
  watch_fd(fd, SRC_KYHAD, 0, EPOLLIN);
  watch_fd(alive_fd, SRC_ALIVE, 0, EPOLLIN);
  rundir_kyhad(pid);
}

static void flush(void) {
  while (fd >= 0 && out.len) {
    ssize_t n = send(fd, out.p, out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return; /* its end is gone: the read side tells */
    buf_drop(&out, (size_t)n);
  }
  if (fd >= 0) watch_fd(fd, SRC_KYHAD, 0, out.len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void manager_send(struct buf *frame) {
  if (fd < 0) return;
  if (out.len + frame->len > SEND_BYTES_MAX) {
    manager_hostile("it does not read its answers");
    return;
  }
  buf_add(&out, frame->p, frame->len);
  flush();
}

void manager_hostile(const char *why) {
  if (fd < 0) return;
  say("the connection to kyhad is closed: %s", why);
  disconnect();
  kill_at = now_ms() + STALLED_MS;
}

static void take_frames(ms_t now) {
  size_t at = 0;
  while (fd >= 0 && in.len - at >= 5) {
    uint32_t len = le32(in.p + at);
    if (len < 1 || len > FRAME_BYTES_MAX) {
      manager_hostile("a frame with an impossible length");
      return;
    }
    if (in.len - at < 4 + (size_t)len) break;
    verb_take(in.p[at + 4], in.p + at + 5, len - 1, now);
    at += 4 + (size_t)len;
  }
  if (fd < 0) return; /* the buffer went with the connection */
  if (at) buf_drop(&in, at);
  if (in.len >= 4 && (le32(in.p) < 1 || le32(in.p) > FRAME_BYTES_MAX)) manager_hostile("a frame with an impossible length");
}

void manager_readable(uint32_t events, ms_t now) {
  uint8_t chunk[65536];
  if (fd < 0) return;
  if (events & EPOLLOUT) flush();
  for (int turns = 0; turns < 8 && fd >= 0; turns++) {
    ssize_t n = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      disconnect();
      kill_at = now + STALLED_MS; /* it is ending; if not, it is ended */
      return;
    }
    buf_add(&in, chunk, (size_t)n);
    take_frames(now);
  }
}

void manager_alive(ms_t now) {
  char signs[256];
  ssize_t n = alive_fd < 0 ? -1 : read(alive_fd, signs, sizeof signs);
  if (n == 0) { /* kyhad closed it, or ends: its silence tells */
    close_watched(alive_fd);
    alive_fd = -1;
  }
  if (n <= 0) return;
  alive_at = now ? now : 1;
  down_at = 0;
  standin_over();
}
void manager_leave(bool stop) { leaving = stop ? LEAVE_STOP : LEAVE_RESTART; }
void manager_forgive(ms_t now) {
  if (alive_at) alive_at = now;
}

/* Whether a fourth restart would fall into the same 60 s; also notes this one. */
static bool one_more(ms_t now) {
  if (restarts[0] && now - restarts[0] < RESTARTS_MS) return false;
  memmove(restarts, restarts + 1, sizeof restarts - sizeof *restarts);
  restarts[RESTARTS_MAX - 1] = now ? now : 1;
  return true;
}

static void ended(ms_t now) {
  static const unsigned wait_ms[] = {0, 250, 1000};
  int recent = 0;
  if (stopping || leaving == LEAVE_STOP) {
    over = true;
    exit_code = 0;
    return;
  }
  down_at = now ? now : 1;
  if (leaving == LEAVE_RESTART) {
    start_at = now;
    return;
  }
  for (int i = 0; i < RESTARTS_MAX; i++) recent += restarts[i] && now - restarts[i] < RESTARTS_MS;
  if (one_more(now)) {
    start_at = now + wait_ms[recent < 3 ? recent : 2];
    return;
  }
  gave_up = true;
  exit_code = 3;
  say("kyhad ended %d times in 60 s and is not started again: resources keep running but nobody decides about them; "
      "see its log above, then restart the kyha service", RESTARTS_MAX + 1);
  over = leave_by != NEVER;
}

bool manager_reaped(pid_t gone, int status, ms_t now) {
  if (gone != pid || pid == 0) return false;
  if (WIFSIGNALED(status)) say("kyhad (pid %d) was killed by signal %d", (int)gone, WTERMSIG(status));
  else if (leaving == STAY && !stopping) say("kyhad (pid %d) ended with code %d", (int)gone, WEXITSTATUS(status));
  if (fd >= 0) manager_readable(EPOLLIN, now); /* its last words, e.g. leave */
  disconnect();
  pid = 0;
  kill_at = NEVER;
  ended(now);
  return true;
}

static void stop_kyhad(ms_t now) {
  leave_by = ask_at = NEVER;
  if (stopping) return;
  stopping = true;
  if (pid == 0) {
    over = true;
    return;
  }
  kill(pid, SIGTERM);
  kill(pid, SIGCONT);
  kill_at = now + STOP_MS;
}

static void ask_to_leave(ms_t now) {
  struct buf f = {0};
  frame_begin(&f, A_LEAVE);
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
  ask_at = now + ASK_MS;
}

/* A new kyhad, or the first: it knows nothing yet of the signal. */
void manager_greeted(void) {
  if (leave_by != NEVER && leaving == STAY) ask_to_leave(now_ms());
}

void manager_signal(bool at_once, ms_t now) {
  if (at_once || leave_by != NEVER || gave_up || stopping) {
    if (!stopping && !gave_up) say("the guard ends at once: services run on, and the next guard finds them again");
    stop_kyhad(now);
    return;
  }
  say("told to end: kyhad leaves the cluster in order, for at most %u s; a second signal ends it at once", opt.leave_s);
  leave_by = now + opt.leave_s * 1000ULL;
  ask_to_leave(now);
}

/* When to look at it again. */
static ms_t leave_tick(ms_t now) {
  if (leave_by == NEVER) return NEVER;
  if (now >= leave_by) {
    say("kyhad has not left within %u s: it is ended; services that still run here run on, and the next guard finds them again",
        opt.leave_s);
    stop_kyhad(now);
    return NEVER;
  }
  if (leaving != STAY) return leave_by;
  if (now >= ask_at) ask_to_leave(now);
  return ask_at < leave_by ? ask_at : leave_by;
}

static ms_t kyhad_tick(ms_t now) {
  if (pid == 0) {
    if (now >= start_at) manager_start(now);
    return pid ? NEVER : start_at;
  }
  if (alive_at && !stopping && leaving == STAY && kill_at == NEVER && now - alive_at > STALLED_MS) {
    say("kyhad gave no sign of life for %llu ms and is killed", (unsigned long long)(now - alive_at));
    kill_at = now;
  }
  if (now >= kill_at) {
    kill(pid, SIGKILL);
    kill_at = now + STALLED_MS;
  }
  ms_t next = kill_at;
  if (alive_at && !stopping) {
    ms_t check = alive_at + (now - alive_at > SILENT_MS ? STALLED_MS : SILENT_MS) + 1;
    if (check < next) next = check;
  }
  return next;
}

ms_t manager_tick(ms_t now) {
  ms_t leave = leave_tick(now), next = kyhad_tick(now);
  return leave < next ? leave : next;
}
