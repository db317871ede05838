/*
 * The hardware watchdog, only where --watchdog names one. Petted while kyhad is well or within the grace of its restart, and the lease (if
 * one is armed) has not expired with something left; not petted otherwise, and the machine resets. An orderly end disarms it with the
 * magic close, unless resources still run that a lease was armed for.
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
static bool tried, starving;
static char state[200] = "none: not configured";

void watchdog_open(void) {
  if (!opt.watchdog_path || !lease_pets()) return; /* opening it pets it */
  tried = true;
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

const char *watchdog_state(void) {
  return opt.watchdog_path && !tried ? "none yet: the lease expired and something is left" : state;
}

ms_t watchdog_tick(ms_t now) {
  if (!tried && lease_pets()) watchdog_open();
  if (fd < 0) return NEVER;
  if (now < next) return next;
  next = now + opt.watchdog_s * 1000 / 4;
  bool pets = lease_pets(), well = pets && manager_well(now);
  if (well && write(fd, "\0", 1) != 1) say("the watchdog %s takes no sign of life: %s", opt.watchdog_path, strerror(errno));
  if (!well && !starving)
    say("the watchdog is no longer petted, since %s: the machine resets within %u s",
        pets ? "kyhad is not well" : "the lease expired and something is left", opt.watchdog_s);
  starving = !well;
  return next;
}

void watchdog_close(void) {
  if (fd < 0) return;
  if (lease_holds()) say("the watchdog stays armed, since resources run whose lease nobody guards any more");
  else if (write(fd, "V", 1) != 1) say("the watchdog %s cannot be disarmed: %s", opt.watchdog_path, strerror(errno));
  close(fd);
  fd = -1;
}
