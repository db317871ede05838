/*
 * servant --path DEVICE (--socket PATH [--user NAME] [--parent PID] | --stdio)
 * Reads and writes whole blocks of one shared disk for one client at a time.
 * All I/O is O_DIRECT | O_DSYNC and blocks this process alone: a disk that hangs holds up nobody but its own servant. It never looks into
 * a block; it refuses what lies beyond the device. Requests are carried out in the order in which they came, one after the other; a new
 * client ends the one before it, and what that one had not had done yet is dropped. A lock beside the socket is held as long as this
 * process exists, also one that cannot be killed because the system still writes for it: so an old write never follows a newer one.
 *
 * Frame: u32 LE length of what follows, then the body.
 *   request: u32 id, u8 what (1 read, 2 write, 3 open anew, 4 size), u64 block, u32 count, and for a write count blocks of 4096 bytes
 *   answer:  u32 id, u8 ok, then what was read (read), u64 blocks (size, open anew), nothing (write), or a word for what is wrong
 * Exit codes: 0 the client of --stdio went, 2 usage, 4 socket or lock cannot be used.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BLOCK 4096
#define COUNT_MAX 256 /* blocks of one request: 1 MiB */
#define HEAD 17 /* of a request's body */
#define BODY_MAX (HEAD + COUNT_MAX * BLOCK)
#define ANSWER_S 5

enum what { READ = 1, WRITE, OPEN, SIZE };

static const char *path;
static int disk = -1;
static uint64_t blocks;
static uint8_t *data; /* COUNT_MAX blocks, aligned as O_DIRECT wants it */
static uint8_t in[4 + BODY_MAX];
static size_t in_len;
static int in_fd = -1, out_fd = -1; /* the client */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) {
  char line[1200];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  dprintf(2, "servant: %s\n", line);
}

static uint32_t le32(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }
static uint64_t le64(const uint8_t *p) { return le32(p) | (uint64_t)le32(p + 4) << 32; }
static void put32(uint8_t *p, uint32_t n) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(n >> 8 * i);
}

/* The system's word for an error: EIO, ENXIO ... */
static const char *word(int e) {
  switch (e) {
    case EIO: return "EIO";
    case ENXIO: return "ENXIO";
    case ENODEV: return "ENODEV";
    case ENOENT: return "ENOENT";
    case EACCES: return "EACCES";
    case EPERM: return "EPERM";
    case EROFS: return "EROFS";
    case ENOSPC: return "ENOSPC";
    case EINVAL: return "EINVAL";
    case ENOMEDIUM: return "ENOMEDIUM";
    case EREMOTEIO: return "EREMOTEIO";
    case ETIMEDOUT: return "ETIMEDOUT";
    case EBADE: return "EBADE"; /* another host holds a reservation */
    default: return strerror(e);
  }
}

static void close_disk(void) {
  if (disk >= 0) close(disk);
  disk = -1;
}

/* NULL, or why the device cannot be used; the same reason is said once. */
static const char *open_disk(void) {
  static char said[200];
  struct stat st;
  const char *why = NULL;
  if (disk >= 0) return NULL;
  int fd = open(path, O_RDWR | O_DIRECT | O_DSYNC | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) why = errno == EINVAL ? "no direct I/O there" : word(errno);
  else if (fstat(fd, &st) != 0) why = word(errno);
  else if (S_ISREG(st.st_mode)) blocks = (uint64_t)st.st_size / BLOCK;
  else if (S_ISBLK(st.st_mode)) {
    uint64_t bytes = 0;
    int sector = 0;
    if (ioctl(fd, BLKGETSIZE64, &bytes) != 0 || ioctl(fd, BLKSSZGET, &sector) != 0) why = word(errno);
    else if (sector > BLOCK) why = "sectors of more than 4096 bytes";
    blocks = bytes / BLOCK;
  } else why = "no block device and no file";
  if (!why) disk = fd;
  else if (fd >= 0) close(fd);
  if (strcmp(said, why ? why : "") != 0) {
    snprintf(said, sizeof said, "%s", why ? why : "");
    if (why) say("%s cannot be used (%s); it is tried again with each request", path, why);
    else say("%s can be used again", path);
  }
  return why;
}

/* Every byte of it, or why not. A disk that failed is opened anew for the next request: it may be another device by then. */
static const char *transfer(bool writes, uint64_t block, uint32_t count) {
  size_t bytes = (size_t)count * BLOCK, done = 0;
  while (done < bytes) {
    off_t at = (off_t)(block * BLOCK + done);
    ssize_t n = writes ? pwrite(disk, data + done, bytes - done, at) : pread(disk, data + done, bytes - done, at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || n % BLOCK != 0) {
      const char *why = n < 0 ? word(errno) : "cut short";
      close_disk();
      return why;
    }
    done += (size_t)n;
  }
  return NULL;
}

static void close_client(void) {
  if (in_fd >= 0) close(in_fd);
  if (out_fd >= 0 && out_fd != in_fd) close(out_fd);
  in_fd = out_fd = -1;
  in_len = 0;
}

/* A client that does not take its answers is let go. */
static void send_all(const uint8_t *p, size_t len) {
  while (out_fd >= 0 && len) {
    ssize_t n = send(out_fd, p, len, MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK) n = write(out_fd, p, len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return close_client();
    p += n;
    len -= (size_t)n;
  }
}

static void answer(uint32_t id, bool ok, const void *p, size_t len) {
  uint8_t head[9];
  put32(head, (uint32_t)(5 + len));
  put32(head + 4, id);
  head[8] = ok;
  send_all(head, sizeof head);
  send_all(p, len);
}

static void serve(const uint8_t *p, size_t len) {
  uint32_t id = le32(p), count = le32(p + 13);
  uint8_t what = p[4], size[8];
  uint64_t block = le64(p + 5);
  char beyond[120];
  bool moves = what == READ || what == WRITE;
  if (what == OPEN) close_disk();
  const char *why = open_disk();
  if (!why && moves && (block > blocks || count > blocks - block)) {
    snprintf(beyond, sizeof beyond, "blocks %llu+%u lie beyond its %llu", (unsigned long long)block, count, (unsigned long long)blocks);
    why = beyond;
  }
  if (!why && what == WRITE) memcpy(data, p + HEAD, len - HEAD);
  if (!why && moves) why = transfer(what == WRITE, block, count);
  if (why) return answer(id, false, why, strlen(why));
  put32(size, (uint32_t)blocks);
  put32(size + 4, (uint32_t)(blocks >> 32));
  if (what == READ) answer(id, true, data, (size_t)count * BLOCK);
  else answer(id, true, size, what == WRITE ? 0 : sizeof size);
}

/* A whole request, as long as it says. */
static bool is_request(const uint8_t *p, size_t len) {
  if (len < HEAD) return false;
  uint8_t what = p[4];
  uint32_t count = le32(p + 13);
  if (what == READ || what == WRITE)
    return count >= 1 && count <= COUNT_MAX && len == HEAD + (what == WRITE ? (size_t)count * BLOCK : 0);
  return (what == OPEN || what == SIZE) && len == HEAD;
}

/* What has come of the client: one request is done, then it is looked whether a newer client is there. */
static void take(void) {
  ssize_t n = in_len < sizeof in ? read(in_fd, in + in_len, sizeof in - in_len) : 0;
  if (n == 0 && in_len < sizeof in) return close_client();
  if (n < 0 && errno != EAGAIN && errno != EINTR) return close_client();
  if (n > 0) in_len += (size_t)n;
}
static bool has_request(size_t *len) {
  *len = in_len >= 4 ? le32(in) : 0;
  if (in_len >= 4 && (*len < HEAD || *len > BODY_MAX || (in_len >= 4 + *len && !is_request(in + 4, *len)))) {
    say("a client that does not speak this protocol was let go");
    close_client();
  }
  return in_fd >= 0 && in_len >= 4 && in_len >= 4 + *len;
}
static void serve_next(size_t len) {
  serve(in + 4, len);
  if (in_fd < 0) return;
  in_len -= 4 + len;
  memmove(in, in + 4 + len, in_len);
}

static void accept_client(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  close_client();
  struct timeval patience = {.tv_sec = ANSWER_S};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  in_fd = out_fd = fd;
}

static int loop(int listener) {
  while (listener >= 0 || in_fd >= 0) {
    size_t len;
    bool ready = has_request(&len);
    struct pollfd on[2] = {{.fd = listener, .events = POLLIN}, {.fd = in_fd, .events = POLLIN}};
    if (poll(on, 2, ready ? 0 : -1) < 0 && errno != EINTR) return 4;
    if (on[0].revents) accept_client(listener);
    else if (ready) serve_next(len);
    else if (on[1].revents) take();
  }
  return 0;
}

/* The socket, with the lock that says that no other servant of it exists; waits for one that still dies. */
static int listen_at(const char *socket_path, const char *user) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  char lock[PATH_MAX];
  if (strlen(socket_path) >= sizeof at.sun_path) return say("the socket's path is too long: %s", socket_path), -1;
  snprintf(lock, sizeof lock, "%s.lock", socket_path);
  int held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (held < 0) return say("%s cannot be opened: %s", lock, strerror(errno)), -1;
  if (flock(held, LOCK_EX | LOCK_NB) != 0) say("waits for the servant before this one: the system still works for it");
  while (flock(held, LOCK_EX) != 0)
    if (errno != EINTR) return say("%s cannot be locked: %s", lock, strerror(errno)), -1;
  strcpy(at.sun_path, socket_path);
  unlink(socket_path);
  umask(0177);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 8) != 0)
    return say("%s cannot be listened at: %s", socket_path, strerror(errno)), -1;
  struct passwd *who = user ? getpwnam(user) : NULL;
  if (user && (!who || chown(socket_path, who->pw_uid, who->pw_gid) != 0)) return say("%s cannot be given to %s", socket_path, user), -1;
  return fd;
}

int main(int argc, char **argv) {
  static const struct option longs[] = {{"path", 1, 0, 'p'}, {"socket", 1, 0, 's'}, {"user", 1, 0, 'u'},
    {"parent", 1, 0, 'g'}, {"stdio", 0, 0, 'i'}, {0}};
  const char *at = NULL, *user = NULL;
  bool stdio = false;
  pid_t parent = 0;
  for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
    if (c == 'p') path = optarg;
    else if (c == 's') at = optarg;
    else if (c == 'u') user = optarg;
    else if (c == 'g') parent = (pid_t)atoi(optarg);
    else if (c == 'i') stdio = true;
    else path = NULL, argc = 0;
  }
  if (!path || path[0] != '/' || stdio == (at != NULL) || optind != argc) {
    say("usage: servant --path DEVICE (--socket PATH [--user NAME] [--parent PID] | --stdio)");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  if (!stdio) prctl(PR_SET_PDEATHSIG, SIGKILL); /* no guard, no kyhad that could ask */
  if (parent && getppid() != parent) return 4; /* it died before it could be told of */
  void *aligned = NULL;
  if (posix_memalign(&aligned, BLOCK, (size_t)COUNT_MAX * BLOCK) != 0) return 4;
  data = memset(aligned, 0, (size_t)COUNT_MAX * BLOCK);
  mlockall(MCL_CURRENT | MCL_FUTURE); /* best effort: a disk that is swapped to must not hold up this one */
  int listener = -1;
  if (stdio) in_fd = 0, out_fd = 1;
  else if ((listener = listen_at(at, user)) < 0) return 4;
  const char *why = open_disk();
  if (!why) say("serves %s: %llu blocks of %d bytes", path, (unsigned long long)blocks, BLOCK);
  return loop(listener);
}
