/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* How an admitted packet goes on: into a pod, into the tunnel, out by a device, or by the host's stack where that is the right place. */
#ifndef AXONEME_FORWARD_H
#define AXONEME_FORWARD_H

#include "admit.h"
#include "reject.h"

/*
 * What a packet's mark says to the programs of the next interface. Pods cannot set it: the kernel clears it when a packet
 * leaves their namespace. Bits 8-11; the others are left alone.
 */
#define MARK_MASK 0xf00
#define MARK_FORWARDED 0xa00  /* judged, and nothing is left to do */
#define MARK_MASQUERADE 0xb00 /* judged; leaves the cluster under the node's address */
#define MARK_JUDGED 0xc00     /* judged; the stack decides where it goes */

#define SHORTEST_MTU 1280 /* of IPv6; links with less are not expected under IPv4 either */

static __always_inline void set_mark(struct __sk_buff *skb, __u32 mark)
{
	skb->mark = (skb->mark & ~MARK_MASK) | mark;
}

/* Into a pod of this node without passing the host's stack. */
static __always_inline int deliver(struct __sk_buff *skb, __u32 ifindex, const struct endpoint *endpoint)
{
	struct ethhdr *ethernet;

	if (!endpoint)
		endpoint = bpf_map_lookup_elem(&endpoints, &ifindex);
	ethernet = (void *)(long)skb->data;
	if (!endpoint || (void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	__builtin_memcpy(ethernet->h_dest, endpoint->mac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, endpoint->gateway_mac, ETH_ALEN);
	return bpf_redirect_peer(ifindex, 0);
}

/* The identity that other nodes know a sender of this node by. */
static __always_inline __u32 wire_identity(__u32 identity)
{
	if (identity == IDENTITY_HOST)
		return IDENTITY_REMOTE_NODE;
	return identity > IDENTITY_CLUSTER_MAX || identity == config.world_ipv4_identity || identity == config.world_ipv6_identity ? IDENTITY_WORLD : identity;
}

/* Names the tunnel's other end and the sender's identity to the tunnel device. Returns 0 or the drop reason. */
APART int set_tunnel(struct __sk_buff *skb, __u32 tunnel, __u32 identity)
{
	struct ip_address *remote = bpf_map_lookup_elem(&tunnels, &tunnel);
	struct bpf_tunnel_key key = { .tunnel_ttl = 64 };
	__u64 flags = 0;

	if (!tunnel || !remote || !(remote->word[0] | remote->word[1] | remote->word[2] | remote->word[3]))
		return DROP_NO_TUNNEL_ENDPOINT;
	key.tunnel_id = wire_identity(identity);
	if (remote->word[0] == 0 && remote->word[1] == 0 && remote->word[2] == bpf_htonl(0xffff)) {
		key.remote_ipv4 = bpf_ntohl(remote->word[3]);
		flags = BPF_F_ZERO_CSUM_TX;
	} else {
		__builtin_memcpy(key.remote_ipv6, remote->word, sizeof(key.remote_ipv6));
		flags = BPF_F_TUNINFO_IPV6; /* IPv6 wants a checksum (RFC 6935 leaves a way out that not every receiver takes) */
	}
	return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), flags) ? DROP_WRITE_ERROR : 0;
}

/* To the stack, which knows what to do and tells the programs behind it what was done. */
static __always_inline int leave_to_stack(struct __sk_buff *skb, bool to_masquerade)
{
	set_mark(skb, to_masquerade ? MARK_MASQUERADE : MARK_JUDGED);
	return TC_ACT_OK;
}

/*
 * Out of the node, masqueraded if that was decided. Sets `reason` when it must not leave. Only devices that are ours to use
 * are used: behind others the host may have rules of its own. `known`, of the connection, spares the question for a tick.
 */
static __always_inline int send_out(struct __sk_buff *skb, struct packet *packet, const struct passage *passage, struct next_hop *known, int *reason)
{
	struct way_out way = {};
	struct device *device;
	struct ethhdr *ethernet;

	if (known && known->ifindex && known->tick == (__u16)passage->now && packet_length(skb, packet) <= known->mtu) {
		way.hop = *known;
		way.has_neighbour = true;
	} else {
		find_way_out(skb, packet, passage->now, &way);
		if (known && way.has_neighbour)
			*known = way.hop;
	}
	device = way.hop.ifindex && packet_length(skb, packet) <= way.hop.mtu ? bpf_map_lookup_elem(&devices, &way.hop.ifindex) : 0;
	if (!device || !take_hop(skb, packet))
		return leave_to_stack(skb, passage->masquerade);
	if (passage->masquerade && (packet->family == 4 ? device->ipv4 : !is_unspecified(&device->ipv6))) {
		*reason = masquerade(skb, packet, device);
		if (*reason)
			return TC_ACT_SHOT;
	}
	set_mark(skb, MARK_FORWARDED);
	if (!way.has_neighbour)
		return bpf_redirect_neigh(way.hop.ifindex, 0, 0, 0);
	ethernet = (void *)(long)skb->data;
	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end) {
		*reason = DROP_INVALID;
		return TC_ACT_SHOT;
	}
	__builtin_memcpy(ethernet->h_source, device->mac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_dest, way.hop.mac, ETH_ALEN);
	if (config.services && passage->shortcut == SHORTCUT_WANTED)
		note_way(packet, passage, &way.hop, device);
	return bpf_redirect(way.hop.ifindex, 0);
}

/* To another node through the tunnel. What does not fit goes to the stack, which splits it or tells the sender. */
static __always_inline int send_through_tunnel(struct __sk_buff *skb, const struct packet *packet, __u32 tunnel, __u32 identity, int *reason)
{
	if (config.tunnel_mtu && packet_length(skb, packet) > config.tunnel_mtu)
		return leave_to_stack(skb, false);
	*reason = set_tunnel(skb, tunnel, identity);
	if (*reason)
		return TC_ACT_SHOT;
	set_mark(skb, MARK_FORWARDED);
	return bpf_redirect(config.tunnel_ifindex, 0);
}

/* The same for what belongs to a client outside. */
static __always_inline int send_client_through_tunnel(struct __sk_buff *skb, const struct packet *packet, struct passage *passage, __u32 tunnel, int *reason)
{
	passage->tunnel = tunnel;
	if (passage->shortcut == SHORTCUT_WANTED)
		note_way(packet, passage, 0, 0);
	return send_through_tunnel(skb, packet, tunnel, IDENTITY_WORLD, reason);
}

static __always_inline bool may_be_split(struct __sk_buff *skb, const struct packet *packet)
{
	struct iphdr *ip = (void *)(long)skb->data + ETH_HLEN;

	return packet->family == 4 && (void *)(ip + 1) <= (void *)(long)skb->data_end && !(ip->frag_off & bpf_htons(IP_DO_NOT_FRAGMENT));
}

/* How long may a packet to this backend be? Asked only of those that could be too long, for every link takes the others (RFC 8200). */
static __always_inline __u32 room_to_backend(struct __sk_buff *skb, const struct packet *packet, const struct passage *passage, __u32 tunnel, __u32 length)
{
	struct way_out way = {};

	if (length <= SHORTEST_MTU)
		return SHORTEST_MTU;
	if (tunnel)
		return config.tunnel_mtu ?: length;
	find_way_out(skb, packet, passage->now, &way);
	return way.hop.ifindex ? way.hop.mtu : length;
}

/* To a backend on another node that answers the client itself. */
static __always_inline int send_to_direct_backend(struct __sk_buff *skb, struct packet *packet, struct passage *passage, __u32 tunnel, int *reason)
{
	bool too_long = false;

	if (bears_frontend(packet)) {
		__u32 bytes = direct_option_bytes(packet), length = packet_length(skb, packet) + bytes;
		__u32 room = room_to_backend(skb, packet, passage, tunnel, length);

		too_long = length > room;
		if (too_long && !may_be_split(skb, packet)) {
			passage->mtu = room - bytes;
			*reason = DROP_TOO_LONG;
			return TC_ACT_SHOT;
		}
		*reason = put_frontend(skb, packet);
		if (*reason)
			return TC_ACT_SHOT;
		passage->shortcut = SHORTCUT_NONE;
	}
	if (too_long)
		return leave_to_stack(skb, false); /* which splits it */
	return tunnel ? send_client_through_tunnel(skb, packet, passage, tunnel, reason) : send_out(skb, packet, passage, 0, reason);
}

/*
 * To a backend of the node itself, or to one on another node: that answers the client itself, or the stack shall say why it could not be sent under this node's address. Policy
 * judges where the backend is.
 */
static __always_inline int send_to_backend(struct __sk_buff *skb, struct packet *packet, struct passage *passage, int *reason)
{
	struct whereabouts backend = {};

	find_address(&packet->destination, packet->family, &backend);
	if (backend.ifindex == HOST_INTERFACE)
		return leave_to_stack(skb, false);
	if (passage->to_service == TO_DIRECT_BACKEND)
		return send_to_direct_backend(skb, packet, passage, config.tunnel_ifindex ? backend.tunnel : 0, reason);
	return leave_to_stack(skb, true);
}

/* Tells the client how long what it sends to this service may be. False: it cannot be told. */
APART int tell_length(struct __sk_buff *skb, struct packet *packet, __u32 mtu)
{
	if (!packet || !reject(skb, packet, mtu))
		return false;
	/* It speaks of the backend: what the client asked takes its place. */
	reverse_tuple(packet);
	packet->kind = PACKET_ERROR;
	packet->protocol = packet->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	packet->l4_offset = ETH_HLEN + (packet->family == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	return translate_error_from_backend(skb, packet) > 0;
}

/* The answer of a backend elsewhere. A pod that asked this node through the tunnel hears from it that way; the stack would not believe what bears its own address. */
static __always_inline int send_to_client(struct __sk_buff *skb, struct packet *packet, struct passage *passage, int *reason)
{
	struct whereabouts client = {};

	if (config.tunnel_ifindex) {
		find_address(&packet->destination, packet->family, &client);
		if (client.tunnel)
			return send_through_tunnel(skb, packet, client.tunnel, IDENTITY_HOST, reason);
	}
	return send_out(skb, packet, passage, 0, reason);
}

/* What is changed and addressed already. */
static __always_inline int send_along(struct __sk_buff *skb, const struct passage *passage, int *reason)
{
	if (passage->tunnel) {
		*reason = set_tunnel(skb, passage->tunnel, IDENTITY_WORLD);
		if (*reason)
			return TC_ACT_SHOT;
	}
	set_mark(skb, MARK_FORWARDED);
	return passage->resolve ? bpf_redirect_neigh(passage->target, 0, 0, 0) : bpf_redirect(passage->target, 0);
}

/*
 * What has no end here: between a client and a backend elsewhere, or none of our business. Sets `reason` when it must not go on.
 */
static __always_inline int forward_service(struct __sk_buff *skb, struct packet *packet, struct passage *passage, int *reason)
{
	if (!config.services)
		return TC_ACT_OK;
	if (passage->shortcut == SHORTCUT_FOLLOWED)
		return send_along(skb, passage, reason);
	if (passage->to_service)
		return send_to_backend(skb, packet, passage, reason);
	return passage->unmasqueraded == UNMASQUERADED_ANSWER ? send_to_client(skb, packet, passage, reason) : TC_ACT_OK;
}

#endif
