/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From packet to verdict: the established path first, everything else behind one call. */
#ifndef AXONEME_ADMIT_H
#define AXONEME_ADMIT_H

#include "conntrack.h"
#include "shortcut.h"

APART int save_connection(const struct packet *packet, const struct conntrack_entry *entry)
{
	if (!packet || !entry)
		return -1;
	if (packet->family == 4) {
		struct conntrack_key4 key;

		make_key4(&key, packet);
		return bpf_map_update_elem(&conntrack4, &key, entry, BPF_ANY);
	} else {
		struct conntrack_key6 key;

		make_key6(&key, packet);
		return bpf_map_update_elem(&conntrack6, &key, entry, BPF_ANY);
	}
}

/*
 * The node's own addresses speak for the node, which may always reach its pods: nobody outside may bear them. Linux
 * refuses such packets itself for IPv4, not for IPv6.
 */
static __always_inline bool is_forged_host(const struct passage *passage, __u32 identity)
{
	return identity == IDENTITY_HOST && passage->arrived_on;
}

/* The other end of a packet. What a pod sends to an address of its link is for the node: nobody else is there. */
static __always_inline void find_other_end(const struct packet *packet, const struct passage *passage, struct whereabouts *other)
{
	if (passage->direction == DIRECTION_EGRESS) {
		find_address(&packet->destination, packet->family, other);
		if (passage->ifindex > HOST_INTERFACE && packet->family == 6 && is_link_scope(&packet->destination)) {
			other->identity = IDENTITY_HOST;
			other->ifindex = HOST_INTERFACE;
			other->outside = 0;
		}
	} else {
		find_address(&packet->source, packet->family, other);
	}
}

/*
 * An address behind a tunnel that arrives without one is forged; but nodes speak for themselves in clear, too.
 */
static __always_inline bool is_forged_sender(const struct passage *passage, const struct whereabouts *sender)
{
	if (sender->ifindex > HOST_INTERFACE || is_forged_host(passage, sender->identity))
		return true;
	return config.tunnel_ifindex && passage->arrived_on && !passage->by_tunnel && sender->tunnel && !is_node(sender->identity);
}

static __always_inline bool is_unmasqueraded(const struct ip_address *address)
{
	struct prefix key = { .length = 128 };

	key.address = *address;
	return bpf_map_lookup_elem(&unmasqueraded, &key) != 0;
}

/* A node that brings somebody outside to a service's backend here lends its address, not its identity. */
static __always_inline __u32 seen_through(const struct passage *passage, const struct whereabouts *sender, __u32 family)
{
	if (passage->by_tunnel == BY_TUNNEL_FROM_WORLD && is_node(sender->identity))
		return family == 4 ? config.world_ipv4_identity : config.world_ipv6_identity;
	return sender->identity;
}

/*
 * Fills in who the ends are now, in the direction the connection began. A local sender is known by its interface, one
 * that comes by a tunnel by the tunnel's word; the ipcache names the others. A packet that reaches a pod through the stack
 * cannot come from a pod of this node.
 */
static __always_inline int identify_ends(const struct packet *packet, struct passage *passage, struct conntrack_entry *connection,
					 const struct conntrack_entry *known)
{
	struct whereabouts other = {};
	struct conntrack_end *source, *destination;

	if (passage->from_initiator) {
		source = &connection->initiator;
		destination = &connection->responder;
	} else {
		source = &connection->responder;
		destination = &connection->initiator;
	}
	find_other_end(packet, passage, &other);
	if (passage->direction == DIRECTION_EGRESS) {
		if (known && other.outside) {
			const struct conntrack_end *before = passage->from_initiator ? &known->responder : &known->initiator;

			/* The ipcache does not know it yet; the tunnel it came by did. */
			if (!before->ifindex && before->policy_id) {
				other.identity = before->identity;
				other.tunnel = before->policy_id;
				other.outside = 0;
			}
		}
		source->identity = passage->identity;
		source->ifindex = passage->ifindex;
		destination->identity = other.identity;
		destination->ifindex = other.ifindex;
		destination->policy_id = other.tunnel;
		passage->tunnel = other.tunnel;
		passage->masquerade = other.outside && passage->from_initiator && passage->ifindex != HOST_INTERFACE &&
				      (packet->family == 4 ? config.masquerade4 : config.masquerade6) &&
				      !is_unmasqueraded(&packet->destination);
	} else {
		source->identity = passage->sender_identity ? passage->sender_identity : seen_through(passage, &other, packet->family);
		source->ifindex = other.ifindex;
		source->policy_id = other.tunnel;
		destination->identity = passage->identity;
		destination->ifindex = passage->ifindex;
		if (is_forged_sender(passage, &other))
			return DROP_INVALID_SOURCE_IP;
		if (passage->by_tunnel) {
			__u32 node = find_sender_node(passage, packet->family);

			if (!node)
				return DROP_UNKNOWN_SENDER;
			/* The way back is the one it came, but to the world behind a node. */
			if (passage->by_tunnel != BY_TUNNEL_FROM_WORLD)
				source->policy_id = node;
		}
	}
	return 0;
}

/* What a connection's flags are when this packet has passed. */
static __always_inline __u16 flags_after(const struct packet *packet, const struct passage *passage, __u16 flags)
{
	if (!passage->from_initiator)
		flags |= CONNTRACK_REPLY_SEEN;
	if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & (TCP_FIN | TCP_RST)) {
		if (packet->tcp_flags & TCP_RST)
			flags |= CONNTRACK_RESET;
		if (packet->tcp_flags & TCP_FIN)
			flags |= passage->from_initiator ? CONNTRACK_FIN_FROM_INITIATOR : CONNTRACK_FIN_FROM_RESPONDER;
	}
	return flags;
}

static __always_inline __u32 packet_target(const struct passage *passage, const struct conntrack_entry *connection)
{
	if (passage->direction == DIRECTION_INGRESS)
		return 0;
	return passage->from_initiator ? connection->responder.ifindex : connection->initiator.ifindex;
}

/* Does this packet come from the backend of a service? */
static __always_inline bool is_service_answer(__u16 flags, const struct passage *passage)
{
	return flags & CONNTRACK_SERVICE && passage->from_initiator == !!(flags & CONNTRACK_BACKEND_FIRST);
}

/*
 * A connection seen for the first time, or one whose verdict is out of date (`known`), or a packet that has no
 * connection. Returns 0 or the drop reason; the refusal is reported here.
 */
APART int admit_anew(struct __sk_buff *skb, struct packet *packet, struct passage *passage, const struct conntrack_entry *known)
{
	struct conntrack_entry connection = {};
	struct judgement judgement = {}, original = {};
	struct report what = {};

	if (!packet || !passage)
		return DROP_INVALID;
	judgement.direction = passage->direction;
	what.is_reply = !passage->from_initiator;
	judgement.reason = identify_ends(packet, passage, &connection, known);
	if (!known && is_echo_reply(packet)) {
		/* Answers nothing we know: judged by its own type and not remembered. Whoever asked, asked the sender by its own address. */
		packet->kind = PACKET_STATELESS;
		passage->masquerade = 0;
	}
	if (passage->answers)
		passage->masquerade = 0;
	/*
	 * Who began a connection that was met in the middle is a guess: the entry may have been evicted and come back the
	 * other way round. When policy has changed, both directions must allow it, so that no eviction turns a deny into
	 * an allow.
	 */
	if (!judgement.reason && known && known->flags & CONNTRACK_NOT_SYN)
		judge(&connection, true, connection_class(packet, !passage->from_initiator), &judgement);
	if (!judgement.reason) {
		judge(&connection, false, connection_class(packet, passage->from_initiator), &original);
		/* In audit mode too the first refusal is the one that is told. */
		if (original.reason || !judgement.audited)
			judgement = original;
	}
	if (!judgement.reason && !known && passage->masquerade && packet->kind != PACKET_ERROR && !is_translatable(packet))
		judgement.reason = DROP_NAT_UNKNOWN_PROTOCOL;
	what.egress_rule = judgement.rule[DIRECTION_EGRESS];
	what.ingress_rule = judgement.rule[DIRECTION_INGRESS];
	if (judgement.reason) {
		/*
		 * The stale entry stays: it remembers who began, so that every further packet of either end is judged, and
		 * refused, in the original direction. It expires like any other.
		 */
		what.type = EVENT_DROP;
		what.reason = judgement.reason;
		what.direction = judgement.direction;
		report(skb, packet, &connection, &what);
		return judgement.reason;
	}
	passage->target = packet_target(passage, &connection);
	if (known) {
		passage->answers = is_service_answer(known->flags, passage);
		passage->masquerade = passage->from_initiator && known->flags & CONNTRACK_MASQUERADE && !passage->answers;
	}
	/* What would have been refused is told as that alone: no rule let it pass. */
	what.type = judgement.audited ? EVENT_AUDIT : known ? EVENT_REJUDGED : EVENT_NEW;
	what.reason = judgement.audited;
	what.direction = judgement.audited ? judgement.direction : passage->direction;
	if (packet->kind != PACKET_CONNECTION) {
		report(skb, packet, &connection, &what);
		return 0;
	}
	connection.last_seen = passage->now;
	connection.last_reported = passage->now;
	if (known) {
		connection.flags = flags_after(packet, passage, known->flags);
		connection.tcp_flags = known->tcp_flags;
		count(COUNTER_REJUDGED, skb->len);
	} else {
		connection.flags = passage->source_is_high ? CONNTRACK_INITIATOR_IS_HIGH : 0;
		connection.tcp_flags = packet->tcp_flags;
		if (tells_beginning(packet) && !is_beginning(packet)) {
			count(COUNTER_CONNTRACK_NOT_SYN, skb->len);
			connection.flags |= CONNTRACK_NOT_SYN;
			/* Perhaps somebody outside began it: only what was masqueraded before goes on being so. */
			passage->masquerade = passage->masquerade && is_masqueraded(packet);
			if (packet->tcp_flags & TCP_RST)
				return judgement.audited ? report(skb, packet, &connection, &what) : 0; /* the end of something unknown is no beginning */
		}
		if (passage->masquerade)
			connection.flags |= CONNTRACK_MASQUERADE;
		if (passage->to_service)
			connection.flags |= CONNTRACK_SERVICE;
		if (passage->answers)
			connection.flags |= CONNTRACK_SERVICE | CONNTRACK_BACKEND_FIRST;
		count(COUNTER_CONNTRACK_INSERTED, skb->len);
	}
	if (save_connection(packet, &connection)) {
		count(COUNTER_CONNTRACK_INSERT_FAILED, skb->len);
		what.type = EVENT_DROP;
		what.reason = DROP_CT_INSERT_FAILED;
		what.direction = passage->direction;
		report(skb, packet, &connection, &what);
		return DROP_CT_INSERT_FAILED;
	}
	report(skb, packet, &connection, &what);
	return 0;
}

/* Where a packet that leaves goes. */
static __always_inline void set_out(struct passage *passage, __u32 target, __u32 tunnel, bool masquerade)
{
	passage->target = target;
	passage->tunnel = target ? 0 : tunnel;
	passage->masquerade = masquerade;
}

/*
 * Who has this address is whom the connection knows by it: an end elsewhere. Of a pod behind a tunnel the tunnel itself may have told before the ipcache knows it, and
 * whom a node lends its address keeps being somebody outside.
 */
static __always_inline bool is_still_elsewhere(const struct ip_address *address, __u32 family, const struct conntrack_end *end)
{
	struct whereabouts found = {};

	find_address(address, family, &found);
	if (found.ifindex)
		return false;
	return found.identity == end->identity || (end->policy_id && (found.outside || (is_node(found.identity) && !is_node(end->identity))));
}

/* Is the verdict still in force that the policies of the other end, and of ours about it, made? */
static __always_inline bool is_far_end_current(const struct packet *packet, bool is_destination, const struct conntrack_end *end)
{
	__u32 ifindex = end->ifindex;
	struct endpoint *endpoint;

	if (!ifindex)
		return is_still_elsewhere(is_destination ? &packet->destination : &packet->source, packet->family, end);
	if (ifindex == HOST_INTERFACE)
		return is_host_current(end);
	endpoint = bpf_map_lookup_elem(&endpoints, &ifindex);
	return endpoint && is_end_current(end, endpoint);
}

/* An ICMP error follows the connection it is about. False: it is about nothing known, and is judged by its type. */
APART int follows_connection(struct __sk_buff *skb, struct packet *packet, struct passage *passage, const struct endpoint *endpoint)
{
	struct packet inner = {};
	struct conntrack_entry *entry;
	bool high;

	if (!packet || !passage || !endpoint)
		return false;
	if (passage->direction == DIRECTION_INGRESS) {
		struct whereabouts sender = {};

		find_address(&packet->source, packet->family, &sender);
		if (is_forged_sender(passage, &sender))
			return false; /* admit_anew() says so */
	}
	if (read_error(skb, packet, &inner)) {
		entry = find_connection(&inner, &high);
		if (entry && !is_expired(entry, inner.protocol, passage->now)) {
			bool we_are_initiator = (high == !!(entry->flags & CONNTRACK_INITIATOR_IS_HIGH)) ==
						(passage->direction == DIRECTION_INGRESS);
			const struct conntrack_end *mine = we_are_initiator ? &entry->initiator : &entry->responder;
			const struct conntrack_end *other = we_are_initiator ? &entry->responder : &entry->initiator;

			if (mine->ifindex == passage->ifindex && is_end_current(mine, endpoint) && is_far_end_current(&inner, passage->direction == DIRECTION_INGRESS, other) &&
			    (passage->direction == DIRECTION_EGRESS || other->ifindex <= HOST_INTERFACE) &&
			    (!passage->by_tunnel || is_tunnel_to(other->policy_id, &passage->sender_node) || find_sender_node(passage, packet->family))) {
				if (passage->direction == DIRECTION_EGRESS)
					set_out(passage, other->ifindex, other->policy_id, we_are_initiator && entry->flags & CONNTRACK_MASQUERADE);
				return true;
			}
		}
	}
	return false;
}

/* What changed with this packet is written and told; most packets write nothing. */
static __always_inline void touch(struct __sk_buff *skb, const struct packet *packet, const struct passage *passage, struct conntrack_entry *entry)
{
	__u16 flags = flags_after(packet, passage, entry->flags);
	struct report what = { .direction = passage->direction, .is_reply = !passage->from_initiator };

	if (entry->last_seen != passage->now) {
		entry->last_seen = passage->now;
		if (config.report_interval_ticks && passage->now - entry->last_reported >= config.report_interval_ticks)
			what.type = EVENT_ACTIVE;
	}
	if (flags != entry->flags) {
		entry->flags = flags;
		what.type = EVENT_ACTIVE;
		if (is_closing(entry) && !(flags & CONNTRACK_CLOSED_REPORTED)) {
			entry->flags |= CONNTRACK_CLOSED_REPORTED;
			what.type = EVENT_CLOSED;
		}
		entry->tcp_flags |= packet->tcp_flags;
	}
	if (what.type) {
		entry->last_reported = passage->now;
		what.egress_rule = entry->initiator.rule;
		what.ingress_rule = entry->responder.rule;
		report(skb, packet, entry, &what);
	}
}

/* Does this endpoint have that address? The node has many; the ipcache says which. */
static __always_inline bool has_address(const struct endpoint *endpoint, const struct packet *packet, const struct ip_address *address)
{
	return packet->family == 4 ? endpoint->ipv4 == address->word[3] : same_address(&endpoint->ipv6, address);
}

/* Is the other end still who it was when the verdict was made? */
static __always_inline bool is_other_end_current(const struct packet *packet, const struct passage *passage,
						 const struct conntrack_entry *entry, struct conntrack_end *other,
						 const struct endpoint **found_endpoint)
{
	const struct ip_address *address = passage->direction == DIRECTION_EGRESS ? &packet->destination : &packet->source;
	struct whereabouts found = {};

	if (other->ifindex > HOST_INTERFACE) {
		struct endpoint *endpoint;

		if (passage->direction == DIRECTION_INGRESS)
			return false;
		endpoint = bpf_map_lookup_elem(&endpoints, &other->ifindex);
		if (!endpoint || !is_end_current(other, endpoint))
			return false;
		*found_endpoint = endpoint;
		return has_address(endpoint, packet, address);
	}
	if (passage->direction == DIRECTION_INGRESS && is_forged_host(passage, other->identity))
		return false;
	if (other->ifindex == HOST_INTERFACE && !is_host_current(other))
		return false;
	if (passage->sender_identity && passage->sender_identity != other->identity)
		return false;
	if (config.tunnel_ifindex && passage->arrived_on) {
		/* By another tunnel than its own, or by none: whoever that is is asked again. */
		if (!passage->by_tunnel && other->policy_id && !is_node(other->identity))
			return false;
		if (passage->by_tunnel && !(other->policy_id ? is_tunnel_to(other->policy_id, &passage->sender_node) : !!find_sender_node(passage, packet->family)))
			return false;
	}
	if (entry->last_seen == passage->now)
		return true;
	find_other_end(packet, passage, &found);
	if (found.ifindex != other->ifindex)
		return false;
	/*
	 * Of a pod behind a tunnel the tunnel itself may have told before the ipcache knows it; that the ipcache does not
	 * know it says nothing. Nodes tell the reply's way by the same index.
	 */
	if (found.outside && !other->ifindex && other->policy_id)
		return true;
	if (!other->ifindex && found.tunnel && other->policy_id != found.tunnel)
		other->policy_id = found.tunnel;
	/* Whom a node lends its address keeps being somebody outside, also in what goes back. */
	if (is_node(found.identity) && !is_node(other->identity) && other->policy_id)
		return passage->direction == DIRECTION_EGRESS || passage->by_tunnel == BY_TUNNEL_FROM_WORLD;
	return passage->sender_identity || found.identity == other->identity;
}

/* Finds our end of a packet that does not tell it by its interface. 0: it has none, or none that is judged. */
static __always_inline const struct endpoint *find_our_end(const struct packet *packet, struct passage *passage, const struct conntrack_entry *entry)
{
	bool egress = passage->direction == DIRECTION_EGRESS;
	const struct ip_address *address = egress ? &packet->source : &packet->destination;
	const struct endpoint *endpoint;
	struct whereabouts found = {};

	if (entry) {
		const struct conntrack_end *mine = passage->from_initiator == egress ? &entry->initiator : &entry->responder;

		passage->ifindex = mine->ifindex;
		endpoint = mine->ifindex ? bpf_map_lookup_elem(&endpoints, &passage->ifindex) : 0;
		if (endpoint && (passage->ifindex == HOST_INTERFACE || has_address(endpoint, packet, address)))
			return endpoint;
	}
	find_address(address, packet->family, &found);
	passage->ifindex = found.ifindex;
	if (!found.ifindex || (found.ifindex == HOST_INTERFACE && !config.host_firewall))
		return 0;
	return bpf_map_lookup_elem(&endpoints, &passage->ifindex);
}

static __always_inline struct conntrack_entry *find_live_connection(const struct packet *packet, struct passage *passage)
{
	struct conntrack_entry *entry;
	bool high;

	passage->from_initiator = true;
	if (packet->kind != PACKET_CONNECTION)
		return 0;
	entry = find_connection(packet, &high);
	passage->source_is_high = high;
	if (!entry || is_expired(entry, packet->protocol, passage->now))
		return 0;
	passage->from_initiator = high == !!(entry->flags & CONNTRACK_INITIATOR_IS_HIGH);
	return entry;
}

/*
 * Whoever opens a connection is judged as the one who opens it: a SYN in reply direction, or one behind the end of an
 * earlier connection, is no part of what was allowed before. Nor is an echo request from whom we took for the responder,
 * nor a reply from who asked.
 */
static __always_inline bool is_apart(const struct packet *packet, const struct passage *passage, const struct conntrack_entry *entry)
{
	if (tells_beginning(packet))
		return is_beginning(packet) && (!passage->from_initiator || is_closing(entry));
	return passage->from_initiator ? is_echo_reply(packet) : is_echo_request(packet);
}

APART int refuse(struct __sk_buff *skb, const struct packet *packet, const struct passage *passage, int reason)
{
	struct report what = { .reason = reason };

	if (!packet || !passage)
		return DROP_INVALID;
	what.direction = passage->direction;
	report_early(skb, packet, passage->ifindex, passage->identity, &what);
	return reason;
}

static __always_inline bool is_for_device(struct __sk_buff *skb, const struct packet *packet)
{
	__u32 ifindex = skb->ifindex;
	struct device *device = find_device(ifindex);

	return device && is_address_of(&packet->destination, device, packet->family);
}

/*
 * Returns 0, the drop reason, or NOT_OURS. `endpoint` is our end, found by the packet's address when it is not known; `target` is
 * set to the local pod that the packet goes to where that is known already, `hop` to the way of an established connection. Only where a
 * packet reaches the node (`arrives`) may it be the answer to one that left under the node's address. `clients` is who it may be from when it is for a service.
 */
static __always_inline int admit(struct __sk_buff *skb, struct packet *packet, struct passage *passage, const struct endpoint **endpoint,
				 const struct endpoint **target, struct next_hop **hop, bool arrives, enum clients clients)
{
	/* Of what begins, a service is asked for first: it has no connection yet, which would be the longest search of all. */
	bool begins = config.services && clients == CLIENTS_OUTSIDE && packet->kind == PACKET_CONNECTION && tells_beginning(packet) && is_beginning(packet) &&
		      !has_options(packet);
	bool asks = begins && asks_service(packet), at_node = false;
	struct conntrack_entry *entry = 0;
	const struct conntrack_end *mine;
	struct conntrack_end *other;
	int followed = 0;

	passage->now = now_ticks();
	passage->from_initiator = true;
	if (*endpoint)
		passage->identity = (*endpoint)->identity;
	set_out(passage, 0, 0, false);
	/* What is for the node's own address is rather on its way to a backend elsewhere, or from there, than part of a connection. */
	if (config.services && clients == CLIENTS_OUTSIDE)
		at_node = is_for_device(skb, packet);
	if (at_node)
		followed = follow_shortcut(skb, packet, passage);
	if (!followed && !asks)
		entry = find_live_connection(packet, passage);
	if (config.services && clients == CLIENTS_OUTSIDE && !entry && !at_node)
		followed = follow_shortcut(skb, packet, passage);
	if (followed)
		return followed < 0 ? refuse(skb, packet, passage, -followed) : NOT_OURS;
	if (config.services && clients) {
		int translated = TO_NO_SERVICE;

		if (clients == CLIENTS_OUTSIDE && has_options(packet))
			translated = take_frontend(skb, packet, passage->now);
		if (clients == CLIENTS_INSIDE && !entry) {
			translated = translate_hairpin_answer(skb, packet, passage->now);
			if (translated > 0) {
				passage->to_itself = TO_ITSELF_ANSWERED;
				return 0;
			}
		}
		if (!translated && !entry && (asks || !begins)) {
			translated = translate_service(skb, packet, passage, clients == CLIENTS_OUTSIDE);
			if (translated > 0 && clients == CLIENTS_INSIDE && same_address(&packet->source, &packet->destination)) {
				passage->to_itself = TO_ITSELF_ASKED;
				return 0;
			}
			if (translated > 0 && passage->shortcut == SHORTCUT_FOLLOWED)
				return NOT_OURS;
			if (translated > 0)
				entry = find_live_connection(packet, passage);
		}
		if (translated < 0)
			return refuse(skb, packet, passage, -translated);
		passage->to_service = translated;
		/* A connection to the backend itself from the port of one to its service: the answers could not be told apart. */
		if (clients == CLIENTS_INSIDE && !translated && entry && entry->flags & CONNTRACK_SERVICE && passage->from_initiator && tells_beginning(packet) && is_beginning(packet) &&
		    !is_closing(entry))
			return refuse(skb, packet, passage, DROP_NAT_NO_MAPPING);
		if (translated && entry && !(entry->flags & CONNTRACK_SERVICE))
			entry->flags |= CONNTRACK_SERVICE | (passage->from_initiator ? 0 : CONNTRACK_BACKEND_FIRST);
	}
	/* What is addressed to a pod is not addressed to its masquerade. */
	if (arrives && !passage->to_service && (!entry || (passage->from_initiator ? entry->responder.ifindex : entry->initiator.ifindex) <= HOST_INTERFACE) &&
	    /* Through the tunnel only answers to clients of services come back, not those to what pods sent. */
	    (passage->by_tunnel ? answers_client(skb, packet) : config.services || (packet->family == 4 ? config.masquerade4 : config.masquerade6))) {
		int translated = unmasquerade(skb, packet, passage->now);

		if (translated < 0)
			return refuse(skb, packet, passage, -translated);
		if (translated) {
			passage->unmasqueraded = translated;
			entry = find_live_connection(packet, passage);
		}
	}
	if (!*endpoint) {
		*endpoint = find_our_end(packet, passage, entry);
		if (!*endpoint)
			return NOT_OURS;
	}
	passage->identity = (*endpoint)->identity;
	if (packet->kind == PACKET_ERROR && follows_connection(skb, packet, passage, *endpoint))
		return 0;
	if (!entry) {
		passage->answers = config.services && !passage->to_service && is_forgotten_answer(packet, passage->now);
		return admit_anew(skb, packet, passage, 0);
	}
	if (is_apart(packet, passage, entry)) {
		passage->from_initiator = true;
		return admit_anew(skb, packet, passage, 0);
	}
	if (passage->from_initiator == (passage->direction == DIRECTION_EGRESS)) {
		mine = &entry->initiator;
		other = &entry->responder;
	} else {
		mine = &entry->responder;
		other = &entry->initiator;
	}
	if (mine->ifindex != passage->ifindex || !is_end_current(mine, *endpoint) ||
	    !is_other_end_current(packet, passage, entry, other, target))
		return admit_anew(skb, packet, passage, entry);
	passage->answers = is_service_answer(entry->flags, passage);
	if (passage->direction == DIRECTION_EGRESS)
		set_out(passage, other->ifindex, other->policy_id, passage->from_initiator && entry->flags & CONNTRACK_MASQUERADE && !passage->answers);
	*hop = &entry->hop;
	touch(skb, packet, passage, entry);
	return 0;
}

/* Behind the verdict: an answer comes from where the client asked. Returns 0 or the drop reason. */
static __always_inline int finish(struct __sk_buff *skb, struct packet *packet, const struct passage *passage)
{
	int restored;

	if (!config.services || !(passage->answers || packet->kind == PACKET_ERROR))
		return 0;
	restored = restore_service(skb, packet, passage->now);
	/* What cannot be said from there is not said: to come from the backend itself would end the connection. */
	if (!restored && packet->kind != PACKET_ERROR)
		restored = -DROP_NAT_NO_MAPPING;
	return restored < 0 ? refuse(skb, packet, passage, -restored) : 0;
}

#endif
