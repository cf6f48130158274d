// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The two programs of a pod's host-side interface. They are loaded once per node; what is particular to a pod stands
 * in the map `endpoints` under the interface's index.
 *
 * from_pod: what the pod sends. Both decisions of a connection between two pods of this node are made here and the
 *           packet goes straight into the other pod.
 * to_pod:   what the host's stack sends to the pod, from the host itself or from outside.
 */
#include <linux/pkt_cls.h>
#include "lib/admit.h"
#include "lib/link.h"

/* Nothing was decided yet: what can be said is who was at the interface. */
static __noinline int refuse(struct __sk_buff *skb, const struct packet *packet, __u32 identity, struct report *what)
{
	struct conntrack_entry unknown = {};

	unknown.initiator.identity = what->direction == DIRECTION_EGRESS ? identity : 0;
	unknown.initiator.ifindex = what->direction == DIRECTION_EGRESS ? skb->ifindex : 0;
	unknown.responder.identity = what->direction == DIRECTION_INGRESS ? identity : 0;
	unknown.responder.ifindex = what->direction == DIRECTION_INGRESS ? skb->ifindex : 0;
	what->type = EVENT_DROP;
	return report(skb, packet, &unknown, what);
}

static __always_inline int drop(struct __sk_buff *skb, const struct packet *packet, __u32 identity, int reason, __u32 direction)
{
	struct report what = { .reason = reason, .direction = direction };

	refuse(skb, packet, identity, &what);
	count_packet(reason, direction, skb->len);
	return TC_ACT_SHOT;
}

/* Into the other pod without passing the host's stack. */
static __always_inline int deliver(struct __sk_buff *skb, const struct passage *passage, const struct endpoint *endpoint)
{
	struct ethhdr *ethernet;

	if (!endpoint)
		endpoint = bpf_map_lookup_elem(&endpoints, &passage->target);
	ethernet = (void *)(long)skb->data;
	if (!endpoint || (void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	__builtin_memcpy(ethernet->h_dest, endpoint->mac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, endpoint->gateway_mac, ETH_ALEN);
	return bpf_redirect_peer(passage->target, 0);
}

static __always_inline int judge_packet(struct __sk_buff *skb, struct passage *passage)
{
	const struct endpoint *target = 0;
	int reason = admit(skb, passage, &target);

	count_packet(reason, passage->direction, skb->len);
	if (reason)
		return TC_ACT_SHOT; /* admit() reported it */
	return passage->target ? deliver(skb, passage, target) : TC_ACT_OK;
}

static __always_inline int pass(struct __sk_buff *skb, __u32 direction)
{
	count_packet(0, direction, skb->len);
	return TC_ACT_OK;
}

SEC("tc")
int from_pod(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &ifindex);
	struct packet packet = {};
	struct passage passage = { .packet = &packet, .endpoint = endpoint, .ifindex = ifindex, .direction = DIRECTION_EGRESS };
	struct ethhdr *ethernet;
	void *end;
	int reason;

	if (!endpoint)
		return drop(skb, &packet, 0, DROP_NO_LOCAL_ENDPOINT, DIRECTION_EGRESS);
	if (make_headers_linear(skb))
		return drop(skb, &packet, endpoint->identity, DROP_INVALID, DIRECTION_EGRESS);
	ethernet = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if ((void *)(ethernet + 1) > end)
		return drop(skb, &packet, endpoint->identity, DROP_INVALID, DIRECTION_EGRESS);
	if (!same_mac(ethernet->h_source, endpoint->mac))
		return drop(skb, &packet, endpoint->identity, DROP_INVALID_SOURCE_MAC, DIRECTION_EGRESS);

	switch (ethernet->h_proto) {
	case bpf_htons(ETH_P_IP):
		reason = read_ipv4(skb, &packet, endpoint);
		if (reason)
			break;
		return judge_packet(skb, &passage);
	case bpf_htons(ETH_P_IPV6): {
		struct ipv6hdr *ip;

		reason = read_ipv6(skb, &packet, endpoint);
		if (reason)
			break;
		ip = (void *)(long)skb->data + ETH_HLEN;
		if ((void *)(ip + 1) > (void *)(long)skb->data_end) {
			reason = DROP_INVALID;
			break;
		}
		reason = check_ipv6_source(skb, &packet, endpoint, ip->hop_limit);
		if (reason)
			break;
		if (packet.kind == PACKET_LINK_LOCAL)
			return pass(skb, DIRECTION_EGRESS);
		return judge_packet(skb, &passage);
	}
	case bpf_htons(ETH_P_ARP):
		reason = answer_arp(skb, endpoint);
		if (reason < 0)
			return bpf_redirect(ifindex, 0);
		if (!reason)
			return pass(skb, DIRECTION_EGRESS);
		break;
	default:
		reason = DROP_UNSUPPORTED_L3;
	}
	return drop(skb, &packet, endpoint->identity, reason, DIRECTION_EGRESS);
}

SEC("tc")
int to_pod(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &ifindex);
	struct packet packet = {};
	struct passage passage = { .packet = &packet, .endpoint = endpoint, .ifindex = ifindex, .direction = DIRECTION_INGRESS, .arrived_on = skb->ingress_ifindex };
	struct ethhdr *ethernet;
	int reason;

	if (!endpoint)
		return drop(skb, &packet, 0, DROP_NO_LOCAL_ENDPOINT, DIRECTION_INGRESS);
	if (make_headers_linear(skb))
		return drop(skb, &packet, endpoint->identity, DROP_INVALID, DIRECTION_INGRESS);
	ethernet = (void *)(long)skb->data;
	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return drop(skb, &packet, endpoint->identity, DROP_INVALID, DIRECTION_INGRESS);

	switch (ethernet->h_proto) {
	case bpf_htons(ETH_P_IP):
		reason = read_ipv4(skb, &packet, 0);
		if (reason)
			break;
		if (!endpoint->ipv4 || packet.destination.word[3] != endpoint->ipv4) {
			reason = DROP_STALE_OR_UNROUTABLE_IP;
			break;
		}
		return judge_packet(skb, &passage);
	case bpf_htons(ETH_P_IPV6):
		reason = read_ipv6(skb, &packet, 0);
		if (reason)
			break;
		/* The host's own words on the link: its sender is the kernel of this node. */
		if (is_link_message(&packet) && is_link_scope(&packet.source))
			return pass(skb, DIRECTION_INGRESS);
		if (is_unspecified(&endpoint->ipv6) || !same_address(&packet.destination, &endpoint->ipv6)) {
			reason = DROP_STALE_OR_UNROUTABLE_IP;
			break;
		}
		return judge_packet(skb, &passage);
	case bpf_htons(ETH_P_ARP):
		return pass(skb, DIRECTION_INGRESS);
	default:
		reason = DROP_UNSUPPORTED_L3;
	}
	return drop(skb, &packet, endpoint->identity, reason, DIRECTION_INGRESS);
}

char program_license[] SEC("license") = "Dual BSD/GPL";
