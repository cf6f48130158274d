/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Shortcuts: the way that a packet between a client outside and a backend elsewhere took is the way of all that are translated like it until the clock ticks, so
 * that an established connection is two lookups instead of eight and a question to the kernel's routes. What begins or ends a connection goes the long way.
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

/*
 * For a packet from outside that belongs to no connection here: sent along a way that is known, or noted for one that may be. Returns 1 when
 * the packet is changed and only has to be sent, 0, or minus the drop reason.
 */
APART int follow_shortcut(struct __sk_buff *skb, struct packet *packet, struct passage *passage)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	struct ethhdr *ethernet;
	int error;

	if (!packet || !passage || !with)
		return 0;
	ethernet = (void *)(long)skb->data;
	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return 0;
	__builtin_memcpy(with->arrives_at, ethernet->h_dest, ETH_ALEN);
	if (begins_or_ends(packet) || !may_be_shortened(packet))
		return 0;
	make_nat_key(&with->arrived, packet, NAT_IN);
	passage->shortcut = SHORTCUT_WANTED;
	entry = bpf_map_lookup_elem(&nat, &with->arrived);
	if (!entry || !entry->way.ifindex || entry->way.tick != passage->now || !arrives_alike(passage, &entry->way) || !may_take(skb, packet, &entry->way))
		return 0;
	error = put_ends(skb, packet, &entry->tuple);
	return error ? -error : depart(skb, passage, &entry->way, true) ? 1 : -DROP_INVALID;
}

/* Notes the way that a packet went. Without a hop it is the tunnel. */
APART int note_way(const struct packet *packet, const struct passage *passage, const struct next_hop *hop, const struct device *device)
{
	struct balancing *with = balancing_space_here();
	struct nat_entry *entry;
	struct way *way;

	if (!packet || !passage || !with)
		return 0;
	entry = bpf_map_lookup_elem(&nat, &with->arrived);
	if (!entry)
		return 0;
	way = &entry->way;
	if (hop && device)
		set_way_out(way, hop, device, passage);
	else
		set_way_through_tunnel(way, passage->tunnel);
	way->arrived_by = passage->by_tunnel ? find_sender_node(passage, packet->family) : 0;
	__builtin_memcpy(way->arrives_at, with->arrives_at, ETH_ALEN);
	way->tick = passage->now;
	return 0;
}

#endif
