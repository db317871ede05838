/*
 * The shell's door (design 8.10): RUN/shell.sock, where the kernel says who comes. Root, this guard's own user and members of haclient are
 * connected to kyhad's RUN/relay.sock, with one line before their bytes that names them and carries a key that only this guard and kyhad
 * know; others get one sentence (an HTTP answer, since that is what the shell speaks). The guard understands nothing of what it hands on.
 * Bounded: 32 connections with 16 KiB each way; nothing here waits.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#define RELAYS_MAX 32
#define SLOTS_MAX (RELAYS_MAX + 16) /* the others only take an answer */
#define HALF_BYTES 16384
#define ACCEPTS_MAX 8 /* in one turn of the loop */
#define TURNS_MAX 4
#define LINGER_MS 1000 /* until a refused client has taken its answer */
#define PAUSE_MS 1000 /* after "no descriptor is left" */
#define GROUP "haclient"

struct half { uint8_t bytes[HALF_BYTES]; size_t at, len; bool eof, shut; };
static struct relay {
  int client, kyhad; /* 0: free; kyhad -1: the guard itself answers */
  bool kyhad_gone; /* hung up: out of epoll, read to its end */
  struct half up, down;
  ms_t until;
} relays[SLOTS_MAX];
static int door = -1;
static gid_t ha_gid = (gid_t)-1;
static ms_t open_again = NEVER, told_at;
static char state[200] = "none: not opened", key[33];

const char *shell_state(void) { return state; }
const char *shell_key(void) { return key; }

static bool at_run(struct sockaddr_un *out, const char *file) {
  *out = (struct sockaddr_un){.sun_family = AF_UNIX};
  return snprintf(out->sun_path, sizeof out->sun_path, "%s/%s", opt.run_dir, file) < (int)sizeof out->sun_path;
}

/* Out of /etc/group and nowhere else: a name service may hang. */
static void find_group(void) {
  FILE *f = fopen("/etc/group", "re");
  for (struct group *g; f && (g = fgetgrent(f));)
    if (strcmp(g->gr_name, GROUP) == 0) ha_gid = g->gr_gid;
  if (f) fclose(f);
  /* The group's members have to get as far as the door. */
  if (is_root && ha_gid != (gid_t)-1 && chown(opt.run_dir, (uid_t)-1, ha_gid) == 0) chmod(opt.run_dir, 0750);
}

void shell_open(void) {
  struct sockaddr_un at;
  find_group();
  if (!random_hex(key, 16)) snprintf(state, sizeof state, "none: no random numbers");
  else if (!at_run(&at, "shell.sock")) snprintf(state, sizeof state, "none: the path of the run directory is too long for a socket");
  else {
    unlink(at.sun_path);
    door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door >= 0 && bind(door, (struct sockaddr *)&at, sizeof at) == 0 && chmod(at.sun_path, 0666) == 0 && listen(door, 32) == 0) {
      snprintf(state, sizeof state, "checked by the guard at %.100s: root, uid %u, group %s", at.sun_path, (unsigned)geteuid(), GROUP);
      watch_fd(door, SRC_SHELL, 0, EPOLLIN);
      return;
    }
    snprintf(state, sizeof state, "none: %.100s: %s", at.sun_path, strerror(errno));
    close_watched(door);
    door = -1;
  }
  say("kyha-shell cannot come in: %s", state);
}

void shell_close(void) {
  struct sockaddr_un at;
  if (door >= 0 && at_run(&at, "shell.sock")) unlink(at.sun_path);
}

static bool may_enter(int fd, const struct ucred *peer) {
  if (peer->uid == 0 || peer->uid == geteuid() || (ha_gid != (gid_t)-1 && peer->gid == ha_gid)) return true;
  gid_t groups[1024];
  socklen_t len = sizeof groups;
  if (ha_gid == (gid_t)-1 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0) return false;
  for (size_t i = 0; i < len / sizeof *groups; i++)
    if (groups[i] == ha_gid) return true;
  return false;
}

static void end(struct relay *r) {
  close_watched(r->client);
  if (r->kyhad > 0) close_watched(r->kyhad);
  r->client = r->kyhad = 0;
}

/* False: the connection is over. `last`: `from` hung up, so what it has left is finite, and nothing would tell of it again. */
static bool pump(struct half *h, int from, int to, bool last) {
  for (int i = 0; i < TURNS_MAX || last; i++) {
    if (h->len == 0 && !h->eof) {
      ssize_t n = recv(from, h->bytes, HALF_BYTES, MSG_DONTWAIT);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      h->at = 0;
      h->len = (size_t)n;
      h->eof = n == 0;
    }
    while (h->len) {
      ssize_t n = send(to, h->bytes + h->at, h->len, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      h->at += (size_t)n;
      h->len -= (size_t)n;
    }
    if (h->eof) {
      if (!h->shut) shutdown(to, SHUT_WR);
      return h->shut = true;
    }
  }
  return true;
}

static uint32_t wants(const struct half *in, const struct half *out) {
  return (in->len == 0 && !in->eof ? EPOLLIN : 0) | (out->len ? EPOLLOUT : 0);
}

static void go_on(struct relay *r) {
  if (r->kyhad < 0) { /* what a refused client says is of no interest, but closing over it would cut off the answer */
    char drop[4096];
    ssize_t n = recv(r->client, drop, sizeof drop, MSG_DONTWAIT);
    bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    if (!pump(&r->down, -1, r->client, false) || gone) end(r);
    else watch_fd(r->client, SRC_RELAY_CLIENT, (uint32_t)(r - relays), EPOLLIN | (r->down.len ? EPOLLOUT : 0));
    return;
  }
  if (!pump(&r->up, r->client, r->kyhad, false) || !pump(&r->down, r->kyhad, r->client, r->kyhad_gone) || (r->up.shut && r->down.shut)) {
    end(r);
    return;
  }
  watch_fd(r->client, SRC_RELAY_CLIENT, (uint32_t)(r - relays), wants(&r->up, &r->down));
  if (!r->kyhad_gone) watch_fd(r->kyhad, SRC_RELAY_KYHAD, (uint32_t)(r - relays), wants(&r->down, &r->up));
}

/* An end that hung up says so again and again: the client's ends the relay, kyhad's is read to its end without being asked for events. */
void shell_ready(int index, bool of_client, uint32_t events) {
  struct relay *r = &relays[index];
  if (r->client == 0) return;
  if (of_client && events & (EPOLLHUP | EPOLLERR)) {
    end(r);
    return;
  }
  if (!of_client && events & (EPOLLHUP | EPOLLERR)) {
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, r->kyhad, NULL);
    r->kyhad_gone = r->up.eof = r->up.shut = true;
    r->up.len = 0;
  }
  go_on(r);
}

static void answer(struct relay *r, const char *status, const char *code, const char *en, const char *zh, const char *todo_en,
                   const char *todo_zh, ms_t now) {
  char body[2000];
  int n = snprintf(body, sizeof body,
                   "{\"apiVersion\":\"kyha/v1\",\"kind\":\"Error\",\"code\":\"%s\",\"message\":{\"en\":\"%s\",\"zh\":\"%s\"},"
                   "\"todo\":{\"en\":\"%s\",\"zh\":\"%s\"},\"problems\":[]}\n",
                   code, en, zh, todo_en, todo_zh);
  r->down.at = 0;
  r->down.len = (size_t)snprintf((char *)r->down.bytes, HALF_BYTES,
                                 "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
                                 status, n, body);
  r->down.eof = true;
  r->kyhad = -1;
  r->until = now + LINGER_MS;
}

/* kyhad's end, and nobody else's: what listens there was put there by the process that we started. */
static int reach_kyhad(void) {
  struct sockaddr_un at;
  struct ucred who = {0};
  socklen_t len = sizeof who;
  int fd = at_run(&at, "relay.sock") ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
  if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
      who.pid != 0 && who.pid == manager_pid())
    return fd;
  if (fd >= 0) close(fd);
  return -1;
}

static void welcome(struct relay *r, const struct ucred *peer, bool may, ms_t now) {
  char en[200], zh[200];
  if (!may) {
    snprintf(en, sizeof en, "uid %u may not use the shell of this node: root, uid %u and the group " GROUP " may.", (unsigned)peer->uid,
             (unsigned)geteuid());
    snprintf(zh, sizeof zh, "uid %u 无权使用本节点的 shell：仅 root、uid %u 和 " GROUP " 组可用。", (unsigned)peer->uid, (unsigned)geteuid());
    answer(r, "403 Forbidden", "no-permission", en, zh, "Use sudo, or let root add you to the group " GROUP ".",
        "请使用 sudo，或由 root 将您加入 " GROUP " 组。", now);
    if (told_at && now - told_at < PAUSE_MS) return;
    told_at = now;
    say("a shell of uid %u (gid %u, pid %d) was refused", (unsigned)peer->uid, (unsigned)peer->gid, (int)peer->pid);
    return;
  }
  int busy = 0;
  for (int i = 0; i < SLOTS_MAX; i++) busy += relays[i].client > 0 && relays[i].kyhad > 0;
  if (busy >= RELAYS_MAX) {
    answer(r, "503 Service Unavailable", "busy", "As many shells as the guard takes (32 connections) are here already.",
           "shell 连接数已达守护进程上限（32）。", "Try again when one has ended.", "请在其中之一结束后重试。", now);
    return;
  }
  r->kyhad = reach_kyhad();
  if (r->kyhad > 0) {
    r->up.len = (size_t)snprintf((char *)r->up.bytes, HALF_BYTES, "kyha-peer %s %u %u %d\n", key, (unsigned)peer->uid, (unsigned)peer->gid,
        (int)peer->pid);
    return;
  }
  answer(r, "503 Service Unavailable", "starting", "kyhad does not take shells at the moment: it is starting, or it is down.",
         "kyhad 当前不接受 shell：正在启动或已停止。", "Try again in a second; `kyha status` and the guard's messages say more.",
         "请一秒后重试；详情见 `kyha status` 与守护进程的日志。", now);
}

static void let_in(int fd, ms_t now) {
  struct ucred peer;
  socklen_t len = sizeof peer;
  struct relay *r = NULL;
  for (int i = 0; i < SLOTS_MAX && !r; i++)
    if (relays[i].client == 0) r = &relays[i];
  if (!r || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
    close(fd);
    return;
  }
  *r = (struct relay){.client = fd, .until = NEVER};
  welcome(r, &peer, may_enter(fd, &peer), now);
  go_on(r);
}

void shell_knock(ms_t now) {
  for (int i = 0; i < ACCEPTS_MAX; i++) {
    int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) let_in(fd, now);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
      watch_fd(door, SRC_SHELL, 0, 0);
      open_again = now + PAUSE_MS;
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) return;
  }
}

ms_t shell_tick(ms_t now) {
  ms_t next = NEVER;
  if (now >= open_again) {
    open_again = NEVER;
    watch_fd(door, SRC_SHELL, 0, EPOLLIN);
  }
  for (int i = 0; i < SLOTS_MAX; i++) {
    if (relays[i].client == 0) continue;
    if (now >= relays[i].until) end(&relays[i]);
    else if (relays[i].until < next) next = relays[i].until;
  }
  return open_again < next ? open_again : next;
}
