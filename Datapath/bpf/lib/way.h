/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* How a packet leaves the node: what the kernel's routes and neighbours say, and what a translation remembers of it for a tick. */
#ifndef AXONEME_WAY_H
#define AXONEME_WAY_H

#include "nat.h"
#include "passage.h"

#define ADDRESS_FAMILY_IPV4 2
#define ADDRESS_FAMILY_IPV6 10

struct way_out {
	struct next_hop hop; /* ifindex 0: leave it to the stack */
	__u32 has_neighbour;
};

/* Asks the kernel's routes and neighbours. Whether the packet is too long for the way is the caller's question. */
APART int find_way_out(struct __sk_buff *skb, const struct packet *packet, __u32 now, struct way_out *way)
{
	struct bpf_fib_lookup fib = { .tot_len = 1 }; /* of 0 the kernel would look at the buffer */
	long result;

	if (!packet || !way)
		return 0;
	fib.ifindex = skb->ifindex;
	fib.l4_protocol = packet->protocol;
	fib.sport = packet->source_port;
	fib.dport = packet->destination_port;
	if (packet->family == 4) {
		fib.family = ADDRESS_FAMILY_IPV4;
		fib.ipv4_src = packet->source.word[3];
		fib.ipv4_dst = packet->destination.word[3];
	} else {
		fib.family = ADDRESS_FAMILY_IPV6;
		__builtin_memcpy(fib.ipv6_src, &packet->source, sizeof(fib.ipv6_src));
		__builtin_memcpy(fib.ipv6_dst, &packet->destination, sizeof(fib.ipv6_dst));
	}
	result = bpf_fib_lookup(skb, &fib, sizeof(fib), 0);
	if (result != BPF_FIB_LKUP_RET_SUCCESS && result != BPF_FIB_LKUP_RET_NO_NEIGH) {
		way->hop.ifindex = 0;
		return 0;
	}
	way->has_neighbour = result == BPF_FIB_LKUP_RET_SUCCESS;
	way->hop.ifindex = fib.ifindex;
	if (!way->has_neighbour) {
		/* Then the kernel does not say how long a packet may be, but whether this one is too long. */
		fib.ifindex = skb->ifindex;
		fib.tot_len = packet_length(skb, packet);
		bpf_fib_lookup(skb, &fib, sizeof(fib), 0);
	}
	way->hop.mtu = fib.mtu_result; /* shares its place with tot_len */
	way->hop.tick = now;
	__builtin_memcpy(way->hop.mac, fib.dmac, ETH_ALEN);
	return 0;
}

/* The device with what is sent under this node's address there; the tunnel has none of its own. */
static __always_inline struct device *find_device(__u32 ifindex)
{
	__u32 node = DEVICE_OF_NODE;
	struct device *device = bpf_map_lookup_elem(&devices, &ifindex);

	return device ?: bpf_map_lookup_elem(&devices, &node);
}

/* By a device, to the neighbour that the kernel named. */
static __always_inline void set_way_out(struct way *way, const struct next_hop *hop, const struct device *device, const struct passage *passage)
{
	way->ifindex = hop->ifindex;
	way->tunnel = 0;
	way->mtu = hop->mtu;
	way->by_driver = device->flags & DEVICE_ACCELERATED && !passage->by_tunnel;
	__builtin_memcpy(way->source_mac, device->mac, ETH_ALEN);
	__builtin_memcpy(way->destination_mac, hop->mac, ETH_ALEN);
}

static __always_inline void set_way_through_tunnel(struct way *way, __u32 tunnel)
{
	way->ifindex = config.tunnel_ifindex;
	way->tunnel = tunnel;
	way->mtu = config.tunnel_mtu ?: 0xffff;
	way->by_driver = 0;
}

/* Did the packet come the way that those came whose way this is? */
static __always_inline bool arrives_alike(const struct passage *passage, const struct way *way)
{
	return passage->by_tunnel ? is_tunnel_to(way->arrived_by, &passage->sender_node) : !way->arrived_by;
}

/* Takes a hop of the packet. False: it is too long for the way, or had no hop left, which is for the stack to answer. */
static __always_inline bool may_take(struct __sk_buff *skb, const struct packet *packet, const struct way *way)
{
	return packet_length(skb, packet) <= way->mtu && (way->tunnel || take_hop(skb, packet));
}

/* Addresses a packet that has been changed; forward_service() sends it. False: it cannot be. */
static __always_inline bool depart(struct __sk_buff *skb, struct passage *passage, const struct way *way, bool has_neighbour)
{
	struct ethhdr *ethernet = (void *)(long)skb->data;

	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return false;
	if (!way->tunnel) {
		__builtin_memcpy(ethernet->h_source, way->source_mac, ETH_ALEN);
		__builtin_memcpy(ethernet->h_dest, way->destination_mac, ETH_ALEN);
	}
	passage->target = way->ifindex;
	passage->tunnel = way->tunnel;
	passage->resolve = !has_neighbour;
	passage->shortcut = SHORTCUT_FOLLOWED;
	return true;
}

#endif
