/*
 * httpask ADDRESS PORT MS: asks an HTTP server for the head of `/` and waits at most MS milliseconds for the first line of its answer.
 * Exit codes: 0 it answers with 2xx; 1 it does not, one line on stdout says why; 2 usage. Called by the monitor of agents/resource/http.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int no(const char *what, const char *why) {
  printf("%s%s%s\n", what, *why ? ": " : "", why);
  return 1;
}

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* Waits for `events` until `end`; false when the time is over. */
static int ready(int s, short events, long end) {
  struct pollfd p = {.fd = s, .events = events};
  long left;
  int n = 0;
  while ((left = end - now_ms()) > 0 && (n = poll(&p, 1, (int)left)) < 0 && errno == EINTR) {}
  return n > 0;
}

int main(int argc, char **argv) {
  static const char ask[] = "HEAD / HTTP/1.0\r\n\r\n";
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *at;
  int ms = argc == 4 ? atoi(argv[3]) : 0;
  if (ms < 1 || ms > 600000 || getaddrinfo(argv[1], argv[2], &hints, &at) != 0) {
    fprintf(stderr, "httpask: usage: httpask ADDRESS PORT MILLISECONDS\n");
    return 2;
  }
  long end = now_ms() + ms;
  char late[64], line[16] = {0};
  snprintf(late, sizeof late, "no answer within %d ms", ms);
  int error = 0, s = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  socklen_t size = sizeof error;
  if (s < 0) return no("no socket", strerror(errno));
  if (connect(s, at->ai_addr, at->ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return no("cannot connect", strerror(errno));
    if (!ready(s, POLLOUT, end)) return no(late, "");
    if (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error) return no("cannot connect", strerror(error));
  }
  if (send(s, ask, sizeof ask - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof ask - 1)) return no("cannot ask", strerror(errno));
  for (size_t have = 0; have < 12;) { /* HTTP/1.1 200 */
    if (!ready(s, POLLIN, end)) return no(late, "");
    ssize_t n = read(s, line + have, 12 - have);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return no("the connection ended without an answer", n < 0 ? strerror(errno) : "");
    have += (size_t)n;
  }
  return strncmp(line, "HTTP/1.", 7) == 0 && line[9] == '2' ? 0 : no("it answers with an error", strncmp(line, "HTTP/", 5) ? "" : line + 9);
}
