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

#define SOURCE_PORT 34 /* Ethernet 14, IPv4 20 */
#define FLOWS 10000
#define FIRST_PORT 20000

__u32 state = 1;

static __always_inline int go(struct __sk_buff *skb, __u16 port)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + SOURCE_PORT + 20 > end)
		return TC_ACT_UNSPEC;
	*(__be16 *)(data + SOURCE_PORT) = bpf_htons(port);
	/* Delivery wrote the receiver's MACs; the sender's must stand there again (02:00:00:00:00:02). */
	*(__be32 *)(data + 6) = bpf_htonl(0x02000000);
	*(__be16 *)(data + 10) = bpf_htons(2);
	bpf_tail_call(skb, &measured, 0);
	return TC_ACT_UNSPEC;
}

/* One of 10 000 known flows, in an order caches cannot learn. */
SEC("tc")
int spread(struct __sk_buff *skb)
{
	state = state * 1103515245 + 12345;
	return go(skb, FIRST_PORT + (state >> 8) % FLOWS);
}

/* The next source port: a flow not seen before, for the first 65 536 runs. */
SEC("tc")
int next(struct __sk_buff *skb)
{
	return go(skb, state++);
}

/* Always the same flow. */
SEC("tc")
int same(struct __sk_buff *skb)
{
	return go(skb, FIRST_PORT);
}

char program_license[] SEC("license") = "GPL";
