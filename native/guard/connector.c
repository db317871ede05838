/*
 * Notice of every process's end by the kernel's proc connector (netlink), for kernels without pidfd. Needs root and the machine's
 * first pid and network namespace; whether it really works is tried at the start with a child of our own. A notice is a hint: who ended
 * is looked at again.
 */
#include "guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUFFER_BYTES (1 << 20)
#define TAKEN_MAX 512 /* in one turn of the loop */
#define TRY_MS 200
#define EVENT_AT (sizeof(struct nlmsghdr) + sizeof(struct cn_msg))

static int fd = -1;

/* Only ends pass: a fork or exec somewhere on the machine does not wake the guard. */
static bool only_ends(int s) {
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, EVENT_AT + offsetof(struct proc_event, what)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXIT), 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0xffff),
    BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  return setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

static bool listen_on(int s) {
  struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC}, kernel = {.nl_family = AF_NETLINK};
  uint8_t raw[NLMSG_SPACE(sizeof(struct cn_msg) + sizeof(uint32_t))] = {0};
  struct nlmsghdr *head = (struct nlmsghdr *)raw;
  struct cn_msg *body = NLMSG_DATA(head);
  uint32_t order = PROC_CN_MCAST_LISTEN;
  head->nlmsg_len = NLMSG_LENGTH(sizeof *body + sizeof order);
  head->nlmsg_type = NLMSG_DONE;
  body->id = (struct cb_id){.idx = CN_IDX_PROC, .val = CN_VAL_PROC};
  body->len = sizeof order;
  memcpy(body->data, &order, sizeof order);
  int size = BUFFER_BYTES;
  if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return bind(s, (struct sockaddr *)&self, sizeof self) == 0 && only_ends(s) &&
         sendto(s, raw, head->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) == (ssize_t)head->nlmsg_len;
}

/* 1: `ended` is the process of a thread that ended; 0: something else; -1 and errno. */
static int take(pid_t *ended) {
  uint8_t raw[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
  struct sockaddr_nl from;
  socklen_t from_len = sizeof from;
  struct proc_event event;
  ssize_t n = recvfrom(fd, raw, sizeof raw, MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
  if (n < 0) return -1;
  if (from_len != sizeof from || from.nl_pid != 0 || (size_t)n < EVENT_AT + offsetof(struct proc_event, event_data.exit.exit_code))
    return 0;
  memset(&event, 0, sizeof event);
  memcpy(&event, raw + EVENT_AT, (size_t)n - EVENT_AT < sizeof event ? (size_t)n - EVENT_AT : sizeof event);
  if (event.what != PROC_EVENT_EXIT) return 0;
  *ended = event.event_data.exit.process_tgid;
  return 1;
}

/* A child of ours ends: is that told, and with the number by which we know it? */
static bool tells(void) {
  pid_t child = fork(), ended = 0;
  if (child == 0) _exit(0);
  if (child < 0) return false;
  waitpid(child, NULL, 0);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  for (ms_t end = now_ms() + TRY_MS; ended != child && now_ms() < end;)
    if (take(&ended) < 0 && (errno != EAGAIN || poll(&wait, 1, TRY_MS) <= 0)) break;
  return ended == child;
}

bool connector_open(void) {
  if (!is_root || forced("no-connector")) return false;
  fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
  if (fd < 0) return false;
  if (!listen_on(fd) || !tells()) {
    close(fd);
    fd = -1;
    return false;
  }
  watch_fd(fd, SRC_CONNECTOR, 0, EPOLLIN);
  return true;
}

void connector_readable(ms_t now) {
  pid_t ended;
  for (int i = 0; i < TAKEN_MAX; i++) {
    int got = take(&ended);
    if (got == 1) watch_ended(ended, now);
    if (got >= 0 || errno == EINTR) continue;
    if (errno == ENOBUFS) watch_look(now); /* notices were lost: everybody is looked at */
    return;
  }
}
