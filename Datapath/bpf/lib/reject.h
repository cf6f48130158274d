/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Tells a sender at once that its packet cannot arrive, by ICMP (RFC 792, RFC 4443) from where it sends to: that nobody answers there ("port
 * unreachable"), or, with an `mtu`, how long the packet may be.
 */
#ifndef AXONEME_REJECT_H
#define AXONEME_REJECT_H

#include "nat.h"

/*
 * Of the packet's own, behind its IP header: the ports, and as far as its checksum, for the kernel cuts no packet before that whose
 * checksum is yet to be computed.
 */
#define REJECT_TCP_BYTES 20
#define REJECT_FRAGMENT_BYTES 16
#define REJECT_OTHER_BYTES 8

/* Copies what is kept of the packet; its length, or 0 when there is less. */
static __always_inline __u32 keep_beginning(struct __sk_buff *skb, __u32 offset, __u8 protocol, __u8 *to)
{
	if (protocol == IPPROTO_TCP)
		return bpf_skb_load_bytes(skb, offset, to, REJECT_TCP_BYTES) ? 0 : REJECT_TCP_BYTES;
	if (protocol == IPPROTO_FRAGMENT)
		return bpf_skb_load_bytes(skb, offset, to, REJECT_FRAGMENT_BYTES) ? 0 : REJECT_FRAGMENT_BYTES;
	return bpf_skb_load_bytes(skb, offset, to, REJECT_OTHER_BYTES) ? 0 : REJECT_OTHER_BYTES;
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

struct unreachable4 {
	struct iphdr ip;
	struct icmp_header icmp;
};

struct unreachable6 {
	struct ipv6hdr ip;
	struct icmp_header icmp;
};

/* Only packets without options are answered so, and first fragments; the others are dropped. Returns 0 or the drop reason. */
APART int reject4(struct __sk_buff *skb, __u32 mtu)
{
	struct {
		struct unreachable4 head;
		struct iphdr ip;
		__u8 l4[REJECT_TCP_BYTES];
	} answer = {};
	__u32 keep;
	__s64 sum;

	if (skb->gso_segs > 1 || bpf_skb_load_bytes(skb, ETH_HLEN, &answer.ip, sizeof(answer.ip)))
		return DROP_NO_SERVICE;
	keep = keep_beginning(skb, ETH_HLEN + sizeof(answer.ip), answer.ip.protocol, answer.l4);
	if (!keep || answer.ip.ihl != 5 || answer.ip.frag_off & bpf_htons(IP_FRAGMENT_OFFSET))
		return DROP_NO_SERVICE;
	answer.head.ip.version = 4;
	answer.head.ip.ihl = 5;
	answer.head.ip.ttl = 64;
	answer.head.ip.protocol = IPPROTO_ICMP;
	answer.head.ip.tot_len = bpf_htons(sizeof(answer) - REJECT_TCP_BYTES + keep);
	answer.head.ip.saddr = answer.ip.daddr;
	answer.head.ip.daddr = answer.ip.saddr;
	answer.head.ip.check = fold(bpf_csum_diff(0, 0, (__be32 *)&answer.head.ip, sizeof(answer.head.ip), 0));
	answer.head.icmp.type = ICMP_DEST_UNREACH;
	answer.head.icmp.code = mtu ? ICMP_FRAG_NEEDED : ICMP_PORT_UNREACH;
	answer.head.icmp.sequence = bpf_htons(mtu);
	sum = bpf_csum_diff(0, 0, (__be32 *)&answer.head.icmp, sizeof(answer) - sizeof(answer.head.ip), 0);
	answer.head.icmp.checksum = fold(sum);
	if (bpf_skb_change_tail(skb, ETH_HLEN + sizeof(answer.ip) + keep, 0) || bpf_skb_adjust_room(skb, sizeof(answer.head), BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, ETH_HLEN, &answer, sizeof(answer.head) + sizeof(answer.ip), BPF_F_RECOMPUTE_CSUM))
		return DROP_WRITE_ERROR;
	return 0;
}

APART int reject6(struct __sk_buff *skb, __u32 mtu)
{
	struct {
		struct unreachable6 head;
		struct ipv6hdr ip;
		__u8 l4[REJECT_TCP_BYTES];
	} answer = {};
	__u32 keep;
	__be32 pseudo[2] = { 0, bpf_htonl(IPPROTO_ICMPV6) };
	__s64 sum;

	if (skb->gso_segs > 1 || bpf_skb_load_bytes(skb, ETH_HLEN, &answer.ip, sizeof(answer.ip)))
		return DROP_NO_SERVICE;
	keep = keep_beginning(skb, ETH_HLEN + sizeof(answer.ip), answer.ip.nexthdr, answer.l4);
	if (!keep || (answer.ip.nexthdr != IPPROTO_TCP && answer.ip.nexthdr != IPPROTO_UDP && answer.ip.nexthdr != IPPROTO_SCTP && answer.ip.nexthdr != IPPROTO_FRAGMENT))
		return DROP_NO_SERVICE;
	answer.head.ip.version = 6;
	answer.head.ip.hop_limit = 64;
	answer.head.ip.nexthdr = IPPROTO_ICMPV6;
	pseudo[0] = bpf_htonl(sizeof(answer) - sizeof(answer.head.ip) - REJECT_TCP_BYTES + keep);
	answer.head.ip.payload_len = bpf_htons(bpf_ntohl(pseudo[0]));
	answer.head.ip.saddr = answer.ip.daddr;
	answer.head.ip.daddr = answer.ip.saddr;
	answer.head.icmp.type = mtu ? ICMPV6_PKT_TOOBIG : ICMPV6_DEST_UNREACH;
	answer.head.icmp.code = mtu ? 0 : ICMPV6_PORT_UNREACH;
	answer.head.icmp.sequence = bpf_htons(mtu); /* in both families the lower half of a word */
	sum = bpf_csum_diff(0, 0, (__be32 *)&answer.head.ip.saddr, 2 * sizeof(struct in6_addr), 0);
	sum = bpf_csum_diff(0, 0, pseudo, sizeof(pseudo), sum);
	sum = bpf_csum_diff(0, 0, (__be32 *)&answer.head.icmp, sizeof(answer) - sizeof(answer.head.ip), sum);
	answer.head.icmp.checksum = fold(sum);
	if (bpf_skb_change_tail(skb, ETH_HLEN + sizeof(answer.ip) + keep, 0) || bpf_skb_adjust_room(skb, sizeof(answer.head), BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, ETH_HLEN, &answer, sizeof(answer.head) + sizeof(answer.ip), BPF_F_RECOMPUTE_CSUM))
		return DROP_WRITE_ERROR;
	return 0;
}

/* Turns the packet into its answer, addressed to who sent it on this link. False: it is to be dropped. */
static __always_inline bool reject(struct __sk_buff *skb, const struct packet *packet, __u32 mtu)
{
	struct ethhdr *ethernet;
	__u8 mac[ETH_ALEN];

	if (packet->family == 4 ? reject4(skb, mtu) : reject6(skb, mtu))
		return false;
	ethernet = (void *)(long)skb->data;
	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return false;
	__builtin_memcpy(mac, ethernet->h_source, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, ethernet->h_dest, ETH_ALEN);
	__builtin_memcpy(ethernet->h_dest, mac, ETH_ALEN);
	return true;
}

#endif
