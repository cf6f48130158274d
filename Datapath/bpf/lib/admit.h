/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From packet to verdict: the established path first, everything else behind one call. */
#ifndef AXONEME_ADMIT_H
#define AXONEME_ADMIT_H

#include "conntrack.h"

/* What the caller knows of the packet and what it learns. */
struct passage {
	struct packet *packet;
	const struct endpoint *endpoint; /* the pod whose interface this is */
	__u32 ifindex;                   /* that interface */
	__u32 direction;                 /* EGRESS: the pod sent it; INGRESS: it goes to the pod */
	__u32 arrived_on;                /* interface it came to this node by; 0: made here */
	__u32 now;
	__u32 target; /* out: interface of the local pod it goes to, 0: leave it to the stack */
	bool source_is_high;
	bool from_initiator;
};

static __always_inline struct conntrack_entry *find_connection(const struct packet *packet, bool *source_is_high)
{
	if (packet->family == 4) {
		struct conntrack_key4 key;

		*source_is_high = make_key4(&key, packet);
		return bpf_map_lookup_elem(&conntrack4, &key);
	} else {
		struct conntrack_key6 key;

		*source_is_high = make_key6(&key, packet);
		return bpf_map_lookup_elem(&conntrack6, &key);
	}
}

static __noinline int save_connection(const struct packet *packet, const struct conntrack_entry *entry)
{
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

/*
 * Fills in who the ends are now, in the direction the connection began. A local sender is known by its interface; the
 * ipcache names the others. A packet that reaches a pod through the stack cannot come from a pod of this node.
 */
static __always_inline int identify_ends(const struct passage *passage, struct conntrack_entry *connection)
{
	struct packet *packet = passage->packet;
	struct whereabouts other;
	struct conntrack_end *source, *destination;

	if (passage->from_initiator) {
		source = &connection->initiator;
		destination = &connection->responder;
	} else {
		source = &connection->responder;
		destination = &connection->initiator;
	}
	if (passage->direction == DIRECTION_EGRESS) {
		find_address(&packet->destination, packet->family, &other);
		source->identity = passage->endpoint->identity;
		source->ifindex = passage->ifindex;
		destination->identity = other.identity;
		destination->ifindex = other.ifindex;
	} else {
		find_address(&packet->source, packet->family, &other);
		source->identity = other.identity;
		source->ifindex = 0;
		destination->identity = passage->endpoint->identity;
		destination->ifindex = passage->ifindex;
		if (other.ifindex || is_forged_host(passage, other.identity))
			return DROP_INVALID_SOURCE_IP;
	}
	return 0;
}

static __always_inline __u32 packet_target(const struct passage *passage, const struct conntrack_entry *connection)
{
	if (passage->direction == DIRECTION_INGRESS)
		return 0;
	return passage->from_initiator ? connection->responder.ifindex : connection->initiator.ifindex;
}

/*
 * A connection seen for the first time, or one whose verdict is out of date (`known`), or a packet that has no
 * connection. Returns 0 or the drop reason; the refusal is reported here.
 */
static __noinline int admit_anew(struct __sk_buff *skb, struct passage *passage, struct conntrack_entry *known)
{
	struct packet *packet = passage->packet;
	struct conntrack_entry connection = {};
	struct judgement judgement = { .direction = passage->direction };
	struct report what = { .is_reply = !passage->from_initiator };
	bool tcp = packet->protocol == IPPROTO_TCP;

	judgement.reason = identify_ends(passage, &connection);
	/*
	 * Who began a connection that was met in the middle is a guess: the entry may have been evicted and come back the
	 * other way round. When policy has changed, both directions must allow it, so that no eviction turns a deny into
	 * an allow.
	 */
	if (!judgement.reason && known && known->flags & CONNTRACK_NOT_SYN)
		judge(&connection, true, connection_class(packet, !passage->from_initiator), &judgement);
	if (!judgement.reason)
		judge(&connection, false, connection_class(packet, passage->from_initiator), &judgement);
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
	if (judgement.audited) {
		what.type = EVENT_AUDIT;
		what.reason = judgement.audited;
		what.direction = judgement.direction;
		report(skb, packet, &connection, &what);
		what.reason = 0;
	}
	what.direction = passage->direction;
	if (packet->kind != PACKET_CONNECTION) {
		what.type = EVENT_NEW;
		report(skb, packet, &connection, &what);
		return 0;
	}
	connection.last_seen = passage->now;
	connection.last_reported = passage->now;
	if (known) {
		connection.flags = known->flags;
		connection.tcp_flags = known->tcp_flags;
		count(COUNTER_REJUDGED, skb->len);
		what.type = EVENT_REJUDGED;
	} else {
		connection.flags = passage->source_is_high ? CONNTRACK_INITIATOR_IS_HIGH : 0;
		connection.tcp_flags = packet->tcp_flags;
		if (tcp && !(packet->tcp_flags & TCP_SYN)) {
			count(COUNTER_CONNTRACK_NOT_SYN, skb->len);
			connection.flags |= CONNTRACK_NOT_SYN;
			if (packet->tcp_flags & TCP_RST)
				return 0; /* the end of something unknown is no beginning */
		}
		what.type = EVENT_NEW;
	}
	if (save_connection(packet, &connection)) {
		count(COUNTER_CONNTRACK_INSERT_FAILED, skb->len);
		what.type = EVENT_DROP;
		what.reason = DROP_CT_INSERT_FAILED;
		report(skb, packet, &connection, &what);
		return DROP_CT_INSERT_FAILED;
	}
	report(skb, packet, &connection, &what);
	return 0;
}

/* An ICMP error follows the connection it is about; one about nothing known is judged by its type. */
static __noinline int admit_error(struct __sk_buff *skb, struct passage *passage)
{
	struct packet *packet = passage->packet;
	struct packet inner = {};
	struct conntrack_entry *entry;
	bool high;

	passage->from_initiator = true;
	if (read_error(skb, packet, &inner)) {
		entry = find_connection(&inner, &high);
		if (entry && !is_expired(entry, inner.protocol, passage->now)) {
			bool pod_is_initiator = (high == !!(entry->flags & CONNTRACK_INITIATOR_IS_HIGH)) ==
						(passage->direction == DIRECTION_INGRESS);
			const struct conntrack_end *mine = pod_is_initiator ? &entry->initiator : &entry->responder;
			const struct conntrack_end *other = pod_is_initiator ? &entry->responder : &entry->initiator;

			if (mine->ifindex == passage->ifindex && is_end_current(mine, passage->endpoint) &&
			    (passage->direction == DIRECTION_EGRESS || !other->ifindex)) {
				if (passage->direction == DIRECTION_EGRESS)
					passage->target = other->ifindex;
				return 0;
			}
		}
	}
	return admit_anew(skb, passage, 0);
}

/* What changed with this packet is written and told; most packets write nothing. */
static __always_inline void touch(struct __sk_buff *skb, const struct passage *passage, struct conntrack_entry *entry)
{
	struct packet *packet = passage->packet;
	__u16 flags = entry->flags;
	struct report what = { .direction = passage->direction, .is_reply = !passage->from_initiator };

	if (!passage->from_initiator)
		flags |= CONNTRACK_REPLY_SEEN;
	if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & (TCP_FIN | TCP_RST)) {
		if (packet->tcp_flags & TCP_RST)
			flags |= CONNTRACK_RESET;
		if (packet->tcp_flags & TCP_FIN)
			flags |= passage->from_initiator ? CONNTRACK_FIN_FROM_INITIATOR : CONNTRACK_FIN_FROM_RESPONDER;
	}
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
		report(skb, packet, entry, &what);
	}
}

/* Is the other end still who it was when the verdict was made? */
static __always_inline bool is_other_end_current(const struct passage *passage, const struct conntrack_entry *entry,
						 const struct conntrack_end *other, const struct endpoint **found_endpoint)
{
	const struct packet *packet = passage->packet;
	const struct ip_address *address = passage->direction == DIRECTION_EGRESS ? &packet->destination : &packet->source;

	if (other->ifindex) {
		struct endpoint *endpoint;

		if (passage->direction == DIRECTION_INGRESS)
			return false;
		endpoint = bpf_map_lookup_elem(&endpoints, &other->ifindex);
		if (!endpoint || !is_end_current(other, endpoint))
			return false;
		*found_endpoint = endpoint;
		return packet->family == 4 ? endpoint->ipv4 == address->word[3] : same_address(&endpoint->ipv6, address);
	}
	if (passage->direction == DIRECTION_INGRESS && is_forged_host(passage, other->identity))
		return false;
	if (entry->last_seen != passage->now) {
		struct whereabouts found;

		find_address(address, packet->family, &found);
		return found.identity == other->identity && !found.ifindex;
	}
	return true;
}

/* Returns 0 or the drop reason. `target` is set to the local pod that the packet goes to where that is known already. */
static __always_inline int admit(struct __sk_buff *skb, struct passage *passage, const struct endpoint **target)
{
	struct packet *packet = passage->packet;
	struct conntrack_entry *entry;
	const struct conntrack_end *mine, *other;

	passage->now = now_ticks();
	passage->from_initiator = true;
	passage->target = 0;
	if (packet->kind == PACKET_ERROR)
		return admit_error(skb, passage);
	if (packet->kind != PACKET_CONNECTION)
		return admit_anew(skb, passage, 0);
	entry = find_connection(packet, &passage->source_is_high);
	if (!entry || is_expired(entry, packet->protocol, passage->now))
		return admit_anew(skb, passage, 0);
	passage->from_initiator = passage->source_is_high == !!(entry->flags & CONNTRACK_INITIATOR_IS_HIGH);
	/*
	 * Who opens a connection is judged as the one who opens it: a SYN in reply direction, or one behind the end of an
	 * earlier connection, is no part of what was allowed before. The same for an echo request from whom we took for
	 * the responder.
	 */
	if ((packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	     (!passage->from_initiator || is_closing(entry))) ||
	    (!passage->from_initiator && ((packet->protocol == IPPROTO_ICMP && packet->icmp_type == ICMP_ECHO) ||
					  (packet->protocol == IPPROTO_ICMPV6 && packet->icmp_type == ICMPV6_ECHO_REQUEST)))) {
		passage->from_initiator = true;
		return admit_anew(skb, passage, 0);
	}
	if (passage->from_initiator == (passage->direction == DIRECTION_EGRESS)) {
		mine = &entry->initiator;
		other = &entry->responder;
	} else {
		mine = &entry->responder;
		other = &entry->initiator;
	}
	if (mine->ifindex != passage->ifindex || !is_end_current(mine, passage->endpoint) ||
	    !is_other_end_current(passage, entry, other, target))
		return admit_anew(skb, passage, entry);
	if (passage->direction == DIRECTION_EGRESS)
		passage->target = other->ifindex;
	touch(skb, passage, entry);
	return 0;
}

#endif
