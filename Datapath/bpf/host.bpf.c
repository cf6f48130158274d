// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The two programs of an interface that leads out of the node.
 *
 * from_netdev: what arrives. For a pod it is judged here and goes straight into the pod; for the node itself it is
 *              judged by the policies for nodes. Answers to masqueraded connections first get their way back.
 * to_netdev:   what leaves. The node's own traffic is judged; what leaves the cluster gets the node's address. What pods
 *              sent was judged where it began.
 * Whatever is neither a pod's nor the node's passes as if we were not here.
 */
#include "lib/forward.h"
#include "lib/link.h"

/* The tunnel's own packets carry their verdict inside. */
static __always_inline bool is_tunnel_packet(const struct packet *packet)
{
	return config.tunnel_ifindex && packet->protocol == IPPROTO_UDP && packet->destination_port == bpf_htons(config.tunnel_port);
}

/* So are errors about them the node's, whatever its policy. */
APART int is_tunnel_error(struct __sk_buff *skb, const struct packet *packet)
{
	struct packet inner = {};

	return packet && packet->kind == PACKET_ERROR && read_error(skb, packet, &inner) && is_tunnel_packet(&inner);
}

/* A packet that cannot be read is refused when it concerns one of ours and is otherwise none of our business. */
APART int refuse_ours(struct __sk_buff *skb, const struct packet *packet, int reason, __u32 direction)
{
	struct whereabouts ours = {};

	if (!packet || !packet->family)
		return TC_ACT_OK; /* not even addresses: the stack refuses it */
	find_address(direction == DIRECTION_EGRESS ? &packet->source : &packet->destination, packet->family, &ours);
	if (!ours.ifindex || (ours.ifindex == HOST_INTERFACE && !config.host_firewall))
		return TC_ACT_OK;
	return drop(skb, packet, ours.ifindex, ours.identity, reason, direction);
}

/* Reads either family. False: nothing to judge, and the packet passes. */
static __always_inline bool read_packet(struct __sk_buff *skb, struct packet *packet, int *error)
{
	*error = 0;
	if (skb->vlan_present || make_headers_linear(skb))
		return false; /* a VLAN's packets are seen on its own interface */
	switch (skb->protocol) {
	case bpf_htons(ETH_P_IP):
		*error = read_ipv4(skb, packet, 0);
		return true;
	case bpf_htons(ETH_P_IPV6):
		*error = read_ipv6(skb, packet, 0);
		return *error || !is_link_message(packet);
	default:
		return false;
	}
}

/* What was received has become an answer to who sent it on this link. */
static __always_inline int send_back(struct __sk_buff *skb)
{
	set_mark(skb, MARK_FORWARDED);
	return bpf_redirect(skb->ifindex, 0);
}

SEC("tc")
int from_netdev(struct __sk_buff *skb)
{
	struct packet packet = {};
	struct passage passage = { .direction = DIRECTION_INGRESS, .arrived_on = skb->ifindex };
	const struct endpoint *endpoint = 0, *none = 0;
	struct next_hop *hop = 0;
	int reason;

	if (!read_packet(skb, &packet, &reason))
		return TC_ACT_OK;
	if (reason)
		return refuse_ours(skb, &packet, reason, DIRECTION_INGRESS);
	if (is_tunnel_packet(&packet) || (config.tunnel_ifindex && packet.kind == PACKET_ERROR && is_tunnel_error(skb, &packet)))
		return TC_ACT_OK;
	reason = admit(skb, &packet, &passage, &endpoint, &none, &hop, true, CLIENTS_OUTSIDE);
	if (reason == NOT_OURS) {
		int action;

		reason = 0;
		action = forward_service(skb, &packet, &passage, &reason);
		if (reason)
			action = drop(skb, &packet, 0, 0, reason, DIRECTION_INGRESS);
		return config.services && reason == DROP_TOO_LONG && tell_length(skb, &packet, passage.mtu) ? send_back(skb) : action;
	}
	if (!reason)
		reason = finish(skb, &packet, &passage);
	count_packet(reason, DIRECTION_INGRESS, skb->len);
	if (config.services && reason == DROP_NO_SERVICE && reject(skb, &packet, 0))
		return send_back(skb);
	if (reason)
		return TC_ACT_SHOT;
	return passage.ifindex == HOST_INTERFACE ? TC_ACT_OK : deliver(skb, passage.ifindex, endpoint);
}

/* Does the node itself send from a port that a masqueraded pod could be given? Then the port has to be known as taken. */
static __always_inline bool may_collide(const struct packet *packet, const struct device *device)
{
	__u16 port = bpf_ntohs(packet->source_port);

	if (packet->family == 4 ? packet->source.word[3] != device->ipv4 : !same_address(&packet->source, &device->ipv6))
		return false;
	if (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP)
		return port >= config.nat_port_min && port <= config.nat_port_max;
	return (packet->protocol == IPPROTO_ICMP && packet->icmp_type == ICMP_ECHO) ||
	       (packet->protocol == IPPROTO_ICMPV6 && packet->icmp_type == ICMPV6_ECHO_REQUEST);
}

SEC("tc")
int to_netdev(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex, mark = skb->mark & MARK_MASK;
	struct packet packet = {};
	struct passage passage = { .direction = DIRECTION_EGRESS };
	const struct endpoint *endpoint = 0, *none = 0;
	struct next_hop *hop = 0;
	struct device *device;
	int reason;

	if (mark == MARK_FORWARDED || mark == MARK_JUDGED || !read_packet(skb, &packet, &reason))
		return TC_ACT_OK;
	if (reason && mark == MARK_MASQUERADE)
		return drop(skb, &packet, 0, 0, reason, DIRECTION_EGRESS);
	if (reason)
		return refuse_ours(skb, &packet, reason, DIRECTION_EGRESS);
	/* What the node forwards for others is not its own, whatever source it bears. */
	if (mark != MARK_MASQUERADE && (skb->ingress_ifindex || is_tunnel_packet(&packet)))
		return TC_ACT_OK;
	if (config.host_firewall && mark != MARK_MASQUERADE) {
		reason = admit(skb, &packet, &passage, &endpoint, &none, &hop, false, CLIENTS_NONE);
		if (reason != NOT_OURS) {
			count_packet(reason, DIRECTION_EGRESS, skb->len);
			if (reason)
				return TC_ACT_SHOT;
		}
	}
	if (config.services && !mark) {
		/* The node itself, or a pod in its network, answers for a service. */
		int restored = restore_service(skb, &packet, now_ticks());

		if (restored)
			return restored < 0 ? drop(skb, &packet, HOST_INTERFACE, IDENTITY_HOST, -restored, DIRECTION_EGRESS) : TC_ACT_OK;
	}
	if (!config.services && !(packet.family == 4 ? config.masquerade4 : config.masquerade6))
		return TC_ACT_OK;
	device = bpf_map_lookup_elem(&devices, &ifindex);
	if (!device || !(packet.family == 4 ? device->ipv4 : !is_unspecified(&device->ipv6)))
		return TC_ACT_OK;
	if (mark != MARK_MASQUERADE && !may_collide(&packet, device))
		return TC_ACT_OK;
	if (mark != MARK_MASQUERADE && packet.protocol == IPPROTO_TCP && packet.tcp_flags & TCP_RST && !is_masqueraded(&packet))
		return TC_ACT_OK; /* the end of something unknown needs no port */
	reason = masquerade(skb, &packet, device);
	return reason ? drop(skb, &packet, 0, 0, reason, DIRECTION_EGRESS) : TC_ACT_OK;
}

char program_license[] SEC("license") = "Dual BSD/GPL";
