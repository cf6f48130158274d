// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <linux/pkt_cls.h>
#include "lib/admit.h"

SEC("tc")
int from_netdev(struct __sk_buff *skb)
{
	return skb->len + config.host_firewall ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tc")
int to_netdev(struct __sk_buff *skb)
{
	return skb->len + config.host_firewall ? TC_ACT_OK : TC_ACT_SHOT;
}

char program_license[] SEC("license") = "Dual BSD/GPL";
