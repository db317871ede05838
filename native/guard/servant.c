/*
 * One servant per shared disk (--disk NAME=PATH, native/servant): started with the guard, started again a second after it ended, ended with
 * the guard. It does what may block for ever, so nobody waits for it here: a servant that cannot be killed is left to the system, and its
 * lock keeps the next one from serving before it is gone.
 */
#include "guard.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGAIN_MS 1000

static struct servant {
  char name[64];
  const char *path;
  pid_t pid;
  ms_t start_at;
  int last; /* how it ended before, so that the same end is said once */
} servants[DISKS_MAX];
static int servants_len;

bool servant_add(const char *text) {
  const char *mark = strchr(text, '=');
  size_t len = mark ? (size_t)(mark - text) : 0;
  if (servants_len == DISKS_MAX || len < 1 || len > 63 || mark[1] != '/') return false;
  struct servant *s = &servants[servants_len];
  for (size_t i = 0; i < len; i++)
    if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", text[i])) return false;
  memcpy(s->name, text, len);
  s->name[len] = 0;
  s->path = mark + 1;
  s->last = -1;
  servants_len++;
  return true;
}

bool servant_is(pid_t pid) {
  for (int i = 0; i < servants_len; i++)
    if (servants[i].pid == pid) return true;
  return false;
}

static void start(struct servant *s, ms_t now) {
  char program[PATH_MAX], socket[PATH_MAX], parent[24];
  ssize_t len = readlink("/proc/self/exe", program, sizeof program - 16);
  if (len <= 0) len = 0;
  program[len] = 0;
  char *slash = strrchr(program, '/');
  strcpy(slash ? slash + 1 : program, "servant");
  snprintf(socket, sizeof socket, "%s/disk-%s.sock", opt.run_dir, s->name);
  snprintf(parent, sizeof parent, "%d", (int)getpid());
  s->start_at = NEVER;
  s->pid = fork();
  if (s->pid == 0) {
    setpgid(0, 0);
    child_reset();
    /* Without a user the list ends there. */
    execl(program, "servant", "--path", s->path, "--socket", socket, "--parent", parent, opt.user ? "--user" : NULL, opt.user, NULL);
    say("%s cannot be started: %s", program, strerror(errno));
    _exit(127);
  }
  if (s->pid > 0) return;
  say("the servant of disk %s cannot be started: %s", s->name, strerror(errno));
  s->pid = 0;
  s->start_at = now + AGAIN_MS;
}

bool servant_reaped(pid_t pid, int status, ms_t now) {
  for (int i = 0; i < servants_len; i++) {
    struct servant *s = &servants[i];
    if (s->pid != pid) continue;
    s->pid = 0;
    s->start_at = now + AGAIN_MS;
    if (status != s->last)
      say("the servant of disk %s ended (%s %d): it is started again each second", s->name, WIFEXITED(status) ? "exit code" : "signal",
        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    s->last = status;
    return true;
  }
  return false;
}

ms_t servant_tick(ms_t now) {
  ms_t next = NEVER;
  for (int i = 0; i < servants_len; i++) {
    struct servant *s = &servants[i];
    if (s->pid == 0 && s->start_at <= now) start(s, now);
    if (s->pid == 0 && s->start_at < next) next = s->start_at;
  }
  return next;
}

void servant_end(void) {
  for (int i = 0; i < servants_len; i++)
    if (servants[i].pid > 0) kill(servants[i].pid, SIGKILL);
}
