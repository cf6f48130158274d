/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From bytes to struct packet. Nothing here decides; a header that lies or is cut short is a drop reason. */
#ifndef AXONEME_PACKET_H
#define AXONEME_PACKET_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include "maps.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* linux/icmp.h draws in headers of the 32-bit C library. RFC 792, RFC 4443. */
#define ICMP_ECHOREPLY 0
#define ICMP_DEST_UNREACH 3
#define ICMP_ECHO 8
#define ICMP_PORT_UNREACH 3
#define ICMP_FRAG_NEEDED 4
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETERPROB 12
#define ICMPV6_DEST_UNREACH 1
#define ICMPV6_PKT_TOOBIG 2
#define ICMPV6_PARAMPROB 4
#define ICMPV6_PORT_UNREACH 4
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY 129

struct icmp_header {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be16 id; /* of an echo */
	__be16 sequence;
};

#define SCTP_HEADER 12 /* bytes before the first chunk */
#define SCTP_INIT 1

#define IP_DO_NOT_FRAGMENT 0x4000
#define IP_MORE_FRAGMENTS 0x2000
#define IP_FRAGMENT_OFFSET 0x1fff

/* Enough for Ethernet, the longest IPv4 header and a TCP header, or IPv6 with TCP. */
#define HEADER_BYTES 96

enum packet_kind {
	PACKET_CONNECTION = 0, /* has a conntrack entry of its own */
	PACKET_STATELESS,      /* judged each time, remembered never */
	PACKET_ERROR,          /* ICMP error: addresses and ports are those of the connection it is about */
	PACKET_LINK_LOCAL,     /* neighbour discovery and multicast listener reports: stay on the link */
};

struct packet {
	struct ip_address source;
	struct ip_address destination;
	__be16 source_port; /* ICMP echo: the id, in both */
	__be16 destination_port;
	__u8 family;
	__u8 protocol;
	__u8 tcp_flags;
	__u8 kind;
	__u8 icmp_type;
	__u8 icmp_code;
	__u16 l4_offset;
	__u8 later_fragment; /* has no ports of its own: they are the first fragment's */
	__u8 sctp_chunk;     /* type of its first chunk */
	__u8 pad[2];
};

static __always_inline __u32 traffic_class(__u8 protocol, __u16 port)
{
	return (__u32)protocol << 16 | port;
}

static __always_inline bool is_echo_request(const struct packet *packet)
{
	return packet->protocol == IPPROTO_ICMP ? packet->icmp_type == ICMP_ECHO
						: packet->protocol == IPPROTO_ICMPV6 && packet->icmp_type == ICMPV6_ECHO_REQUEST;
}

static __always_inline bool is_echo_reply(const struct packet *packet)
{
	return packet->protocol == IPPROTO_ICMP ? packet->icmp_type == ICMP_ECHOREPLY
						: packet->protocol == IPPROTO_ICMPV6 && packet->icmp_type == ICMPV6_ECHO_REPLY;
}

/* Do packets of this protocol say whether they begin a connection? */
static __always_inline bool tells_beginning(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_SCTP;
}

/* A SYN (RFC 9293), or an INIT, which stands alone in its packet (RFC 9260). */
static __always_inline bool is_beginning(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP ? (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN : packet->sctp_chunk == SCTP_INIT;
}

static __always_inline void set_ipv4(struct ip_address *address, __u32 ipv4)
{
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = bpf_htonl(0xffff);
	address->word[3] = ipv4;
}

static __always_inline bool same_address(const struct ip_address *a, const struct ip_address *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] && a->word[3] == b->word[3];
}

static __always_inline bool is_unspecified(const struct ip_address *address)
{
	return !(address->word[0] | address->word[1] | address->word[2] | address->word[3]);
}

/* Stays on the link: multicast of link scope, or a link-local address. */
static __always_inline bool is_link_scope(const struct ip_address *address)
{
	__u32 head = bpf_ntohl(address->word[0]) >> 16;

	return (head & 0xffc0) == 0xfe80 || (head & 0xff0f) == 0xff02 || (head & 0xff0f) == 0xff01;
}

/* Room for the fixed part of a TCP header behind an IPv4 or IPv6 header. */
static __always_inline bool has_linear_headers(struct __sk_buff *skb)
{
	void *ip = (void *)(long)skb->data + ETH_HLEN, *end = (void *)(long)skb->data_end;
	struct iphdr *ipv4 = ip;

	if (skb->protocol == bpf_htons(ETH_P_IP))
		return (void *)(ipv4 + 1) <= end && ip + ipv4->ihl * 4 + 20 <= end;
	return ip + sizeof(struct ipv6hdr) + 20 <= end;
}

/*
 * Makes the headers readable directly. Packets of large sends keep their payload, rarely their headers, in pages; to pull
 * more of them than there must be would copy the page list of each.
 */
static __always_inline int make_headers_linear(struct __sk_buff *skb)
{
	__u32 want = skb->len < HEADER_BYTES ? skb->len : HEADER_BYTES;

	if (has_linear_headers(skb) || (void *)(long)skb->data + want <= (void *)(long)skb->data_end)
		return 0;
	return bpf_skb_pull_data(skb, want) ? DROP_INVALID : 0;
}

/* Bytes of the longest IP packet this becomes: of a large send, one segment. */
static __always_inline __u32 packet_length(struct __sk_buff *skb, const struct packet *packet)
{
	if (!skb->gso_size)
		return skb->len - ETH_HLEN;
	/* A TCP header with the options that large sends have; UDP's is shorter, which errs on the side of the stack. */
	return packet->l4_offset - ETH_HLEN + (packet->protocol == IPPROTO_TCP ? 32 : 8) + skb->gso_size;
}

/* One hop less; false when it was the last, which is for the stack to answer. */
static __always_inline bool take_hop(struct __sk_buff *skb, const struct packet *packet)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (packet->family == 4) {
		struct iphdr *ip = data + ETH_HLEN;
		__u32 sum;

		if ((void *)(ip + 1) > end || ip->ttl <= 1)
			return false;
		sum = (__u32)ip->check + bpf_htons(0x0100);
		ip->check = (__u16)(sum + (sum >= 0xffff));
		ip->ttl--;
	} else {
		struct ipv6hdr *ip = data + ETH_HLEN;

		if ((void *)(ip + 1) > end || ip->hop_limit <= 1)
			return false;
		ip->hop_limit--;
	}
	return true;
}

static __always_inline bool is_icmp_error(__u8 family, __u8 type)
{
	if (family == 4)
		return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
	return type >= ICMPV6_DEST_UNREACH && type <= ICMPV6_PARAMPROB;
}

/* The ports of the packet inside an ICMP error; only its first eight bytes behind the IP header are sure to be there. */
static __always_inline int read_inner_ports(struct __sk_buff *skb, __u32 offset, struct packet *inner)
{
	union {
		__be16 ports[2];
		struct icmp_header icmp;
	} head = {};

	if (bpf_skb_load_bytes(skb, offset, &head, 6))
		return DROP_CT_INVALID_HEADER;
	switch (inner->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		inner->source_port = head.ports[0];
		inner->destination_port = head.ports[1];
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		inner->source_port = head.icmp.id;
		inner->destination_port = head.icmp.id;
		break;
	}
	return 0;
}

/*
 * Reads the packet that an ICMP error is about. False: there is none to be found, the error is judged by itself. An
 * error belongs to a connection only when it goes back to whom the packet inside came from.
 */
APART int read_error(struct __sk_buff *skb, const struct packet *outer, struct packet *inner)
{
	__u32 offset;

	if (!outer || !inner)
		return false;
	offset = outer->l4_offset + 8;
	inner->family = outer->family;
	inner->kind = PACKET_ERROR;
	inner->source_port = 0;
	inner->destination_port = 0;
	if (outer->family == 4) {
		struct iphdr ip;

		if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
			return false;
		if (ip.frag_off & bpf_htons(IP_FRAGMENT_OFFSET))
			return false;
		set_ipv4(&inner->source, ip.saddr);
		set_ipv4(&inner->destination, ip.daddr);
		inner->protocol = ip.protocol;
		offset += ip.ihl * 4;
	} else {
		struct ipv6hdr ip;

		if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)) || ip.version != 6)
			return false;
		__builtin_memcpy(&inner->source, &ip.saddr, sizeof(inner->source));
		__builtin_memcpy(&inner->destination, &ip.daddr, sizeof(inner->destination));
		inner->protocol = ip.nexthdr;
		offset += sizeof(ip);
		if (inner->protocol == IPPROTO_FRAGMENT) {
			__u8 head[8];

			if (bpf_skb_load_bytes(skb, offset, head, sizeof(head)) || head[2] || head[3] & 0xf8)
				return false; /* a later fragment has no ports */
			inner->protocol = head[0];
			offset += sizeof(head);
		}
	}
	if (!same_address(&inner->source, &outer->destination))
		return false;
	inner->l4_offset = offset;
	return read_inner_ports(skb, offset, inner) == 0;
}

static __always_inline int read_icmp(struct packet *packet, const void *l4, const void *end)
{
	const struct icmp_header *icmp = l4;
	bool request, reply;

	if ((void *)(icmp + 1) > end)
		return DROP_CT_INVALID_HEADER;
	packet->icmp_type = icmp->type;
	packet->icmp_code = icmp->code;
	if (packet->family == 4) {
		request = icmp->type == ICMP_ECHO;
		reply = icmp->type == ICMP_ECHOREPLY;
	} else {
		request = icmp->type == ICMPV6_ECHO_REQUEST;
		reply = icmp->type == ICMPV6_ECHO_REPLY;
	}
	if (request || reply) {
		packet->source_port = icmp->id;
		packet->destination_port = icmp->id;
		packet->kind = PACKET_CONNECTION;
	} else if (is_icmp_error(packet->family, icmp->type)) {
		packet->kind = PACKET_ERROR;
	} else {
		packet->kind = PACKET_STATELESS;
	}
	return 0;
}

/* `available` is what the IP header says there is: bytes behind it are padding, not headers. */
static __always_inline int read_l4(struct packet *packet, const void *l4, const void *end, __u32 available)
{
	switch (packet->protocol) {
	case IPPROTO_TCP: {
		const __u8 *tcp = l4;

		if (available < 20 || tcp + 20 > (const __u8 *)end || (tcp[12] >> 4) < 5)
			return DROP_CT_INVALID_HEADER;
		packet->source_port = *(const __be16 *)l4;
		packet->destination_port = *(const __be16 *)(l4 + 2);
		packet->tcp_flags = tcp[13];
		return 0;
	}
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		/* SCTP's ports stand where UDP's do. */
		if (available < sizeof(struct udphdr) || l4 + sizeof(struct udphdr) > end)
			return DROP_CT_INVALID_HEADER;
		packet->source_port = *(const __be16 *)l4;
		packet->destination_port = *(const __be16 *)(l4 + 2);
		if (packet->protocol == IPPROTO_SCTP && available > SCTP_HEADER && l4 + SCTP_HEADER + 1 <= end)
			packet->sctp_chunk = *(const __u8 *)(l4 + SCTP_HEADER);
		return 0;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (packet->family != (packet->protocol == IPPROTO_ICMP ? 4 : 6))
			return DROP_CT_UNKNOWN_PROTOCOL;
		return available < sizeof(struct icmp_header) ? DROP_CT_INVALID_HEADER : read_icmp(packet, l4, end);
	default:
		return 0; /* ports stay 0: one entry for all packets of this protocol between two addresses */
	}
}

/* Protocols whose later fragments can be told apart: by ports, or by the id of an ICMP echo. */
static __always_inline bool has_fragments(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP || protocol == IPPROTO_UDPLITE ||
	       protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Does this first fragment leave something behind? Of ICMP only an echo does: an error must come whole. */
static __always_inline bool leaves_ports(const struct packet *packet)
{
	return has_fragments(packet->protocol) && packet->kind == PACKET_CONNECTION;
}

static __always_inline void note_fragment(const struct packet *packet, struct fragment_ports *ports)
{
	bool echo = packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;

	__builtin_memset(ports, 0, sizeof(*ports));
	ports->source = packet->source_port;
	ports->destination = echo ? bpf_htons(packet->icmp_type) : packet->destination_port;
	ports->protocol = packet->protocol;
}

static __always_inline void follow_fragment(struct packet *packet, const struct fragment_ports *first)
{
	packet->protocol = first->protocol;
	packet->source_port = first->source;
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) {
		packet->destination_port = first->source;
		packet->icmp_type = bpf_ntohs(first->destination);
	} else {
		packet->destination_port = first->destination;
	}
	packet->tcp_flags = TCP_ACK; /* never the first packet of a connection */
	packet->later_fragment = 1;
}

/*
 * Only the first fragment has ports; it leaves them for the others, which are judged like the connection they belong
 * to. One that comes before the first cannot be judged and is dropped.
 */
APART int fragment_ports4(struct packet *packet, __be16 identification, bool first)
{
	struct fragment_key4 key = { .identification = identification };
	struct fragment_ports *known, ports;

	if (!packet)
		return DROP_INVALID;
	key.source = packet->source.word[3];
	key.destination = packet->destination.word[3];
	key.protocol = packet->protocol;
	if (first) {
		note_fragment(packet, &ports);
		bpf_map_update_elem(&fragments4, &key, &ports, BPF_ANY);
		return 0;
	}
	known = bpf_map_lookup_elem(&fragments4, &key);
	if (!known)
		return DROP_FRAGMENT_NOT_FOUND;
	follow_fragment(packet, known);
	return 0;
}

APART int fragment_ports6(struct packet *packet, __be32 identification, bool first)
{
	struct fragment_key6 key = { .identification = identification };
	struct fragment_ports *known, ports;

	if (!packet)
		return DROP_INVALID;
	key.source = packet->source;
	key.destination = packet->destination;
	if (first) {
		note_fragment(packet, &ports);
		bpf_map_update_elem(&fragments6, &key, &ports, BPF_ANY);
		return 0;
	}
	known = bpf_map_lookup_elem(&fragments6, &key);
	if (!known)
		return DROP_FRAGMENT_NOT_FOUND;
	follow_fragment(packet, known);
	return 0;
}

/*
 * With a `sender`, a pod, the source address must be its own: before a fragment or anything else is remembered.
 */
static __always_inline int read_ipv4(struct __sk_buff *skb, struct packet *packet, const struct endpoint *sender)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	__u32 header, length;
	__u16 fragment;
	int error;

	if ((void *)(ip + 1) > end)
		return DROP_INVALID;
	header = ip->ihl * 4;
	length = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || header < sizeof(*ip) || length < header || length + ETH_HLEN > skb->len)
		return DROP_INVALID;
	packet->family = 4;
	packet->protocol = ip->protocol;
	packet->l4_offset = ETH_HLEN + header;
	set_ipv4(&packet->source, ip->saddr);
	set_ipv4(&packet->destination, ip->daddr);
	if (sender && (!sender->ipv4 || ip->saddr != sender->ipv4))
		return DROP_INVALID_SOURCE_IP;
	fragment = bpf_ntohs(ip->frag_off);
	if (fragment & IP_FRAGMENT_OFFSET) {
		if (!has_fragments(ip->protocol)) {
			packet->later_fragment = 1;
			return 0; /* no ports that could be missing */
		}
		return fragment_ports4(packet, ip->id, false);
	}
	error = read_l4(packet, (void *)ip + header, end, length - header);
	if (error || !(fragment & IP_MORE_FRAGMENTS))
		return error;
	if (!has_fragments(packet->protocol))
		return 0;
	return leaves_ports(packet) ? fragment_ports4(packet, ip->id, true) : DROP_FRAGMENT_NOT_FOUND;
}

static __always_inline bool is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS || next == IPPROTO_FRAGMENT || next == IPPROTO_AH;
}

/* IPv6 with extension headers, off the fast path. At most six headers are walked (RFC 8200 names six that may appear). */
APART int read_ipv6_extensions(struct __sk_buff *skb, struct packet *packet, const struct endpoint *sender, __u32 end_of_packet)
{
	__u32 offset = ETH_HLEN + sizeof(struct ipv6hdr);
	__u8 next;
	__be32 identification = 0;
	bool fragmented = false, first = true;
	__u8 bytes[20] = {};
	int i, error;

	if (!packet)
		return DROP_INVALID;
	next = packet->protocol;
	for (i = 0; i < 7; i++) {
		__u8 head[8] = {};

		if (next == IPPROTO_NONE)
			break;
		if (!is_extension(next))
			break;
		if (i == 6 || bpf_skb_load_bytes(skb, offset, head, sizeof(head)))
			return DROP_INVALID_EXTENSION_HEADER;
		if (next == IPPROTO_FRAGMENT) {
			__u16 where = (__u16)head[2] << 8 | head[3];

			if (fragmented)
				return DROP_INVALID_EXTENSION_HEADER;
			if (sender && !same_address(&packet->source, &sender->ipv6))
				return DROP_INVALID_SOURCE_IP;
			fragmented = (where & 0xfff9) != 0; /* an atomic fragment (RFC 6946) is a whole packet */
			first = (where & 0xfff8) == 0;
			__builtin_memcpy(&identification, head + 4, 4);
			offset += 8;
		} else if (next == IPPROTO_AH) {
			offset += (head[1] + 2) * 4;
		} else {
			offset += (head[1] + 1) * 8;
		}
		next = head[0];
		if (fragmented && !first)
			break; /* what follows is payload */
	}
	packet->protocol = next;
	packet->l4_offset = offset;
	if (offset > end_of_packet)
		return DROP_INVALID_EXTENSION_HEADER;
	if (fragmented && !first) {
		/* The first one's headers count: this one may name an extension header that stands there. */
		error = fragment_ports6(packet, identification, false);
		if (!error || has_fragments(next) || is_extension(next))
			return error;
		packet->later_fragment = 1;
		return 0;
	}
	if (next == IPPROTO_TCP) {
		if (bpf_skb_load_bytes(skb, offset, bytes, 20))
			return DROP_CT_INVALID_HEADER;
	} else if (next == IPPROTO_SCTP && bpf_skb_load_bytes(skb, offset, bytes, SCTP_HEADER + 1) == 0) {
		/* with a chunk */
	} else if (has_fragments(next)) {
		if (bpf_skb_load_bytes(skb, offset, bytes, 8))
			return DROP_CT_INVALID_HEADER;
	}
	error = read_l4(packet, bytes, bytes + sizeof(bytes), end_of_packet - offset);
	if (error || !fragmented)
		return error;
	if (!has_fragments(packet->protocol))
		return 0;
	return leaves_ports(packet) ? fragment_ports6(packet, identification, true) : DROP_FRAGMENT_NOT_FOUND;
}

static __always_inline int read_ipv6(struct __sk_buff *skb, struct packet *packet, const struct endpoint *sender)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + ETH_HLEN;

	if ((void *)(ip + 1) > end)
		return DROP_INVALID;
	if (ip->version != 6 || bpf_ntohs(ip->payload_len) + ETH_HLEN + sizeof(*ip) > skb->len)
		return DROP_INVALID;
	packet->family = 6;
	packet->protocol = ip->nexthdr;
	packet->l4_offset = ETH_HLEN + sizeof(*ip);
	__builtin_memcpy(&packet->source, &ip->saddr, sizeof(packet->source));
	__builtin_memcpy(&packet->destination, &ip->daddr, sizeof(packet->destination));
	if (ip->nexthdr == IPPROTO_TCP || ip->nexthdr == IPPROTO_UDP || ip->nexthdr == IPPROTO_ICMPV6)
		return read_l4(packet, ip + 1, end, bpf_ntohs(ip->payload_len));
	return read_ipv6_extensions(skb, packet, sender, ETH_HLEN + sizeof(*ip) + bpf_ntohs(ip->payload_len));
}

#endif
