/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Address to identity, in two tiers: a hash for pods and nodes, a trie for prefixes (several times slower). */
#ifndef AXONEME_IPCACHE_H
#define AXONEME_IPCACHE_H

#include "config.h"
#include "maps.h"

#define IDENTITY_HOST 1 /* reserved:host */
#define IDENTITY_WORLD 2
#define IDENTITY_UNMANAGED 3
#define IDENTITY_HEALTH 4
#define IDENTITY_INIT 5
#define IDENTITY_REMOTE_NODE 6
#define IDENTITY_KUBE_APISERVER 7
#define IDENTITY_FIRST_ALLOCATED 256
#define IDENTITY_CLUSTER_MAX 0xffffff	/* beyond: of this node only */
#define IDENTITY_NODE_SCOPE 0x02000000 /* remote nodes with labels */

struct whereabouts {
	__u32 identity;
	__u32 ifindex; /* of the local pod that has the address, HOST_INTERFACE for this node's own, else 0 */
	__u32 tunnel;  /* index into `tunnels` of the node it is behind, else 0 */
	__u32 outside; /* not an address of the cluster */
};

APART int find_address(const struct ip_address *address, __u32 family, struct whereabouts *found)
{
	struct ipcache_entry *entry;

	if (!address || !found)
		return 0;
	entry = bpf_map_lookup_elem(&hosts, address);
	found->outside = !entry;
	if (!entry) {
		struct prefix key = { .length = 128 };

		key.address = *address;
		entry = bpf_map_lookup_elem(&prefixes, &key);
	}
	if (entry) {
		found->identity = entry->identity;
		found->ifindex = entry->identity == IDENTITY_HOST ? HOST_INTERFACE : entry->ifindex;
		found->tunnel = entry->tunnel;
	} else {
		found->identity = family == 4 ? config.world_ipv4_identity : config.world_ipv6_identity;
		found->ifindex = 0;
		found->tunnel = 0;
	}
	return 0;
}

static __always_inline bool is_node(__u32 identity)
{
	return identity == IDENTITY_REMOTE_NODE || identity == IDENTITY_KUBE_APISERVER ||
	       (identity & 0xff000000) == IDENTITY_NODE_SCOPE;
}

#endif
