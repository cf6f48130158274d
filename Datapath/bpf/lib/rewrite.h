/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Other addresses and ports in a packet, and in the packet inside an ICMP error, checksums included. */
#ifndef AXONEME_REWRITE_H
#define AXONEME_REWRITE_H

#include "packet.h"

#define IPV4_CHECKSUM_OFFSET 10
#define IPV4_SOURCE_OFFSET 12
#define IPV4_DESTINATION_OFFSET 16
#define IPV6_SOURCE_OFFSET 8
#define IPV6_DESTINATION_OFFSET 24

static __always_inline bool is_echo_protocol(__u8 protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static __always_inline int l4_checksum_offset(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 2;
	default:
		return -1;
	}
}

/* The kernel may keep a sum over all of the packet, which addresses of IPv6 and the checksum that covers them leave as it was. */
#define CHECKSUM_OF_IPV6 (1ULL << 7) /* BPF_F_IPV6 of Linux 6.16 and stable versions since; others refuse it, and are wrong about such sums */

static __always_inline int replace_pseudo_header(struct __sk_buff *skb, __u32 family, __u32 at, __u64 difference, __u64 flags)
{
	flags |= BPF_F_PSEUDO_HDR;
	if (family == 6 && !bpf_l4_csum_replace(skb, at, 0, difference, flags | CHECKSUM_OF_IPV6))
		return 0;
	return bpf_l4_csum_replace(skb, at, 0, difference, flags);
}

/* Writes both addresses. Returns what that changes in a sum over them, or -1. */
static __always_inline __s64 write_addresses(struct __sk_buff *skb, const struct packet *packet, const struct tuple *to)
{
	void *data = (void *)(long)skb->data + ETH_HLEN, *end = (void *)(long)skb->data_end;

	if (packet->family == 4) {
		struct iphdr *ip = data;
		__u64 difference, sum;

		if ((void *)(ip + 1) > end)
			return -1;
		difference = (__u64)(__u32)~packet->source.word[3] + to->source.word[3] + (__u32)~packet->destination.word[3] + to->destination.word[3];
		difference = (difference & 0xffffffff) + (difference >> 32);
		difference = (difference & 0xffffffff) + (difference >> 32);
		sum = difference + (__u16)~ip->check;
		sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		ip->check = ~sum;
		ip->saddr = to->source.word[3];
		ip->daddr = to->destination.word[3];
		return difference;
	} else {
		struct ipv6hdr *ip = data;
		__u32 size = 2 * sizeof(struct ip_address);

		if ((void *)(ip + 1) > end)
			return -1;
		__builtin_memcpy(&ip->saddr, &to->source, sizeof(to->source));
		__builtin_memcpy(&ip->daddr, &to->destination, sizeof(to->destination));
		/* Both stand behind each other in struct packet and in struct tuple. */
		return bpf_csum_diff((__be32 *)packet->source.word, size, (__be32 *)to->source.word, size, 0);
	}
}

/* Writes both ports, of an echo its id. */
static __always_inline int write_ports(struct __sk_buff *skb, __u32 l4, bool echo, __u32 ports)
{
	if (echo)
		return bpf_skb_store_bytes(skb, l4 + 4, &ports, sizeof(__be16), 0);
	return bpf_skb_store_bytes(skb, l4, &ports, sizeof(ports), 0);
}

/*
 * Turns a packet's own addresses and ports into those of a translation, checksums included. A later fragment has no ports, an echo has one id. Returns 0 or
 * the drop reason.
 */
APART int put_ends(struct __sk_buff *skb, struct packet *packet, const struct tuple *to)
{
	__u32 from_ports, to_ports, l4;
	bool moves, echo, whole;
	int checksum, error = 0;
	__u64 flags;

	if (!packet || !to)
		return DROP_WRITE_ERROR;
	echo = is_echo_protocol(packet->protocol);
	whole = !packet->later_fragment;
	l4 = packet->l4_offset;
	checksum = whole ? l4_checksum_offset(packet->protocol) : -1;
	flags = packet->protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	moves = !same_address(&packet->source, &to->source) || !same_address(&packet->destination, &to->destination);
	from_ports = (__u32)packet->destination_port << 16 | packet->source_port;
	to_ports = (__u32)to->destination_port << 16 | to->source_port;
	if (echo) {
		to_ports = to->source_port | to->destination_port;
		to_ports |= to_ports << 16;
	}
	if (packet->protocol == IPPROTO_SCTP && whole && from_ports != to_ports)
		return DROP_NAT_UNKNOWN_PROTOCOL; /* its checksum covers the ports */
	if (moves) {
		__s64 difference = write_addresses(skb, packet, to);

		if (difference < 0)
			return DROP_WRITE_ERROR;
		if (checksum >= 0 && packet->protocol != IPPROTO_ICMP)
			error |= replace_pseudo_header(skb, packet->family, l4 + checksum, difference, flags);
	}
	if (whole && from_ports != to_ports) {
		if (checksum >= 0)
			error |= echo ? bpf_l4_csum_replace(skb, l4 + checksum, (__be16)from_ports, (__be16)to_ports, sizeof(__be16))
				      : bpf_l4_csum_replace(skb, l4 + checksum, from_ports, to_ports, flags | sizeof(to_ports));
		error |= write_ports(skb, l4, echo, to_ports);
	}
	packet->source = to->source;
	packet->destination = to->destination;
	packet->source_port = to_ports;
	packet->destination_port = to_ports >> 16;
	return error ? DROP_WRITE_ERROR : 0;
}

/* One end inside an ICMP error, and the same address outside. */
struct replacement {
	struct ip_address old_address;
	struct ip_address new_address;
	__be16 old_port;
	__be16 new_port;
	__u8 source; /* the source of the packet, otherwise its destination */
};

/* Writes another source or destination around an ICMP error, checksums included. */
APART int rewrite_error(struct __sk_buff *skb, const struct packet *packet, const struct replacement *with)
{
	int error = 0;
	__u32 at;

	if (!packet || !with)
		return DROP_WRITE_ERROR;
	if (packet->family == 4) {
		__u32 old = with->old_address.word[3], new = with->new_address.word[3];

		at = ETH_HLEN + (with->source ? IPV4_SOURCE_OFFSET : IPV4_DESTINATION_OFFSET);
		error |= bpf_l3_csum_replace(skb, ETH_HLEN + IPV4_CHECKSUM_OFFSET, old, new, sizeof(new));
		error |= bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
	} else {
		struct ip_address old = with->old_address, new = with->new_address;
		__s64 difference = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&new, sizeof(new), 0);

		at = ETH_HLEN + (with->source ? IPV6_SOURCE_OFFSET : IPV6_DESTINATION_OFFSET);
		error |= replace_pseudo_header(skb, 6, packet->l4_offset + 2, difference, 0);
		error |= bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
	}
	return error ? DROP_WRITE_ERROR : 0;
}

/* The same for the packet inside an ICMP error. What its own L4 checksum says is left alone: it may not even be there. */
APART int rewrite_inner(struct __sk_buff *skb, const struct packet *outer, const struct packet *inner, const struct replacement *with)
{
	__u32 ip, icmp_checksum, at;
	int error = 0;

	if (!outer || !inner || !with)
		return DROP_WRITE_ERROR;
	ip = outer->l4_offset + 8;
	icmp_checksum = outer->l4_offset + 2;
	if (outer->family == 4) {
		__u32 old = with->old_address.word[3], new = with->new_address.word[3];

		/* Address and header checksum cancel out in the checksum of the ICMP message around them. */
		error |= bpf_l3_csum_replace(skb, ip + IPV4_CHECKSUM_OFFSET, old, new, sizeof(new));
		at = ip + (with->source ? IPV4_SOURCE_OFFSET : IPV4_DESTINATION_OFFSET);
		error |= bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
	} else {
		struct ip_address old = with->old_address, new = with->new_address;
		__s64 difference = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&new, sizeof(new), 0);

		error |= bpf_l4_csum_replace(skb, icmp_checksum, 0, difference, 0);
		at = ip + (with->source ? IPV6_SOURCE_OFFSET : IPV6_DESTINATION_OFFSET);
		error |= bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
	}
	if (with->old_port != with->new_port) {
		__be16 port = with->new_port;

		at = inner->l4_offset + (is_echo_protocol(inner->protocol) ? 4 : with->source ? 0 : 2);
		error |= bpf_l4_csum_replace(skb, icmp_checksum, with->old_port, port, sizeof(port));
		error |= bpf_skb_store_bytes(skb, at, &port, sizeof(port), 0);
	}
	return error ? DROP_WRITE_ERROR : 0;
}

/* Swaps the ends: an ICMP error goes the other way than the packet inside it. */
static __always_inline void reverse_tuple(struct packet *packet)
{
	struct ip_address address = packet->source;
	__be16 port = packet->source_port;

	packet->source = packet->destination;
	packet->source_port = packet->destination_port;
	packet->destination = address;
	packet->destination_port = port;
}

#endif
