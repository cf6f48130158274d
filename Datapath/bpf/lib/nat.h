/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Translations of addresses, and masquerading: what leaves the cluster leaves under the node's address. A translation is two entries of `nat`, so that each
 * direction finds it by what the packet says; either can be made again from the other when the LRU took it. The node's own
 * connections from ports in the same range have entries, too, mostly without any change, so that no pod is given a port that is in use.
 */
#ifndef AXONEME_NAT_H
#define AXONEME_NAT_H

#include "conntrack.h"
#include "rewrite.h"

#define NAT_ATTEMPTS 32 /* ports tried before the packet is dropped */
#define NAT_STRIDE 7919

/* What the functions below write to the map. */
struct nat_space {
	struct nat_key key;
	struct nat_entry made;
	struct nat_key twin;
	struct nat_entry other; /* the one for the other direction */
	struct nat_key asking;
};

SPACE(nat_space, struct nat_space)

/* An SCTP checksum covers its ports and costs a pass over the packet: its port stays, or there is no translation. */
static __always_inline bool is_translatable(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP || packet->protocol == IPPROTO_SCTP ||
	       (is_echo_protocol(packet->protocol) && packet->kind == PACKET_CONNECTION);
}

/* The key of a packet as it is. An echo has one id: it stands where it is translated. */
static __always_inline void make_nat_key(struct nat_key *key, const struct packet *packet, __u8 direction)
{
	bool echo = is_echo_protocol(packet->protocol);

	key->tuple.source = packet->source;
	key->tuple.destination = packet->destination;
	key->tuple.source_port = echo && direction == NAT_IN ? 0 : packet->source_port;
	key->tuple.destination_port = echo && direction == NAT_OUT ? 0 : packet->destination_port;
	key->protocol = packet->protocol;
	key->direction = direction;
	key->pad[0] = key->pad[1] = 0;
}

static __always_inline void reverse(struct tuple *to, const struct tuple *from)
{
	to->source = from->destination;
	to->destination = from->source;
	to->source_port = from->destination_port;
	to->destination_port = from->source_port;
}

static __always_inline bool is_reverse(const struct tuple *a, const struct tuple *b)
{
	return a->source_port == b->destination_port && a->destination_port == b->source_port && same_address(&a->source, &b->destination) &&
	       same_address(&a->destination, &b->source);
}

/* The key of the other entry of a translation: what this one's packets become, answered. */
static __always_inline void make_twin_key(struct nat_key *twin, const struct nat_key *key, const struct nat_entry *entry)
{
	reverse(&twin->tuple, &entry->tuple);
	twin->protocol = key->protocol;
	twin->direction = entry->role & NAT_BOTH_ENDS ? key->direction : key->direction ^ 1;
	twin->pad[0] = twin->pad[1] = 0;
}

/* The other entry itself. Whoever makes that of who asks from the one for answers has seen an answer. */
static __always_inline void make_other(struct nat_entry *other, const struct nat_key *key, const struct nat_entry *entry, __u32 now)
{
	__builtin_memset(other, 0, sizeof(*other));
	reverse(&other->tuple, &key->tuple);
	other->flags = (entry->role & NAT_ASKS ? 0 : NAT_REPLY_SEEN) | (entry->flags & NAT_DIRECT_RETURN);
	other->role = entry->role ^ NAT_ASKS;
	other->last_seen = now;
	other->backend = entry->backend;
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
 * The entry of who asks, of a translation of which this is the one for answers; 0 when it is lost, or another's. Packets are
 * seen by either entry: `last_seen` is the later one.
 */
static __always_inline struct nat_entry *find_asking(const struct nat_key *key, const struct nat_entry *entry, struct nat_key *twin, __u32 *last_seen)
{
	struct nat_entry *other;

	make_twin_key(twin, key, entry);
	*last_seen = entry->last_seen;
	other = bpf_map_lookup_elem(&nat, twin);
	if (!other || !is_reverse(&other->tuple, &key->tuple))
		return 0;
	if ((__s32)(other->last_seen - *last_seen) > 0)
		*last_seen = other->last_seen;
	return other;
}

/* Has the connection of a service's client ended? Where answers do not come by, or questions, half of it is all that is seen. */
static __always_inline bool is_service_ended(const struct nat_entry *asking)
{
	return is_nat_closing(asking) || (asking->flags & NAT_DIRECT_RETURN && asking->flags & (NAT_FIN_OUT | NAT_FIN_IN));
}

/*
 * Is the translation over whose entry for answers this is? A client of a service may use its port for another one as soon as the connection has ended, for
 * what a backend here says to it goes by the connection; a port of the node rests first.
 */
static __noinline bool is_translation_over(const struct nat_key *back, const struct nat_entry *entry, __u32 now)
{
	struct nat_space *space = nat_space_here();
	struct nat_entry *asking;
	__u32 last_seen;

	if (!space)
		return false;
	asking = find_asking(back, entry, &space->asking, &last_seen);
	if (!asking)
		return is_over(last_seen, TIMEOUT_OTHER, now); /* who asks may yet make the other entry again */
	if (back->direction == NAT_OUT && is_service_ended(asking))
		return true;
	if (!is_nat_expired(asking, back->protocol, last_seen, now))
		return false;
	bpf_map_delete_elem(&nat, &space->asking);
	return true;
}

/*
 * Writes the entry that answers will be known by; false when they are known as those of another translation. Of two that try at once one gets it. What a
 * masqueraded sender already has stays, its other entry was evicted; a service's client begins anew.
 */
static __noinline bool claim_answers(const struct nat_key *key, struct nat_entry *made)
{
	struct nat_space *space = nat_space_here();
	struct nat_entry *taken;
	__u64 how = BPF_NOEXIST;
	struct nat_key *twin;

	if (!space)
		return false;
	twin = &space->twin;
	make_other(&space->other, key, made, made->last_seen);
	make_twin_key(twin, key, made);
	if (!bpf_map_update_elem(&nat, twin, &space->other, BPF_NOEXIST))
		return true;
	taken = bpf_map_lookup_elem(&nat, twin);
	if (!taken)
		return false;
	if (is_reverse(&taken->tuple, &key->tuple)) {
		if (!(made->role & NAT_SERVICE)) {
			made->flags = taken->flags & NAT_REPLY_SEEN;
			return true;
		}
		how = BPF_ANY;
	} else {
		if (!is_translation_over(twin, taken, made->last_seen))
			return false;
		bpf_map_delete_elem(&nat, twin);
	}
	return bpf_map_update_elem(&nat, twin, &space->other, how) == 0;
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
	/* Of few backends the lowest bits choose: ports that follow each other must differ there, too (the finalizer of MurmurHash3). */
	seed ^= seed >> 16;
	seed *= 0x85ebca6b;
	seed ^= seed >> 13;
	seed *= 0xc2b2ae35;
	return seed ^ seed >> 16;
}

/*
 * Which ports are tried, and in what order, follows from the tuple and a secret: a translation whose NAT_OUT entry was
 * evicted finds its port again, and nobody outside can guess it.
 */
static __always_inline __u32 scatter(const struct nat_key *key)
{
	const struct tuple *tuple = &key->tuple;

	return hash_tuple(&tuple->source, &tuple->destination, (__u32)tuple->source_port << 16 | tuple->destination_port, key->protocol, config.nat_secret);
}

/* Makes a translation under the source address of `made`, from the sender's own port if it can be had. Returns 0 or the drop reason. */
APART int make_translation(const struct nat_key *key, struct nat_entry *made)
{
	__u32 range = (__u32)config.nat_port_max - config.nat_port_min + 1;
	__u32 next;
	__u16 port;
	bool fixed;
	int i;

	if (!key || !made)
		return DROP_NAT_NO_MAPPING;
	port = bpf_ntohs(key->tuple.source_port);
	fixed = key->protocol == IPPROTO_SCTP;
	next = scatter(key);
	if (!fixed && !is_echo_protocol(key->protocol) && (port < config.nat_port_min || port > config.nat_port_max))
		port = config.nat_port_min + next % range;
	for (i = 0; i < NAT_ATTEMPTS; i++) {
		made->tuple.source_port = bpf_htons(port);
		if (claim_answers(key, made)) {
			count(COUNTER_NAT_INSERTED, 0);
			return bpf_map_update_elem(&nat, key, made, BPF_ANY) ? DROP_NAT_NO_MAPPING : 0;
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

/* Once a tick: the translation lives, and so does its other entry. Returns 0 when that is of another translation now. */
APART int keep_translation(const struct nat_key *key, struct nat_entry *entry, __u32 now)
{
	struct nat_space *space = nat_space_here();
	struct nat_entry *other;
	struct nat_key twin;

	if (!key || !entry || !space)
		return 0;
	make_twin_key(&twin, key, entry);
	other = bpf_map_lookup_elem(&nat, &twin);
	if (other) {
		if (!is_reverse(&other->tuple, &key->tuple))
			return 0;
		other->last_seen = now;
	} else {
		make_other(&space->other, key, entry, now);
		if (bpf_map_update_elem(&nat, &twin, &space->other, BPF_NOEXIST))
			return 0;
	}
	entry->last_seen = now;
	return 1;
}

/* What who asks has sent changes the translation. */
static __always_inline void note_question(struct nat_entry *entry, const struct packet *packet)
{
	if (packet->protocol != IPPROTO_TCP)
		return;
	if (packet->tcp_flags & TCP_FIN)
		entry->flags |= NAT_FIN_OUT;
	if (packet->tcp_flags & TCP_RST)
		entry->flags |= NAT_RESET;
}

/* So does an answer; the flags stand in the other entry. */
APART int note_answer(const struct nat_key *key, struct nat_entry *entry, __u8 tcp_flags)
{
	struct nat_entry *asking;
	struct nat_key twin;
	__u32 last_seen;

	if (!key || !entry)
		return 0;
	entry->flags |= NAT_REPLY_SEEN;
	asking = find_asking(key, entry, &twin, &last_seen);
	if (!asking)
		return 0;
	asking->flags |= NAT_REPLY_SEEN;
	if (key->protocol == IPPROTO_TCP && tcp_flags & TCP_FIN)
		asking->flags |= NAT_FIN_IN;
	if (key->protocol == IPPROTO_TCP && tcp_flags & TCP_RST)
		asking->flags |= NAT_RESET;
	return 0;
}

/* The first answer and the last ones are noted, and once a tick that there are any. */
static __always_inline void see_answer(const struct nat_key *key, struct nat_entry *entry, const struct packet *packet, __u32 now)
{
	if (entry->last_seen != now)
		keep_translation(key, entry, now);
	if (!(entry->flags & NAT_REPLY_SEEN) || (packet->protocol == IPPROTO_TCP && packet->tcp_flags & (TCP_FIN | TCP_RST)))
		note_answer(key, entry, packet->tcp_flags);
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
	if (!same_address(&inner.source, &packet->source))
		return DROP_NAT_NO_MAPPING; /* about somebody else's */
	make_nat_key(&key, &inner, NAT_OUT);
	entry = bpf_map_lookup_elem(&nat, &key);
	if (!entry || !(entry->role & NAT_ASKS))
		return DROP_NAT_NO_MAPPING;
	with.old_address = inner.source;
	with.new_address = entry->tuple.source;
	with.old_port = inner.source_port;
	with.new_port = entry->tuple.source_port;
	with.source = 0;
	error = rewrite_inner(skb, packet, &inner, &with);
	if (error)
		return error;
	with.source = 1;
	packet->source = with.new_address;
	return rewrite_error(skb, packet, &with);
}

/* The address under which the node sends by a device. False: it has none of this family. */
static __always_inline bool find_own_address(const struct device *device, __u32 family, struct ip_address *address)
{
	if (family == 4) {
		set_ipv4(address, device->ipv4);
		return device->ipv4;
	}
	*address = device->ipv6;
	return !is_unspecified(address);
}

static __always_inline bool is_address_of(const struct ip_address *address, const struct device *device, __u8 family)
{
	return family == 4 ? address->word[3] == device->ipv4 : same_address(address, &device->ipv6);
}

/* Gives a packet that leaves the node's address on this device and a port of the node's. Returns 0 or the drop reason. */
APART int masquerade_packet(struct __sk_buff *skb, struct packet *packet, const struct device *device)
{
	__u32 now = now_ticks();
	struct nat_space *space = nat_space_here();
	struct nat_entry *entry, *made;
	struct nat_key *key;
	int error;

	if (!packet || !device || !space)
		return DROP_NAT_NO_MAPPING;
	key = &space->key;
	made = &space->made;
	if (!is_translatable(packet))
		return DROP_NAT_UNKNOWN_PROTOCOL;
	make_nat_key(key, packet, NAT_OUT);
	entry = bpf_map_lookup_elem(&nat, key);
	/* Of a service's client a piece, or an answer to one: that translation has been made already. */
	if (entry && (entry->role & NAT_PIECES || !(entry->role & NAT_ASKS)))
		return put_ends(skb, packet, &entry->tuple);
	if (entry && (is_nat_expired(entry, packet->protocol, entry->last_seen, now) || !is_address_of(&entry->tuple.source, device, packet->family)))
		entry = 0;
	if (entry && entry->last_seen != now && !keep_translation(key, entry, now))
		entry = 0;
	if (entry) {
		if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & TCP_SYN && is_nat_closing(entry))
			entry->flags = 0; /* a connection of its own; not a SYN sent again */
		note_question(entry, packet);
	} else {
		__builtin_memset(made, 0, sizeof(*made));
		made->tuple = key->tuple;
		made->role = NAT_ASKS;
		made->last_seen = now;
		if (!find_own_address(device, packet->family, &made->tuple.source))
			return DROP_NAT_NO_MAPPING; /* none to lend */
		error = make_translation(key, made);
		if (error)
			return error;
		entry = made;
	}
	return put_ends(skb, packet, &entry->tuple);
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

/* Of what comes back the destination is another, of what comes back to a service's client the source, too. */
enum unmasqueraded {
	UNMASQUERADED = 1,
	UNMASQUERADED_ANSWER = 2,
};

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
	if (!entry || entry->role & NAT_ASKS)
		return 0;
	if (entry->tuple.destination_port == inner.destination_port && same_address(&entry->tuple.destination, &inner.destination))
		return 0;
	with.old_address = inner.destination;
	with.new_address = entry->tuple.destination;
	with.old_port = inner.destination_port;
	with.new_port = entry->tuple.destination_port;
	error = rewrite_inner(skb, packet, &inner, &with);
	if (error)
		return -error;
	with.source = 0;
	packet->destination = with.new_address;
	error = rewrite_error(skb, packet, &with);
	if (error || !(entry->role & NAT_BOTH_ENDS))
		return error ? -error : UNMASQUERADED;
	with.old_address = inner.source;
	with.new_address = entry->tuple.source;
	with.old_port = inner.source_port;
	with.new_port = entry->tuple.source_port;
	error = rewrite_inner(skb, packet, &inner, &with);
	if (!error && same_address(&packet->source, &with.old_address)) {
		with.source = 1; /* the backend itself tells it */
		packet->source = with.new_address;
		error = rewrite_error(skb, packet, &with);
	}
	return error ? -error : UNMASQUERADED_ANSWER;
}

/* Gives an answer its way back. Returns enum unmasqueraded, 0 when it has nothing to do with masquerading, or minus the drop reason. */
APART int unmasquerade_packet(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	struct nat_key key;
	struct nat_entry *entry;
	bool both;
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
	if (!entry || entry->role & NAT_ASKS)
		return 0;
	see_answer(&key, entry, packet, now);
	both = entry->role & NAT_BOTH_ENDS;
	if (entry->tuple.destination_port == packet->destination_port && same_address(&entry->tuple.destination, &packet->destination))
		return 0;
	error = put_ends(skb, packet, &entry->tuple);
	return error ? -error : both ? UNMASQUERADED_ANSWER : UNMASQUERADED;
}

static __always_inline int unmasquerade(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	return packet->kind == PACKET_ERROR ? unmasquerade_error(skb, packet) : unmasquerade_packet(skb, packet, now);
}

#endif
