// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A test run cannot give a packet a tunnel key. This program gives it one and goes on to the program under test. What a receiver
 * reads as the tunnel's other end is the local one of who sets the key.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} tested SEC(".maps");

struct sender {
	__u32 identity;
	__u32 node; /* IPv4, host byte order; 0: no key at all */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sender);
} senders SEC(".maps");

SEC("tc")
int through_tunnel(struct __sk_buff *skb)
{
	__u32 first = 0;
	struct sender *sender = bpf_map_lookup_elem(&senders, &first);
	struct bpf_tunnel_key key = { .tunnel_ttl = 64, .remote_ipv4 = 0x0a0000c8 };

	if (!sender)
		return TC_ACT_UNSPEC;
	if (sender->node) {
		key.tunnel_id = sender->identity;
		key.local_ipv4 = sender->node;
		if (bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0))
			return TC_ACT_UNSPEC;
	}
	bpf_tail_call(skb, &tested, 0);
	return TC_ACT_UNSPEC;
}

char program_license[] SEC("license") = "GPL";
