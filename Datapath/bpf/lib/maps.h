/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Every map of the node. Sizes here are for tests; the loader sets the node's before loading. */
#ifndef AXONEME_MAPS_H
#define AXONEME_MAPS_H

#include <bpf/bpf_helpers.h>
#include "layout.h"

#define HASH_MAP(map_name, key_type, value_type, entries, creation_flags) \
	struct {                                                     \
		__uint(type, BPF_MAP_TYPE_HASH);                     \
		__uint(max_entries, entries);                        \
		__uint(map_flags, creation_flags);                   \
		__type(key, key_type);                               \
		__type(value, value_type);                           \
	} map_name SEC(".maps")

#define LRU_MAP(map_name, key_type, value_type, entries) \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_LRU_HASH);     \
		__uint(max_entries, entries);            \
		__type(key, key_type);                   \
		__type(value, value_type);               \
	} map_name SEC(".maps")

/* Room of this CPU for what is too large for the stack of a program: name_here() is it. */
#define SPACE(name, value_type)                               \
	struct {                                              \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);      \
		__uint(max_entries, 1);                       \
		__type(key, __u32);                           \
		__type(value, value_type);                    \
	} name SEC(".maps");                                  \
	static __always_inline value_type *name##_here(void)  \
	{                                                     \
		__u32 zero = 0;                               \
                                                              \
		return bpf_map_lookup_elem(&name, &zero);     \
	}

HASH_MAP(endpoints, __u32, struct endpoint, 4096, 0);
HASH_MAP(hosts, struct ip_address, struct ipcache_entry, 512000, BPF_F_NO_PREALLOC);
HASH_MAP(policy, struct policy_key, struct policy_entry, 1 << 20, BPF_F_NO_PREALLOC);

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 512000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, struct ipcache_entry);
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << 18);
	__type(key, __u32);
	__type(value, struct policy_range);
} policy_ranges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} unmasqueraded SEC(".maps"); /* destinations that pods are seen by under their own address */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct ip_address);
} tunnels SEC(".maps");

HASH_MAP(devices, __u32, struct device, 256, BPF_F_NO_PREALLOC);

HASH_MAP(services, struct service_key, struct service, 1 << 17, BPF_F_NO_PREALLOC);
HASH_MAP(frontends, __u32, struct service_key, 1 << 17, BPF_F_NO_PREALLOC);
HASH_MAP(service_pools, struct pool_slot, __u32, 1 << 20, BPF_F_NO_PREALLOC);
HASH_MAP(backends, __u32, struct backend, 1 << 18, BPF_F_NO_PREALLOC);
HASH_MAP(maglev, struct maglev_key, struct maglev_piece, 1 << 20, BPF_F_NO_PREALLOC);
HASH_MAP(node_ports, struct node_port, __u32, 1 << 16, BPF_F_NO_PREALLOC);
LRU_MAP(affinity, struct affinity_key, struct affinity_entry, 1 << 16);
LRU_MAP(socket_peers, struct socket_peer_key, struct socket_peer, 1 << 16);

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1 << 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct source_range);
	__type(value, __u32);
} source_ranges SEC(".maps");

LRU_MAP(nat, struct nat_key, struct nat_entry, 1 << 17);
LRU_MAP(conntrack4, struct conntrack_key4, struct conntrack_entry, 1 << 17);
LRU_MAP(conntrack6, struct conntrack_key6, struct conntrack_entry, 1 << 16);
LRU_MAP(fragments4, struct fragment_key4, struct fragment_ports, 8192);
LRU_MAP(fragments6, struct fragment_key6, struct fragment_ports, 8192);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_MAX);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

#endif
