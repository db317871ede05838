/* Time, sentences, small files, names as file names, /proc. Nothing here keeps state but the cached clock choice. */
#include "guard.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Boot clock: counts a suspend, never steps. A kernel without it gives the monotonic one. */
ms_t now_ms(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_BOOTTIME, &t) != 0) clock_gettime(CLOCK_MONOTONIC, &t);
  return (ms_t)t.tv_sec * 1000 + (ms_t)t.tv_nsec / 1000000;
}

/* One sentence on stderr in one write, so that lines of several processes do not mix. */
void say(const char *format, ...) {
  char line[1024] = "guard: ";
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line + 7, sizeof line - 9, format, args);
  va_end(args);
  size_t len = 7 + (n < 0 ? 0 : (size_t)n >= sizeof line - 9 ? sizeof line - 10 : (size_t)n);
  for (size_t i = 7; i < len; i++)
    if (iscntrl((unsigned char)line[i])) line[i] = '?';
  line[len++] = '\n';
  ssize_t ignored = write(2, line, len);
  (void)ignored;
}

void *must(void *allocation) {
  if (allocation) return allocation;
  say("no memory is left, so the guard ends; resources keep running and the next guard takes them over");
  _exit(4);
}

bool forced(const char *word) {
  const char *list = getenv("KYHA_GUARD_FORCE");
  size_t len = strlen(word);
  while (list && *list) {
    size_t n = strcspn(list, ",");
    if (n == len && memcmp(list, word, len) == 0) return true;
    list += n + (list[n] == ',');
  }
  return false;
}

bool name_ok(const uint8_t *p, size_t len) {
  if (len == 0 || len > NAME_BYTES_MAX) return false;
  for (size_t i = 0; i < len; i++)
    if (p[i] <= 0x20 || p[i] == 0x7f) return false;
  return true;
}

/* Letters, digits, '-' and '_' stay; everything else (also '.') becomes %XX, so no name is '.', '..' or holds a slash. */
void escape_name(const char *name, char out[NAME_BYTES_MAX * 3 + 1]) {
  static const char hex[] = "0123456789abcdef";
  size_t n = 0;
  for (const unsigned char *c = (const unsigned char *)name; *c && n < NAME_BYTES_MAX * 3 - 3; c++) {
    if (isalnum(*c) || *c == '-' || *c == '_') {
      out[n++] = (char)*c;
    } else {
      out[n++] = '%';
      out[n++] = hex[*c >> 4];
      out[n++] = hex[*c & 15];
    }
  }
  out[n] = 0;
}

bool unescape_name(const char *file, char out[NAME_BYTES_MAX + 1]) {
  size_t n = 0;
  for (const char *c = file; *c; c++) {
    if (n >= NAME_BYTES_MAX) return false;
    if (*c == '%') {
      unsigned byte;
      if (!isxdigit((unsigned char)c[1]) || !isxdigit((unsigned char)c[2]) || sscanf(c + 1, "%2x", &byte) != 1) return false;
      out[n++] = (char)byte;
      c += 2;
    } else if (isalnum((unsigned char)*c) || *c == '-' || *c == '_') {
      out[n++] = *c;
    } else {
      return false;
    }
  }
  out[n] = 0;
  return name_ok((const uint8_t *)out, n);
}

ssize_t read_small(const char *path, char *out, size_t cap) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t len = 0;
  while (len < cap - 1) {
    ssize_t n = read(fd, out + len, cap - 1 - len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      int e = errno;
      close(fd);
      errno = e;
      return -1;
    }
    if (n == 0) break;
    len += (size_t)n;
  }
  close(fd);
  out[len] = 0;
  return (ssize_t)len;
}

bool write_file(const char *path, const void *p, size_t len) {
  char tmp[4200];
  if ((size_t)snprintf(tmp, sizeof tmp, "%s.tmp", path) >= sizeof tmp) return false;
  int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  size_t done = 0;
  while (done < len) {
    ssize_t n = write(fd, (const char *)p + done, len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      int e = errno;
      close(fd);
      unlink(tmp);
      errno = e;
      return false;
    }
    done += (size_t)n;
  }
  close(fd);
  return rename(tmp, path) == 0;
}

bool write_word(const char *path, const char *word) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool ok = write(fd, word, strlen(word)) == (ssize_t)strlen(word);
  int e = errno;
  close(fd);
  errno = e;
  return ok;
}

/* The name in field 2 may hold spaces and parentheses: fields are counted from the last ')'. */
bool proc_stat(pid_t pid, struct procstat *out) {
  char path[40], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (read_small(path, text, sizeof text) <= 0) return false;
  char *p = strrchr(text, ')');
  if (!p) return false;
  int ppid, pgrp, sid;
  unsigned long long start;
  if (sscanf(p + 2, "%c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &out->state, &ppid, &pgrp, &sid,
             &start) != 5)
    return false;
  out->pid = pid;
  out->ppid = ppid;
  out->pgrp = pgrp;
  out->sid = sid;
  out->start = start;
  return true;
}

bool random_hex(char *out, size_t bytes) {
  uint8_t raw[32];
  if (bytes > sizeof raw) return false;
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool ok = read(fd, raw, bytes) == (ssize_t)bytes;
  close(fd);
  for (size_t i = 0; ok && i < bytes; i++) sprintf(out + 2 * i, "%02x", raw[i]);
  return ok;
}

/*
 * A child between fork and exec holds a copy of every descriptor, and with it the registration in epoll lives on after a mere close:
 * level-triggered, for as long as the scheduler keeps the child waiting behind this very process.
 */
void close_watched(int fd) {
  if (fd < 0) return;
  epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
  close(fd);
}

void watch_fd(int fd, enum source source, uint32_t index, uint32_t events) {
  struct epoll_event e = {.events = events, .data.u64 = (uint64_t)source << 32 | index};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &e) != 0 && errno == ENOENT) epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

uint32_t crc32c(const void *p, size_t len) {
  const uint8_t *c = p;
  uint32_t crc = ~0u;
  while (len--) {
    crc ^= *c++;
    for (int k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
  }
  return ~crc;
}
