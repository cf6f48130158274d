/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A packet's way past one of the node's interfaces. */
#ifndef AXONEME_PASSAGE_H
#define AXONEME_PASSAGE_H

#include "ipcache.h"

/*
 * What the caller knows of the packet and what it learns. One of its ends is ours: a pod of this node or the node
 * itself, the sender when the direction is EGRESS, the receiver when it is INGRESS. No pointers: functions that stand apart could not use them.
 */
struct passage {
	__u32 ifindex;  /* of our end */
	__u32 identity; /* of our end */
	__u32 direction;
	__u32 arrived_on;      /* interface it came to this node by; 0: made here */
	__u32 sender_identity; /* whom the tunnel says it is from; 0: ask the ipcache */
	struct ip_address sender_node; /* the tunnel's other end */
	__u32 now;
	__u32 target; /* out, EGRESS: interface of the local pod it goes to, HOST_INTERFACE, or 0 for elsewhere */
	__u32 tunnel; /* out, EGRESS: index into `tunnels` when it goes through the tunnel */
	__u8 source_is_high;
	__u8 from_initiator;
	__u8 masquerade; /* out, EGRESS: leaves the cluster under the node's address */
	__u8 by_tunnel; /* enum by_tunnel */
	__u8 to_service;   /* enum to_service: has got a backend for its destination */
	__u8 answers;	   /* comes from the backend of a service: from there in the client's eyes */
	__u8 unmasqueraded; /* enum unmasqueraded: its destination was ours and is the sender of what it answers */
	__u8 to_itself; /* enum to_itself */
	__u32 shortcut; /* enum shortcut_use */
	__u32 resolve;	/* out: its neighbour is for the kernel to find */
	__u32 mtu; /* out: how long the packet may be, when that is why it was refused */
};

/* A pod that is its own backend: nobody judges what it says to itself. */
enum to_itself {
	TO_ITSELF_ASKED = 1,
	TO_ITSELF_ANSWERED = 2,
};

/* Who may ask for services with this packet. */
enum clients {
	CLIENTS_NONE = 0,
	CLIENTS_INSIDE = 1,
	CLIENTS_OUTSIDE = 2,
};

enum by_tunnel {
	BY_TUNNEL_FROM_CLUSTER = 1,
	BY_TUNNEL_FROM_WORLD = 2, /* somebody outside whom the other node forwards for */
};

enum shortcut_use {
	SHORTCUT_NONE = 0,
	SHORTCUT_WANTED = 1,   /* what is behind this one goes the same way */
	SHORTCUT_FOLLOWED = 2, /* changed and addressed already, to be sent */
};

/* What admit() returns for a packet that has no end here that is judged. */
#define NOT_OURS (-1)

/* Is the way to this node the tunnel with this index? */
static __always_inline bool is_tunnel_to(__u32 tunnel, const struct ip_address *node)
{
	struct ip_address *remote = tunnel ? bpf_map_lookup_elem(&tunnels, &tunnel) : 0;

	return remote && same_address(remote, node);
}

/* Nobody but a node of the cluster may say who sends. Returns the index of its tunnel, or 0. */
static __always_inline __u32 find_sender_node(const struct passage *passage, __u32 family)
{
	struct whereabouts node = {};

	find_address(&passage->sender_node, family, &node);
	return is_node(node.identity) ? node.tunnel : 0;
}

#endif
