/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What leaves the kernel: counters for every packet, events for few. */
#ifndef AXONEME_EVENTS_H
#define AXONEME_EVENTS_H

#include <linux/pkt_cls.h>
#include "config.h"
#include "packet.h"

static __always_inline void count(__u32 index, __u32 bytes)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &index);

	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
}

static __always_inline void count_packet(__u32 reason, __u32 direction, __u32 bytes)
{
	count((reason & 0xff) << 1 | direction, bytes);
}

/* A ring buffer has no value type: this keeps the event's layout in BTF for whoever reads it. */
const struct event *const event_layout = 0;

struct report {
	__u8 type;
	__u8 reason;
	__u8 direction;
	__u8 is_reply;
	__u32 egress_rule;
	__u32 ingress_rule;
};

static __always_inline __u16 endpoint_id(__u32 ifindex)
{
	struct endpoint *endpoint = ifindex ? bpf_map_lookup_elem(&endpoints, &ifindex) : 0;

	return endpoint ? endpoint->id : 0;
}

/*
 * Waking the reader costs more than the rest of the program, so it is woken when a batch has come together, and only
 * by the event that completes the batch; otherwise it looks by itself every 100 ms.
 */
static __always_inline __u64 wakeup(void)
{
	__u64 pending = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	if (pending >= config.event_wakeup_bytes && pending < config.event_wakeup_bytes + 4 * sizeof(struct event))
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/* `connection` may hold only identities known so far. */
APART int report(struct __sk_buff *skb, const struct packet *packet, const struct conntrack_entry *connection, const struct report *what)
{
	struct event *event;
	const struct conntrack_end *source, *destination;

	if (!packet || !connection || !what)
		return 0;
	source = what->is_reply ? &connection->responder : &connection->initiator;
	destination = what->is_reply ? &connection->initiator : &connection->responder;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count(COUNTER_EVENTS_LOST, 0);
		return 0;
	}
	event->timestamp = bpf_ktime_get_ns();
	event->type = what->type;
	event->reason = what->reason;
	event->family = packet->family;
	event->protocol = packet->protocol;
	event->tcp_flags = packet->tcp_flags;
	event->direction = what->direction;
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) {
		event->source_port = bpf_htons(packet->icmp_type);
		event->destination_port = bpf_htons(packet->icmp_code);
	} else {
		event->source_port = packet->source_port;
		event->destination_port = packet->destination_port;
	}
	event->source_endpoint = endpoint_id(source->ifindex);
	event->destination_endpoint = endpoint_id(destination->ifindex);
	event->is_reply = what->is_reply;
	event->pad = 0;
	event->source_identity = source->identity;
	event->destination_identity = destination->identity;
	event->egress_rule = what->egress_rule;
	event->ingress_rule = what->ingress_rule;
	event->length = skb->len;
	event->ifindex = skb->ifindex;
	event->source = packet->source;
	event->destination = packet->destination;
	bpf_ringbuf_submit(event, wakeup());
	return 0;
}

/* A drop before anything was decided: what can be said is who was at our end. */
APART int report_early(struct __sk_buff *skb, const struct packet *packet, __u32 ifindex, __u32 identity, struct report *what)
{
	struct conntrack_entry unknown = {};
	struct conntrack_end *ours;

	if (!what)
		return 0;
	ours = what->direction == DIRECTION_EGRESS ? &unknown.initiator : &unknown.responder;
	ours->identity = identity;
	ours->ifindex = ifindex;
	what->type = EVENT_DROP;
	return report(skb, packet, &unknown, what);
}

static __always_inline int drop(struct __sk_buff *skb, const struct packet *packet, __u32 ifindex, __u32 identity, int reason, __u32 direction)
{
	struct report what = { .reason = reason, .direction = direction };

	report_early(skb, packet, ifindex, identity, &what);
	count_packet(reason, direction, skb->len);
	return TC_ACT_SHOT;
}

static __always_inline int pass(struct __sk_buff *skb, __u32 direction)
{
	count_packet(0, direction, skb->len);
	return TC_ACT_OK;
}

#endif
