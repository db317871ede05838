/* The machine in a cage: its processes, links and directories. cage.c is the switch in front of it. */
#ifndef KYHA_MACHINE_H
#define KYHA_MACHINE_H

#include <stdbool.h>
#include <sys/types.h>

struct machine {
  const char *name, *log, *links[16], *wipe[16];
  int links_len, wipe_len;
  bool pidns, respawn;
  char **argv;
};

/* Starts ARGV; 0 and errno when that failed. With pidns the answer is the init of a new pid, mount, uts and ipc namespace. */
pid_t machine_start(const struct machine *m);
/* Sets every link up or down; false: one refused (said on stderr). */
bool machine_links(const struct machine *m, bool up);
/* SIGKILL to every descendant of this process; how many were found alive (0 = the machine is dead). */
int machine_kill(void);
/* Empties the --wipe directories: what was in memory is gone with the power. */
void machine_wipe(const struct machine *m);
#endif
