/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One direction's decision. User space has settled precedence: at most two hash lookups and one bisection. */
#ifndef AXONEME_POLICY_H
#define AXONEME_POLICY_H

#include "maps.h"

/* 2^20 intervals in one list: more than the map can hold. */
#define BISECTION_STEPS 20

/* A copy of the interval that holds `class`, in `found`; false when none does. */
static __noinline bool find_interval(const struct policy_entry *entry, __u32 class, struct policy_range *found)
{
	__u32 low = entry->first, high = entry->first + entry->count;
	int i;

	for (i = 0; i < BISECTION_STEPS && low < high; i++) {
		__u32 middle = low + (high - low) / 2;
		struct policy_range *range = bpf_map_lookup_elem(&policy_ranges, &middle);

		if (!range)
			return false;
		if (class < range->low) {
			high = middle;
		} else if (class > range->high) {
			low = middle + 1;
		} else {
			*found = *range;
			return true;
		}
	}
	return false;
}

/* Returns 0 or the drop reason; `rule` is set to what decided. */
APART int decide(const struct endpoint *endpoint, __u32 direction, __u32 identity, __u32 class, __u32 *rule)
{
	struct policy_key key = { .identity = identity };
	struct policy_entry *entry;
	struct policy_range range = {};
	bool matched = false;

	if (!endpoint || !rule)
		return DROP_POLICY;
	key.policy = endpoint->policy_id << 1 | direction;
	entry = bpf_map_lookup_elem(&policy, &key);
	if (!entry) {
		key.identity = 0;
		entry = bpf_map_lookup_elem(&policy, &key);
	}
	if (entry) {
		if (entry->count == 1) {
			range = entry->only;
			matched = class >= range.low && class <= range.high;
		} else {
			matched = find_interval(entry, class, &range);
		}
	}
	if (matched) {
		*rule = range.rule;
		return (range.verdict & 0xffff) == VERDICT_DENY ? DROP_POLICY_DENY : 0;
	}
	if (endpoint->flags & (direction == DIRECTION_INGRESS ? ENDPOINT_INGRESS_ENFORCED : ENDPOINT_EGRESS_ENFORCED)) {
		*rule = RULE_NONE;
		return DROP_POLICY;
	}
	*rule = RULE_NOT_ENFORCED;
	return 0;
}

#endif
