/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Shortcuts: what became of a packet between a client outside and a backend elsewhere becomes of all that look like it until the clock ticks, so that an
 * established connection is two lookups instead of eight and a question to the kernel's routes. What begins or ends a connection goes the long way.
 */
#ifndef AXONEME_SHORTCUT_H
#define AXONEME_SHORTCUT_H

#include "direct.h"
#include "passage.h"

static __always_inline bool begins_or_ends(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST);
}

/* Whole packets: the driver's program takes no others. */
static __always_inline bool may_be_shortened(const struct packet *packet)
{
	return packet->kind == PACKET_CONNECTION && !packet->later_fragment && !has_options(packet) && (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP);
}

/* Both ends at once. Returns 0 or the drop reason. */
static __always_inline int rewrite_ends(struct __sk_buff *skb, struct packet *packet, const struct shortcut *way)
{
	__u32 checksum = packet->l4_offset + (packet->protocol == IPPROTO_TCP ? 16 : 6);
	__u64 flags = packet->protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__u32 from_ports = (__u32)packet->destination_port << 16 | packet->source_port;
	__u32 to_ports = (__u32)way->destination_port << 16 | way->source_port;
	int error = 0;
	__s64 sum;

	if (packet->family == 4) {
		__be32 from[] = { packet->source.word[3], packet->destination.word[3] };
		__be32 to[] = { way->source.word[3], way->destination.word[3] };

		sum = bpf_csum_diff(from, sizeof(from), to, sizeof(to), 0);
		error |= bpf_l4_csum_replace(skb, checksum, 0, sum, flags | BPF_F_PSEUDO_HDR);
		error |= bpf_l3_csum_replace(skb, ETH_HLEN + IPV4_CHECKSUM_OFFSET, 0, sum, 0);
		error |= bpf_skb_store_bytes(skb, ETH_HLEN + IPV4_SOURCE_OFFSET, to, sizeof(to), 0);
	} else {
		struct ip_address from[] = { packet->source, packet->destination };
		struct ip_address to[] = { way->source, way->destination };

		sum = bpf_csum_diff((__be32 *)from, sizeof(from), (__be32 *)to, sizeof(to), 0);
		error |= bpf_l4_csum_replace(skb, checksum, 0, sum, flags | BPF_F_PSEUDO_HDR);
		error |= bpf_skb_store_bytes(skb, ETH_HLEN + IPV6_SOURCE_OFFSET, to, sizeof(to), 0);
	}
	if (from_ports != to_ports) {
		error |= bpf_l4_csum_replace(skb, checksum, from_ports, to_ports, flags | sizeof(to_ports));
		error |= bpf_skb_store_bytes(skb, packet->l4_offset, &to_ports, sizeof(to_ports), 0);
	}
	return error ? DROP_WRITE_ERROR : 0;
}

/* Did the packet come the way that those came from whose shortcut this is? */
static __always_inline bool arrives_alike(const struct passage *passage, const struct shortcut *way)
{
	return passage->by_tunnel ? is_tunnel_to(way->arrived_by, &passage->sender_node) : !way->arrived_by;
}

/*
 * For a packet from outside that belongs to no connection here: sent along a shortcut, or noted for one that may be left behind it. Returns 1 when
 * the packet is changed and only has to be sent, 0, or minus the drop reason.
 */
APART int follow_shortcut(struct __sk_buff *skb, struct packet *packet, struct passage *passage)
{
	struct balancing *with = balancing_space_here();
	struct shortcut *way;
	struct ethhdr *ethernet;
	int error;

	if (!packet || !passage || !with || !may_be_shortened(packet))
		return 0;
	make_nat_key(&with->arrived, packet, 0);
	if (begins_or_ends(packet)) {
		bpf_map_delete_elem(&shortcuts, &with->arrived); /* what follows may be another connection's */
		return 0;
	}
	passage->shortcut = SHORTCUT_WANTED;
	ethernet = (void *)(long)skb->data;
	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return 0;
	__builtin_memcpy(with->arrives_at, ethernet->h_dest, ETH_ALEN);
	way = bpf_map_lookup_elem(&shortcuts, &with->arrived);
	if (!way || way->tick != passage->now || packet_length(skb, packet) > way->mtu || !arrives_alike(passage, way))
		return 0;
	if (!way->tunnel && !take_hop(skb, packet))
		return 0;
	error = rewrite_ends(skb, packet, way);
	if (error)
		return -error;
	ethernet = (void *)(long)skb->data;
	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return -DROP_INVALID;
	if (!way->tunnel) {
		__builtin_memcpy(ethernet->h_source, way->source_mac, ETH_ALEN);
		__builtin_memcpy(ethernet->h_dest, way->destination_mac, ETH_ALEN);
	}
	passage->target = way->ifindex;
	passage->tunnel = way->tunnel;
	passage->shortcut = SHORTCUT_FOLLOWED;
	return 1;
}

/* Leaves one, behind all changes. Without a hop it leads into the tunnel. */
APART int note_shortcut(const struct packet *packet, const struct passage *passage, const struct next_hop *hop, const struct device *device)
{
	struct balancing *with = balancing_space_here();
	struct shortcut way = {};

	if (!packet || !passage || !with)
		return 0;
	way.source = packet->source;
	way.destination = packet->destination;
	way.source_port = packet->source_port;
	way.destination_port = packet->destination_port;
	way.tick = passage->now;
	if (passage->by_tunnel)
		way.arrived_by = find_sender_node(passage, packet->family);
	__builtin_memcpy(way.arrives_at, with->arrives_at, ETH_ALEN);
	if (hop && device) {
		way.ifindex = hop->ifindex;
		way.mtu = hop->mtu;
		way.by_driver = device->flags & DEVICE_ACCELERATED && !passage->by_tunnel;
		__builtin_memcpy(way.source_mac, device->mac, ETH_ALEN);
		__builtin_memcpy(way.destination_mac, hop->mac, ETH_ALEN);
	} else {
		way.ifindex = config.tunnel_ifindex;
		way.tunnel = passage->tunnel;
		way.mtu = config.tunnel_mtu;
	}
	return bpf_map_update_elem(&shortcuts, &with->arrived, &way, BPF_ANY);
}

#endif
