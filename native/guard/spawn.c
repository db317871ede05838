/*
 * The start of one agent: a fork of this small process (no V8, few pages: as cheap as vfork here), straight into its cgroup where
 * the kernel can (clone3, Linux 5.7), own session, default signals, umask 022, cwd /, no descriptor but 0, 1 and 2.
 * A failed exec is told through a page shared with the children, one number per operation slot, so nobody waits for it.
 */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#define INTO_CGROUP 0x200000000ULL

struct clone3_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
static volatile int *exec_errno;
static bool clone_works = true;
static struct rlimit files_before;

void spawn_init(void) {
  void *page = mmap(NULL, OPS_MAX * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  exec_errno = must(page == MAP_FAILED ? NULL : page);
  clone_works = !forced("no-clone3");
  getrlimit(RLIMIT_NOFILE, &files_before);
  struct rlimit more = {.rlim_cur = 8192, .rlim_max = files_before.rlim_max};
  if (more.rlim_cur > more.rlim_max) more.rlim_cur = more.rlim_max;
  if (more.rlim_cur > files_before.rlim_cur) setrlimit(RLIMIT_NOFILE, &more);
}

void child_reset(void) {
  sigset_t none;
  sigemptyset(&none);
  for (int s = 1; s < 32; s++) signal(s, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setrlimit(RLIMIT_NOFILE, &files_before);
  umask(022);
}

static pid_t fork_into(int dir) {
  if (clone_works && dir >= 0) {
    struct clone3_args a = {.flags = INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)dir};
    long pid = syscall(__NR_clone3, &a, sizeof a);
    if (pid >= 0 || (errno != ENOSYS && errno != E2BIG && errno != EINVAL && errno != EPERM)) return (pid_t)pid;
    clone_works = false;
    errno = ENOSYS;
    return -1;
  }
  return fork();
}

pid_t spawn_agent(struct op *op, const char *path, char **argv, char **env, int in, int out, int err) {
  int slot = (int)(op - ops);
  exec_errno[slot] = 0;
  for (int attempt = 0; attempt < 2; attempt++) {
    bool by_clone = clone_works;
    int box = contain_enter_fd(op, &by_clone);
    if (box < 0 && containment != C_SUBREAPER) return -1;
    pid_t pid = fork_into(by_clone ? box : -1);
    if (pid == 0) {
      if (box >= 0 && !by_clone && write(box, "0", 1) != 1) {
        exec_errno[slot] = errno;
        _exit(127);
      }
      setsid();
      child_reset();
      if (forced("slow-exec")) usleep(300000);
      if (chdir("/") == 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2) execve(path, argv, env);
      exec_errno[slot] = errno;
      _exit(127);
    }
    int e = errno;
    if (box >= 0) close(box);
    errno = e;
    if (pid > 0) subreap_born(pid, op->resource, op->serial);
    if (pid > 0 || e != ENOSYS || !by_clone) return pid;
  }
  return -1;
}

int spawn_error(int slot) { return exec_errno[slot]; }
