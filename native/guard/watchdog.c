/*
 * The hardware watchdog, only where --watchdog names one. Petted while kyhad is well or within the grace of its restart; not petted
 * otherwise, and the machine resets. An orderly end disarms it with the magic close.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fd = -1;
static ms_t next;
static bool starving;
static char state[200] = "none: not configured";

void watchdog_open(void) {
  if (!opt.watchdog_path) return;
  fd = open(opt.watchdog_path, O_WRONLY | O_CLOEXEC | O_APPEND);
  if (fd < 0) {
    const char *why = errno == ENOENT ? "does not exist" : strerror(errno);
    snprintf(state, sizeof state, "none: %.120s %s", opt.watchdog_path, why);
    say("watchdog %s", state);
    return;
  }
  int seconds = (int)opt.watchdog_s;
  bool set = ioctl(fd, WDIOC_SETTIMEOUT, &seconds) == 0;
  if (set) snprintf(state, sizeof state, "%.120s, %d s", opt.watchdog_path, seconds);
  else snprintf(state, sizeof state, "%.120s, its limit cannot be set: %s", opt.watchdog_path, strerror(errno));
}

const char *watchdog_state(void) { return state; }

ms_t watchdog_tick(ms_t now) {
  if (fd < 0) return NEVER;
  if (now < next) return next;
  next = now + opt.watchdog_s * 1000 / 4;
  bool well = manager_well(now);
  if (well && write(fd, "\0", 1) != 1) say("the watchdog %s takes no sign of life: %s", opt.watchdog_path, strerror(errno));
  if (!well && !starving) say("the watchdog is no longer petted, since kyhad is not well: the machine resets within %u s", opt.watchdog_s);
  starving = !well;
  return next;
}

void watchdog_close(void) {
  if (fd < 0) return;
  if (write(fd, "V", 1) != 1) say("the watchdog %s cannot be disarmed: %s", opt.watchdog_path, strerror(errno));
  close(fd);
  fd = -1;
}
