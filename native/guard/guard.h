/*
 * The guard: parent of kyhad, the only process of a node that runs and kills agents (design 8.6, 8.7, 8.10, 8.11).
 * One thread, one epoll loop (main.c). Everything is bounded; a full table refuses with a sentence.
 *
 *   util.c     time, sentences, small files, names as file names, /proc/PID/stat
 *   proto.c    frames of fd 3: reading, writing, TLV fields
 *   verbs.c    what kyhad may ask for, one function per verb
 *   manager.c  kyhad itself: start, restart, liveness, orderly end
 *   ops.c      one run of an agent: accept, time out, kill, finish, acknowledge
 *   hide.c     values that an operation was given and that are not to be seen in what it printed
 *   trust.c    which executables and which environment may run at all
 *   spawn.c    the start of one agent process
 *   contain.c  whose processes they are: cgroup v2, cgroup v1 freezer; subreap.c: descendants and environment marker
 *   watch.c    instant notice of a service process's death; connector.c: by the kernel's proc connector
 *   token.c    durable highest token per resource
 *   rundir.c   what outlives the guard's process: boot id, counter, operations
 *   standin.c  beats sent for a kyhad that is down or stalled
 *   shell.c    who comes to the shell's socket, and the way on to kyhad
 *   servant.c  a process for each shared disk
 *   lease.c    until when resources may run without a word from the others
 *   watchdog.c /dev/watchdog
 */
#ifndef KYHA_GUARD_H
#define KYHA_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RESOURCES_MAX 4096
#define OPS_MAX 64 /* in flight */
#define FINISHED_MAX 256 /* ended, not yet acknowledged */
#define NAME_BYTES_MAX 80 /* resource and operation ids; escaped they still fit a file name */
#define ACTION_BYTES_MAX 31
#define FRAME_BYTES_MAX (256 * 1024)
#define OUT_BYTES_MAX (64 * 1024)
#define ERR_BYTES_MAX (8 * 1024)
#define STDIN_BYTES_MAX (64 * 1024)
#define WATCHES_MAX 2048
#define WATCHES_PER_RESOURCE_MAX 64
#define PIDS_MAX 8192 /* processes looked at in one containment */
#define TERM_MS 500 /* SIGTERM to SIGKILL */
#define KILL_MS_MAX 1000 /* SIGKILL to "cannot be killed" */
#define DISKS_MAX 8
#define NOTE_BYTES_MAX 8192
#define HIDES_MAX 32 /* values of one operation that are not to be seen */
#define HIDE_BYTES_MIN 4
#define HIDE_BYTES_MAX 4096
#define NEVER UINT64_MAX

typedef uint64_t ms_t;

/* What the epoll entries stand for; the low 32 bits hold an index. */
enum source { SRC_SIGNAL = 1, SRC_KYHAD, SRC_OP_OUT, SRC_OP_ERR, SRC_WATCH, SRC_DISCARD, SRC_CONNECTOR, SRC_SHELL,
  SRC_RELAY_CLIENT, SRC_RELAY_KYHAD, SRC_ALIVE };

struct options {
  const char *run_dir, *state_dir, *watchdog_path, *cgroup, *user;
  unsigned watchdog_s, leave_s;
  const char *agents[16];
  int agents_len;
  char **argv; /* of kyhad */
};
extern struct options opt;
extern int epoll_fd;
extern bool is_root;
extern char guard_id[33]; /* made once, kept in the state directory: names this node's guard over all its lives */

/* ---- util.c */
ms_t now_ms(void);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *must(void *allocation);
bool forced(const char *word); /* KYHA_GUARD_FORCE */
void escape_name(const char *name, char out[NAME_BYTES_MAX * 3 + 1]);
bool unescape_name(const char *file, char out[NAME_BYTES_MAX + 1]);
bool name_ok(const uint8_t *p, size_t len);
ssize_t read_small(const char *path, char *out, size_t cap); /* NUL-terminated; -1 + errno */
bool write_file(const char *path, const void *p, size_t len); /* through PATH.tmp and rename */
bool write_word(const char *path, const char *word); /* into an existing (cgroup) file */
struct procstat { pid_t pid, ppid, pgrp, sid; char state; uint64_t start; };
bool proc_stat(pid_t pid, struct procstat *out);
bool random_hex(char *out, size_t bytes);
void close_watched(int fd);
void watch_fd(int fd, enum source source, uint32_t index, uint32_t events);
uint32_t crc32c(const void *p, size_t len);

/* ---- proto.c */
enum verb { V_HELLO = 1, V_RUN, V_KILL, V_ACK, V_LIST, V_RAISE, V_STANDIN = 8, V_PRIORITIZE, V_LEAVE, V_LEASE, V_END_LIFE,
  V_NOTE };
enum answer { A_HELLO = 0x81, A_RESULT, A_DEATH, A_RESOURCE, A_STORED, A_LIST_END, A_PRIORITIZED, A_LEASE, A_LEAVE };
enum tag {
  T_ID = 1, T_RESOURCE, T_ACTION, T_KIND, T_ARGV, T_ENV, T_STDIN, T_CHANGES, T_REAP, T_LIMIT_MS, T_TOKEN, T_END, T_RC, T_DETAIL,
  T_STDOUT, T_STDERR, T_DURATION_MS, T_PID, T_LEFT, T_PIDS, T_OP_ID, T_OP_ACTION, T_BOOT, T_COUNTER, T_CONTAINMENT, T_NOTICE,
  T_WATCHDOG, T_ROOT, T_PROTOCOL, T_BEAT_MS, T_ADDRESS, T_PORT, T_BIND, T_FRAME, T_FIRST, T_MORE, T_TID, T_OK, T_HOW, T_START,
  T_RENEW_MS, T_SENT_MS, T_LEASE, T_SHELL, T_SHELL_KEY, T_NOTE, T_HIDE
};
#define PROTOCOL 1
struct buf { uint8_t *p; size_t len, cap; };
struct tlv { uint8_t tag; uint32_t len; const uint8_t *p; };
struct cursor { const uint8_t *p, *end; bool bad; };
void buf_add(struct buf *b, const void *p, size_t len);
void buf_drop(struct buf *b, size_t n);
void buf_free(struct buf *b);
void frame_begin(struct buf *b, uint8_t verb);
void frame_end(struct buf *b);
void put_bytes(struct buf *b, uint8_t tag, const void *p, size_t len);
void put_str(struct buf *b, uint8_t tag, const char *s);
void put_num(struct buf *b, uint8_t tag, uint64_t n);
bool next_tlv(struct cursor *c, struct tlv *out);
bool tlv_num(struct cursor *c, const struct tlv *t, uint64_t *out);
bool tlv_copy(struct cursor *c, const struct tlv *t, char *out, size_t cap); /* a string without NUL inside */
uint32_t le32(const uint8_t *p);
uint64_t le64(const uint8_t *p);
void put32(uint8_t *p, uint32_t n);
void put64(uint8_t *p, uint64_t n);

/* ---- verbs.c */
void verb_take(uint8_t verb, const uint8_t *p, size_t len, ms_t now);

/* ---- manager.c */
void manager_start(ms_t now);
void manager_readable(uint32_t events, ms_t now);
bool manager_reaped(pid_t pid, int status, ms_t now);
ms_t manager_tick(ms_t now);
void manager_signal(bool at_once, ms_t now); /* the guard was told to end: leave in order, the second time at once */
void manager_greeted(void);
void manager_send(struct buf *frame); /* takes the bytes */
void manager_hostile(const char *why); /* one sentence, connection closed */
void manager_alive(ms_t now); /* kyhad wrote to its sign-of-life pipe */
void manager_leave(bool stop);
void manager_forgive(ms_t now); /* the guard itself was late: kyhad is not to blame */
pid_t manager_pid(void);
bool manager_down(ms_t now); /* dead, or silent for more than 100 ms */
bool manager_well(ms_t now); /* alive within 1,000 ms, or within the grace of a restart */
bool manager_over(int *code);

/* ---- contain.c, subreap.c */
enum containment { C_CGROUP2, C_CGROUP1, C_SUBREAPER };
struct op;
struct resource {
  char name[NAME_BYTES_MAX + 1];
  uint64_t token;
  int watched;
  ms_t deaths_since;
  int deaths;
  bool active; /* a change ran, and no stop has returned 0 since */
  bool left; /* lease.c */
};
extern struct resource resources[RESOURCES_MAX];
extern int resources_len;
int resource_find(const char *name);
int resource_get(const char *name); /* -1: table full */
extern enum containment containment;
const char *containment_name(void);
bool contain_init(void);
void contain_adopt(void);
void contain_end(void);
bool contain_op_open(struct op *op); /* sets op->box; false: errno */
void contain_op_close(struct op *op); /* empty ones are removed */
int contain_enter_fd(struct op *op, bool *by_clone); /* fd of the directory, or of its cgroup.procs; -1: none needed */
int contain_pids(int resource, pid_t *out, int cap, bool with_ops); /* processes; with_ops: also those of operations in flight */
int contain_op_pids(struct op *op, pid_t *out, int cap);
void contain_kill(int resource, struct op *only, int sig); /* only != NULL: that operation's processes */
void subreap_init(void);
enum scan { SCAN_NEAR, SCAN_ALL, SCAN_START };
void subreap_scan(enum scan scan);
void subreap_hold(bool on);
void subreap_born(pid_t pid, int resource, uint64_t serial);
int subreap_pids(int resource, pid_t *out, int cap, bool with_ops);
int subreap_op_pids(uint64_t serial, pid_t *out, int cap);

/* ---- trust.c, spawn.c */
bool trust_init(char *why, size_t cap);
bool trust_path(const char *path, char *resolved, char *why, size_t cap); /* resolved: PATH_MAX bytes */
bool trust_env(const char *pair, char *why, size_t cap);
void spawn_init(void);
pid_t spawn_agent(struct op *op, const char *path, char **argv, char **env, int in, int out, int err);
int spawn_error(int slot); /* errno of a failed exec in that slot, 0 = none */
void child_reset(void); /* in the child: signals, limits, umask */

/* ---- ops.c */
enum phase { P_FREE, P_RUNNING, P_TERM, P_KILL };
struct op {
  enum phase phase;
  uint64_t serial;
  char id[NAME_BYTES_MAX + 1], action[ACTION_BYTES_MAX + 1];
  int resource;
  bool fence, changes, reap, whole; /* whole: the kill is for all of the resource */
  pid_t pid;
  bool exited;
  int status;
  ms_t started, deadline, phase_since;
  int fds[2]; /* stdout, stderr; -1 = closed */
  struct buf out[2], hide;
  const char *end; /* NULL: as the status says */
  char detail[200];
  char box[24]; /* its directory in the resource's cgroup */
};
struct run_request {
  char id[NAME_BYTES_MAX + 1], resource[NAME_BYTES_MAX + 1], action[ACTION_BYTES_MAX + 1];
  uint64_t kind, changes, reap, limit_ms, token;
  char *argv[65], *env[260];
  int argv_len, env_len;
  const uint8_t *in;
  size_t in_len;
  bool has_in, has_token;
  struct tlv hide[HIDES_MAX];
  int hide_len;
};
extern struct op ops[OPS_MAX];
void op_run(struct run_request *r, ms_t now);
void op_kill(const char *id, ms_t now);
void op_adopt(const struct op *lost, ms_t now); /* in flight when the former guard died: ended here, outcome unknown */
void op_readable(int slot, int which);
bool op_reaped(pid_t pid, int status, ms_t now);
ms_t ops_tick(ms_t now);
struct op *op_of(int resource); /* the one in flight (not fence), or NULL */
struct op *op_by_serial(uint64_t serial);
bool op_quiet(int resource); /* deaths are expected now */
void ops_end_all(const char *why, ms_t now); /* SIGKILL to every operation in flight and all of its resource */
void discard_readable(int index);

/* ---- hide.c */
void hide_keep(struct op *op, const struct run_request *r);
void hide_in(const struct op *op, struct buf *text); /* asterisks in the place of the values */
void hide_forget(struct op *op);

/* ---- rundir.c */
extern char boot_id[33];
extern uint64_t boot_counter;
bool rundir_init(char *why, size_t cap);
uint64_t rundir_count(void); /* the next counter, durable */
void rundir_kyhad(pid_t pid);
void rundir_end_old_kyhad(void);
bool rundir_op_started(const struct op *op);
void rundir_op_forget(const struct op *op); /* it never ran */
void rundir_op_finished(const struct op *op, const struct buf *frame); /* frame: the A_RESULT frame */
bool rundir_resend(const char *id); /* true: it was finished, and its result was sent again */
bool rundir_ack(const char *id);
int rundir_finished(void);
void rundir_list(void);
bool rundir_active(int resource, bool active); /* on record when true */
void rundir_note(int resource, const uint8_t *note, size_t len); /* empty: there is none any more */
void rundir_adopt(void); /* operations that the former guard did not see end */

/* ---- token.c */
bool token_load(char *why, size_t cap); /* also gives guard_id */
bool token_raise(int resource, uint64_t token, char *why, size_t cap); /* durable when true */

/* ---- watch.c, connector.c */
void watch_init(void);
const char *watch_how(void);
void watch_rescan(int resource);
void watch_forget_dead(int resource);
void watch_ready(int index, ms_t now);
void watch_reaped(pid_t pid, ms_t now);
void watch_ended(pid_t pid, ms_t now); /* perhaps only a thread of it */
void watch_look(ms_t now); /* at everybody without a pidfd */
bool connector_open(void);
void connector_readable(ms_t now);
ms_t watch_tick(ms_t now);

/* ---- shell.c */
void shell_open(void);
void shell_close(void);
const char *shell_state(void);
const char *shell_key(void); /* what kyhad knows the guard's lines by */
void shell_knock(ms_t now);
void shell_ready(int index, bool of_client, uint32_t events);
ms_t shell_tick(ms_t now);

/* ---- servant.c */
bool servant_add(const char *text); /* NAME=PATH; false: not that, or too many */
bool servant_is(pid_t pid);
bool servant_reaped(pid_t pid, int status, ms_t now);
ms_t servant_tick(ms_t now);
void servant_end(void);

/* ---- lease.c */
void lease_load(void);
bool lease_renew(uint64_t length, uint64_t sent); /* false: impossible numbers */
void lease_end_life(ms_t now); /* certified dead: nothing here may run any more */
bool lease_allows(void); /* asks the clock: changes and beats may go out */
bool lease_pets(void); /* asks the clock: the watchdog may be petted */
bool lease_holds(void); /* armed, and something of a resource is there */
const char *lease_state(void);
ms_t lease_tick(ms_t now);

/* ---- standin.c, watchdog.c */
bool standin_part(struct cursor *c, char *why, size_t cap);
void standin_over(void);
ms_t standin_tick(ms_t now);
void watchdog_open(void);
const char *watchdog_state(void);
ms_t watchdog_tick(ms_t now);
void watchdog_close(void);

#endif
