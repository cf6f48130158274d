/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Structures that user space reads or writes. Each has a twin in the folder Datapath/Layout; a test compares sizes and
 * offsets through BTF. Numbers are in host byte order unless the type says __be.
 */
#ifndef AXONEME_LAYOUT_H
#define AXONEME_LAYOUT_H

#include "types.h"

/* An IPv4 address is stored as ::ffff:a.b.c.d wherever one key serves both families. */
struct ip_address {
	__u32 word[4]; /* network byte order */
};

enum endpoint_flags {
	ENDPOINT_INGRESS_ENFORCED = 1 << 0, /* default deny for traffic to the pod */
	ENDPOINT_EGRESS_ENFORCED = 1 << 1,
	ENDPOINT_AUDIT = 1 << 2, /* report what would be dropped, drop nothing */
};

/* The node itself is an endpoint, too, under the index that loopback has in every network namespace. */
#define HOST_INTERFACE 1

/* Map `endpoints`: hash, key __u32 ifindex of the pod's host-side interface, HOST_INTERFACE for the node itself. */
struct endpoint {
	__u32 identity;
	__u32 policy_id;       /* which entries of `policy` judge this pod */
	__u32 policy_revision; /* a different value makes recorded verdicts stale */
	__u16 id;              /* endpoint id, 1-65535, unique on the node */
	__u16 flags;
	__u8 mac[6];           /* the pod's */
	__u8 gateway_mac[6];   /* the host-side interface's */
	__u32 ipv4;            /* network byte order, 0 if none */
	struct ip_address ipv6;
};

/* Map `hosts`: hash, key struct ip_address; map `prefixes`: LPM trie, key struct prefix. */
struct ipcache_entry {
	__u32 identity;
	__u32 ifindex; /* host-side interface if the address is a pod's of this node, else 0 */
	__u32 tunnel;  /* index into `tunnels` of the node it is behind, 0 when it is reached without a tunnel */
	__u32 flags;
};

/*
 * Map `tunnels`: array of struct ip_address, the underlay addresses of nodes, so that an ipcache entry and a connection
 * name one in four bytes. Index 0 is none.
 */

/* Map `devices`: hash, key __u32 ifindex of an interface that leads out of the node. */
struct device {
	__u32 ipv4; /* what leaves here under the node's address gets this one, network byte order; 0: none */
	struct ip_address ipv6;
	__u8 mac[6]; /* the interface's own */
	__u16 flags; /* enum device_flags */
};

enum device_flags {
	DEVICE_ACCELERATED = 1 << 0, /* has the driver's program, and may send what other drivers received */
};

/* Key of the entry with the node's main addresses, for what leaves by no such interface. */
#define DEVICE_OF_NODE 0

/* Both ends of a packet. The id of an ICMP echo stands for the port where it is translated, 0 for the other. */
struct tuple {
	struct ip_address source;
	struct ip_address destination;
	__be16 source_port;
	__be16 destination_port;
};

/*
 * Map `nat`: LRU hash. A translation is two entries: what a packet of either side is turned into. Each is the other one's key and value the other way round, so
 * that either can be made again when the LRU took it. The key's tuple is the packet's, as it arrives.
 */
enum nat_direction {
	NAT_OUT = 0, /* gives another source: of what pods send under the node's address, of what a service's backend answers */
	NAT_IN = 1,  /* gives another destination: of what answers to such pods, of what asks a service; of some both ends */
};

enum nat_role {
	NAT_ASKS = 1 << 0,	/* of the packets of who began: the one with the flags */
	NAT_SERVICE = 1 << 1,	/* of a service and its client */
	NAT_BOTH_ENDS = 1 << 2, /* whose backend is elsewhere and sees this node's address: both entries are NAT_IN */
	NAT_PIECES = 1 << 3,	/* of what the stack makes of such a client's packet, client → backend or backend → client; has no other entry */
};

struct nat_key {
	struct tuple tuple;
	__u8 protocol;
	__u8 direction; /* enum nat_direction */
	__u8 pad[2];
};

enum nat_flags {
	NAT_FIN_OUT = 1 << 0,
	NAT_FIN_IN = 1 << 1,
	NAT_RESET = 1 << 2,
	NAT_REPLY_SEEN = 1 << 3,
	NAT_DIRECT_RETURN = 1 << 4, /* the backend answers the client itself */
};

/* How packets between a client outside and a backend elsewhere leave the node. What was found out for one holds for all until the clock ticks. */
struct way {
	__u32 tick;
	__u32 ifindex;	  /* of the device it leaves by; 0: not known */
	__u32 tunnel;	  /* index into `tunnels` when that is the tunnel's */
	__u32 arrived_by; /* the same for how it came */
	__u16 mtu;	  /* bytes behind the Ethernet header */
	__u8 source_mac[6];
	__u8 destination_mac[6];
	__u8 arrives_at[6]; /* whom it is addressed to on the link */
	__u8 by_driver;	    /* drivers can send it on, too */
	__u8 pad[3];
};

struct nat_entry {
	struct tuple tuple; /* what the packet's becomes */
	__u16 flags;	    /* enum nat_flags */
	__u8 role;	    /* enum nat_role */
	__u8 pad;
	__u32 last_seen; /* ticks */
	__u32 backend;	 /* of a service's translation: its key in `backends` */
	struct way way;
};

/*
 * Services. A frontend names two pools of backends, for clients inside and outside the cluster. A pool never changes: another one
 * is written beside it, and then the frontends are pointed there, one hash update each. Map `services`: hash.
 */
struct service_key {
	struct ip_address address;
	__be16 port;
	__u8 protocol;
	__u8 pad;
};

enum service_flags {
	SERVICE_EXTERNAL = 1 << 0,	/* clients outside the cluster may use it */
	SERVICE_INTERNAL = 1 << 1,	/* clients inside may */
	SERVICE_AFFINITY = 1 << 2,	/* a client stays with its backend */
	SERVICE_SOURCE_RANGES = 1 << 3, /* clients outside must be in `source_ranges` */
	SERVICE_DIRECT_RETURN = 1 << 4, /* backends on other nodes answer the client themselves */
	SERVICE_INSIDE_LOCAL = 1 << 6,	/* with affinity: `inside` has backends of this node alone */
	SERVICE_OUTSIDE_LOCAL = 1 << 7, /* the same of `outside` */
	SERVICE_SOURCE_RANGES_DENY = 1 << 8, /* with those: clients outside must not be in them */
	SERVICE_ANY_NODE = 1 << 5,	/* under 0.0.0.0 or ::, for sockets that ask any node; nobody can send packets there */
};

struct service_pool {
	__u32 id;
	__u32 count;	  /* backends, at most 65535; 0: none, the client is told so */
	__u32 table_size; /* of its table in `maglev`, a prime; 0: none, a backend is chosen at random */
};

struct service {
	__u32 frontend; /* its key in `frontends`; connections remember it */
	__u32 group;	/* the service's port, which several frontends may lead to: what affinity and source ranges belong to */
	__u32 affinity_ticks;
	__u16 flags;
	__u16 pad;
	struct service_pool inside;
	struct service_pool outside;
};

/* Map `frontends`: hash, key __u32 frontend → struct service_key, what answers seem to come from. */

/* Map `service_pools`: hash. */
struct pool_slot {
	__u32 pool;
	__u32 index; /* below the pool's count */
};

/* Map `backends`: hash, key __u32. */
struct backend {
	struct ip_address address;
	__be16 port;
	__u8 protocol;
	__u8 flags; /* enum backend_flags */
};

enum backend_flags {
	BACKEND_TERMINATING = 1 << 0, /* keeps the connections it has */
};

/* Map `maglev`: hash; the table of a pool in pieces of index numbers into the pool. */
#define MAGLEV_PIECE 128

struct maglev_key {
	__u32 pool;
	__u32 piece;
};

struct maglev_piece {
	__u16 slot[MAGLEV_PIECE];
};

/* Map `affinity`: LRU hash. */
struct affinity_key {
	struct ip_address client; /* its address; of a socket the cookie of its network namespace in the first two words */
	__u32 group;
	__u32 scope; /* enum affinity_scope */
};

/* What else a client keeps a backend for apart. */
enum affinity_scope {
	AFFINITY_NAMESPACE = 1 << 0, /* a socket's */
	AFFINITY_IPV6 = 1 << 1,	     /* a socket's, which may ask in both families */
	AFFINITY_LOCAL = 1 << 2,     /* among backends of this node alone */
};

struct affinity_entry {
	__u32 backend;
	__u32 last_seen; /* ticks */
};

/* Map `source_ranges`: LPM trie. */
struct source_range {
	__u32 length; /* bits: 32 for the group, 96 more for IPv4 */
	__u32 group;
	struct ip_address address;
};

/* Map `node_ports`: hash; the value means nothing. Ports that the node cannot bind because services listen there. */
struct node_port {
	__be16 port;
	__u8 protocol;
	__u8 pad;
};

/* Map `socket_peers`: LRU hash: what a socket believes to talk to. */
struct socket_peer_key {
	__u64 socket; /* cookie */
	struct ip_address address; /* the backend's */
	__be16 port;
	__u8 pad[2];
	__u32 protocol;
};

struct socket_peer {
	struct ip_address address; /* the frontend's */
	__be16 port;
	__u8 pad[2];
	__u32 frontend;
	__u32 last_seen; /* ticks: when it began to */
};

struct prefix {
	__u32 length; /* bits; IPv4 prefixes count 96 more */
	struct ip_address address;
};

enum direction {
	DIRECTION_EGRESS = 0,
	DIRECTION_INGRESS = 1,
};

enum verdict {
	VERDICT_DENY = 0,
	VERDICT_ALLOW = 1,
	VERDICT_REDIRECT = 2, /* to the proxy port in the upper half */
};

/*
 * A traffic class is protocol << 16 | destination port (ICMP: type) in one number, so that "any protocol", "any port"
 * and a port range are all intervals. Intervals of one list do not overlap and are sorted.
 */
struct policy_range {
	__u32 low;
	__u32 high;    /* inclusive */
	__u32 verdict; /* enum verdict | proxy port << 16 */
	__u32 rule;    /* rule id, for whoever asks why */
};

/* Map `policy`: hash. identity 0 holds for every identity without an entry of its own. */
struct policy_key {
	__u32 policy; /* policy id << 1 | direction */
	__u32 identity;
};

struct policy_entry {
	__u32 first; /* index into `policy_ranges` when count > 1 */
	__u32 count;
	struct policy_range only; /* the interval itself when count == 1 */
};

/* Rule ids that name no written rule. */
enum implicit_rule {
	RULE_NONE = 0,         /* nothing matched: default deny */
	RULE_NOT_ENFORCED = 1, /* the pod has no policy in this direction */
	RULE_FROM_HOST = 2,    /* the pod's own node may always reach it */
	RULE_CONTROL_TRAFFIC = 3, /* what the node needs to stay part of the cluster, whatever policy says */
	RULE_FIRST_WRITTEN = 16,
};

/*
 * Maps `conntrack4`, `conntrack6`: LRU hash. One entry per connection: the ends are ordered by address, then port, so
 * that both directions find it. For ICMP echo both ports are the echo id.
 */
struct conntrack_key4 {
	__u32 low_address; /* network byte order, compared as a number in host byte order */
	__u32 high_address;
	__be16 low_port;
	__be16 high_port;
	__u8 protocol;
	__u8 pad[3];
};

struct conntrack_key6 {
	struct ip_address low_address;
	struct ip_address high_address;
	__be16 low_port;
	__be16 high_port;
	__u8 protocol;
	__u8 pad[3];
};

/* Conntrack counts time in ticks of 2^30 ns (1.07 s) of CLOCK_MONOTONIC. */
#define TICK_SHIFT 30

enum conntrack_flags {
	CONNTRACK_INITIATOR_IS_HIGH = 1 << 0, /* who sent the first packet */
	CONNTRACK_REPLY_SEEN = 1 << 1,
	CONNTRACK_FIN_FROM_INITIATOR = 1 << 2,
	CONNTRACK_FIN_FROM_RESPONDER = 1 << 3,
	CONNTRACK_RESET = 1 << 4,
	CONNTRACK_NOT_SYN = 1 << 5, /* first seen in the middle of the connection */
	CONNTRACK_CLOSED_REPORTED = 1 << 6,
	CONNTRACK_MASQUERADE = 1 << 7, /* a pod's, to outside the cluster: leaves under the node's address */
	CONNTRACK_SERVICE = 1 << 8,    /* its initiator asked a service: answers come from there */
	CONNTRACK_BACKEND_FIRST = 1 << 9, /* met again by an answer: it was the responder who asked */
};

struct conntrack_end {
	__u32 identity;
	__u32 ifindex; /* HOST_INTERFACE: this node; 0: elsewhere, and judged there */
	__u32 policy_id; /* of an end elsewhere: the index into `tunnels` by which it is reached */
	__u32 policy_revision;
	__u32 rule; /* egress rule for the initiator, ingress rule for the responder */
};

/*
 * How packets to the end elsewhere leave the node: what the kernel's routes and neighbours said within this tick. A
 * route or neighbour that changes reaches an open connection with the next one.
 */
struct next_hop {
	__u32 ifindex; /* 0: not known */
	__u16 mtu;
	__u16 tick; /* lower half */
	__u8 mac[6];
	__u8 pad[2];
};

struct conntrack_entry {
	__u32 last_seen; /* ticks */
	__u32 last_reported;
	__u16 flags;
	__u8 tcp_flags; /* seen in either direction and reported */
	__u8 pad;
	struct conntrack_end initiator;
	struct conntrack_end responder;
	struct next_hop hop;
};

/* Maps `fragments4`, `fragments6`: LRU hash. The first fragment leaves the ports here for those that follow. */
struct fragment_key4 {
	__u32 source;
	__u32 destination;
	__be16 identification;
	__u8 protocol;
	__u8 pad;
};

struct fragment_key6 {
	struct ip_address source;
	struct ip_address destination;
	__be32 identification;
};

struct fragment_ports {
	__be16 source;	    /* of an echo: the id */
	__be16 destination; /* of an echo: its type */
	__u8 protocol;	    /* behind the extension headers of IPv6 */
	__u8 pad[3];
};

enum event_type {
	EVENT_DROP = 1,
	EVENT_NEW = 2,      /* first packet of a connection, allowed */
	EVENT_CLOSED = 3,
	EVENT_ACTIVE = 4,   /* TCP flag change, or a long time passed */
	EVENT_REJUDGED = 5, /* policy, labels or address changed under an open connection and it may go on */
	EVENT_AUDIT = 6,    /* allowed only because the pod is in audit mode */
};

/* Ring buffer `events`. */
struct event {
	__u64 timestamp; /* nanoseconds since boot (CLOCK_MONOTONIC) */
	__u8 type;
	__u8 reason;     /* enum drop_reason, 0 unless dropped or audited */
	__u8 family;     /* 4 or 6, 0 when not IP */
	__u8 protocol;
	__u8 tcp_flags;
	__u8 direction;  /* whose decision it was: enum direction */
	__be16 source_port;      /* ICMP: type */
	__be16 destination_port; /* ICMP: code */
	__u16 source_endpoint;   /* endpoint ids, 0 when not of this node */
	__u16 destination_endpoint;
	__u8 is_reply;
	__u8 pad;
	__u32 source_identity;
	__u32 destination_identity;
	__u32 egress_rule;
	__u32 ingress_rule;
	__u32 length; /* bytes of the packet */
	__u32 ifindex;
	struct ip_address source;
	struct ip_address destination;
};

/*
 * Map `counters`: per-CPU array, index reason << 1 | direction; reason 0 counts forwarded packets and the named
 * counters below take indices beyond the reasons.
 */
struct counter {
	__u64 packets;
	__u64 bytes;
};

enum named_counter {
	COUNTER_EVENTS_LOST = 512,
	COUNTER_CONNTRACK_NOT_SYN = 513, /* picked up in the middle: no entry, and neither a SYN nor an INIT */
	COUNTER_CONNTRACK_INSERT_FAILED = 514,
	COUNTER_REJUDGED = 515,
	COUNTER_NAT_INSERTED = 516,
	COUNTER_NAT_CONFLICTS = 517, /* ports tried that were taken */
	COUNTER_NAT_EXHAUSTED = 518, /* no free port found: the packet was dropped */
	COUNTER_CONNTRACK_INSERTED = 519,
	COUNTER_SHORTCUTS = 520, /* sent on by the driver's program */
	COUNTER_MAX = 521,
};

/* Numbers and texts are Cilium's (pkg/monitor/api, Documentation: "Drop reasons"), so that dashboards keep working. */
enum drop_reason {
	DROP_INVALID_SOURCE_MAC = 130,
	DROP_INVALID_DESTINATION_MAC = 131,
	DROP_INVALID_SOURCE_IP = 132,
	DROP_POLICY = 133,
	DROP_INVALID = 134,
	DROP_CT_INVALID_HEADER = 135,
	DROP_CT_UNKNOWN_PROTOCOL = 137,
	DROP_UNSUPPORTED_L3 = 139,
	DROP_WRITE_ERROR = 141,
	DROP_UNKNOWN_L4 = 142,
	DROP_NO_TUNNEL_KEY = 147,
	DROP_STALE_OR_UNROUTABLE_IP = 151,
	DROP_NO_LOCAL_ENDPOINT = 152,
	DROP_CT_INSERT_FAILED = 155,
	DROP_INVALID_EXTENSION_HEADER = 156,
	DROP_NO_TUNNEL_ENDPOINT = 160,
	DROP_TOO_LONG = 157,
	DROP_NO_SERVICE = 158,
	DROP_NAT_NO_MAPPING = 167,
	DROP_NAT_UNKNOWN_PROTOCOL = 168,
	DROP_INVALID_IDENTITY = 171,
	DROP_UNKNOWN_SENDER = 172,
	DROP_FRAGMENT_NOT_FOUND = 175,
	DROP_FORBIDDEN_ICMP6 = 176,
	DROP_NOT_IN_SOURCE_RANGE = 177,
	DROP_POLICY_DENY = 181,
};

#endif
