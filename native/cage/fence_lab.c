/*
 * Fence agent of the lab power switch (cage.c), Fence Agent API: key=value lines on stdin, unknown keys ignored, the last one wins.
 *   action      off | on | reboot | status | monitor | list | metadata | validate-all (default reboot)
 *   plug, port, nodename   the machine, NAME in DIR/NAME.sock        socket_dir DIR, or socket PATH
 *   power_timeout          seconds, default 20: silence is a failure, never a success
 * Exit: 0 done, 1 failed or not verifiable, 2 (status, monitor of one machine) the switch answers and the machine is off.
 * `off` succeeds only on the switch's own words "ok off", which it says when no process of the machine is left.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char action[32] = "reboot", plug[128], dir[108], path[108];
static long limit_ms = 20000, end_at;

static const char metadata[] =
  "<?xml version=\"1.0\" ?>\n<resource-agent name=\"fence_lab\" shortdesc=\"Lab power switch\">\n"
  "<longdesc>Switches a lab machine that runs in a cage. For demo and tests only.</longdesc>\n<parameters>\n"
  "<parameter name=\"action\" required=\"1\"><content type=\"string\" default=\"reboot\"/><shortdesc lang=\"en\">Fencing "
      "action</shortdesc></parameter>\n"
  "<parameter name=\"plug\" required=\"1\" obsoletes=\"port\"><content type=\"string\"/><shortdesc "
      "lang=\"en\">Machine</shortdesc></parameter>\n"
  "<parameter name=\"socket_dir\" required=\"0\"><content type=\"string\"/><shortdesc lang=\"en\">Directory of the switches' "
      "sockets</shortdesc></parameter>\n"
  "<parameter name=\"socket\" required=\"0\"><content type=\"string\"/><shortdesc lang=\"en\">Socket of one "
      "switch</shortdesc></parameter>\n"
  "<parameter name=\"power_timeout\" required=\"0\"><content type=\"second\" default=\"20\"/><shortdesc lang=\"en\">Wait for the switch "
      "at most</shortdesc></parameter>\n"
  "</parameters>\n<actions>\n<action name=\"on\" automatic=\"0\"/>\n<action name=\"off\"/>\n<action name=\"reboot\"/>\n<action "
      "name=\"status\"/>\n"
  "<action name=\"monitor\"/>\n<action name=\"list\"/>\n<action name=\"metadata\"/>\n<action "
      "name=\"validate-all\"/>\n</actions>\n</resource-agent>\n";

static int fail(const char *what, const char *why) {
  fprintf(stderr, "fence_lab: %s: %s\n", what, why);
  return 1;
}

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void set(char *out, size_t cap, const char *value, bool *too_long) {
  if ((size_t)snprintf(out, cap, "%s", value) >= cap) *too_long = true;
}

/* False: a value does not fit, so what is meant is not known. */
static bool read_options(void) {
  char line[512];
  bool too_long = false;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\r\n")] = 0;
    char *p = line + strspn(line, " \t"), *value = strchr(p, '=');
    if (*p == '#' || !value) continue;
    *value++ = 0;
    for (char *end = p + strlen(p); end > p && isspace((unsigned char)end[-1]); *--end = 0) {
    }
    if (strcmp(p, "action") == 0) set(action, sizeof action, value, &too_long);
    else if (strcmp(p, "plug") == 0 || strcmp(p, "port") == 0 || strcmp(p, "nodename") == 0) set(plug, sizeof plug, value, &too_long);
    else if (strcmp(p, "socket_dir") == 0) set(dir, sizeof dir, value, &too_long);
    else if (strcmp(p, "socket") == 0) set(path, sizeof path, value, &too_long);
    else if (strcmp(p, "power_timeout") == 0 && atof(value) > 0 && atof(value) <= 3600) limit_ms = (long)(atof(value) * 1000);
  }
  return !too_long;
}

static bool plug_ok(void) {
  for (const char *c = plug; *c; c++)
    if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_' && *c != '.') return false;
  return plug[0] && plug[0] != '.';
}

/* The path of the machine's switch; 0, or the exit code of a refusal. */
static int find(void) {
  char whole[400];
  if (path[0]) return 0;
  if (!dir[0]) return fail("no switch", "give socket_dir and plug, or socket");
  if (!plug_ok()) return fail("plug", "is missing or not a name");
  snprintf(whole, sizeof whole, "%s/%s.sock", dir, plug);
  if (strlen(whole) >= sizeof path) return fail(whole, "the path is longer than a socket's may be");
  strcpy(path, whole);
  return 0;
}

/* One line to the switch and its one line back; false: said why on stderr. */
static bool ask(const char *line, char *out, size_t cap) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  struct timeval wait = {.tv_sec = limit_ms / 1000, .tv_usec = limit_ms % 1000 * 1000};
  size_t len = 0;
  strcpy(a.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0 || send(fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line)) {
    fail(path, strerror(errno));
    if (fd >= 0) close(fd);
    return false;
  }
  while (len + 1 < cap) {
    long left = end_at - now();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t n = left > 0 && poll(&p, 1, (int)left) > 0 ? recv(fd, out + len, cap - 1 - len, 0) : -2;
    if (n <= 0) {
      close(fd);
      fail(path, n == -2 ? "the switch did not answer in time" : "the switch closed the connection without an answer");
      return false;
    }
    len += (size_t)n;
    if (memchr(out, '\n', len)) break;
  }
  close(fd);
  out[len] = 0;
  out[strcspn(out, "\n")] = 0;
  return true;
}

static int command(const char *line, const char *expected) {
  char answer[256];
  if (!ask(line, answer, sizeof answer)) return 1;
  size_t n = strlen(expected);
  if (strncmp(answer, expected, n) == 0 && (answer[n] == 0 || answer[n] == ' ')) return 0;
  return fail("the switch refused", answer);
}

static int status(void) {
  char answer[256];
  if (!ask("status\n", answer, sizeof answer)) return 1;
  if (strcmp(answer, "on") == 0) return 0;
  if (strcmp(answer, "off") == 0) return 2;
  return fail("the switch gave an answer that is neither on nor off", answer);
}

static int list(bool print) {
  DIR *d = opendir(dir);
  if (!d) return fail(dir[0] ? dir : "socket_dir", dir[0] ? strerror(errno) : "is missing");
  for (struct dirent *e; print && (e = readdir(d));) {
    size_t n = strlen(e->d_name);
    if (n > 5 && strcmp(e->d_name + n - 5, ".sock") == 0) printf("%.*s,\n", (int)(n - 5), e->d_name);
  }
  closedir(d);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 1) {
    if (argc == 3 && strcmp(argv[1], "-o") == 0 && strcmp(argv[2], "metadata") == 0) return fputs(metadata, stdout) < 0;
    return fail("usage", "options come on stdin as key=value lines; `fence_lab -o metadata` describes them");
  }
  if (!read_options()) return fail("an option", "is longer than it may be");
  end_at = now() + limit_ms;
  if (strcmp(action, "metadata") == 0) return fputs(metadata, stdout) < 0;
  if (strcmp(action, "list") == 0) return list(true);
  if (strcmp(action, "monitor") == 0 && !path[0] && !plug[0]) return list(false);
  int found = find();
  if (found || strcmp(action, "validate-all") == 0) return found;
  if (strcmp(action, "status") == 0 || strcmp(action, "monitor") == 0) return status();
  if (strcmp(action, "off") == 0) return command("off\n", "ok off");
  if (strcmp(action, "on") == 0) return command("on\n", "ok on");
  if (strcmp(action, "reboot") != 0) return fail(action, "is not an action of this agent");
  int off = command("off\n", "ok off");
  if (off == 0 && command("on\n", "ok on") != 0) fprintf(stderr, "fence_lab: the machine is off, but did not come on again\n");
  return off;
}
