/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Services packet by packet, for what no socket of ours translated: clients outside, and pods without such sockets. A translation is two
 * entries of `nat`: NAT_TO_BACKEND, client → frontend, gives the backend; NAT_FROM_BACKEND, backend → client, gives the frontend. Policy and
 * connections see the backend's side: a packet is translated before it is judged, its answer after.
 */
#ifndef AXONEME_BALANCE_H
#define AXONEME_BALANCE_H

#include "nat.h"
#include "service.h"

#define BACKEND_ATTEMPTS 4 /* backends tried for a client whose port has another connection to the first one, by another frontend */

/* What became of a packet that might be for a service. */
enum to_service {
	TO_NO_SERVICE = 0,
	TO_BACKEND = 1,
	TO_DIRECT_BACKEND = 2, /* which answers the client itself when it is elsewhere */
};

/* What the functions below work on: too much for the stack of a program that calls them. */
struct balancing {
	struct nat_key key;
	struct nat_entry made;
	struct service_key frontend;
	struct affinity_key client;
	struct packet inner;
	struct replacement with;
	struct nat_key arrived; /* the packet as it came, of which a shortcut may be left */
	__u8 arrives_at[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct balancing);
} balancing_space SEC(".maps");

static __always_inline struct balancing *balancing_space_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&balancing_space, &zero);
}

/* The same on every node, for those that share a table. */
static __always_inline __u32 hash_client(const struct packet *packet)
{
	return hash_tuple(&packet->source, &packet->destination, (__u32)packet->source_port << 16 | packet->destination_port, packet->protocol, 0);
}

/* Once a tick: both entries live. The other one is made again when it was evicted. Returns 0 when it now belongs to another frontend or backend. */
APART int keep_service(const struct nat_key *key, struct nat_entry *entry, __u32 now)
{
	struct nat_entry again = { .last_seen = now }, *other;
	struct nat_key twin = {};

	if (!key || !entry)
		return 0;
	make_twin_key(&twin, key, entry);
	again.address = key->direction == NAT_TO_BACKEND ? key->destination : key->source;
	again.port = key->direction == NAT_TO_BACKEND ? key->destination_port : key->source_port;
	again.backend = entry->backend;
	again.flags = key->direction == NAT_FROM_BACKEND ? NAT_REPLY_SEEN : 0;
	other = bpf_map_lookup_elem(&nat, &twin);
	if (other) {
		if (other->port != again.port || !same_address(&other->address, &again.address))
			return 0;
		other->last_seen = now;
	} else if (bpf_map_update_elem(&nat, &twin, &again, BPF_NOEXIST)) {
		return 0;
	}
	entry->last_seen = now;
	return 1;
}

static __always_inline bool is_in_source_range(const struct packet *packet, __u32 group)
{
	struct source_range key = { .length = 32 + 128, .group = group };

	key.address = packet->source;
	return bpf_map_lookup_elem(&source_ranges, &key) != 0;
}

/* Has this connection ended? Where answers do not come by, or questions, half of it is all that is seen. */
static __always_inline bool is_service_ended(const struct nat_entry *to)
{
	return is_nat_closing(to) || (to->flags & NAT_DIRECT_RETURN && to->flags & (NAT_FIN_OUT | NAT_FIN_IN));
}

/* Is the NAT_FROM_BACKEND entry of a translation that nothing was heard of for too long? One that has lost the other entry may yet get it back. */
static __noinline bool is_service_expired(const struct nat_key *from, const struct nat_entry *back, __u32 now)
{
	struct nat_key key;
	__u32 last_seen;
	struct nat_entry *to = find_asking(from, back, &key, &last_seen);

	return to && is_nat_expired(to, key.protocol, last_seen, now);
}

/* Is the translation whose NAT_FROM_BACKEND entry this is over, so that a client may use its port for another frontend? */
static __noinline bool is_service_over(const struct nat_key *from, const struct nat_entry *back, __u32 now)
{
	struct nat_key key;
	__u32 last_seen;
	struct nat_entry *to = find_asking(from, back, &key, &last_seen);

	if (!to)
		return is_over(last_seen, TIMEOUT_OTHER, now); /* its client may yet make the other entry again */
	return is_service_ended(to) || is_nat_expired(to, key.protocol, last_seen, now);
}

/*
 * What this backend answers to this port of the client comes from the frontend from now on. False: it comes from another one, which leads to the
 * same backend, and which the same port asks; the answers could not be told apart.
 */
static __noinline bool claim_answers(const struct nat_key *key, const struct nat_entry *made, __u32 now)
{
	struct nat_entry again = { .last_seen = now }, *other;
	struct nat_key twin = {};

	make_twin_key(&twin, key, made);
	again.address = key->destination;
	again.port = key->destination_port;
	again.backend = made->backend;
	other = bpf_map_lookup_elem(&nat, &twin);
	if (other && (other->port != again.port || !same_address(&other->address, &again.address)) && !is_service_over(&twin, other, now))
		return false;
	return bpf_map_update_elem(&nat, &twin, &again, BPF_ANY) == 0;
}

/* Remembers a translation for both directions. Returns 0 or the drop reason. */
static __always_inline int save_service(const struct nat_key *key, const struct nat_entry *made, __u32 now)
{
	return claim_answers(key, made, now) && bpf_map_update_elem(&nat, key, made, BPF_ANY) == 0 ? 0 : DROP_NAT_NO_MAPPING;
}

/* Answers a backend elsewhere the client itself? Of clients in the cluster other nodes know too much to be told another address. */
static __always_inline bool returns_directly(const struct packet *packet, const struct service *service)
{
	struct whereabouts client = {};

	if (!(service->flags & SERVICE_DIRECT_RETURN))
		return false;
	find_address(&packet->source, packet->family, &client);
	return client.outside;
}

/* Chooses a backend for a client's first packet and remembers it in `with->made`. Returns 0 or the drop reason. */
APART int begin_service(const struct packet *packet, struct balancing *with, __u32 now, bool outside)
{
	struct service_pool pool;
	struct service *service;
	struct backend *backend;
	__u32 hash;
	int i;

	if (!packet || !with)
		return DROP_NO_SERVICE;
	service = bpf_map_lookup_elem(&services, &with->frontend);
	if (!service)
		return DROP_NO_SERVICE;
	if (outside && service->flags & SERVICE_SOURCE_RANGES && !is_in_source_range(packet, service->group))
		return DROP_NOT_IN_SOURCE_RANGE;
	with->client.client = packet->source;
	with->client.group = service->group;
	with->client.scope = service->flags & (outside ? SERVICE_OUTSIDE_LOCAL : SERVICE_INSIDE_LOCAL) ? AFFINITY_LOCAL : 0;
	with->made.flags = outside && returns_directly(packet, service) ? NAT_DIRECT_RETURN : 0;
	with->made.last_seen = now;
	pool = outside ? service->outside : service->inside;
	hash = hash_client(packet);
	for (i = 0; i < BACKEND_ATTEMPTS; i++) {
		backend = choose_backend(service, &pool, &with->client, hash, &with->made.backend);
		if (!backend)
			return DROP_NO_SERVICE;
		with->made.address = backend->address;
		with->made.port = backend->port;
		if (!save_service(&with->key, &with->made, now))
			return 0;
		hash += NAT_STRIDE;
	}
	return DROP_NAT_NO_MAPPING;
}

/* Is this a service's address, for clients of that side? */
static __always_inline bool is_service(const struct packet *packet, struct service_key *frontend, bool outside)
{
	struct service *service;

	frontend->address = packet->destination;
	frontend->port = packet->destination_port;
	frontend->protocol = packet->protocol;
	frontend->pad = 0;
	service = bpf_map_lookup_elem(&services, frontend);
	return service && service->flags & (outside ? SERVICE_EXTERNAL : SERVICE_INTERNAL);
}

APART int put_destination(struct __sk_buff *skb, struct packet *packet, const struct nat_entry *entry)
{
	struct replacement with = {};

	if (!packet || !entry)
		return DROP_WRITE_ERROR;
	with.old_address = packet->destination;
	with.new_address = entry->address;
	with.old_port = packet->destination_port;
	with.new_port = entry->port;
	packet->destination = with.new_address;
	packet->destination_port = with.new_port;
	return rewrite(skb, packet, &with);
}

/* Gives a packet to a service its backend. Returns enum to_service, or minus the drop reason. */
APART int translate_to_backend(struct __sk_buff *skb, struct packet *packet, __u32 now, bool outside)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	bool direct;
	int error;

	if (!packet || !with || (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP && packet->protocol != IPPROTO_SCTP))
		return 0;
	if (!is_service(packet, &with->frontend, outside))
		return 0;
	make_nat_key(&with->key, packet, NAT_TO_BACKEND);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (entry && is_nat_expired(entry, packet->protocol, entry->last_seen, now))
		entry = 0;
	if (entry && is_beginning(packet) && is_service_ended(entry))
		entry = 0; /* a connection of its own */
	/* A backend that is gone has no connections any more: whoever goes on gets another. */
	if (entry && entry->last_seen != now && (!bpf_map_lookup_elem(&backends, &entry->backend) || !keep_service(&with->key, entry, now)))
		entry = 0;
	if (entry) {
		if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & TCP_FIN)
			entry->flags |= NAT_FIN_OUT;
		if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & TCP_RST)
			entry->flags |= NAT_RESET;
		/* Its answers do not come by here; who goes on has had one. */
		if (entry->flags & NAT_DIRECT_RETURN && !is_beginning(packet))
			entry->flags |= NAT_REPLY_SEEN;
	} else {
		error = begin_service(packet, with, now, outside);
		if (error)
			return -error;
		entry = &with->made;
	}
	direct = entry->flags & NAT_DIRECT_RETURN;
	error = put_destination(skb, packet, entry);
	return error ? -error : direct ? TO_DIRECT_BACKEND : TO_BACKEND;
}

/* An error about an answer, which the client's side sends to the frontend. */
APART int translate_error_to_backend(struct __sk_buff *skb, struct packet *packet)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	bool direct;
	int error;

	if (!packet || !with || !read_error(skb, packet, &with->inner))
		return 0;
	reverse_tuple(&with->inner); /* now as the client's own packets are */
	make_nat_key(&with->key, &with->inner, NAT_TO_BACKEND);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry)
		return 0;
	with->with.old_address = with->inner.destination;
	with->with.new_address = entry->address;
	with->with.old_port = with->inner.destination_port;
	with->with.new_port = entry->port;
	with->with.source = 1;
	error = rewrite_inner(skb, packet, &with->inner, &with->with);
	if (error)
		return -error;
	with->with.source = 0;
	packet->destination = with->with.new_address;
	packet->to_backend = 1;
	direct = entry->flags & NAT_DIRECT_RETURN;
	error = rewrite(skb, packet, &with->with);
	return error ? -error : direct ? TO_DIRECT_BACKEND : TO_BACKEND;
}

static __always_inline int translate_service(struct __sk_buff *skb, struct packet *packet, __u32 now, bool outside)
{
	return packet->kind == PACKET_ERROR ? translate_error_to_backend(skb, packet) : translate_to_backend(skb, packet, now, outside);
}

/* The flags stand in the NAT_TO_BACKEND entry. */
APART int note_answer(const struct nat_key *key, struct nat_entry *entry, __u8 tcp_flags)
{
	struct nat_key twin = {};
	struct nat_entry *other;

	if (!key || !entry)
		return 0;
	entry->flags |= NAT_REPLY_SEEN;
	make_twin_key(&twin, key, entry);
	other = bpf_map_lookup_elem(&nat, &twin);
	if (!other)
		return 0;
	other->flags |= NAT_REPLY_SEEN;
	if (key->protocol == IPPROTO_TCP && tcp_flags & TCP_FIN)
		other->flags |= NAT_FIN_IN;
	if (key->protocol == IPPROTO_TCP && tcp_flags & TCP_RST)
		other->flags |= NAT_RESET;
	return 0;
}

/* Has an answer come from the frontend that was asked. Returns 1, or 0 when none was, or minus the drop reason. */
APART int translate_from_backend(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	int error;

	if (!packet || !with)
		return 0;
	make_nat_key(&with->key, packet, NAT_FROM_BACKEND);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry)
		return 0;
	if (entry->last_seen != now) {
		if (is_service_expired(&with->key, entry, now))
			return 0;
		keep_service(&with->key, entry, now);
	}
	if (!(entry->flags & NAT_REPLY_SEEN) || (packet->protocol == IPPROTO_TCP && packet->tcp_flags & (TCP_FIN | TCP_RST)))
		note_answer(&with->key, entry, packet->tcp_flags);
	error = put_source(skb, packet, entry);
	return error ? -error : 1;
}

/* An error about what a client sent: inside, and where the backend itself answers outside, too, the frontend takes the backend's place. */
APART int translate_error_from_backend(struct __sk_buff *skb, struct packet *packet)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	int error;

	if (!packet || !with || !read_error(skb, packet, &with->inner))
		return 0;
	reverse_tuple(&with->inner); /* now as answers are */
	make_nat_key(&with->key, &with->inner, NAT_FROM_BACKEND);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry)
		return 0;
	with->with.old_address = with->inner.source;
	with->with.new_address = entry->address;
	with->with.old_port = with->inner.source_port;
	with->with.new_port = entry->port;
	with->with.source = 0;
	error = rewrite_inner(skb, packet, &with->inner, &with->with);
	if (error)
		return -error;
	if (same_address(&packet->source, &with->with.old_address)) {
		with->with.source = 1;
		packet->source = with->with.new_address;
		error = rewrite(skb, packet, &with->with);
	}
	return error ? -error : 1;
}

/*
 * A pod that asks a service and gets itself as backend would see its own address on both ends: it is asked under this one instead, link-local for
 * IPv4, and the same in the prefix of RFC 6052, which forbids that address there.
 */
static __always_inline void set_hairpin_address(struct ip_address *address, __u8 family)
{
	set_ipv4(address, bpf_htonl(0xa9fe2a01)); /* 169.254.42.1 */
	if (family == 6) {
		address->word[0] = bpf_htonl(0x0064ff9b);
		address->word[2] = 0;
	}
}

/* For a packet that has got its own sender as backend. Returns 0 or the drop reason. */
APART int hide_client(struct __sk_buff *skb, struct packet *packet)
{
	struct nat_entry hidden = {};

	if (!packet)
		return DROP_WRITE_ERROR;
	set_hairpin_address(&hidden.address, packet->family);
	hidden.port = packet->source_port;
	return put_source(skb, packet, &hidden);
}

/* Is this the answer to such a packet? Then it is now from the frontend. Returns 1, or 0 when it is not, or minus the drop reason. */
APART int translate_hairpin_answer(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry client = {};
	int error;

	if (!packet || !with || packet->kind != PACKET_CONNECTION)
		return 0;
	set_hairpin_address(&client.address, packet->family);
	if (!same_address(&packet->destination, &client.address))
		return 0;
	make_nat_key(&with->key, packet, NAT_FROM_BACKEND);
	with->key.destination = packet->source;
	if (!bpf_map_lookup_elem(&nat, &with->key))
		return 0;
	client.address = packet->source;
	client.port = packet->destination_port;
	error = put_destination(skb, packet, &client);
	return error ? -error : translate_from_backend(skb, packet, now);
}

/* Is this what a backend answers to a client that was brought to it under this node's address, or an error about what that sent? */
APART int answers_client(struct __sk_buff *skb, const struct packet *packet)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;

	if (!packet || !with)
		return false;
	if (packet->kind == PACKET_CONNECTION) {
		make_nat_key(&with->key, packet, NAT_IN);
	} else if (packet->kind == PACKET_ERROR && read_error(skb, packet, &with->inner)) {
		reverse_tuple(&with->inner); /* now as answers are */
		make_nat_key(&with->key, &with->inner, NAT_IN);
	} else {
		return false;
	}
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry)
		return false;
	with->key.destination = entry->address;
	with->key.destination_port = entry->port;
	with->key.direction = NAT_FROM_BACKEND;
	return bpf_map_lookup_elem(&nat, &with->key) != 0;
}

/* Is this what a backend answers to a client of a service, though its connection was forgotten? */
APART int is_forgotten_answer(const struct packet *packet, __u32 now)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;

	if (!packet || !with || packet->kind != PACKET_CONNECTION || is_echo_protocol(packet->protocol) || (tells_beginning(packet) && is_beginning(packet)))
		return false;
	make_nat_key(&with->key, packet, NAT_FROM_BACKEND);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	return entry && !is_service_expired(&with->key, entry, now);
}

static __always_inline int restore_service(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	return packet->kind == PACKET_ERROR ? translate_error_from_backend(skb, packet) : translate_from_backend(skb, packet, now);
}

#endif
