/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a pod says on its own link, and whether it is who it claims to be: MAC, IPv4, IPv6, ARP (RFC 826) and neighbour
 * discovery (RFC 4861). Every check stands before conntrack, so that a forged packet can use no connection.
 */
#ifndef AXONEME_LINK_H
#define AXONEME_LINK_H

#include "packet.h"

#define ND_ROUTER_SOLICITATION 133
#define ND_ROUTER_ADVERTISEMENT 134
#define ND_NEIGHBOUR_SOLICITATION 135
#define ND_NEIGHBOUR_ADVERTISEMENT 136
#define ND_REDIRECT 137
#define MLD_QUERY 130
#define MLD_REPORT 131
#define MLD_DONE 132
#define MLD2_REPORT 143
#define ND_OPTION_SOURCE_MAC 1
#define ND_OPTION_TARGET_MAC 2

#define ARP_HARDWARE_ETHERNET 1
#define ARP_REQUEST 1
#define ARP_REPLY 2

struct arp_packet {
	struct ethhdr ethernet;
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[6];
	__u8 sender_ip[4];
	__u8 target_mac[6];
	__u8 target_ip[4];
} __attribute__((packed));

static __always_inline bool same_mac(const __u8 *a, const __u8 *b)
{
	return *(__u16 *)a == *(__u16 *)b && *(__u16 *)(a + 2) == *(__u16 *)(b + 2) && *(__u16 *)(a + 4) == *(__u16 *)(b + 4);
}

static __always_inline bool same_ipv4(const __u8 *bytes, __u32 ipv4)
{
	__u32 value;

	__builtin_memcpy(&value, bytes, sizeof(value));
	return value == ipv4;
}

/* fe80::/64 with the interface id that MAC gives (RFC 4291, appendix A). */
static __always_inline bool is_own_link_local(const struct ip_address *address, const __u8 *mac)
{
	return address->word[0] == bpf_htonl(0xfe800000) && address->word[1] == 0 &&
	       address->word[2] == bpf_htonl(((__u32)(mac[0] ^ 2) << 24) | (__u32)mac[1] << 16 | (__u32)mac[2] << 8 | 0xff) &&
	       address->word[3] == bpf_htonl(0xfe000000 | (__u32)mac[3] << 16 | (__u32)mac[4] << 8 | mac[5]);
}

static __always_inline bool is_link_message(const struct packet *packet)
{
	if (packet->protocol != IPPROTO_ICMPV6 || packet->kind != PACKET_STATELESS)
		return false;
	return (packet->icmp_type >= ND_ROUTER_SOLICITATION && packet->icmp_type <= ND_REDIRECT) ||
	       (packet->icmp_type >= MLD_QUERY && packet->icmp_type <= MLD_DONE) || packet->icmp_type == MLD2_REPORT;
}

/* The link-layer address option of a solicitation or advertisement must be the sender's own; others may not be there first. */
APART int check_neighbour_message(struct __sk_buff *skb, const struct packet *packet, const struct endpoint *endpoint)
{
	struct {
		__u8 icmp[8];
		struct ip_address target;
	} message;
	struct {
		__u8 type;
		__u8 length;
		__u8 mac[6];
	} option;
	__u32 offset;
	bool advertisement;
	int i;

	if (!packet || !endpoint)
		return DROP_INVALID;
	offset = packet->l4_offset + sizeof(message);
	advertisement = packet->icmp_type == ND_NEIGHBOUR_ADVERTISEMENT;
	if (packet->icmp_type == ND_ROUTER_SOLICITATION) {
		offset = packet->l4_offset + 8;
	} else {
		if (bpf_skb_load_bytes(skb, packet->l4_offset, &message, sizeof(message)))
			return DROP_INVALID;
		if (advertisement && !same_address(&message.target, &endpoint->ipv6) &&
		    !is_own_link_local(&message.target, endpoint->mac))
			return DROP_INVALID_SOURCE_IP;
	}
	for (i = 0; i < 4; i++) {
		if (bpf_skb_load_bytes(skb, offset, &option, sizeof(option)))
			return 0; /* the end of the packet */
		if (option.length == 0)
			return DROP_INVALID;
		if (option.type == ND_OPTION_SOURCE_MAC || option.type == ND_OPTION_TARGET_MAC) {
			if (!same_mac(option.mac, endpoint->mac))
				return DROP_INVALID_SOURCE_MAC;
		}
		offset += option.length * 8;
	}
	return DROP_INVALID; /* none of the messages has that many options */
}

/* Is the IPv6 sender itself? Sets kind PACKET_LINK_LOCAL for messages that stay on the link. */
static __always_inline int check_ipv6_source(struct __sk_buff *skb, struct packet *packet, const struct endpoint *endpoint, __u8 hop_limit)
{
	if (is_link_message(packet) && is_link_scope(&packet->destination)) {
		if (packet->icmp_type == ND_ROUTER_ADVERTISEMENT || packet->icmp_type == ND_REDIRECT || packet->icmp_type == MLD_QUERY)
			return DROP_FORBIDDEN_ICMP6; /* a pod is no router */
		if (!is_own_link_local(&packet->source, endpoint->mac) && !is_unspecified(&packet->source) &&
		    (is_unspecified(&endpoint->ipv6) || !same_address(&packet->source, &endpoint->ipv6)))
			return DROP_INVALID_SOURCE_IP;
		packet->kind = PACKET_LINK_LOCAL;
		if (packet->icmp_type < ND_ROUTER_SOLICITATION || packet->icmp_type == MLD2_REPORT)
			return 0;
		if (hop_limit != 255)
			return DROP_INVALID;
		return check_neighbour_message(skb, packet, endpoint);
	}
	if (is_unspecified(&endpoint->ipv6) || !same_address(&packet->source, &endpoint->ipv6))
		return DROP_INVALID_SOURCE_IP;
	return 0;
}

/*
 * A pod has nobody on its link but the gateway, so every request is answered with the gateway's MAC. Returns a drop
 * reason, 0 to pass the packet to the stack, or -1 when the answer stands in the packet, ready to go back.
 */
APART int answer_arp(struct __sk_buff *skb, const struct endpoint *endpoint)
{
	struct arp_packet arp;
	__u8 ip[4];

	if (!endpoint || bpf_skb_load_bytes(skb, 0, &arp, sizeof(arp)))
		return DROP_INVALID;
	if (arp.hardware != bpf_htons(ARP_HARDWARE_ETHERNET) || arp.protocol != bpf_htons(ETH_P_IP) ||
	    arp.hardware_length != 6 || arp.protocol_length != 4)
		return DROP_INVALID;
	if (!same_mac(arp.sender_mac, endpoint->mac))
		return DROP_INVALID_SOURCE_MAC;
	/* The sender address 0 is a probe (RFC 5227). */
	if (!same_ipv4(arp.sender_ip, 0) && (!endpoint->ipv4 || !same_ipv4(arp.sender_ip, endpoint->ipv4)))
		return DROP_INVALID_SOURCE_IP;
	if (arp.operation != bpf_htons(ARP_REQUEST))
		return 0;
	if (same_ipv4(arp.target_ip, endpoint->ipv4))
		return 0; /* an announcement, or a probe for its own address: nobody else may have it */
	arp.operation = bpf_htons(ARP_REPLY);
	__builtin_memcpy(arp.ethernet.h_dest, endpoint->mac, 6);
	__builtin_memcpy(arp.ethernet.h_source, endpoint->gateway_mac, 6);
	__builtin_memcpy(arp.target_mac, arp.sender_mac, 6);
	__builtin_memcpy(arp.sender_mac, endpoint->gateway_mac, 6);
	__builtin_memcpy(ip, arp.target_ip, 4);
	__builtin_memcpy(arp.target_ip, arp.sender_ip, 4);
	__builtin_memcpy(arp.sender_ip, ip, 4);
	return bpf_skb_store_bytes(skb, 0, &arp, sizeof(arp), 0) ? DROP_WRITE_ERROR : -1;
}

#endif
