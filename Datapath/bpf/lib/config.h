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
};

volatile const struct config config = {
	.event_wakeup_bytes = 64 << 10,
	.report_interval_ticks = 5,
	.world_ipv4_identity = 9,
	.world_ipv6_identity = 10,
};

#endif
