/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Masquerading: what leaves the cluster leaves under the node's address. A translation is two entries of `nat`, so that each
 * direction finds it by what the packet says; either can be made again from the other when the LRU took it. The node's own
 * connections from ports in the same range have entries, too, mostly without any change, so that no pod is given a port that is in use.
 */
#ifndef AXONEME_NAT_H
#define AXONEME_NAT_H

#include "conntrack.h"

#define NAT_ATTEMPTS 32 /* ports tried before the packet is dropped */
#define NAT_STRIDE 7919

#define IPV4_CHECKSUM_OFFSET 10
#define IPV4_SOURCE_OFFSET 12
#define IPV4_DESTINATION_OFFSET 16
#define IPV6_SOURCE_OFFSET 8
#define IPV6_DESTINATION_OFFSET 24

static __always_inline bool is_echo_protocol(__u8 protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* An SCTP checksum covers its ports and costs a pass over the packet: its port stays, or there is no translation. */
static __always_inline bool is_translatable(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP || packet->protocol == IPPROTO_SCTP ||
	       (is_echo_protocol(packet->protocol) && packet->kind == PACKET_CONNECTION);
}

/* The key of a packet with this source and destination. An echo has one id: it stands where it is translated. */
static __always_inline void make_nat_key(struct nat_key *key, const struct packet *packet, __u8 direction)
{
	bool echo = is_echo_protocol(packet->protocol);

	key->source = packet->source;
	key->destination = packet->destination;
	key->source_port = echo && direction == NAT_IN ? 0 : packet->source_port;
	key->destination_port = echo && direction == NAT_OUT ? 0 : packet->destination_port;
	key->protocol = packet->protocol;
	key->direction = direction;
	key->pad[0] = key->pad[1] = 0;
}

/*
 * The key of the other entry of a translation. Of NAT_OUT and NAT_FROM_BACKEND, which give a source, the answer comes from the key's destination;
 * NAT_IN and NAT_TO_BACKEND give a destination, whose answer goes to the key's source.
 */
static __always_inline void make_twin_key(struct nat_key *twin, const struct nat_key *key, const struct nat_entry *entry)
{
	twin->protocol = key->protocol;
	twin->pad[0] = twin->pad[1] = 0;
	twin->direction = key->direction ^ 1; /* the two of a translation stand side by side in enum nat_direction */
	if (key->direction == NAT_OUT || key->direction == NAT_FROM_BACKEND) {
		twin->source = key->destination;
		twin->source_port = key->destination_port;
		twin->destination = entry->address;
		twin->destination_port = entry->port;
	} else {
		twin->source = entry->address;
		twin->source_port = entry->port;
		twin->destination = key->source;
		twin->destination_port = key->source_port;
	}
}

static __always_inline bool is_nat_closing(const struct nat_entry *out)
{
	__u16 fins = NAT_FIN_OUT | NAT_FIN_IN;

	return out->flags & NAT_RESET || (out->flags & fins) == fins;
}

static __always_inline bool is_nat_expired(const struct nat_entry *out, __u8 protocol, __u32 last_seen, __u32 now)
{
	__u32 timeout = TIMEOUT_OTHER;

	if (protocol == IPPROTO_TCP && is_nat_closing(out))
		timeout = TIMEOUT_TCP_CLOSING;
	else if (protocol == IPPROTO_TCP && out->flags & NAT_REPLY_SEEN)
		timeout = TIMEOUT_TCP_ESTABLISHED;
	return is_over(last_seen, timeout, now);
}

/*
 * The other entry of a translation, of which this is the one for answers (NAT_IN or NAT_FROM_BACKEND); 0 when it is lost, or another's. Packets are
 * seen by either entry: `last_seen` is the later one.
 */
static __always_inline struct nat_entry *find_asking(const struct nat_key *key, const struct nat_entry *entry, struct nat_key *twin, __u32 *last_seen)
{
	bool in = key->direction == NAT_IN;
	struct nat_entry *other;

	make_twin_key(twin, key, entry);
	*last_seen = entry->last_seen;
	other = bpf_map_lookup_elem(&nat, twin);
	if (!other || other->port != (in ? key->destination_port : key->source_port) || !same_address(&other->address, in ? &key->destination : &key->source))
		return 0;
	if ((__s32)(other->last_seen - *last_seen) > 0)
		*last_seen = other->last_seen;
	return other;
}

/* Is the translation whose NAT_IN entry this is over? */
static __noinline bool is_translation_over(const struct nat_key *in, const struct nat_entry *back, __u32 now)
{
	struct nat_key key;
	__u32 last_seen;
	struct nat_entry *out = find_asking(in, back, &key, &last_seen);

	if (!out)
		return is_over(last_seen, TIMEOUT_OTHER, now); /* its sender may yet make the other entry again */
	if (!is_nat_expired(out, key.protocol, last_seen, now))
		return false;
	bpf_map_delete_elem(&nat, &key);
	return true;
}

/* Takes a source port for this sender; false when another has it. Of two that try at once one gets it. */
static __noinline bool claim_port(const struct nat_key *out, struct nat_entry *mapping, __u32 now)
{
	struct nat_key in;
	struct nat_entry back = { .last_seen = now };
	struct nat_entry *taken;

	back.address = out->source;
	back.port = out->source_port;
	make_twin_key(&in, out, mapping);
	taken = bpf_map_lookup_elem(&nat, &in);
	if (taken) {
		if (taken->port == back.port && same_address(&taken->address, &back.address)) {
			mapping->flags = taken->flags & NAT_REPLY_SEEN; /* its other entry was evicted */
			return true;
		}
		if (!is_translation_over(&in, taken, now))
			return false;
		bpf_map_delete_elem(&nat, &in);
	}
	return bpf_map_update_elem(&nat, &in, &back, BPF_NOEXIST) == 0;
}

static __always_inline __u32 hash_tuple(const struct ip_address *source, const struct ip_address *destination, __u32 ports, __u32 protocol, __u32 seed)
{
	__u32 words[] = {
		source->word[0], source->word[1], source->word[2], source->word[3],
		destination->word[0], destination->word[1], destination->word[2], destination->word[3],
		ports, protocol,
	};
	int i;

#pragma unroll
	for (i = 0; i < 10; i++) {
		seed = (seed ^ words[i]) * 0x9e3779b1;
		seed ^= seed >> 15;
	}
	return seed;
}

/*
 * Which ports are tried, and in what order, follows from the tuple and a secret: a translation whose NAT_OUT entry was
 * evicted finds its port again, and nobody outside can guess it.
 */
static __always_inline __u32 scatter(const struct nat_key *out)
{
	return hash_tuple(&out->source, &out->destination, (__u32)out->source_port << 16 | out->destination_port, out->protocol, config.nat_secret);
}

/* Makes a translation to `mapping->address`, of the sender's own port if it can be had. Returns 0 or the drop reason. */
APART int make_translation(const struct nat_key *out, struct nat_entry *mapping)
{
	__u32 range = (__u32)config.nat_port_max - config.nat_port_min + 1;
	__u32 next;
	__u16 port;
	bool fixed;
	int i;

	if (!out || !mapping)
		return DROP_NAT_NO_MAPPING;
	port = bpf_ntohs(out->source_port);
	fixed = out->protocol == IPPROTO_SCTP;
	next = scatter(out);
	if (!fixed && !is_echo_protocol(out->protocol) && (port < config.nat_port_min || port > config.nat_port_max))
		port = config.nat_port_min + next % range;
	for (i = 0; i < NAT_ATTEMPTS; i++) {
		mapping->port = bpf_htons(port);
		if (claim_port(out, mapping, mapping->last_seen)) {
			count(COUNTER_NAT_INSERTED, 0);
			return bpf_map_update_elem(&nat, out, mapping, BPF_ANY) ? DROP_NAT_NO_MAPPING : 0;
		}
		count(COUNTER_NAT_CONFLICTS, 0);
		if (fixed)
			break;
		next += NAT_STRIDE;
		port = config.nat_port_min + next % range;
	}
	count(COUNTER_NAT_EXHAUSTED, 0);
	return DROP_NAT_NO_MAPPING;
}

/* Once a tick: the translation lives, and so does its other entry. Returns 0 when its port was given to another meanwhile. */
APART int keep_translation(const struct nat_key *key, struct nat_entry *entry, __u32 now)
{
	struct nat_key twin;
	struct nat_entry *other;

	if (!key || !entry)
		return 0;
	entry->last_seen = now;
	make_twin_key(&twin, key, entry);
	other = bpf_map_lookup_elem(&nat, &twin);
	if (other) {
		if (key->direction == NAT_OUT && (other->port != key->source_port || !same_address(&other->address, &key->source)))
			return 0;
		other->last_seen = now;
	} else {
		struct nat_entry again = { .last_seen = now };

		again.address = key->direction == NAT_OUT ? key->source : key->destination;
		again.port = key->direction == NAT_OUT ? key->source_port : key->destination_port;
		if (key->direction == NAT_IN)
			again.flags = NAT_REPLY_SEEN;
		if (bpf_map_update_elem(&nat, &twin, &again, BPF_NOEXIST))
			return 0;
	}
	return 1;
}

/* The flags stand in the NAT_OUT entry, which is another one for what comes back. */
APART int note_reply(const struct nat_key *in, struct nat_entry *back, __u8 tcp_flags)
{
	struct nat_key key;
	struct nat_entry *out;

	if (!in || !back)
		return 0;
	make_twin_key(&key, in, back);
	out = bpf_map_lookup_elem(&nat, &key);
	if (out) {
		out->flags |= NAT_REPLY_SEEN;
		if (in->protocol == IPPROTO_TCP && tcp_flags & TCP_FIN)
			out->flags |= NAT_FIN_IN;
		if (in->protocol == IPPROTO_TCP && tcp_flags & TCP_RST)
			out->flags |= NAT_RESET;
	}
	back->flags |= NAT_REPLY_SEEN;
	return 0;
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

struct replacement {
	struct ip_address old_address;
	struct ip_address new_address;
	__be16 old_port;
	__be16 new_port;
	__u8 source; /* the source of the packet, otherwise its destination */
};

/* Writes another source or destination into a packet's own headers, checksums included. */
APART int rewrite(struct __sk_buff *skb, const struct packet *packet, const struct replacement *with)
{
	int checksum, error = 0;
	__u32 l4, at;
	__u64 flags;

	if (!packet || !with)
		return DROP_WRITE_ERROR;
	checksum = packet->later_fragment ? -1 : l4_checksum_offset(packet->protocol);
	l4 = packet->l4_offset;
	flags = packet->protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	if (packet->protocol == IPPROTO_SCTP && !packet->later_fragment && with->old_port != with->new_port)
		return DROP_NAT_UNKNOWN_PROTOCOL; /* its checksum covers the ports */
	if (packet->family == 4) {
		__u32 old = with->old_address.word[3], new = with->new_address.word[3];

		at = ETH_HLEN + (with->source ? IPV4_SOURCE_OFFSET : IPV4_DESTINATION_OFFSET);
		if (checksum >= 0 && packet->protocol != IPPROTO_ICMP)
			error |= bpf_l4_csum_replace(skb, l4 + checksum, old, new, flags | BPF_F_PSEUDO_HDR | sizeof(new));
		error |= bpf_l3_csum_replace(skb, ETH_HLEN + IPV4_CHECKSUM_OFFSET, old, new, sizeof(new));
		error |= bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
	} else {
		struct ip_address old = with->old_address, new = with->new_address;

		at = ETH_HLEN + (with->source ? IPV6_SOURCE_OFFSET : IPV6_DESTINATION_OFFSET);
		if (checksum >= 0) {
			__s64 difference = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&new, sizeof(new), 0);

			error |= bpf_l4_csum_replace(skb, l4 + checksum, 0, difference, flags | BPF_F_PSEUDO_HDR);
		}
		error |= bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
	}
	if (!packet->later_fragment && packet->kind != PACKET_ERROR && with->old_port != with->new_port) {
		__be16 port = with->new_port;

		at = l4 + (is_echo_protocol(packet->protocol) ? 4 : with->source ? 0 : 2);
		if (checksum >= 0)
			error |= bpf_l4_csum_replace(skb, l4 + checksum, with->old_port, port, flags | sizeof(port));
		error |= bpf_skb_store_bytes(skb, at, &port, sizeof(port), 0);
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

/* An error that a masqueraded sender answers with: it is about what came back, and hides the sender in two places. */
APART int masquerade_error(struct __sk_buff *skb, struct packet *packet)
{
	struct packet inner = {};
	struct nat_key key;
	struct nat_entry *entry;
	struct replacement with = {};
	int error;

	if (!packet)
		return DROP_NAT_NO_MAPPING;
	if (!read_error(skb, packet, &inner))
		return DROP_NAT_NO_MAPPING;
	reverse_tuple(&inner); /* now as the sender's own packets are */
	if (!packet->to_backend && !same_address(&inner.source, &packet->source))
		return DROP_NAT_NO_MAPPING; /* about somebody else's */
	make_nat_key(&key, &inner, NAT_OUT);
	entry = bpf_map_lookup_elem(&nat, &key);
	if (!entry)
		return DROP_NAT_NO_MAPPING;
	with.old_address = inner.source;
	with.new_address = entry->address;
	with.old_port = inner.source_port;
	with.new_port = entry->port;
	with.source = 0;
	error = rewrite_inner(skb, packet, &inner, &with);
	if (error)
		return error;
	with.source = 1;
	with.old_address = packet->source;
	packet->source = with.new_address;
	return rewrite(skb, packet, &with);
}

static __always_inline bool is_address_of(const struct ip_address *address, const struct device *device, __u8 family)
{
	return family == 4 ? address->word[3] == device->ipv4 : same_address(address, &device->ipv6);
}

APART int put_source(struct __sk_buff *skb, struct packet *packet, const struct nat_entry *entry)
{
	struct replacement with = { .source = 1 };

	if (!packet || !entry)
		return DROP_WRITE_ERROR;
	if (entry->port == packet->source_port && same_address(&entry->address, &packet->source))
		return 0;
	with.old_address = packet->source;
	with.new_address = entry->address;
	with.old_port = packet->source_port;
	with.new_port = entry->port;
	packet->source = with.new_address;
	packet->source_port = with.new_port;
	return rewrite(skb, packet, &with);
}

/* Gives a packet that leaves the node's address on this device and a port of the node's. Returns 0 or the drop reason. */
APART int masquerade_packet(struct __sk_buff *skb, struct packet *packet, const struct device *device)
{
	__u32 now = now_ticks();
	struct nat_key key;
	struct nat_entry *entry;
	struct nat_entry made = { .last_seen = now };
	int error;

	if (!packet || !device)
		return DROP_NAT_NO_MAPPING;
	if (!is_translatable(packet))
		return DROP_NAT_UNKNOWN_PROTOCOL;
	make_nat_key(&key, packet, NAT_OUT);
	entry = bpf_map_lookup_elem(&nat, &key);
	if (entry && (is_nat_expired(entry, packet->protocol, entry->last_seen, now) || !is_address_of(&entry->address, device, packet->family)))
		entry = 0;
	if (entry && entry->last_seen != now && !keep_translation(&key, entry, now))
		entry = 0;
	if (entry) {
		if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) {
			if (packet->tcp_flags & TCP_SYN && is_nat_closing(entry))
				entry->flags = 0; /* a connection of its own; not a SYN sent again */
			if (packet->tcp_flags & TCP_FIN)
				entry->flags |= NAT_FIN_OUT;
			if (packet->tcp_flags & TCP_RST)
				entry->flags |= NAT_RESET;
		}
	} else {
		if (packet->family == 4)
			set_ipv4(&made.address, device->ipv4);
		else
			made.address = device->ipv6;
		if (packet->family == 4 ? !device->ipv4 : is_unspecified(&made.address))
			return DROP_NAT_NO_MAPPING; /* no address to lend */
		error = make_translation(&key, &made);
		if (error)
			return error;
		entry = &made;
	}
	return put_source(skb, packet, entry);
}

static __always_inline int masquerade(struct __sk_buff *skb, struct packet *packet, const struct device *device)
{
	return packet->kind == PACKET_ERROR ? masquerade_error(skb, packet) : masquerade_packet(skb, packet, device);
}

/* Is this packet's sender masqueraded towards this destination already? */
APART int is_masqueraded(const struct packet *packet)
{
	struct nat_key key;

	if (!packet)
		return false;
	make_nat_key(&key, packet, NAT_OUT);
	return bpf_map_lookup_elem(&nat, &key) != 0;
}

APART int unmasquerade_error(struct __sk_buff *skb, struct packet *packet)
{
	struct packet inner = {};
	struct nat_key key;
	struct nat_entry *entry;
	struct replacement with = { .source = 1 };
	int error;

	if (!packet)
		return 0;
	if (!read_error(skb, packet, &inner))
		return 0;
	reverse_tuple(&inner); /* now as what comes back is */
	make_nat_key(&key, &inner, NAT_IN);
	entry = bpf_map_lookup_elem(&nat, &key);
	if (!entry || (entry->port == inner.destination_port && same_address(&entry->address, &inner.destination)))
		return 0;
	with.old_address = inner.destination;
	with.new_address = entry->address;
	with.old_port = inner.destination_port;
	with.new_port = entry->port;
	error = rewrite_inner(skb, packet, &inner, &with);
	if (error)
		return -error;
	with.source = 0;
	packet->destination = with.new_address;
	error = rewrite(skb, packet, &with);
	return error ? -error : 1;
}

/* Gives an answer its way back. Returns 1 when the packet was changed, 0 when it has nothing to do with masquerading, or minus the drop reason. */
APART int unmasquerade_packet(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	struct nat_key key;
	struct nat_entry *entry;
	struct replacement with = {};
	bool ends, changes;
	__u16 port;
	int error;

	if (!packet)
		return 0;
	port = bpf_ntohs(packet->destination_port);
	if (!is_translatable(packet))
		return 0;
	if (is_echo_protocol(packet->protocol)) {
		if (packet->icmp_type != (packet->family == 4 ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY))
			return 0; /* a later fragment knows the first one's type */
	} else if (packet->protocol != IPPROTO_SCTP && (port < config.nat_port_min || port > config.nat_port_max)) {
		return 0;
	}
	make_nat_key(&key, packet, NAT_IN);
	entry = bpf_map_lookup_elem(&nat, &key);
	if (!entry)
		return 0;
	ends = packet->protocol == IPPROTO_TCP && packet->tcp_flags & (TCP_FIN | TCP_RST);
	if (entry->last_seen != now)
		keep_translation(&key, entry, now);
	if (ends || !(entry->flags & NAT_REPLY_SEEN))
		note_reply(&key, entry, packet->tcp_flags);
	changes = entry->port != packet->destination_port || !same_address(&entry->address, &packet->destination);
	if (!changes)
		return 0;
	with.old_address = packet->destination;
	with.new_address = entry->address;
	with.old_port = packet->destination_port;
	with.new_port = entry->port;
	packet->destination = with.new_address;
	packet->destination_port = with.new_port;
	if (is_echo_protocol(packet->protocol))
		packet->source_port = with.new_port; /* an echo has one id */
	error = rewrite(skb, packet, &with);
	return error ? -error : 1;
}

static __always_inline int unmasquerade(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	return packet->kind == PACKET_ERROR ? unmasquerade_error(skb, packet) : unmasquerade_packet(skb, packet, now);
}

#endif
