// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A test run repeats one packet. These programs make it another packet each time and then tail-call the program that
 * is measured, so that many flows pass in one run. Their own cost is part of what is measured and not subtracted.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured SEC(".maps");

#define WORDS 8 /* what has to be written again: to the ports of TCP over IPv6 */

/* What each packet is before the measured program sees it: of what that wrote into the one before nothing may be left. */
struct template {
	__u64 words[WORDS];
	__u32 port_at; /* offset of the port by which flows differ */
	__u16 first_port;
	__u16 flows;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct template);
} template SEC(".maps");

__u32 state = 1;

static __always_inline int go(struct __sk_buff *skb, const struct template *as, __u32 flow)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__be16 *port;
	int i;

	if (data + WORDS * 8 > end || as->port_at > WORDS * 8)
		return TC_ACT_UNSPEC;
	port = data + as->port_at;
	if ((void *)(port + 1) > end)
		return TC_ACT_UNSPEC;
#pragma unroll
	for (i = 0; i < WORDS; i++)
		((__u64 *)data)[i] = as->words[i];
	*port = bpf_htons(as->first_port + flow);
	skb->mark = 0;
	bpf_tail_call(skb, &measured, 0);
	return TC_ACT_UNSPEC;
}

static __always_inline const struct template *find_template(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&template, &zero);
}

static __always_inline int go_to_any(struct __sk_buff *skb)
{
	const struct template *as = find_template();

	if (!as || !as->flows)
		return TC_ACT_UNSPEC;
	state = state * 1103515245 + 12345;
	return go(skb, as, (state >> 8) % as->flows);
}

/* One of the known flows, in an order caches cannot learn. */
SEC("tc")
int spread(struct __sk_buff *skb)
{
	return go_to_any(skb);
}

/* One after the other: none comes again before all others came. */
SEC("tc")
int next(struct __sk_buff *skb)
{
	const struct template *as = find_template();

	return as && as->flows ? go(skb, as, state++ % as->flows) : TC_ACT_UNSPEC;
}

/* Always the same flow. */
SEC("tc")
int same(struct __sk_buff *skb)
{
	const struct template *as = find_template();

	return as ? go(skb, as, 0) : TC_ACT_UNSPEC;
}

/* As `spread`, out of a tunnel whose other end is 172.30.0.2, sent by identity 4000. What a receiver reads as the other end is the local one of who sets it. */
SEC("tc")
int spread_tunnel(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = { .tunnel_id = 4000, .tunnel_ttl = 64, .local_ipv4 = 0xac1e0002, .remote_ipv4 = 0xac1e0001 };

	return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0) ? TC_ACT_UNSPEC : go_to_any(skb);
}

char program_license[] SEC("license") = "GPL";
