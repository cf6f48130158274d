/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Read-only node settings, written before the programs are loaded: the verifier removes what is switched off. */
#ifndef AXONEME_CONFIG_H
#define AXONEME_CONFIG_H

#include "types.h"

struct config {
	__u32 event_wakeup_bytes;      /* wake the event reader when this much is pending */
	__u32 report_interval_ticks;  /* ticks of 2^30 ns: report a connection that goes on, at most this often; 0 never */
	__u32 world_ipv4_identity;     /* of addresses the ipcache does not know */
	__u32 world_ipv6_identity;
	__u32 tunnel_ifindex; /* the VXLAN device, 0: native routing */
	__u32 tunnel_mtu;     /* longest IP packet that fits into the tunnel */
	__u32 nat_secret;     /* decides which ports masquerading tries */
	__u16 tunnel_port;    /* UDP */
	__u16 nat_port_min;   /* source ports that masquerading may give, both inclusive */
	__u16 nat_port_max;
	__u8 host_firewall;   /* judge the node's own traffic */
	__u8 masquerade4;
	__u8 masquerade6;
	__u8 services; /* translate what goes to services */
	__u8 pad[2];
	__u64 namespace_cookie; /* of the node's network namespace */
	__u16 node_port_min;	/* ports that services may have on the node's addresses, both inclusive */
	__u16 node_port_max;
	__u32 padding;
};

volatile const struct config config = {
	.event_wakeup_bytes = 64 << 10,
	.report_interval_ticks = 5,
	.world_ipv4_identity = 9,
	.world_ipv6_identity = 10,
	.tunnel_port = 8472,
	.nat_port_min = 32768,
	.nat_port_max = 65535,
	.node_port_min = 30000,
	.node_port_max = 32767,
};

#endif
