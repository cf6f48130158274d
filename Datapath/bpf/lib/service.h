/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which backend a client of a service gets. */
#ifndef AXONEME_SERVICE_H
#define AXONEME_SERVICE_H

#include "maps.h"

static __always_inline __u32 service_tick(void)
{
	return bpf_ktime_get_ns() >> TICK_SHIFT;
}

static __always_inline struct backend *find_slot(__u32 pool, __u32 index, __u32 *id)
{
	struct pool_slot slot = { .pool = pool, .index = index };
	__u32 *backend = bpf_map_lookup_elem(&service_pools, &slot);

	if (!backend)
		return 0;
	*id = *backend;
	return bpf_map_lookup_elem(&backends, id);
}

/* By the pool's table when it has one, so that every node gives a client the same backend; else by the number alone. */
static __always_inline struct backend *pick_backend(const struct service_pool *pool, __u32 hash, __u32 *id)
{
	__u32 entry, index;

	if (!pool->count)
		return 0;
	index = hash % pool->count;
	if (pool->table_size) {
		struct maglev_key key = { .pool = pool->id };
		struct maglev_piece *piece;

		entry = hash % pool->table_size;
		key.piece = entry / MAGLEV_PIECE;
		piece = bpf_map_lookup_elem(&maglev, &key);
		if (piece)
			index = piece->slot[entry % MAGLEV_PIECE];
	}
	return find_slot(pool->id, index, id);
}

/*
 * A client with affinity keeps its backend for as long as that takes new connections. `client` is left out by callers without one. A pool that
 * was taken away under us is answered like an empty one; its frontends have pointed elsewhere for a while then.
 */
static __noinline struct backend *choose_backend(const struct service *service, const struct service_pool *pool, const struct affinity_key *client, __u32 hash, __u32 *id)
{
	bool sticky = (service->flags & SERVICE_AFFINITY) && client;
	struct affinity_entry *known, chosen = {};
	struct backend *backend;

	if (!pool->count)
		return 0;
	if (sticky) {
		chosen.last_seen = service_tick();
		known = bpf_map_lookup_elem(&affinity, client);
		if (known && chosen.last_seen - known->last_seen <= service->affinity_ticks) {
			*id = known->backend;
			backend = bpf_map_lookup_elem(&backends, id);
			if (backend && !(backend->flags & BACKEND_TERMINATING)) {
				known->last_seen = chosen.last_seen;
				return backend;
			}
		}
	}
	backend = pick_backend(pool, hash, id);
	if (backend && sticky) {
		chosen.backend = *id;
		bpf_map_update_elem(&affinity, client, &chosen, BPF_ANY);
	}
	return backend;
}

#endif
