/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Direct server return: a backend on another node answers the client itself, in the name of the frontend that was asked. Its node learns that name
 * from an option that the packet bears on its way there: as IPv4 option (RFC 791) or in a destination options header (RFC 8200), with the numbers
 * that Cilium uses. What begins a connection bears it, and each datagram; the backend's node takes it off again.
 */
#ifndef AXONEME_DIRECT_H
#define AXONEME_DIRECT_H

#include <stddef.h>
#include "balance.h"
#include "reject.h"

#define DIRECT_OPTION4 0x9a /* copied into every fragment, class control, number 26 */
#define DIRECT_OPTION6 0x1b /* whoever does not know it skips it */

struct direct_option4 {
	__u8 type;
	__u8 length;
	__be16 port;
	__be32 address;
};

struct direct_header6 {
	__u8 next;
	__u8 length; /* 8 bytes each, without the first 8 */
	__u8 type;
	__u8 option_length;
	struct ip_address address;
	__be16 port;
	__be16 pad;
};

struct direct_packet4 {
	struct iphdr ip;
	struct direct_option4 option; /* before all others */
};

struct direct_packet6 {
	struct ipv6hdr ip;
	struct direct_header6 header;
};

#define DIRECT_HEADER6_LENGTH (sizeof(struct direct_header6) / 8 - 1)
#define DIRECT_OPTION6_LENGTH (sizeof(struct direct_header6) - 4)
#define IPV4_OPTIONS_MAX 40
#define IP_PACKET_MAX 0xffff

static __always_inline __u32 direct_option_bytes(const struct packet *packet)
{
	return packet->family == 4 ? sizeof(struct direct_option4) : sizeof(struct direct_header6);
}

/* Is this one of the packets that bear the option? */
static __always_inline bool bears_frontend(const struct packet *packet)
{
	return packet->kind == PACKET_CONNECTION && !packet->later_fragment && (!tells_beginning(packet) || is_beginning(packet));
}

/* The checksum of an IPv4 header that loses `from` and gets `to`; in neither is the checksum itself. */
static __always_inline __u16 change_header_checksum(__u16 check, void *from, __u32 from_bytes, void *to, __u32 to_bytes)
{
	return fold(bpf_csum_diff(from, from_bytes, to, to_bytes, (__u16)~check));
}

static __noinline int put_frontend4(struct __sk_buff *skb, const struct service_key *frontend)
{
	struct direct_packet4 to = {};
	struct iphdr from;
	__u16 check;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &from, sizeof(from)))
		return DROP_INVALID;
	if (from.ihl * 4 + sizeof(to.option) > sizeof(from) + IPV4_OPTIONS_MAX || bpf_ntohs(from.tot_len) + sizeof(to.option) > IP_PACKET_MAX)
		return DROP_INVALID;
	check = from.check;
	from.check = 0;
	to.ip = from;
	to.ip.ihl += sizeof(to.option) / 4;
	to.ip.tot_len = bpf_htons(bpf_ntohs(from.tot_len) + sizeof(to.option));
	to.option.type = DIRECT_OPTION4;
	to.option.length = sizeof(to.option);
	to.option.port = frontend->port;
	to.option.address = frontend->address.word[3];
	to.ip.check = change_header_checksum(check, &from, sizeof(from), &to, sizeof(to));
	if (bpf_skb_adjust_room(skb, sizeof(to.option), BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO))
		return DROP_WRITE_ERROR;
	return bpf_skb_store_bytes(skb, ETH_HLEN, &to, sizeof(to), BPF_F_RECOMPUTE_CSUM) ? DROP_WRITE_ERROR : 0;
}

static __noinline int put_frontend6(struct __sk_buff *skb, const struct service_key *frontend)
{
	struct direct_packet6 to = {};

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &to.ip, sizeof(to.ip)))
		return DROP_INVALID;
	if (bpf_ntohs(to.ip.payload_len) + sizeof(to.header) > IP_PACKET_MAX)
		return DROP_INVALID;
	to.header.next = to.ip.nexthdr;
	to.header.length = DIRECT_HEADER6_LENGTH;
	to.header.type = DIRECT_OPTION6;
	to.header.option_length = DIRECT_OPTION6_LENGTH;
	to.header.address = frontend->address;
	to.header.port = frontend->port;
	to.ip.nexthdr = IPPROTO_DSTOPTS;
	to.ip.payload_len = bpf_htons(bpf_ntohs(to.ip.payload_len) + sizeof(to.header));
	if (bpf_skb_adjust_room(skb, sizeof(to.header), BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO))
		return DROP_WRITE_ERROR;
	return bpf_skb_store_bytes(skb, ETH_HLEN, &to, sizeof(to), BPF_F_RECOMPUTE_CSUM) ? DROP_WRITE_ERROR : 0;
}

/* Tells the backend's node which frontend was asked. Returns 0 or the drop reason. */
APART int put_frontend(struct __sk_buff *skb, struct packet *packet)
{
	struct balancing *with = balancing_space_here();
	int error;

	if (!packet || !with)
		return DROP_WRITE_ERROR;
	error = packet->family == 4 ? put_frontend4(skb, &with->frontend) : put_frontend6(skb, &with->frontend);
	packet->l4_offset += direct_option_bytes(packet);
	return error;
}

/* May a sender outside name this? A service for clients outside, or a port that services have at any node. */
static __always_inline bool is_frontend(const struct service_key *key, __u32 family)
{
	struct node_port port = { .port = key->port, .protocol = key->protocol };
	struct service *service = bpf_map_lookup_elem(&services, key);
	struct whereabouts holder = {};

	if (service)
		return service->flags & SERVICE_EXTERNAL;
	if (!bpf_map_lookup_elem(&node_ports, &port))
		return false;
	find_address(&key->address, family, &holder);
	return is_node(holder.identity);
}

static __noinline int remove_frontend4(struct __sk_buff *skb)
{
	struct direct_packet4 from;
	struct iphdr to;
	__u16 check;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &from, sizeof(from)))
		return DROP_INVALID;
	check = from.ip.check;
	from.ip.check = 0;
	to = from.ip;
	to.ihl -= sizeof(from.option) / 4;
	to.tot_len = bpf_htons(bpf_ntohs(to.tot_len) - sizeof(from.option));
	to.check = change_header_checksum(check, &from, sizeof(from), &to, sizeof(to));
	if (bpf_skb_adjust_room(skb, -(int)sizeof(from.option), BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO))
		return DROP_WRITE_ERROR;
	return bpf_skb_store_bytes(skb, ETH_HLEN, &to, sizeof(to), BPF_F_RECOMPUTE_CSUM) ? DROP_WRITE_ERROR : 0;
}

static __noinline int remove_frontend6(struct __sk_buff *skb)
{
	struct direct_packet6 from;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &from, sizeof(from)))
		return DROP_INVALID;
	from.ip.nexthdr = from.header.next;
	from.ip.payload_len = bpf_htons(bpf_ntohs(from.ip.payload_len) - sizeof(from.header));
	if (bpf_skb_adjust_room(skb, -(int)sizeof(from.header), BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO))
		return DROP_WRITE_ERROR;
	return bpf_skb_store_bytes(skb, ETH_HLEN, &from.ip, sizeof(from.ip), BPF_F_RECOMPUTE_CSUM) ? DROP_WRITE_ERROR : 0;
}

static __always_inline bool read_frontend(struct __sk_buff *skb, const struct packet *packet, struct service_key *frontend)
{
	union {
		struct direct_option4 option;
		struct direct_header6 header;
	} head = {};
	__u8 next;

	frontend->protocol = packet->protocol;
	frontend->pad = 0;
	if (packet->family == 4) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct iphdr), &head.option, sizeof(head.option)) || head.option.type != DIRECT_OPTION4 ||
		    head.option.length != sizeof(head.option))
			return false;
		set_ipv4(&frontend->address, head.option.address);
		frontend->port = head.option.port;
		return true;
	}
	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, nexthdr), &next, sizeof(next)) || next != IPPROTO_DSTOPTS ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct ipv6hdr), &head.header, sizeof(head.header)) || head.header.length != DIRECT_HEADER6_LENGTH ||
	    head.header.type != DIRECT_OPTION6 || head.header.option_length != DIRECT_OPTION6_LENGTH)
		return false;
	frontend->address = head.header.address;
	frontend->port = head.header.port;
	return true;
}

static __always_inline bool has_options(const struct packet *packet)
{
	return packet->l4_offset != ETH_HLEN + (packet->family == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
}

/* A packet for a backend here may say that it was another node's: then the answers come from the frontend it names. Returns enum to_service, or minus the drop reason. */
APART int take_frontend(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	struct balancing *with = balancing_space_here();
	struct whereabouts backend = {};
	struct nat_entry *entry;
	int error;

	if (!packet || !with || !bears_frontend(packet))
		return TO_NO_SERVICE;
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP && packet->protocol != IPPROTO_SCTP)
		return TO_NO_SERVICE;
	find_address(&packet->destination, packet->family, &backend);
	name_frontend(&with->frontend, packet);
	if (!backend.ifindex || find_service(&with->frontend, true) || !read_frontend(skb, packet, &with->frontend) || !is_frontend(&with->frontend, packet->family))
		return TO_NO_SERVICE;
	make_nat_key(&with->key, packet, NAT_IN);
	with->key.tuple.destination = with->frontend.address;
	with->key.tuple.destination_port = with->frontend.port;
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (entry && is_beginning(packet) && is_service_ended(entry))
		entry = 0; /* a connection of its own */
	if (entry && !(entry->role & NAT_ASKS))
		return TO_NO_SERVICE;
	if (!entry || entry->tuple.destination_port != packet->destination_port || !same_address(&entry->tuple.destination, &packet->destination) ||
	    (entry->last_seen != now && !keep_translation(&with->key, entry, now))) {
		__builtin_memset(&with->made, 0, sizeof(with->made)); /* whoever chose the backend knows its number */
		with->made.tuple = with->key.tuple;
		with->made.tuple.destination = packet->destination;
		with->made.tuple.destination_port = packet->destination_port;
		with->made.flags = NAT_DIRECT_RETURN;
		with->made.role = NAT_ASKS | NAT_SERVICE;
		with->made.last_seen = now;
		error = save_service(&with->key, &with->made);
		if (error)
			return -error;
	}
	error = packet->family == 4 ? remove_frontend4(skb) : remove_frontend6(skb);
	if (error)
		return -error;
	packet->l4_offset -= direct_option_bytes(packet);
	return TO_BACKEND;
}

#endif
