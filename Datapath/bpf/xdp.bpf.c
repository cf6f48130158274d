// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The program of a device's driver: what goes on between clients outside and backends on other nodes is sent on before the kernel makes a buffer
 * for it. It decides nothing. from_netdev notes the way of a packet with its translation, which holds until the clock ticks: the first packet of each tick
 * goes the long way, which keeps translations alive and routes up to date. So do packets that begin or end a connection, and everything else.
 */
#include "lib/conntrack.h"
#include "lib/link.h"

#define SPECIAL_TCP_FLAGS (TCP_SYN | TCP_FIN | TCP_RST)

/* What of a packet is looked at and changed. */
struct view {
	struct nat_key key;
	__be16 *ports;
	__sum16 *checksum; /* of TCP or UDP */
	__u32 length;	   /* bytes behind the Ethernet header */
};

/* Reads the ports. False: not for here. */
static __always_inline bool read_ports(struct view *view, void *l4, void *end)
{
	__u8 *tcp = l4;
	struct udphdr *udp = l4;

	if (view->key.protocol == IPPROTO_TCP) {
		if ((void *)(tcp + 20) > end || tcp[13] & SPECIAL_TCP_FLAGS)
			return false;
		view->checksum = (__sum16 *)(tcp + 16);
	} else if (view->key.protocol == IPPROTO_UDP) {
		if ((void *)(udp + 1) > end)
			return false;
		view->checksum = &udp->check;
	} else {
		return false;
	}
	view->ports = l4;
	view->key.tuple.source_port = view->ports[0];
	view->key.tuple.destination_port = view->ports[1];
	return true;
}

/* A translation whose way is known and takes the packet. */
static __always_inline const struct nat_entry *find_translation(const struct view *view, const struct ethhdr *ethernet)
{
	const struct nat_entry *entry = bpf_map_lookup_elem(&nat, &view->key);

	if (!entry || !entry->way.by_driver || entry->way.tick != now_ticks() || view->length > entry->way.mtu || !same_mac(ethernet->h_dest, entry->way.arrives_at))
		return 0;
	return entry;
}

/* The checksum of something that has `to` in the place of `from` (RFC 1624). */
static __always_inline __sum16 replace_words(__sum16 checksum, const __u32 *from, const __u32 *to, int words)
{
	__u64 sum = (__u16)~checksum;
	int i;

#pragma unroll
	for (i = 0; i < words; i++)
		sum += (__u64)to[i] + (__u32)~from[i];
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* UDP over IPv4 may go without a checksum, which is told from one that is 0. */
static __always_inline void replace_checksum(struct view *view, const __u32 *from, const __u32 *to, int words)
{
	if (view->key.protocol == IPPROTO_UDP && !*view->checksum)
		return;
	*view->checksum = replace_words(*view->checksum, from, to, words);
	if (view->key.protocol == IPPROTO_UDP && !*view->checksum)
		*view->checksum = 0xffff;
}

static __always_inline int send_on(struct xdp_md *frame, struct ethhdr *ethernet, struct view *view, const struct nat_entry *entry)
{
	const struct way *way = &entry->way;

	view->ports[0] = entry->tuple.source_port;
	view->ports[1] = entry->tuple.destination_port;
	__builtin_memcpy(ethernet->h_source, way->source_mac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_dest, way->destination_mac, ETH_ALEN);
	count(COUNTER_SHORTCUTS, view->length + ETH_HLEN);
	return way->ifindex == frame->ingress_ifindex ? XDP_TX : bpf_redirect(way->ifindex, 0);
}

static __always_inline __u32 both_ports(__be16 source, __be16 destination)
{
	return (__u32)destination << 16 | source;
}

static __always_inline int forward4(struct xdp_md *frame, struct ethhdr *ethernet, void *end)
{
	struct iphdr *ip = (void *)(ethernet + 1);
	struct view view = {};
	const struct nat_entry *entry;
	__u32 sum;

	if ((void *)(ip + 1) > end || ip->ihl != 5 || ip->ttl <= 1 || ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET))
		return XDP_PASS;
	view.length = bpf_ntohs(ip->tot_len);
	if ((void *)ip + view.length > end)
		return XDP_PASS;
	set_ipv4(&view.key.tuple.source, ip->saddr);
	set_ipv4(&view.key.tuple.destination, ip->daddr);
	view.key.protocol = ip->protocol;
	view.key.direction = NAT_IN;
	if (!read_ports(&view, ip + 1, end))
		return XDP_PASS;
	entry = find_translation(&view, ethernet);
	if (!entry)
		return XDP_PASS;
	{
		__u32 from[] = { ip->saddr, ip->daddr, both_ports(view.key.tuple.source_port, view.key.tuple.destination_port) };
		__u32 to[] = { entry->tuple.source.word[3], entry->tuple.destination.word[3], both_ports(entry->tuple.source_port, entry->tuple.destination_port) };

		replace_checksum(&view, from, to, 3);
		ip->check = replace_words(ip->check, from, to, 2);
		ip->saddr = to[0];
		ip->daddr = to[1];
	}
	sum = (__u32)ip->check + bpf_htons(0x0100);
	ip->check = (__u16)(sum + (sum >= 0xffff));
	ip->ttl--;
	return send_on(frame, ethernet, &view, entry);
}

static __always_inline int forward6(struct xdp_md *frame, struct ethhdr *ethernet, void *end)
{
	struct ipv6hdr *ip = (void *)(ethernet + 1);
	struct view view = {};
	const struct nat_entry *entry;

	if ((void *)(ip + 1) > end || ip->hop_limit <= 1)
		return XDP_PASS;
	view.length = bpf_ntohs(ip->payload_len) + sizeof(*ip);
	if ((void *)ip + view.length > end)
		return XDP_PASS;
	__builtin_memcpy(&view.key.tuple.source, &ip->saddr, sizeof(view.key.tuple.source));
	__builtin_memcpy(&view.key.tuple.destination, &ip->daddr, sizeof(view.key.tuple.destination));
	view.key.protocol = ip->nexthdr;
	view.key.direction = NAT_IN;
	if (!read_ports(&view, ip + 1, end))
		return XDP_PASS;
	entry = find_translation(&view, ethernet);
	if (!entry)
		return XDP_PASS;
	{
		struct {
			struct ip_address source, destination;
			__u32 ports;
		} from, to;

		from.source = view.key.tuple.source;
		from.destination = view.key.tuple.destination;
		from.ports = both_ports(view.key.tuple.source_port, view.key.tuple.destination_port);
		to.source = entry->tuple.source;
		to.destination = entry->tuple.destination;
		to.ports = both_ports(entry->tuple.source_port, entry->tuple.destination_port);
		replace_checksum(&view, (__u32 *)&from, (__u32 *)&to, sizeof(from) / sizeof(__u32));
		__builtin_memcpy(&ip->saddr, &to.source, sizeof(to.source));
		__builtin_memcpy(&ip->daddr, &to.destination, sizeof(to.destination));
	}
	ip->hop_limit--;
	return send_on(frame, ethernet, &view, entry);
}

SEC("xdp")
int xdp_netdev(struct xdp_md *frame)
{
	struct ethhdr *ethernet = (void *)(long)frame->data;
	void *end = (void *)(long)frame->data_end;

	if ((void *)(ethernet + 1) > end)
		return XDP_PASS;
	switch (ethernet->h_proto) {
	case bpf_htons(ETH_P_IP):
		return forward4(frame, ethernet, end);
	case bpf_htons(ETH_P_IPV6):
		return forward6(frame, ethernet, end);
	default:
		return XDP_PASS;
	}
}

char program_license[] SEC("license") = "Dual BSD/GPL";
