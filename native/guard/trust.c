/*
 * What may run at all (S24). kyhad is unprivileged and may be wrong or taken over; the guard runs as root. So: only executables
 * under the directories it was started with, as root only root's own unwritable ones, and no environment that makes a
 * shell, loader or interpreter run something else.
 */
#include "guard.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_PATHS ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"
static char roots[16][PATH_MAX]; /* resolved; one that ends in '*' is a prefix */

static bool owned(const char *path, char *why, size_t cap) {
  struct stat st;
  if (stat(path, &st) != 0) {
    snprintf(why, cap, "%.120s does not exist", path);
    return false;
  }
  if (is_root && (st.st_uid != 0 || (st.st_mode & 022))) {
    snprintf(why, cap, "%.120s can be changed by others than root: chown root, chmod go-w", path);
    return false;
  }
  return true;
}

bool trust_init(char *why, size_t cap) {
  for (int i = 0; i < opt.agents_len; i++) {
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%s", opt.agents[i]);
    size_t len = strlen(dir);
    char *slash = strrchr(dir, '/');
    bool prefix = len && dir[len - 1] == '*' && slash && slash != dir;
    if (prefix) *slash = 0;
    if (!realpath(dir, roots[i])) {
      roots[i][0] = 0; /* an agent set that is not installed: nothing of it can run */
      continue;
    }
    if (!owned(roots[i], why, cap)) return false;
    size_t n = strlen(roots[i]);
    if (prefix) snprintf(roots[i] + n, sizeof roots[i] - n, "/%s", slash + 1);
  }
  return true;
}

static bool under(const char *path, const char *root) {
  size_t n = strlen(root);
  if (n == 0) return false;
  if (root[n - 1] == '*') return strncmp(path, root, n - 1) == 0 && !strchr(path + n - 1, '/');
  return strncmp(path, root, n) == 0 && path[n] == '/';
}

static int root_of(const char *path) {
  for (int i = 0; i < opt.agents_len; i++)
    if (under(path, roots[i])) return i;
  return -1;
}

bool trust_path(const char *path, char *resolved, char *why, size_t cap) {
  if (path[0] != '/' || !realpath(path, resolved)) {
    snprintf(why, cap, "agent %.120s does not exist", path);
    return false;
  }
  int root = root_of(resolved);
  if (root < 0) {
    snprintf(why, cap, "agent %.120s is not in a directory that this guard was told to trust (--agents)", resolved);
    return false;
  }
  struct stat st;
  if (stat(resolved, &st) != 0 || !S_ISREG(st.st_mode) || access(resolved, X_OK) != 0) {
    snprintf(why, cap, "agent %.120s is not an executable file", resolved);
    return false;
  }
  char part[PATH_MAX];
  snprintf(part, sizeof part, "%s", resolved);
  while (strlen(part) > strlen(roots[root])) {
    if (!owned(part, why, cap)) return false;
    char *slash = strrchr(part, '/');
    if (!slash || slash == part) break;
    *slash = 0;
  }
  return true;
}

static bool system_path(const char *value) {
  char part[64];
  while (*value) {
    size_t n = strcspn(value, ":");
    if (n == 0 || n > 40) return false;
    snprintf(part, sizeof part, ":%.*s:", (int)n, value);
    if (!strstr(SYSTEM_PATHS, part)) return false;
    value += n + (value[n] == ':');
  }
  return true;
}

static bool ocf_root(const char *value) {
  char resolved[PATH_MAX];
  if (!realpath(value, resolved)) return true; /* nothing there, nothing is run */
  return strcmp(resolved, "/usr/lib/ocf") == 0 || under(resolved, "/usr/lib/ocf") || root_of(resolved) >= 0;
}

bool trust_env(const char *pair, char *why, size_t cap) {
  static const char *const refused[] = {"LD_", "GLIBC_", "BASH", "SHELLOPTS=", "ENV=", "IFS=", "PS4=", "PYTHON", "PERL", "RUBY", "NODE_",
      "KYHA_GUARD", "KYHA_RESOURCE=", "KYHA_OP="};
  size_t name = strcspn(pair, "=");
  bool ok = pair[name] == '=' && name > 0 && !isdigit((unsigned char)pair[0]);
  for (size_t i = 0; i < name; i++) ok = ok && (isalnum((unsigned char)pair[i]) || pair[i] == '_');
  for (size_t i = 0; ok && i < sizeof refused / sizeof *refused; i++) ok = strncmp(pair, refused[i], strlen(refused[i])) != 0;
  if (ok && is_root && strncmp(pair, "PATH=", 5) == 0) ok = system_path(pair + 5);
  if (ok && is_root && (strncmp(pair, "OCF_ROOT=", 9) == 0 || strncmp(pair, "OCF_FUNCTIONS_DIR=", 18) == 0)) ok = ocf_root(pair + name + 1);
  if (!ok)
    snprintf(why, cap, "environment %.*s is not allowed: it could make an agent run something else", (int)(name > 80 ? 80 : name), pair);
  return ok;
}
