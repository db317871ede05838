/*
 * garp INTERFACE ADDRESS: tells the neighbours once that ADDRESS is now behind this interface: IPv4 by an ARP request and a reply for the
 * address itself, IPv6 by an unsolicited neighbour advertisement (RFC 4861 7.2.6). Waits for nothing. Called by agents/resource/IPaddr2.
 * Exit codes: 0 sent, or the interface knows no Ethernet neighbours; 1 not sent, one sentence says why; 2 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct place { const char *name; unsigned index; uint8_t mac[6]; bool ethernet; };

static int failed(const struct place *at, const char *what) {
  fprintf(stderr, "garp: %s on %s: %s\n", what, at->name, strerror(errno));
  return 1;
}

static bool look_up(struct place *at) {
  struct ifreq ask = {0};
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  snprintf(ask.ifr_name, sizeof ask.ifr_name, "%s", at->name);
  at->index = if_nametoindex(at->name);
  bool ok = s >= 0 && at->index && ioctl(s, SIOCGIFHWADDR, &ask) == 0;
  at->ethernet = ok && ask.ifr_hwaddr.sa_family == ARPHRD_ETHER;
  memcpy(at->mac, ask.ifr_hwaddr.sa_data, sizeof at->mac);
  int e = errno;
  if (s >= 0) close(s);
  errno = e;
  return ok;
}

/* Some neighbours learn from requests only, some from replies only. */
static int tell_arp(const struct place *at, struct in_addr ip) {
  struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = (int)at->index, .sll_halen = 6};
  memset(all.sll_addr, 0xff, 6);
  struct ether_arp arp = {.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER), .ar_pro = htons(ETH_P_IP), .ar_hln = 6, .ar_pln = 4}};
  memcpy(arp.arp_sha, at->mac, 6);
  memcpy(arp.arp_spa, &ip, 4);
  memcpy(arp.arp_tpa, &ip, 4);
  int s = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return failed(at, "no packet socket");
  for (int op = ARPOP_REQUEST; op <= ARPOP_REPLY; op++) {
    arp.arp_op = htons((uint16_t)op);
    if (op == ARPOP_REPLY) memcpy(arp.arp_tha, at->mac, 6);
    if (sendto(s, &arp, sizeof arp, MSG_DONTWAIT, (struct sockaddr *)&all, sizeof all) != (ssize_t)sizeof arp)
      return failed(at, "ARP was not sent");
  }
  return 0;
}

static bool forwards(const struct place *at) {
  char path[128], c = '0';
  snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%.15s/forwarding", at->name);
  FILE *f = fopen(path, "re");
  if (f && fread(&c, 1, 1, f) != 1) c = '0';
  if (f) fclose(f);
  return c != '0';
}

static int tell_neighbours(const struct place *at, const struct in6_addr *ip) {
  struct { struct nd_neighbor_advert head; uint8_t option[8]; } na = {.option = {ND_OPT_TARGET_LINKADDR, 1}};
  struct sockaddr_in6 self = {.sin6_family = AF_INET6, .sin6_addr = *ip, .sin6_scope_id = at->index};
  struct sockaddr_in6 all = {.sin6_family = AF_INET6, .sin6_scope_id = at->index};
  int hops = 255, index = (int)at->index;
  inet_pton(AF_INET6, "ff02::1", &all.sin6_addr);
  na.head.nd_na_type = ND_NEIGHBOR_ADVERT;
  na.head.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE | (forwards(at) ? ND_NA_FLAG_ROUTER : 0);
  na.head.nd_na_target = *ip;
  memcpy(na.option + 2, at->mac, 6);
  int s = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
  if (s < 0) return failed(at, "no raw socket");
  if (setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) != 0 ||
      setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) != 0 || bind(s, (struct sockaddr *)&self, sizeof self) != 0 ||
      sendto(s, &na, sizeof na, MSG_DONTWAIT, (struct sockaddr *)&all, sizeof all) != (ssize_t)sizeof na)
    return failed(at, "the advertisement was not sent");
  return 0;
}

int main(int argc, char **argv) {
  struct in_addr ip;
  struct in6_addr ip6;
  if (argc != 3 || strlen(argv[1]) >= IF_NAMESIZE) {
    fprintf(stderr, "garp: usage: garp INTERFACE ADDRESS\n");
    return 2;
  }
  struct place at = {.name = argv[1]};
  bool four = inet_pton(AF_INET, argv[2], &ip) == 1;
  if (!four && inet_pton(AF_INET6, argv[2], &ip6) != 1) {
    fprintf(stderr, "garp: %.60s is no address\n", argv[2]);
    return 2;
  }
  if (!look_up(&at)) return failed(&at, "it cannot be looked up");
  if (!at.ethernet) return 0;
  return four ? tell_arp(&at, ip) : tell_neighbours(&at, &ip6);
}
