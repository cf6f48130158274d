// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The two programs of the tunnel device (VXLAN, RFC 7348; the network identifier is the sender's identity).
 *
 * from_overlay: what other nodes sent. The tunnel names the sender, provided that its other end is a node of the cluster.
 * to_overlay:   what the stack sends to other nodes' pods: the node's own traffic, and of pods what had to be split. What
 *               pods send otherwise comes with the tunnel's other end already named.
 */
#include "lib/forward.h"
#include "lib/link.h"

/* Who sent it, and by which node; whether that is a node of ours is asked when a connection begins. Returns 0 or the drop reason. */
APART int read_tunnel(struct __sk_buff *skb, struct passage *passage)
{
	struct bpf_tunnel_key key = {};

	if (!passage)
		return DROP_NO_TUNNEL_KEY;
	if (bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0) == 0) {
		set_ipv4(&passage->sender_node, bpf_htonl(key.remote_ipv4));
	} else {
		if (bpf_skb_get_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6))
			return DROP_NO_TUNNEL_KEY;
		__builtin_memcpy(&passage->sender_node, key.remote_ipv6, sizeof(passage->sender_node));
	}
	if (key.tunnel_id == 0 || key.tunnel_id == IDENTITY_HOST || key.tunnel_id > IDENTITY_CLUSTER_MAX)
		return DROP_INVALID_IDENTITY;
	if (key.tunnel_id >= IDENTITY_FIRST_ALLOCATED || key.tunnel_id == IDENTITY_UNMANAGED ||
	    key.tunnel_id == IDENTITY_HEALTH || key.tunnel_id == IDENTITY_INIT)
		passage->sender_identity = key.tunnel_id;
	passage->by_tunnel = key.tunnel_id == IDENTITY_WORLD ? BY_TUNNEL_FROM_WORLD : BY_TUNNEL_FROM_CLUSTER;
	return 0;
}

/* What was received has become an answer to who sent it. */
static __always_inline int send_back(struct __sk_buff *skb, const struct packet *packet, const struct passage *passage)
{
	int reason = 0;
	int action = send_through_tunnel(skb, packet, find_sender_node(passage, packet->family), IDENTITY_HOST, &reason);

	return reason ? TC_ACT_SHOT : action;
}

SEC("tc")
int from_overlay(struct __sk_buff *skb)
{
	struct packet packet = {};
	struct passage passage = { .direction = DIRECTION_INGRESS, .arrived_on = skb->ifindex };
	const struct endpoint *endpoint = 0, *none = 0;
	struct next_hop *hop = 0;
	int reason;

	if (make_headers_linear(skb))
		return drop(skb, &packet, 0, 0, DROP_INVALID, DIRECTION_INGRESS);
	if (skb->protocol == bpf_htons(ETH_P_IP))
		reason = read_ipv4(skb, &packet, 0);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		reason = read_ipv6(skb, &packet, 0);
	else
		reason = DROP_UNSUPPORTED_L3;
	if (!reason)
		reason = read_tunnel(skb, &passage);
	if (!reason && is_link_message(&packet))
		reason = DROP_FORBIDDEN_ICMP6; /* the tunnel is no link */
	if (reason)
		return drop(skb, &packet, 0, passage.sender_identity, reason, DIRECTION_INGRESS);
	/* A connection knows by which tunnel it comes; without one it is asked each time. */
	if (packet.kind != PACKET_CONNECTION && !find_sender_node(&passage, packet.family))
		return drop(skb, &packet, 0, passage.sender_identity, DROP_UNKNOWN_SENDER, DIRECTION_INGRESS);
	/* The device has no neighbours: the inner frame's destination is nobody's. */
	bpf_skb_change_type(skb, 0 /* PACKET_HOST */);
	reason = admit(skb, &packet, &passage, &endpoint, &none, &hop, config.services, CLIENTS_OUTSIDE);
	if (reason == NOT_OURS && (passage.to_service || passage.unmasqueraded || passage.shortcut == SHORTCUT_FOLLOWED)) {
		int action;

		reason = find_sender_node(&passage, packet.family) ? 0 : DROP_UNKNOWN_SENDER;
		action = reason ? TC_ACT_SHOT : forward_service(skb, &packet, &passage, &reason);
		return reason ? drop(skb, &packet, 0, passage.sender_identity, reason, DIRECTION_INGRESS) : action;
	}
	if (reason == NOT_OURS) {
		reason = passage.ifindex != HOST_INTERFACE ? DROP_NO_LOCAL_ENDPOINT : find_sender_node(&passage, packet.family) ? 0 : DROP_UNKNOWN_SENDER;
		if (!reason)
			return pass(skb, DIRECTION_INGRESS);
		return drop(skb, &packet, 0, passage.sender_identity, reason, DIRECTION_INGRESS);
	}
	if (!reason)
		reason = finish(skb, &packet, &passage);
	count_packet(reason, DIRECTION_INGRESS, skb->len);
	if (config.services && reason == DROP_NO_SERVICE && reject(skb, &packet, 0))
		return send_back(skb, &packet, &passage);
	if (reason)
		return TC_ACT_SHOT;
	return passage.ifindex == HOST_INTERFACE ? TC_ACT_OK : deliver(skb, passage.ifindex, endpoint);
}

/* Addresses alone: a fragment that the stack made has no more. */
static __always_inline bool read_addresses(struct __sk_buff *skb, struct packet *packet)
{
	void *data = (void *)(long)skb->data + ETH_HLEN, *end = (void *)(long)skb->data_end;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = data;

		if ((void *)(ip + 1) > end)
			return false;
		packet->family = 4;
		set_ipv4(&packet->source, ip->saddr);
		set_ipv4(&packet->destination, ip->daddr);
		return true;
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = data;

		if ((void *)(ip + 1) > end)
			return false;
		packet->family = 6;
		__builtin_memcpy(&packet->source, &ip->saddr, sizeof(packet->source));
		__builtin_memcpy(&packet->destination, &ip->daddr, sizeof(packet->destination));
		return true;
	}
	return false;
}

SEC("tc")
int to_overlay(struct __sk_buff *skb)
{
	__u32 mark = skb->mark & MARK_MASK;
	struct packet packet = {};
	struct passage passage = { .direction = DIRECTION_EGRESS };
	const struct endpoint *endpoint = 0, *none = 0;
	struct next_hop *hop = 0;
	struct whereabouts source = {}, destination = {};
	int reason = 0;

	if (mark == MARK_FORWARDED)
		return TC_ACT_OK;
	if (make_headers_linear(skb) || !read_addresses(skb, &packet))
		return drop(skb, &packet, 0, 0, DROP_UNSUPPORTED_L3, DIRECTION_EGRESS);
	find_address(&packet.source, packet.family, &source);
	find_address(&packet.destination, packet.family, &destination);
	/* What the node forwards for others is neither a pod's nor the node's own: it may not enter under their addresses. */
	if (skb->ingress_ifindex && mark != MARK_JUDGED && mark != MARK_MASQUERADE && (source.ifindex || source.tunnel))
		return drop(skb, &packet, 0, 0, DROP_INVALID_SOURCE_IP, DIRECTION_EGRESS);
	if (config.host_firewall && source.ifindex == HOST_INTERFACE && mark != MARK_JUDGED && mark != MARK_MASQUERADE) {
		reason = packet.family == 4 ? read_ipv4(skb, &packet, 0) : read_ipv6(skb, &packet, 0);
		if (!reason && is_link_message(&packet))
			reason = DROP_FORBIDDEN_ICMP6;
		if (reason)
			return drop(skb, &packet, HOST_INTERFACE, IDENTITY_HOST, reason, DIRECTION_EGRESS);
		reason = admit(skb, &packet, &passage, &endpoint, &none, &hop, false, CLIENTS_NONE);
		if (reason > 0) {
			count_packet(reason, DIRECTION_EGRESS, skb->len);
			return TC_ACT_SHOT;
		}
	}
	if (config.services && source.ifindex == HOST_INTERFACE && !mark) {
		/* The node itself, or a pod in its network, answers for a service. */
		bool readable = config.host_firewall || !(packet.family == 4 ? read_ipv4(skb, &packet, 0) : read_ipv6(skb, &packet, 0));
		int restored = readable ? restore_service(skb, &packet, now_ticks()) : 0;

		if (restored < 0)
			return drop(skb, &packet, HOST_INTERFACE, IDENTITY_HOST, -restored, DIRECTION_EGRESS);
	}
	if (config.services && mark == MARK_MASQUERADE) {
		/* To a service's backend, in pieces. */
		__u32 arrived_on = skb->ingress_ifindex;
		struct device *device = find_device(arrived_on);

		reason = packet.family == 4 ? read_ipv4(skb, &packet, 0) : read_ipv6(skb, &packet, 0);
		if (!reason)
			reason = device ? masquerade(skb, &packet, device) : DROP_NAT_NO_MAPPING;
		if (reason)
			return drop(skb, &packet, 0, 0, reason, DIRECTION_EGRESS);
	}
	reason = set_tunnel(skb, destination.tunnel, source.identity);
	if (reason)
		return drop(skb, &packet, source.ifindex, source.identity, reason, DIRECTION_EGRESS);
	set_mark(skb, MARK_FORWARDED);
	return pass(skb, DIRECTION_EGRESS);
}

char program_license[] SEC("license") = "Dual BSD/GPL";
