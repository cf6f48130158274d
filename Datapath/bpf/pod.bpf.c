// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The two programs of a pod's host-side interface. They are loaded once per node; what is particular to a pod stands
 * in the map `endpoints` under the interface's index.
 *
 * from_pod: what the pod sends. Both decisions of a connection between two pods of this node are made here and the
 *           packet goes straight into the other pod; to other nodes and beyond it goes without the host's stack.
 * to_pod:   what the host's stack sends to the pod, from the host itself or from outside.
 */
#include "lib/forward.h"
#include "lib/link.h"

/* From a pod to itself by way of a service. */
static __always_inline int deliver_back(struct __sk_buff *skb, struct packet *packet, const struct passage *passage)
{
	int reason = passage->to_itself == TO_ITSELF_ASKED ? hide_client(skb, packet) : 0;

	if (reason)
		return drop(skb, packet, passage->ifindex, passage->identity, reason, DIRECTION_EGRESS);
	count_packet(0, DIRECTION_EGRESS, skb->len);
	return deliver(skb, passage->ifindex, 0);
}

/* What a pod sends goes where its destination is. */
static __always_inline int judge_sent(struct __sk_buff *skb, struct packet *packet, struct passage *passage, const struct endpoint *endpoint)
{
	const struct endpoint *target = 0;
	struct next_hop *hop = 0;
	int reason = admit(skb, packet, passage, &endpoint, &target, &hop, false, CLIENTS_INSIDE);
	int action = TC_ACT_SHOT;

	if (!reason && passage->to_itself)
		return deliver_back(skb, packet, passage);
	if (!reason)
		reason = finish(skb, packet, passage);
	if (reason) {
		count_packet(reason, DIRECTION_EGRESS, skb->len);
		/* admit() reported it. The answer goes into the pod, past its own policy. */
		return config.services && reason == DROP_NO_SERVICE && reject(skb, packet, 0) ? bpf_redirect_peer(passage->ifindex, 0) : action;
	}
	if (passage->target > HOST_INTERFACE)
		action = deliver(skb, passage->target, target);
	else if (passage->target)
		action = leave_to_stack(skb, false);
	else if (config.tunnel_ifindex && passage->tunnel)
		action = send_through_tunnel(skb, packet, passage->tunnel, passage->identity, &reason);
	else
		action = send_out(skb, packet, passage, hop, &reason);
	if (reason)
		return drop(skb, packet, passage->ifindex, passage->identity, reason, DIRECTION_EGRESS);
	count_packet(0, DIRECTION_EGRESS, skb->len);
	return action;
}

static __always_inline int judge_received(struct __sk_buff *skb, struct packet *packet, struct passage *passage, const struct endpoint *endpoint)
{
	const struct endpoint *none = 0;
	struct next_hop *hop = 0;
	int reason = admit(skb, packet, passage, &endpoint, &none, &hop, false, CLIENTS_NONE);

	if (!reason)
		reason = finish(skb, packet, passage);
	count_packet(reason, DIRECTION_INGRESS, skb->len);
	return reason ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int from_pod(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &ifindex);
	struct packet packet = {};
	struct passage passage = { .ifindex = ifindex, .direction = DIRECTION_EGRESS };
	struct ethhdr *ethernet;
	void *end;
	int reason;

	if (!endpoint)
		return drop(skb, &packet, ifindex, 0, DROP_NO_LOCAL_ENDPOINT, DIRECTION_EGRESS);
	if (make_headers_linear(skb))
		return drop(skb, &packet, ifindex, endpoint->identity, DROP_INVALID, DIRECTION_EGRESS);
	ethernet = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if ((void *)(ethernet + 1) > end)
		return drop(skb, &packet, ifindex, endpoint->identity, DROP_INVALID, DIRECTION_EGRESS);
	if (!same_mac(ethernet->h_source, endpoint->mac))
		return drop(skb, &packet, ifindex, endpoint->identity, DROP_INVALID_SOURCE_MAC, DIRECTION_EGRESS);

	switch (ethernet->h_proto) {
	case bpf_htons(ETH_P_IP):
		reason = read_ipv4(skb, &packet, endpoint);
		if (reason)
			break;
		return judge_sent(skb, &packet, &passage, endpoint);
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
		return judge_sent(skb, &packet, &passage, endpoint);
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
	return drop(skb, &packet, ifindex, endpoint->identity, reason, DIRECTION_EGRESS);
}

SEC("tc")
int to_pod(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &ifindex);
	struct packet packet = {};
	struct passage passage = { .ifindex = ifindex, .direction = DIRECTION_INGRESS, .arrived_on = skb->ingress_ifindex };
	struct ethhdr *ethernet;
	int reason;

	if (!endpoint)
		return drop(skb, &packet, ifindex, 0, DROP_NO_LOCAL_ENDPOINT, DIRECTION_INGRESS);
	if (make_headers_linear(skb))
		return drop(skb, &packet, ifindex, endpoint->identity, DROP_INVALID, DIRECTION_INGRESS);
	ethernet = (void *)(long)skb->data;
	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return drop(skb, &packet, ifindex, endpoint->identity, DROP_INVALID, DIRECTION_INGRESS);

	switch (ethernet->h_proto) {
	case bpf_htons(ETH_P_IP):
		reason = read_ipv4(skb, &packet, 0);
		if (reason)
			break;
		if (!endpoint->ipv4 || packet.destination.word[3] != endpoint->ipv4) {
			reason = DROP_STALE_OR_UNROUTABLE_IP;
			break;
		}
		return judge_received(skb, &packet, &passage, endpoint);
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
		return judge_received(skb, &packet, &passage, endpoint);
	case bpf_htons(ETH_P_ARP):
		return pass(skb, DIRECTION_INGRESS);
	default:
		reason = DROP_UNSUPPORTED_L3;
	}
	return drop(skb, &packet, ifindex, endpoint->identity, reason, DIRECTION_INGRESS);
}

char program_license[] SEC("license") = "Dual BSD/GPL";
