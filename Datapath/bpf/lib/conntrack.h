/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One entry per connection. It remembers who began and under which policies each local end's verdict was made, so an
 * established packet needs no policy lookup; when identity, policy or revision of a local end is another now, the
 * connection is judged anew in its original direction. An end elsewhere has its identity looked up once a tick,
 * which keeps the ipcache off the established path.
 *
 * Eviction by the LRU forgets who began. A following packet that is no SYN (or INIT) is judged in its own direction and marked; when
 * policy changes later, such a connection must be allowed in both. That can refuse what was allowed, never the reverse.
 */
#ifndef AXONEME_CONNTRACK_H
#define AXONEME_CONNTRACK_H

#include "events.h"
#include "ipcache.h"
#include "policy.h"

/* Ticks. The collector in user space uses the same. */
#define TIMEOUT_TCP_ESTABLISHED 7451 /* 8000 s */
#define TIMEOUT_TCP_CLOSING 9	     /* 10 s */
#define TIMEOUT_OTHER 56	     /* 60 s: TCP without a reply yet, and every other protocol */

/* A shift instead of a division by 10^9, on every packet. */
static __always_inline __u32 now_ticks(void)
{
	return bpf_ktime_get_coarse_ns() >> TICK_SHIFT;
}

/* Another CPU may have seen it a tick later than this one counts. */
static __always_inline bool is_over(__u32 last_seen, __u32 timeout, __u32 now)
{
	return (__s32)(now - last_seen) > (__s32)timeout;
}

static __always_inline bool is_closing(const struct conntrack_entry *entry)
{
	__u16 fins = CONNTRACK_FIN_FROM_INITIATOR | CONNTRACK_FIN_FROM_RESPONDER;

	return entry->flags & CONNTRACK_RESET || (entry->flags & fins) == fins;
}

static __always_inline bool is_expired(const struct conntrack_entry *entry, __u8 protocol, __u32 now)
{
	__u32 timeout = TIMEOUT_OTHER;

	if (protocol == IPPROTO_TCP && is_closing(entry))
		timeout = TIMEOUT_TCP_CLOSING;
	else if (protocol == IPPROTO_TCP && entry->flags & CONNTRACK_REPLY_SEEN)
		timeout = TIMEOUT_TCP_ESTABLISHED;
	return is_over(entry->last_seen, timeout, now);
}

/* Orders the ends. True: the packet's source is the higher one. */
static __always_inline bool make_key4(struct conntrack_key4 *key, const struct packet *packet)
{
	__u32 source = bpf_ntohl(packet->source.word[3]), destination = bpf_ntohl(packet->destination.word[3]);
	bool high = source > destination ||
		    (source == destination && bpf_ntohs(packet->source_port) > bpf_ntohs(packet->destination_port));

	key->low_address = high ? packet->destination.word[3] : packet->source.word[3];
	key->high_address = high ? packet->source.word[3] : packet->destination.word[3];
	key->low_port = high ? packet->destination_port : packet->source_port;
	key->high_port = high ? packet->source_port : packet->destination_port;
	key->protocol = packet->protocol;
	key->pad[0] = key->pad[1] = key->pad[2] = 0;
	return high;
}

static __always_inline bool is_higher(const struct ip_address *a, const struct ip_address *b, bool if_equal)
{
	int i;

#pragma unroll
	for (i = 0; i < 4; i++) {
		if (a->word[i] != b->word[i])
			return bpf_ntohl(a->word[i]) > bpf_ntohl(b->word[i]);
	}
	return if_equal;
}

static __always_inline bool make_key6(struct conntrack_key6 *key, const struct packet *packet)
{
	bool high = is_higher(&packet->source, &packet->destination,
			      bpf_ntohs(packet->source_port) > bpf_ntohs(packet->destination_port));

	key->low_address = high ? packet->destination : packet->source;
	key->high_address = high ? packet->source : packet->destination;
	key->low_port = high ? packet->destination_port : packet->source_port;
	key->high_port = high ? packet->source_port : packet->destination_port;
	key->protocol = packet->protocol;
	key->pad[0] = key->pad[1] = key->pad[2] = 0;
	return high;
}

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

static __always_inline bool is_end_current(const struct conntrack_end *end, const struct endpoint *endpoint)
{
	return end->identity == endpoint->identity && end->policy_id == endpoint->policy_id &&
	       end->policy_revision == endpoint->policy_revision;
}

/* The node as the far end of a pod's connection. As long as no policy for nodes is known it is not judged. */
static __always_inline bool is_host_current(const struct conntrack_end *end)
{
	__u32 key = HOST_INTERFACE;
	struct endpoint *endpoint;

	if (!config.host_firewall)
		return true;
	endpoint = bpf_map_lookup_elem(&endpoints, &key);
	return endpoint ? is_end_current(end, endpoint) : !(end->policy_id | end->policy_revision);
}

/* The class that the connection's first packet had. */
static __always_inline __u32 connection_class(const struct packet *packet, bool from_initiator)
{
	if (packet->protocol == IPPROTO_ICMP)
		return traffic_class(IPPROTO_ICMP, packet->kind == PACKET_CONNECTION ? ICMP_ECHO : packet->icmp_type);
	if (packet->protocol == IPPROTO_ICMPV6)
		return traffic_class(IPPROTO_ICMPV6, packet->kind == PACKET_CONNECTION ? ICMPV6_ECHO_REQUEST : packet->icmp_type);
	return traffic_class(packet->protocol, bpf_ntohs(from_initiator ? packet->destination_port : packet->source_port));
}

struct judgement {
	__u8 reason; /* 0: allowed */
	__u8 direction;
	__u8 audited; /* the reason an audited pod's packet would have been dropped for */
	__u8 pad;
	__u32 rule[2]; /* what decided, by direction */
};

/*
 * One end's decision. Returns 0 or the drop reason, and sets `audited` instead where the pod only reports: what passes for that
 * reason alone is remembered as allowed by no rule.
 */
static __always_inline int judge_end(struct conntrack_end *end, __u32 direction, __u32 peer, __u32 class, struct judgement *judgement)
{
	struct endpoint *endpoint;
	__u32 ifindex = end->ifindex;
	int reason;

	if (!ifindex || (ifindex == HOST_INTERFACE && !config.host_firewall))
		return 0; /* judged where it is, or not at all */
	endpoint = bpf_map_lookup_elem(&endpoints, &ifindex);
	if (!endpoint)
		return ifindex == HOST_INTERFACE ? 0 : DROP_NO_LOCAL_ENDPOINT;
	reason = decide(endpoint, direction, peer, class, &end->rule);
	end->policy_id = endpoint->policy_id;
	end->policy_revision = endpoint->policy_revision;
	judgement->rule[direction] = end->rule;
	if (reason && endpoint->flags & ENDPOINT_AUDIT) {
		end->rule = RULE_NONE;
		if (!judgement->audited) {
			judgement->audited = reason;
			judgement->direction = direction;
		}
		return 0;
	}
	return reason;
}

/*
 * Judges a connection whose ends' identities and interfaces are filled in, and fills in the rest of them; in the
 * direction it began, or in `reverse`. In audit mode too the first refusal is the one that is told.
 */
APART int judge(struct conntrack_entry *connection, bool reverse, __u32 class, struct judgement *judgement)
{
	struct conntrack_end *sender, *receiver;

	if (!connection || !judgement)
		return 0;
	sender = reverse ? &connection->responder : &connection->initiator;
	receiver = reverse ? &connection->initiator : &connection->responder;
	judgement->audited = 0;
	judgement->rule[DIRECTION_EGRESS] = judgement->rule[DIRECTION_INGRESS] = RULE_NONE;
	judgement->reason = judge_end(sender, DIRECTION_EGRESS, receiver->identity, class, judgement);
	if (judgement->reason) {
		judgement->direction = DIRECTION_EGRESS;
		return 0;
	}
	judgement->reason = judge_end(receiver, DIRECTION_INGRESS, sender->identity, class, judgement);
	if (judgement->reason)
		judgement->direction = DIRECTION_INGRESS;
	return 0;
}

#endif
