/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Address to identity, in two tiers: a hash for pods and nodes, a trie for prefixes (several times slower). */
#ifndef AXONEME_IPCACHE_H
#define AXONEME_IPCACHE_H

#include "config.h"
#include "maps.h"

#define IDENTITY_HOST 1 /* reserved:host */

struct whereabouts {
	__u32 identity;
	__u32 ifindex; /* of the local pod that has the address, else 0 */
};

static __noinline int find_address(const struct ip_address *address, __u32 family, struct whereabouts *found)
{
	struct ipcache_entry *entry = bpf_map_lookup_elem(&hosts, address);

	if (!entry) {
		struct prefix key = { .length = 128 };

		key.address = *address;
		entry = bpf_map_lookup_elem(&prefixes, &key);
	}
	if (entry) {
		found->identity = entry->identity;
		found->ifindex = entry->ifindex;
	} else {
		found->identity = family == 4 ? config.world_ipv4_identity : config.world_ipv6_identity;
		found->ifindex = 0;
	}
	return 0;
}

#endif
