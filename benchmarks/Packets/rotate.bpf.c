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

#define TIME_TO_LIVE 22 /* Ethernet 14, then IPv4 */
#define SOURCE_PORT 34
#define FLOWS 10000
#define FIRST_PORT 20000

__u32 state = 1;

static __always_inline int go(struct __sk_buff *skb, __u16 port)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + SOURCE_PORT + 20 > end)
		return TC_ACT_UNSPEC;
	*(__be16 *)(data + SOURCE_PORT) = bpf_htons(port);
	/* What the program measured wrote: the receiver's MACs, a hop less, a mark. The sender's stand there again (02:00:00:00:00:02). */
	*(__be32 *)(data + 6) = bpf_htonl(0x02000000);
	*(__be16 *)(data + 10) = bpf_htons(2);
	*(__u8 *)(data + TIME_TO_LIVE) = 64;
	skb->mark = 0;
	bpf_tail_call(skb, &measured, 0);
	return TC_ACT_UNSPEC;
}

static __always_inline __u16 any_flow(void)
{
	state = state * 1103515245 + 12345;
	return FIRST_PORT + (state >> 8) % FLOWS;
}

/* One of 10 000 known flows, in an order caches cannot learn. */
SEC("tc")
int spread(struct __sk_buff *skb)
{
	return go(skb, any_flow());
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

/* As `spread`, of 10.244.0.2, whose address masquerading writes over. */
SEC("tc")
int spread_out(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + SOURCE_PORT > end)
		return TC_ACT_UNSPEC;
	*(__be32 *)(data + 26) = bpf_htonl(0x0af40002);
	return go(skb, any_flow());
}

/* As `spread`, out of a tunnel whose other end is 172.30.0.2, sent by identity 4000. What a receiver reads as the other end is the local one of who sets it. */
SEC("tc")
int spread_tunnel(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = { .tunnel_id = 4000, .tunnel_ttl = 64, .local_ipv4 = 0xac1e0002, .remote_ipv4 = 0xac1e0001 };

	if (bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0))
		return TC_ACT_UNSPEC;
	return go(skb, any_flow());
}

char program_license[] SEC("license") = "GPL";
