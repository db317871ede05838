/*
 * What kyhad may ask for: twelve verbs, no more. Everything is decoded and checked here; what does not fit its format closes
 * the connection with one sentence and changes nothing.
 */
#include "guard.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif
#define LIMIT_MS_MAX (24 * 3600 * 1000ULL)

static void send_hello(void) {
  struct buf f = {0};
  frame_begin(&f, A_HELLO);
  put_num(&f, T_PROTOCOL, PROTOCOL);
  put_str(&f, T_BOOT, boot_id);
  put_num(&f, T_COUNTER, boot_counter);
  put_str(&f, T_CONTAINMENT, containment_name());
  put_str(&f, T_NOTICE, watch_how());
  put_str(&f, T_WATCHDOG, watchdog_state());
  put_str(&f, T_LEASE, lease_state());
  put_str(&f, T_SHELL, shell_state());
  put_str(&f, T_SHELL_KEY, shell_key());
  put_num(&f, T_ROOT, is_root);
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
}

static bool take_name(struct cursor *c, const struct tlv *t, char *out) {
  if (!name_ok(t->p, t->len)) c->bad = true;
  return tlv_copy(c, t, out, NAME_BYTES_MAX + 1);
}

/* A string list entry: copied NUL-terminated into the arena, which is as large as the largest frame. */
static char *take_text(struct cursor *c, const struct tlv *t, char *arena, size_t *used) {
  char *at = arena + *used;
  if (!tlv_copy(c, t, at, t->len + 1u)) return at;
  *used += t->len + 1;
  return at;
}

static bool decode_run(struct cursor *c, struct run_request *r) {
  static char arena[FRAME_BYTES_MAX + 1024];
  size_t used = 0;
  struct tlv t;
  *r = (struct run_request){0};
  while (next_tlv(c, &t)) {
    switch (t.tag) {
      case T_ID: take_name(c, &t, r->id); break;
      case T_RESOURCE: take_name(c, &t, r->resource); break;
      case T_ACTION:
        if (!name_ok(t.p, t.len)) c->bad = true;
        tlv_copy(c, &t, r->action, sizeof r->action);
        break;
      case T_KIND: tlv_num(c, &t, &r->kind); break;
      case T_CHANGES: tlv_num(c, &t, &r->changes); break;
      case T_REAP: tlv_num(c, &t, &r->reap); break;
      case T_LIMIT_MS: tlv_num(c, &t, &r->limit_ms); break;
      case T_TOKEN: r->has_token = tlv_num(c, &t, &r->token); break;
      case T_ARGV:
        if (r->argv_len == 64) c->bad = true;
        else r->argv[r->argv_len++] = take_text(c, &t, arena, &used);
        break;
      case T_ENV:
        if (r->env_len == 250) c->bad = true;
        else r->env[r->env_len++] = take_text(c, &t, arena, &used);
        break;
      case T_STDIN:
        if (t.len > STDIN_BYTES_MAX) c->bad = true;
        r->has_in = true;
        r->in = t.p;
        r->in_len = t.len;
        break;
      case T_HIDE:
        if (r->hide_len == HIDES_MAX || t.len < HIDE_BYTES_MIN || t.len > HIDE_BYTES_MAX) c->bad = true;
        else r->hide[r->hide_len++] = t;
        break;
      default: break;
    }
  }
  return !c->bad && r->id[0] && r->resource[0] && r->action[0] && r->argv_len > 0 && r->limit_ms > 0 && r->limit_ms <= LIMIT_MS_MAX &&
         r->kind <= 1 && r->changes <= 1 && r->reap <= 1;
}

static void prioritize(uint64_t tid) {
  struct buf f = {0};
  char path[64], text[4096], detail[200] = "";
  int group = 0;
  bool ok = false;
  snprintf(path, sizeof path, "/proc/%u/status", (unsigned)tid);
  char *line = tid && tid < 1u << 30 && read_small(path, text, sizeof text) > 0 ? strstr(text, "\nTgid:") : NULL;
  if (!line || sscanf(line, "\nTgid: %d", &group) != 1 || group != manager_pid() || group == 0) {
    snprintf(detail, sizeof detail, "thread %llu does not belong to kyhad", (unsigned long long)tid);
  } else if (sched_setscheduler((pid_t)tid, SCHED_RR | SCHED_RESET_ON_FORK, &(struct sched_param){.sched_priority = 20}) == 0) {
    ok = true;
    snprintf(detail, sizeof detail, "real-time: SCHED_RR 20");
  } else {
    int e = errno;
    ok = setpriority(PRIO_PROCESS, (id_t)tid, -20) == 0;
    if (ok) snprintf(detail, sizeof detail, "nice -20, since real-time is refused here: %s", strerror(e));
    else snprintf(detail, sizeof detail, "ordinary priority, since real-time (%s) and nice -20 (%s) are refused here", strerror(e),
        strerror(errno));
  }
  frame_begin(&f, A_PRIORITIZED);
  put_num(&f, T_TID, tid);
  put_num(&f, T_OK, ok);
  put_str(&f, T_DETAIL, detail);
  frame_end(&f);
  manager_send(&f);
  buf_free(&f);
}

/* The few fields of the small verbs. */
struct small {
  char id[NAME_BYTES_MAX + 1], resource[NAME_BYTES_MAX + 1], how[16];
  uint64_t token, tid, protocol, renew_ms, sent_ms;
  const uint8_t *note;
  size_t note_len;
  bool has_token, has_lease, has_note;
};

static bool decode_small(struct cursor *c, struct small *s) {
  struct tlv t;
  *s = (struct small){0};
  while (next_tlv(c, &t)) {
    if (t.tag == T_ID) take_name(c, &t, s->id);
    else if (t.tag == T_RESOURCE) take_name(c, &t, s->resource);
    else if (t.tag == T_TOKEN) s->has_token = tlv_num(c, &t, &s->token);
    else if (t.tag == T_TID) tlv_num(c, &t, &s->tid);
    else if (t.tag == T_PROTOCOL) tlv_num(c, &t, &s->protocol);
    else if (t.tag == T_RENEW_MS) s->has_lease = tlv_num(c, &t, &s->renew_ms);
    else if (t.tag == T_SENT_MS) tlv_num(c, &t, &s->sent_ms);
    else if (t.tag == T_NOTE) s->note = t.p, s->note_len = t.len, s->has_note = true;
    else if (t.tag == T_HOW) tlv_copy(c, &t, s->how, sizeof s->how);
  }
  return !c->bad;
}

static bool raise_token(const struct small *s) {
  char why[300];
  if (!s->resource[0] || !s->has_token) return false;
  int r = resource_get(s->resource);
  if (r < 0) say("token of %s is not raised: the guard's table of %d resources is full", s->resource, RESOURCES_MAX);
  else token_raise(r, s->token, why, sizeof why); /* a failure is said there, and refuses the starts */
  return true;
}

static bool note(const struct small *s) {
  if (!s->resource[0] || !s->has_note || s->note_len > NOTE_BYTES_MAX) return false;
  int r = resource_get(s->resource);
  if (r >= 0) rundir_note(r, s->note, s->note_len); /* in a full table nothing of it runs */
  return true;
}

void verb_take(uint8_t verb, const uint8_t *p, size_t len, ms_t now) {
  static struct run_request run;
  struct cursor c = {.p = p, .end = p + len};
  struct small s;
  char why[300];
  if (verb == V_RUN) {
    if (decode_run(&c, &run)) op_run(&run, now);
    else manager_hostile("a run message does not fit its format");
    return;
  }
  if (verb == V_STANDIN) {
    if (!standin_part(&c, why, sizeof why)) manager_hostile(why);
    return;
  }
  bool ok = decode_small(&c, &s);
  switch (ok ? verb : 0) {
    case V_HELLO:
      if (s.protocol == PROTOCOL) send_hello(), manager_greeted();
      else manager_hostile("kyhad speaks another protocol version: install guard and kyhad of the same release");
      break;
    case V_KILL: op_kill(s.id, now); break;
    case V_ACK: rundir_ack(s.id); break;
    case V_LIST: rundir_list(); break;
    case V_RAISE: ok = raise_token(&s); break;
    case V_NOTE: ok = note(&s); break;
    case V_PRIORITIZE: prioritize(s.tid); break;
    case V_LEAVE:
      ok = strcmp(s.how, "stop") == 0 || strcmp(s.how, "restart") == 0;
      if (ok) manager_leave(strcmp(s.how, "stop") == 0);
      break;
    case V_LEASE: ok = s.has_lease && lease_renew(s.renew_ms, s.sent_ms); break;
    case V_END_LIFE: lease_end_life(now); break;
    default: ok = false;
  }
  if (ok) return;
  snprintf(why, sizeof why, "verb %u is unknown or does not fit its format", verb);
  manager_hostile(why);
}
