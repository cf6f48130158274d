// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Programs of the pods' and the node's cgroup. A socket that connects or sends to a service gets a backend's address right there, so that
 * no packet has to be translated; what it asks of its peer is answered with the service's.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include "lib/service.h"
#include "lib/ipcache.h"

#define PROCEED 1
#define REFUSE 0

#define ECONNREFUSED 111

struct target {
	struct ip_address address;
	__be16 port;
	__u8 protocol;
};

static __always_inline void set_mapped(struct ip_address *address, __u32 ipv4)
{
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = bpf_htonl(0xffff);
	address->word[3] = ipv4;
}

static __always_inline bool is_mapped(const struct ip_address *address)
{
	return !address->word[0] && !address->word[1] && address->word[2] == bpf_htonl(0xffff);
}

static __always_inline bool has_services(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

static __always_inline bool same_address(const struct ip_address *left, const struct ip_address *right)
{
	return left->word[0] == right->word[0] && left->word[1] == right->word[1] && left->word[2] == right->word[2] && left->word[3] == right->word[3];
}

/* A frontend under a wildcard address has several addresses that a socket may have asked. */
static __always_inline void remember_peer(struct bpf_sock_addr *ctx, const struct target *backend, const struct service_key *service, __u32 frontend)
{
	struct socket_peer_key key = {};
	struct socket_peer peer = {}, *known;

	key.socket = bpf_get_socket_cookie(ctx);
	key.address = backend->address;
	key.port = backend->port;
	key.protocol = backend->protocol;
	peer.address = service->address;
	peer.port = service->port;
	peer.frontend = frontend;
	peer.last_seen = service_tick();
	known = bpf_map_lookup_elem(&socket_peers, &key);
	if (known && known->frontend == frontend && same_address(&known->address, &service->address))
		return;
	bpf_map_update_elem(&socket_peers, &key, &peer, BPF_ANY);
}

static __always_inline bool is_loopback(const struct ip_address *address)
{
	return is_mapped(address) ? (address->word[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000)
				  : !address->word[0] && !address->word[1] && !address->word[2] && address->word[3] == bpf_htonl(1);
}

/* The service that has the port on every node, if the address is a node's: one that is in no frontend, another node's or, for the node itself, loopback. */
static __always_inline struct service *find_node_port(struct bpf_sock_addr *ctx, const struct service_key *asked)
{
	__u16 port = bpf_ntohs(asked->port);
	struct service_key key = {};
	struct ipcache_entry *entry;
	struct service *service;

	if (port < config.node_port_min || port > config.node_port_max)
		return 0;
	if (is_loopback(&asked->address)) {
		if (bpf_get_netns_cookie(ctx) != config.namespace_cookie)
			return 0;
	} else {
		entry = bpf_map_lookup_elem(&hosts, &asked->address);
		if (!entry || (entry->identity != IDENTITY_HOST && !is_node(entry->identity)))
			return 0;
	}
	if (is_mapped(&asked->address))
		key.address.word[2] = asked->address.word[2];
	key.port = asked->port;
	key.protocol = asked->protocol;
	service = bpf_map_lookup_elem(&services, &key);
	return service && service->flags & SERVICE_ANY_NODE ? service : 0;
}

/*
 * Puts a backend in the place of a service. False: the service has none that could answer. Datagrams of one socket go to one backend
 * for as long as the list stays the same; every connection asks anew.
 */
static __always_inline bool translate(struct bpf_sock_addr *ctx, struct target *target, bool is_datagram, bool *changed)
{
	struct service_key key = {};
	struct affinity_key client = {};
	struct service *service;
	struct backend *backend;
	__u64 cookie;
	__u32 hash, id = 0;

	key.address = target->address;
	key.port = target->port;
	key.protocol = target->protocol;
	service = bpf_map_lookup_elem(&services, &key);
	if (!service)
		service = find_node_port(ctx, &key);
	else if (!(service->flags & SERVICE_INTERNAL))
		return true;
	if (!service)
		return true;
	cookie = bpf_get_netns_cookie(ctx);
	client.client.word[0] = cookie;
	client.client.word[1] = cookie >> 32;
	client.group = service->group;
	client.scope = AFFINITY_NAMESPACE | (service->flags & SERVICE_INSIDE_LOCAL ? AFFINITY_LOCAL : 0) | (is_mapped(&target->address) ? 0 : AFFINITY_IPV6);
	if (is_datagram) {
		cookie = bpf_get_socket_cookie(ctx) * 0x9e3779b97f4a7c15ULL;
		hash = (cookie >> 32) ^ service->frontend;
	} else {
		hash = bpf_get_prandom_u32();
	}
	backend = choose_backend(service, &service->inside, &client, hash, &id);
	if (!backend)
		return false;
	target->address = backend->address;
	target->port = backend->port;
	*changed = true;
	remember_peer(ctx, target, &key, service->frontend);
	return true;
}

/* The service in whose name a socket gets an answer. */
static __always_inline bool find_service_of(struct bpf_sock_addr *ctx, struct target *peer)
{
	struct socket_peer_key key = {};
	struct socket_peer *known;

	key.socket = bpf_get_socket_cookie(ctx);
	key.address = peer->address;
	key.port = peer->port;
	key.protocol = peer->protocol;
	known = bpf_map_lookup_elem(&socket_peers, &key);
	if (!known)
		return false;
	peer->address = known->address;
	peer->port = known->port;
	return true;
}

/* A socket that is connected to this address itself, and once was through a service, has no other peer any more. */
static __always_inline void forget_peer(struct bpf_sock_addr *ctx, const struct target *target)
{
	struct socket_peer_key key = {};

	key.socket = bpf_get_socket_cookie(ctx);
	key.address = target->address;
	key.port = target->port;
	key.protocol = target->protocol;
	bpf_map_delete_elem(&socket_peers, &key);
}

/* A connection that is refused at once tells the client more than one that times out. */
static __always_inline int refuse(void)
{
	bpf_set_retval(-ECONNREFUSED);
	return REFUSE;
}

static __always_inline void read4(struct bpf_sock_addr *ctx, struct target *target)
{
	set_mapped(&target->address, ctx->user_ip4);
	target->port = ctx->user_port;
	target->protocol = ctx->protocol;
}

static __always_inline void write4(struct bpf_sock_addr *ctx, const struct target *target)
{
	ctx->user_ip4 = target->address.word[3];
	ctx->user_port = target->port;
}

static __always_inline void read6(struct bpf_sock_addr *ctx, struct target *target)
{
	target->address.word[0] = ctx->user_ip6[0];
	target->address.word[1] = ctx->user_ip6[1];
	target->address.word[2] = ctx->user_ip6[2];
	target->address.word[3] = ctx->user_ip6[3];
	target->port = ctx->user_port;
	target->protocol = ctx->protocol;
}

static __always_inline void write6(struct bpf_sock_addr *ctx, const struct target *target)
{
	ctx->user_ip6[0] = target->address.word[0];
	ctx->user_ip6[1] = target->address.word[1];
	ctx->user_ip6[2] = target->address.word[2];
	ctx->user_ip6[3] = target->address.word[3];
	ctx->user_port = target->port;
}

static __always_inline int send4(struct bpf_sock_addr *ctx, bool is_datagram)
{
	struct target target = {};
	bool changed = false;

	if (!has_services(ctx->protocol))
		return PROCEED;
	read4(ctx, &target);
	if (!translate(ctx, &target, is_datagram, &changed))
		return refuse();
	if (changed)
		write4(ctx, &target);
	else if (!is_datagram && target.protocol == IPPROTO_UDP)
		forget_peer(ctx, &target);
	return PROCEED;
}

/* IPv4-mapped addresses are services' addresses as the maps have them. */
static __always_inline int send6(struct bpf_sock_addr *ctx, bool is_datagram)
{
	struct target target = {};
	bool changed = false;

	if (!has_services(ctx->protocol))
		return PROCEED;
	read6(ctx, &target);
	if (!translate(ctx, &target, is_datagram, &changed))
		return refuse();
	if (changed)
		write6(ctx, &target);
	else if (!is_datagram && target.protocol == IPPROTO_UDP)
		forget_peer(ctx, &target);
	return PROCEED;
}

static __always_inline int answer4(struct bpf_sock_addr *ctx)
{
	struct target peer = {};

	if (has_services(ctx->protocol)) {
		read4(ctx, &peer);
		if (find_service_of(ctx, &peer) && is_mapped(&peer.address))
			write4(ctx, &peer);
	}
	return PROCEED;
}

static __always_inline int answer6(struct bpf_sock_addr *ctx)
{
	struct target peer = {};

	if (has_services(ctx->protocol)) {
		read6(ctx, &peer);
		if (find_service_of(ctx, &peer))
			write6(ctx, &peer);
	}
	return PROCEED;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	return send4(ctx, false);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	return send6(ctx, false);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	return send4(ctx, true);
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	return send6(ctx, true);
}

SEC("cgroup/recvmsg4")
int recvmsg4(struct bpf_sock_addr *ctx)
{
	return answer4(ctx);
}

SEC("cgroup/recvmsg6")
int recvmsg6(struct bpf_sock_addr *ctx)
{
	return answer6(ctx);
}

SEC("cgroup/getpeername4")
int getpeername4(struct bpf_sock_addr *ctx)
{
	return answer4(ctx);
}

SEC("cgroup/getpeername6")
int getpeername6(struct bpf_sock_addr *ctx)
{
	return answer6(ctx);
}

/* The node may not take a port for itself that services listen on. */
static __always_inline int check_port(struct bpf_sock *ctx, __u64 cookie)
{
	struct node_port key = {};
	__u16 port = ctx->src_port;

	if (cookie != config.namespace_cookie || port < config.node_port_min || port > config.node_port_max || !has_services(ctx->protocol))
		return PROCEED;
	key.port = bpf_htons(port);
	key.protocol = ctx->protocol;
	return bpf_map_lookup_elem(&node_ports, &key) ? REFUSE : PROCEED;
}

SEC("cgroup/post_bind4")
int bind4(struct bpf_sock *ctx)
{
	return check_port(ctx, bpf_get_netns_cookie(ctx));
}

SEC("cgroup/post_bind6")
int bind6(struct bpf_sock *ctx)
{
	return check_port(ctx, bpf_get_netns_cookie(ctx));
}

char program_license[] SEC("license") = "Dual BSD/GPL";
