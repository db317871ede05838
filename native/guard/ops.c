/*
 * One run of an agent. Accepted at most once per operation id (S18), with a token not below the resource's highest (S3), one at a time per
 * resource (fence devices excepted). It ends when its leader exits, whoever still holds its pipes; or at its limit: SIGTERM to the
 * operation's processes, 500 ms later SIGKILL. A start or stop that had to be killed takes everything of its resource with it.
 * The result is on record before it is sent, and stays until acknowledged.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISCARDS_MAX 64
#define TICK_MS (containment == C_SUBREAPER ? 20u : 5u)

struct op ops[OPS_MAX];
static int discards[DISCARDS_MAX];
static uint64_t serial_last;

struct op *op_of(int resource) {
  for (int i = 0; i < OPS_MAX; i++)
    if (ops[i].phase != P_FREE && !ops[i].fence && ops[i].resource == resource) return &ops[i];
  return NULL;
}

struct op *op_by_serial(uint64_t serial) {
  for (int i = 0; serial && i < OPS_MAX; i++)
    if (ops[i].phase != P_FREE && ops[i].serial == serial) return &ops[i];
  return NULL;
}

/* Deaths during a change or a stop belong to it; during a monitor they are news. */
bool op_quiet(int resource) {
  struct op *op = op_of(resource);
  return op && (op->changes || strcmp(op->action, "stop") == 0 || op->phase == P_KILL);
}

static struct op *op_by_id(const char *id) {
  for (int i = 0; i < OPS_MAX; i++)
    if (ops[i].phase != P_FREE && strcmp(ops[i].id, id) == 0) return &ops[i];
  return NULL;
}

static const char *signal_name(int sig, char *out, size_t cap) {
  static const char *const names[] = {[SIGHUP] = "HUP", [SIGINT] = "INT", [SIGQUIT] = "QUIT", [SIGILL] = "ILL", [SIGTRAP] = "TRAP",
      [SIGABRT] = "ABRT",
    [SIGBUS] = "BUS", [SIGFPE] = "FPE", [SIGKILL] = "KILL", [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2", [SIGPIPE] = "PIPE",
    [SIGALRM] = "ALRM", [SIGTERM] = "TERM", [SIGXCPU] = "XCPU", [SIGXFSZ] = "XFSZ", [SIGSYS] = "SYS"};
  bool named = sig > 0 && sig < (int)(sizeof names / sizeof *names) && names[sig];
  if (named) snprintf(out, cap, "SIG%s", names[sig]);
  else snprintf(out, cap, "signal %d", sig);
  return out;
}

static void result_frame(struct buf *f, const char *id, const char *resource, const char *action, const char *end, const char *detail) {
  frame_begin(f, A_RESULT);
  put_str(f, T_ID, id);
  put_str(f, T_RESOURCE, resource);
  put_str(f, T_ACTION, action);
  put_str(f, T_END, end);
  put_str(f, T_DETAIL, detail);
}

/* It did not run: nothing to keep, the same question gives a fresh answer. */
static void answer_no(const struct run_request *r, const char *end, const char *why) {
  struct buf f = {0};
  result_frame(&f, r->id, r->resource, r->action, end, why);
  put_num(&f, T_DURATION_MS, 0);
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
}

static bool drain(struct op *op, int which) {
  size_t cap = which == 0 ? OUT_BYTES_MAX : ERR_BYTES_MAX;
  uint8_t chunk[16384];
  for (int turns = 0; turns < 16; turns++) {
    ssize_t n = read(op->fds[which], chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return true; /* EAGAIN: nothing more now */
    if (n == 0) return false;
    buf_add(&op->out[which], chunk, (size_t)n);
    if (op->out[which].len <= 2 * cap) continue;
    hide_in(op, &op->out[which]); /* before the cut, which may go through a value */
    if (op->out[which].len > cap) buf_drop(&op->out[which], op->out[which].len - cap);
  }
  return true;
}

void op_readable(int slot, int which) {
  struct op *op = &ops[slot];
  if (op->phase == P_FREE || op->fds[which] < 0 || drain(op, which)) return;
  close_watched(op->fds[which]);
  op->fds[which] = -1;
}

/* A daemon may keep its starter's stdout for ever: it is read and thrown away, since closing it would kill a daemon that still writes. */
static void let_go(int fd) {
  for (int i = 0; i < DISCARDS_MAX; i++) {
    if (discards[i]) continue;
    discards[i] = fd;
    watch_fd(fd, SRC_DISCARD, (uint32_t)i, EPOLLIN);
    return;
  }
  close_watched(fd);
}

void discard_readable(int index) {
  char chunk[16384];
  ssize_t n = discards[index] ? read(discards[index], chunk, sizeof chunk) : -1;
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return;
  if (discards[index]) close_watched(discards[index]);
  discards[index] = 0;
}

static void finish(struct op *op, ms_t now) {
  struct buf f = {0};
  char name[32];
  const char *end = op->end;
  int failed = spawn_error((int)(op - ops));
  bool exited = !end && !failed && WIFEXITED(op->status);
  if (failed) snprintf(op->detail, sizeof op->detail, "the agent could not be started: %.120s", strerror(failed));
  else if (!end && WIFSIGNALED(op->status))
    snprintf(op->detail, sizeof op->detail, "%s", signal_name(WTERMSIG(op->status), name, sizeof name));
  if (!end) end = failed ? "spawn-failed" : exited ? "exited" : "signalled";
  result_frame(&f, op->id, resources[op->resource].name, op->action, end, op->detail);
  if (exited) put_num(&f, T_RC, (uint64_t)WEXITSTATUS(op->status));
  for (int i = 0; i < 2; i++) {
    size_t cap = i == 0 ? OUT_BYTES_MAX : ERR_BYTES_MAX;
    struct buf *b = &op->out[i];
    if (op->fds[i] >= 0) {
      bool open = drain(op, i);
      if (open) let_go(op->fds[i]);
      else close_watched(op->fds[i]);
    }
    op->fds[i] = -1;
    hide_in(op, b);
    if (b->len > cap) buf_drop(b, b->len - cap);
    put_bytes(&f, i == 0 ? T_STDOUT : T_STDERR, b->p, b->len);
    buf_free(b);
  }
  put_num(&f, T_DURATION_MS, now - op->started);
  frame_end(&f);
  if (exited && !op->fence && WEXITSTATUS(op->status) == 0 && strcmp(op->action, "stop") == 0) rundir_active(op->resource, false);
  rundir_op_finished(op, &f);
  if (containment == C_SUBREAPER) subreap_scan(SCAN_NEAR); /* orphans are counted to it only while it is in flight */
  contain_op_close(op);
  if (op_quiet(op->resource)) watch_forget_dead(op->resource);
  hide_forget(op);
  op->phase = P_FREE;
  subreap_hold(true);
  watch_rescan(op->resource);
  subreap_hold(false);
  manager_send(&f); /* last: whoever dies after the result was told is watched already */
  buf_free(&f);
}

static void enter(struct op *op, enum phase phase, ms_t now) {
  op->phase = phase;
  op->phase_since = now;
  op->deadline = now + TICK_MS;
  contain_kill(op->resource, op->whole && phase == P_KILL ? NULL : op, phase == P_TERM ? SIGTERM : SIGKILL);
}

/* Ends a run before its time. The leader gets its signal even if it left its containment. */
static void cut_short(struct op *op, const char *end, ms_t now) {
  if (op->phase != P_RUNNING) return;
  op->end = end;
  op->whole = strcmp(op->action, "start") == 0 || strcmp(op->action, "stop") == 0;
  kill(op->pid, SIGTERM);
  enter(op, P_TERM, now);
}

void op_kill(const char *id, ms_t now) {
  struct op *op = op_by_id(id);
  if (!op) return;
  snprintf(op->detail, sizeof op->detail, "killed by order of the manager");
  cut_short(op, "signalled", now);
}

void ops_end_all(const char *why, ms_t now) {
  for (int i = 0; i < OPS_MAX; i++) {
    struct op *op = &ops[i];
    if (op->phase == P_FREE || op->phase == P_KILL || op->pid <= 0) continue; /* 0: about to be started */
    op->end = "signalled";
    op->whole = true;
    snprintf(op->detail, sizeof op->detail, "%s", why);
    if (!op->exited) kill(op->pid, SIGKILL);
    enter(op, P_KILL, now);
  }
}

void op_adopt(const struct op *lost, ms_t now) {
  for (int i = 0; i < OPS_MAX; i++) {
    if (ops[i].phase != P_FREE) continue;
    ops[i] = *lost;
    ops[i].started = now;
    ops[i].exited = true;
    ops[i].end = "signalled";
    ops[i].fds[0] = ops[i].fds[1] = -1;
    snprintf(ops[i].detail, sizeof ops[i].detail, "the guard was restarted during this operation, its outcome is unknown");
    ops[i].phase = P_KILL;
    ops[i].phase_since = ops[i].deadline = now;
    return;
  }
}

/* The leader has exited. What it left behind in the background is no longer the operation's, unless this was a stop. */
static void leader_gone(struct op *op, ms_t now) {
  static pid_t pids[PIDS_MAX];
  if (op->phase != P_RUNNING) return;
  bool stopped = op->reap && strcmp(op->action, "stop") == 0 && WIFEXITED(op->status) && WEXITSTATUS(op->status) == 0;
  if (stopped && contain_pids(op->resource, pids, PIDS_MAX, true) > 0) {
    op->whole = true;
    enter(op, P_KILL, now);
    return;
  }
  finish(op, now);
}

bool op_reaped(pid_t pid, int status, ms_t now) {
  for (int i = 0; i < OPS_MAX; i++) {
    struct op *op = &ops[i];
    if (op->phase == P_FREE || op->exited || op->pid != pid) continue;
    op->exited = true;
    op->status = status;
    leader_gone(op, now);
    return true;
  }
  return false;
}

static void tick(struct op *op, ms_t now) {
  static pid_t pids[PIDS_MAX];
  if (op->phase == P_RUNNING) {
    snprintf(op->detail, sizeof op->detail, "not finished after %llu ms", (unsigned long long)(now - op->started));
    cut_short(op, "timeout", now);
    return;
  }
  bool all = op->whole && op->phase == P_KILL;
  int left = all ? contain_pids(op->resource, pids, PIDS_MAX, true) : contain_op_pids(op, pids, PIDS_MAX);
  bool clear = left == 0 && op->exited;
  if (op->phase == P_TERM && (clear ? op->whole : now - op->phase_since >= TERM_MS)) {
    if (!op->exited) kill(op->pid, SIGKILL);
    enter(op, P_KILL, now);
  } else if (clear) {
    finish(op, now);
  } else if (op->phase == P_KILL && now - op->phase_since >= KILL_MS_MAX) {
    op->end = "timeout";
    snprintf(op->detail, sizeof op->detail, "%d processes are left and cannot be killed, the first is pid %d", left ? left : 1,
             left ? (int)pids[0] : (int)op->pid);
    op->exited = true;
    finish(op, now);
  } else {
    if (op->phase == P_KILL) contain_kill(op->resource, op->whole ? NULL : op, SIGKILL);
    op->deadline = now + TICK_MS;
  }
}

ms_t ops_tick(ms_t now) {
  ms_t next = NEVER;
  for (int i = 0; i < OPS_MAX; i++) {
    if (ops[i].phase != P_FREE && now >= ops[i].deadline) tick(&ops[i], now);
    if (ops[i].phase != P_FREE && ops[i].deadline < next) next = ops[i].deadline;
  }
  return next;
}

static struct op *free_slot(void) {
  for (int i = 0; i < OPS_MAX; i++)
    if (ops[i].phase == P_FREE) return &ops[i];
  return NULL;
}

/* Tokens (S3): a lower one is refused; a higher one is durable before anything starts. */
static bool token_passes(const struct run_request *r, int resource, char *why, size_t cap) {
  if (!r->changes) return true;
  if (!lease_allows()) return snprintf(why, cap, "the lease of this node expired: nothing is changed before it is renewed"), false;
  if (!r->has_token || r->token < resources[resource].token) {
    snprintf(why, cap, "token %llu is below %llu, the highest this node has accepted for %s: a newer decision exists",
        (unsigned long long)r->token,
             (unsigned long long)resources[resource].token, r->resource);
    return false;
  }
  return r->token == resources[resource].token || token_raise(resource, r->token, why, cap);
}

static bool start(struct op *op, struct run_request *r, const char *path, char *why, size_t cap) {
  int out[2] = {-1, -1}, err[2] = {-1, -1};
  int in = r->has_in ? memfd_create("kyha-stdin", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool ok = in >= 0 && (!r->has_in || (write(in, r->in, r->in_len) == (ssize_t)r->in_len && lseek(in, 0, SEEK_SET) == 0));
  ok = ok && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0 && contain_op_open(op);
  if (ok) {
    op->pid = spawn_agent(op, path, r->argv, r->env, in, out[1], err[1]);
    ok = op->pid > 0;
  }
  if (!ok) snprintf(why, cap, "the agent could not be started: %s", strerror(errno));
  if (in >= 0) close(in);
  if (out[1] >= 0) close(out[1]);
  if (err[1] >= 0) close(err[1]);
  if (!ok) {
    if (out[0] >= 0) close(out[0]);
    if (err[0] >= 0) close(err[0]);
    contain_op_close(op);
    return false;
  }
  op->fds[0] = out[0];
  op->fds[1] = err[0];
  for (int i = 0; i < 2; i++) {
    fcntl(op->fds[i], F_SETFL, O_NONBLOCK);
    watch_fd(op->fds[i], i == 0 ? SRC_OP_OUT : SRC_OP_ERR, (uint32_t)(op - ops), EPOLLIN);
  }
  return true;
}

static const char *cannot(const struct run_request *r, int resource, char *why, size_t cap) {
  struct op *busy = resource >= 0 ? op_of(resource) : NULL;
  if (resource < 0) snprintf(why, cap, "the guard's table of %d resources is full", RESOURCES_MAX);
  else if (r->kind == 0 && busy) snprintf(why, cap, "busy: %s %s is in flight for %s", busy->action, busy->id, r->resource);
  else if (!free_slot()) snprintf(why, cap, "busy: %d operations are in flight", OPS_MAX);
  else if (rundir_finished() >= FINISHED_MAX) snprintf(why, cap, "%d finished operations wait for their acknowledgement", FINISHED_MAX);
  else return NULL;
  return why;
}

/* Everything is checked before the token is raised, and the token is raised before anything starts. */
void op_run(struct run_request *r, ms_t now) {
  char why[300] = "", path[PATH_MAX], marks[3][NAME_BYTES_MAX + 16];
  if (op_by_id(r->id) || rundir_resend(r->id)) return;
  for (int i = 0; i < r->env_len; i++)
    if (!trust_env(r->env[i], why, sizeof why)) return answer_no(r, "refused", why);
  if (!trust_path(r->argv[0], path, why, sizeof why)) return answer_no(r, "refused", why);
  int resource = resource_get(r->resource);
  if (cannot(r, resource, why, sizeof why) || !token_passes(r, resource, why, sizeof why)) return answer_no(r, "refused", why);
  bool has_path = false;
  for (int i = 0; i < r->env_len; i++) has_path |= strncmp(r->env[i], "PATH=", 5) == 0;
  if (!has_path) r->env[r->env_len++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  snprintf(marks[0], sizeof marks[0], "KYHA_GUARD=%s", guard_id);
  snprintf(marks[1], sizeof marks[1], "KYHA_RESOURCE=%s", r->resource);
  snprintf(marks[2], sizeof marks[2], "KYHA_OP=%s", r->id);
  for (int i = 0; i < 3; i++) r->env[r->env_len++] = marks[i];
  r->env[r->env_len] = NULL;
  struct op *op = free_slot();
  if (serial_last == 0) serial_last = now << 10; /* no earlier guard of this machine life used these */
  *op = (struct op){.phase = P_RUNNING, .serial = ++serial_last, .resource = resource, .fence = r->kind == 1, .changes = r->changes,
      .reap = r->reap,
                    .started = now, .deadline = now + r->limit_ms, .fds = {-1, -1}};
  memcpy(op->id, r->id, sizeof op->id);
  memcpy(op->action, r->action, sizeof op->action);
  if (!rundir_op_started(op) || (op->changes && !op->fence && !rundir_active(resource, true))) {
    rundir_op_forget(op);
    op->phase = P_FREE;
    return answer_no(r, "refused", "the operation could not be put on record in the run directory: is it full or read-only");
  }
  bool late = op->changes && !lease_allows(); /* asked again: what was written above may have waited for a disk */
  if (late) snprintf(why, sizeof why, "the lease of this node expired before the start");
  else if (start(op, r, path, why, sizeof why)) {
    hide_keep(op, r);
    return;
  }
  rundir_op_forget(op);
  op->phase = P_FREE;
  answer_no(r, late ? "refused" : "spawn-failed", why);
}
