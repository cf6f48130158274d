/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Services packet by packet, for what no socket of ours translated: clients outside, and pods without such sockets. Of the two entries of a
 * translation client → frontend gives the backend, backend → client gives the frontend. Policy and connections see the backend's side: a packet is
 * translated before it is judged, its answer after. A client outside whose backend is on another node has no connection here, and asks under this node's
 * address: client → frontend becomes node → backend at once, backend → node becomes frontend → client.
 */
#ifndef AXONEME_BALANCE_H
#define AXONEME_BALANCE_H

#include "service.h"
#include "way.h"

#define BACKEND_ATTEMPTS 4 /* backends tried for a client whose port has another connection to the first one, by another frontend */

/* What became of a packet that might be for a service. */
enum to_service {
	TO_NO_SERVICE = 0,
	TO_BACKEND = 1,
	TO_DIRECT_BACKEND = 2, /* which answers the client itself when it is elsewhere */
};

/* What the functions below work on. */
struct balancing {
	struct nat_key key;
	struct nat_entry made;
	struct service_key frontend;
	struct affinity_key client;
	struct packet inner;
	struct replacement with;
	struct whereabouts backend;
	struct way_out out;
	struct way way;
	struct ip_address own; /* this node's, on that way */
	struct nat_key arrived; /* the packet as it came, for which a way may be noted */
	__u8 arrives_at[6];
};

SPACE(balancing_space, struct balancing)

/* The same on every node, for those that share a table. */
static __always_inline __u32 hash_client(const struct packet *packet)
{
	return hash_tuple(&packet->source, &packet->destination, (__u32)packet->source_port << 16 | packet->destination_port, packet->protocol, 0);
}

static __noinline bool is_in_source_range(const struct packet *packet, __u32 group)
{
	struct source_range key = { .length = 32 + 128, .group = group };

	key.address = packet->source;
	return bpf_map_lookup_elem(&source_ranges, &key) != 0;
}

/* Is this what answers to a service's client are known by? */
static __always_inline bool is_service_answers(const struct nat_entry *entry)
{
	return (entry->role & (NAT_SERVICE | NAT_ASKS | NAT_PIECES)) == NAT_SERVICE;
}

/* Such an entry of a translation that nothing was heard of for too long? One that has lost the other entry may yet get it back. */
static __noinline bool is_service_expired(const struct nat_key *from, const struct nat_entry *back, __u32 now)
{
	struct nat_key key;
	__u32 last_seen;
	struct nat_entry *asking = find_asking(from, back, &key, &last_seen);

	return asking && is_nat_expired(asking, key.protocol, last_seen, now);
}

/* Remembers a translation for both directions. Returns 0 or the drop reason. */
static __noinline int save_service(const struct nat_key *key, struct nat_entry *made)
{
	return claim_answers(key, made) && bpf_map_update_elem(&nat, key, made, BPF_ANY) == 0 ? 0 : DROP_NAT_NO_MAPPING;
}

/*
 * How a packet from this client reaches a backend on another node, with->backend. Returns 1 with with->way, with->out and with->own, or 0: by the stack, if at
 * all; or minus the drop reason.
 */
APART int find_way_to_backend(struct __sk_buff *skb, const struct packet *packet, const struct passage *passage, const struct tuple *to)
{
	struct balancing *with = balancing_space_here();
	struct device *device;
	__u32 ifindex;

	if (!packet || !passage || !with || !to)
		return 0;
	with->way.tick = passage->now;
	with->way.arrived_by = passage->by_tunnel ? find_sender_node(passage, packet->family) : 0;
	__builtin_memcpy(with->way.arrives_at, with->arrives_at, ETH_ALEN);
	with->out.has_neighbour = true;
	if (config.tunnel_ifindex && with->backend.tunnel) {
		set_way_through_tunnel(&with->way, with->backend.tunnel);
		device = find_device(skb->ifindex);
	} else {
		with->inner = *packet;
		with->inner.destination = to->destination;
		with->inner.destination_port = to->destination_port;
		find_way_out(skb, &with->inner, passage->now, &with->out);
		ifindex = with->out.hop.ifindex;
		device = ifindex ? bpf_map_lookup_elem(&devices, &ifindex) : 0;
		if (!device)
			return 0;
		set_way_out(&with->way, &with->out.hop, device, passage);
	}
	return device && find_own_address(device, packet->family, &with->own) ? 1 : -DROP_NAT_NO_MAPPING;
}

/* Does the client talk from this port to the backend of `with->made` itself? Then the answers could not be told apart. Of datagrams nobody knows whether that is over. */
static __noinline bool has_own_connection(const struct packet *packet, struct balancing *with, __u32 now)
{
	struct conntrack_entry *entry;
	bool high;

	with->inner = *packet;
	with->inner.destination = with->made.tuple.destination;
	with->inner.destination_port = with->made.tuple.destination_port;
	entry = find_connection(&with->inner, &high);
	return entry && !(entry->flags & CONNTRACK_SERVICE) && !is_closing(entry) && !is_expired(entry, packet->protocol, now);
}

/* Remembers the translation `with->made` to a backend; to one elsewhere under this node's address. Returns 0 or the drop reason. */
static __noinline int save_choice(struct __sk_buff *skb, const struct packet *packet, const struct passage *passage, struct balancing *with, bool outside)
{
	bool elsewhere = false;
	int found = 0;

	with->made.role = NAT_ASKS | NAT_SERVICE;
	if (outside) {
		find_address(&with->made.tuple.destination, packet->family, &with->backend);
		elsewhere = !with->backend.ifindex;
	}
	if (elsewhere && !(with->made.flags & NAT_DIRECT_RETURN))
		found = find_way_to_backend(skb, packet, passage, &with->made.tuple);
	if (found < 0)
		return -found;
	if (!found && !elsewhere && tells_beginning(packet) && has_own_connection(packet, with, passage->now))
		return DROP_NAT_NO_MAPPING;
	if (!found)
		return save_service(&with->key, &with->made);
	with->made.role |= NAT_BOTH_ENDS;
	with->made.tuple.source = with->own;
	if (with->out.has_neighbour)
		with->made.way = with->way;
	return make_translation(&with->key, &with->made);
}

/* Answers a backend elsewhere the client itself? Of clients in the cluster other nodes know too much to be told another address. */
static __noinline bool returns_directly(const struct packet *packet, const struct service *service)
{
	struct whereabouts client = {};

	if (!(service->flags & SERVICE_DIRECT_RETURN))
		return false;
	find_address(&packet->source, packet->family, &client);
	return client.outside;
}

static __always_inline void name_frontend(struct service_key *frontend, const struct packet *packet)
{
	frontend->address = packet->destination;
	frontend->port = packet->destination_port;
	frontend->protocol = packet->protocol;
	frontend->pad = 0;
}

/* The service that has this address for clients of that side, or 0. */
static __always_inline const struct service *find_service(const struct service_key *frontend, bool outside)
{
	struct service *service = bpf_map_lookup_elem(&services, frontend);

	return service && service->flags & (outside ? SERVICE_EXTERNAL : SERVICE_INTERNAL) ? service : 0;
}

/* Does a client outside begin a connection to a service? */
APART int asks_service(const struct packet *packet)
{
	struct balancing *with = balancing_space_here();

	if (!packet || !with)
		return false;
	name_frontend(&with->frontend, packet);
	return find_service(&with->frontend, true) != 0;
}

#define NO_SERVICE_HERE (-1)

/* Chooses a backend for a client's first packet and remembers it in `made`. Returns 0, NO_SERVICE_HERE or the drop reason. */
APART int begin_service(struct __sk_buff *skb, const struct packet *packet, const struct passage *passage, bool outside)
{
	struct balancing *with = balancing_space_here();
	const struct service_pool *pool;
	const struct service *service;
	struct backend *backend;
	bool direct;
	__u32 hash;
	int i;

	if (!packet || !passage || !with)
		return DROP_NO_SERVICE;
	service = find_service(&with->frontend, outside);
	if (!service)
		return NO_SERVICE_HERE;
	if (outside && service->flags & SERVICE_SOURCE_RANGES && is_in_source_range(packet, service->group) == !!(service->flags & SERVICE_SOURCE_RANGES_DENY))
		return DROP_NOT_IN_SOURCE_RANGE;
	with->client.client = packet->source;
	with->client.group = service->group;
	with->client.scope = service->flags & (outside ? SERVICE_OUTSIDE_LOCAL : SERVICE_INSIDE_LOCAL) ? AFFINITY_LOCAL : 0;
	direct = outside && returns_directly(packet, service);
	__builtin_memset(&with->made, 0, sizeof(with->made));
	with->made.last_seen = passage->now;
	pool = outside ? &service->outside : &service->inside;
	hash = hash_client(packet);
#pragma clang loop unroll(disable)
	for (i = 0; i < BACKEND_ATTEMPTS; i++) {
		backend = choose_backend(service, pool, &with->client, hash, &with->made.backend);
		if (!backend)
			return DROP_NO_SERVICE;
		with->made.way.ifindex = 0;
		with->made.tuple = with->key.tuple;
		with->made.tuple.destination = backend->address;
		with->made.tuple.destination_port = backend->port;
		with->made.flags = direct ? NAT_DIRECT_RETURN : 0;
		if (!save_choice(skb, packet, passage, with, outside))
			return 0;
		hash += NAT_STRIDE;
	}
	return DROP_NAT_NO_MAPPING;
}

/* Nothing but the backend in the frontend's place. Returns 0 or the drop reason. */
static __noinline int put_backend(struct __sk_buff *skb, struct packet *packet, const struct nat_entry *entry)
{
	struct tuple to = {
		.source = packet->source,
		.destination = entry->tuple.destination,
		.source_port = packet->source_port,
		.destination_port = entry->tuple.destination_port,
	};

	return put_ends(skb, packet, &to);
}

/*
 * For what the stack makes of a client's packet: its pieces leave under this node's address, too, and what the stack says of it names the frontend. Returns 0 or the
 * drop reason.
 */
static __noinline int note_pieces(const struct nat_key *key, const struct nat_entry *entry, __u32 now)
{
	struct nat_space *space = nat_space_here();

	if (!space)
		return DROP_NAT_NO_MAPPING;
	space->key = *key;
	space->key.direction = NAT_OUT;
	space->key.tuple.destination = entry->tuple.destination;
	space->key.tuple.destination_port = entry->tuple.destination_port;
	__builtin_memset(&space->made, 0, sizeof(space->made));
	space->made.tuple = entry->tuple;
	space->made.role = NAT_ASKS | NAT_SERVICE | NAT_PIECES;
	space->made.last_seen = now;
	space->made.backend = entry->backend;
	if (bpf_map_update_elem(&nat, &space->key, &space->made, BPF_ANY))
		return DROP_NAT_NO_MAPPING;
	reverse(&space->made.tuple, &space->key.tuple);
	space->key.tuple = space->made.tuple;
	reverse(&space->made.tuple, &key->tuple);
	space->made.role = NAT_SERVICE | NAT_PIECES;
	return bpf_map_update_elem(&nat, &space->key, &space->made, BPF_ANY) ? DROP_NAT_NO_MAPPING : 0;
}

/*
 * To a backend elsewhere: along `with->way`, or, when there is none that it can go, to the stack, which says why or makes pieces of it. Returns enum to_service, or minus
 * the drop reason.
 */
static __always_inline int go_to_backend(struct __sk_buff *skb, struct packet *packet, struct passage *passage, struct balancing *with, const struct nat_entry *entry, bool has_way)
{
	int error;

	if (has_way && may_take(skb, packet, &with->way)) {
		error = put_ends(skb, packet, &entry->tuple);
		if (!error && !depart(skb, passage, &with->way, with->out.has_neighbour))
			error = DROP_INVALID;
	} else {
		error = note_pieces(&with->key, entry, passage->now);
		if (!error)
			error = put_backend(skb, packet, entry);
	}
	return error ? -error : TO_BACKEND;
}

/*
 * The translation of a client's packet when it still holds: a backend that is gone has no connections any more, and one that came here, or left, or a node that has
 * another address, begins anew.
 */
static __always_inline bool is_translation_valid(const struct packet *packet, struct balancing *with, struct nat_entry *entry, __u32 now, bool outside)
{
	bool both = entry->role & NAT_BOTH_ENDS;

	if (is_nat_expired(entry, packet->protocol, entry->last_seen, now) || (is_beginning(packet) && is_service_ended(entry)))
		return false;
	if (outside) {
		if (both && entry->last_seen != now) {
			find_address(&entry->tuple.source, packet->family, &with->backend);
			if (with->backend.ifindex != HOST_INTERFACE)
				return false;
		}
		find_address(&entry->tuple.destination, packet->family, &with->backend);
		if (!(entry->flags & NAT_DIRECT_RETURN) && both != !with->backend.ifindex)
			return false;
	}
	return entry->last_seen == now || (bpf_map_lookup_elem(&backends, &entry->backend) && keep_translation(&with->key, entry, now));
}

/* Gives a packet to a service its backend. Returns enum to_service, or minus the drop reason. */
APART int translate_to_backend(struct __sk_buff *skb, struct packet *packet, struct passage *passage, bool outside)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	bool known, has_way = true;
	int error;

	if (!packet || !passage || !with || (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP && packet->protocol != IPPROTO_SCTP))
		return 0;
	name_frontend(&with->frontend, packet);
	make_nat_key(&with->key, packet, NAT_IN);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (entry && (!(entry->role & NAT_ASKS) || !find_service(&with->frontend, outside)))
		return 0; /* an answer to whom this port was lent, or the service is gone */
	known = entry && is_translation_valid(packet, with, entry, passage->now, outside);
	if (known) {
		note_question(entry, packet);
		/* Its answers do not come by here; who goes on has had one. */
		if (entry->flags & NAT_DIRECT_RETURN && !is_beginning(packet))
			entry->flags |= NAT_REPLY_SEEN;
	} else {
		error = begin_service(skb, packet, passage, outside);
		if (error)
			return error == NO_SERVICE_HERE ? 0 : -error;
		entry = &with->made;
	}
	if (entry->role & NAT_BOTH_ENDS) {
		if (known)
			has_way = find_way_to_backend(skb, packet, passage, &entry->tuple) > 0;
		if (known && has_way && with->out.has_neighbour)
			entry->way = with->way;
		return go_to_backend(skb, packet, passage, with, entry, has_way);
	}
	error = put_backend(skb, packet, entry);
	return error ? -error : entry->flags & NAT_DIRECT_RETURN ? TO_DIRECT_BACKEND : TO_BACKEND;
}

/* An error about an answer, which the client's side sends to the frontend. */
APART int translate_error_to_backend(struct __sk_buff *skb, struct packet *packet, struct passage *passage)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	int error;

	if (!packet || !passage || !with || !read_error(skb, packet, &with->inner))
		return 0;
	reverse_tuple(&with->inner); /* now as the client's own packets are */
	make_nat_key(&with->key, &with->inner, NAT_IN);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry || (entry->role & (NAT_ASKS | NAT_SERVICE)) != (NAT_ASKS | NAT_SERVICE))
		return 0;
	with->with.old_address = with->inner.destination;
	with->with.new_address = entry->tuple.destination;
	with->with.old_port = with->inner.destination_port;
	with->with.new_port = entry->tuple.destination_port;
	with->with.source = 1;
	error = rewrite_inner(skb, packet, &with->inner, &with->with);
	if (error)
		return -error;
	with->with.source = 0;
	packet->destination = with->with.new_address;
	error = rewrite_error(skb, packet, &with->with);
	if (error || !(entry->role & NAT_BOTH_ENDS))
		return error ? -error : entry->flags & NAT_DIRECT_RETURN ? TO_DIRECT_BACKEND : TO_BACKEND;
	with->with.old_address = with->inner.source;
	with->with.new_address = entry->tuple.source;
	with->with.old_port = with->inner.source_port;
	with->with.new_port = entry->tuple.source_port;
	error = rewrite_inner(skb, packet, &with->inner, &with->with);
	if (error)
		return -error;
	with->with.source = 1;
	with->with.old_address = packet->source; /* whoever on the way to the client tells it */
	packet->source = with->with.new_address;
	error = rewrite_error(skb, packet, &with->with);
	if (error)
		return -error;
	find_address(&packet->destination, packet->family, &with->backend);
	if (find_way_to_backend(skb, packet, passage, &entry->tuple) <= 0 || !may_take(skb, packet, &with->way))
		return -DROP_NAT_NO_MAPPING; /* nobody is told why an error cannot go on */
	return depart(skb, passage, &with->way, with->out.has_neighbour) ? TO_BACKEND : -DROP_INVALID;
}

static __always_inline int translate_service(struct __sk_buff *skb, struct packet *packet, struct passage *passage, bool outside)
{
	return packet->kind == PACKET_ERROR ? translate_error_to_backend(skb, packet, passage) : translate_to_backend(skb, packet, passage, outside);
}

/* Has an answer come from the frontend that was asked. Returns 1, or 0 when none was, or minus the drop reason. */
APART int translate_from_backend(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	int error;

	if (!packet || !with)
		return 0;
	make_nat_key(&with->key, packet, NAT_OUT);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry || !is_service_answers(entry))
		return 0;
	if (entry->last_seen != now && is_service_expired(&with->key, entry, now))
		return 0;
	see_answer(&with->key, entry, packet, now);
	error = put_ends(skb, packet, &entry->tuple);
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
	make_nat_key(&with->key, &with->inner, NAT_OUT);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry || (entry->role & (NAT_SERVICE | NAT_ASKS)) != NAT_SERVICE)
		return 0;
	with->with.old_address = with->inner.source;
	with->with.new_address = entry->tuple.source;
	with->with.old_port = with->inner.source_port;
	with->with.new_port = entry->tuple.source_port;
	with->with.source = 0;
	error = rewrite_inner(skb, packet, &with->inner, &with->with);
	if (error)
		return -error;
	if (same_address(&packet->source, &with->with.old_address)) {
		with->with.source = 1;
		packet->source = with->with.new_address;
		error = rewrite_error(skb, packet, &with->with);
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
	struct tuple to = {};

	if (!packet)
		return DROP_WRITE_ERROR;
	set_hairpin_address(&to.source, packet->family);
	to.destination = packet->destination;
	to.source_port = packet->source_port;
	to.destination_port = packet->destination_port;
	return put_ends(skb, packet, &to);
}

/* Is this the answer to such a packet? Then it is now from the frontend. Returns 1, or 0 when it is not, or minus the drop reason. */
APART int translate_hairpin_answer(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	struct balancing *with = balancing_space_here();
	struct ip_address hidden = {};
	struct nat_entry *entry;
	int error;

	if (!packet || !with || packet->kind != PACKET_CONNECTION)
		return 0;
	set_hairpin_address(&hidden, packet->family);
	if (!same_address(&packet->destination, &hidden))
		return 0;
	make_nat_key(&with->key, packet, NAT_OUT);
	with->key.tuple.destination = packet->source;
	entry = bpf_map_lookup_elem(&nat, &with->key);
	if (!entry || !is_service_answers(entry))
		return 0;
	error = put_ends(skb, packet, &with->key.tuple);
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
	return entry && entry->role & NAT_BOTH_ENDS && !(entry->role & NAT_ASKS);
}

/* Is this what a backend answers to a client of a service, though its connection was forgotten? */
APART int is_forgotten_answer(const struct packet *packet, __u32 now)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;

	if (!packet || !with || packet->kind != PACKET_CONNECTION || is_echo_protocol(packet->protocol) || (tells_beginning(packet) && is_beginning(packet)))
		return false;
	make_nat_key(&with->key, packet, NAT_OUT);
	entry = bpf_map_lookup_elem(&nat, &with->key);
	return entry && is_service_answers(entry) && !is_service_expired(&with->key, entry, now);
}

static __always_inline int restore_service(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
	return packet->kind == PACKET_ERROR ? translate_error_from_backend(skb, packet) : translate_from_backend(skb, packet, now);
}

#endif
