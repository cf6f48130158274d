// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The smallest load generator that measures what netperf's TCP_RR, TCP_CRR, TCP_STREAM and UDP_RR measure, so that what
 * is compared is the path and not the tool.
 *
 *   netload CPU serve PORT                   answers on PORT (rr, udprr), PORT+1 (stream) and PORT+2 (crr) until killed
 *   netload CPU rr|crr|udprr ADDRESS PORT S  transactions per second over S seconds
 *   netload CPU stream ADDRESS PORT S        Mbit per second over S seconds
 *   netload CPU connect|reconnect|send ADDRESS PORT S
 *                                            calls per second on UDP sockets: connect() of a new socket each time (with socket() and close()),
 *                                            of the same one, and sendto() of one that is not connected; nobody needs to answer
 *
 * It stays on one CPU, before all other work of the machine (SCHED_FIFO; the kernel keeps a rest for the others). With
 * both ends on the same CPU a transaction costs two switches between them and the path; with the ends on two, waking an
 * idle CPU costs several times the path and its cost is the scheduler's mood.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	fprintf(stderr, "netload: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Threads that are made later inherit both. */
static void settle_on(const char *cpu)
{
	struct sched_param first = { .sched_priority = 1 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(atoi(cpu), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		fail("sched_setscheduler");
}

static int bind_to(int port, int type)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int one = 1, zero = 0, s = socket(AF_INET6, type, 0);

	if (s < 0)
		fail("socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(s, (void *)&address, sizeof(address)))
		fail("bind");
	return s;
}

static int listen_on(int port)
{
	int s = bind_to(port, SOCK_STREAM);

	if (listen(s, 1024))
		fail("listen");
	return s;
}

static void *swallow(void *argument)
{
	static char buffer[1 << 18];
	int listener = *(int *)argument;

	for (;;) {
		int s = accept(listener, 0, 0);

		if (s < 0)
			continue;
		while (read(s, buffer, sizeof(buffer)) > 0)
			;
		close(s);
	}
	return 0;
}

/*
 * One exchange, then the server closes first: the TIME_WAIT stays on its side, and a long run does not run out of the
 * client's ports.
 */
static void *answer_once(void *argument)
{
	int listener = *(int *)argument, one = 1;
	char byte;

	for (;;) {
		int s = accept(listener, 0, 0);

		if (s < 0)
			continue;
		setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (read(s, &byte, 1) == 1 && write(s, &byte, 1) != 1)
			fprintf(stderr, "netload: write: %s\n", strerror(errno));
		close(s);
	}
	return 0;
}

static void *echo(void *argument)
{
	int s = *(int *)argument;
	struct sockaddr_in6 sender;
	char byte;

	for (;;) {
		socklen_t length = sizeof(sender);

		if (recvfrom(s, &byte, 1, 0, (void *)&sender, &length) == 1 && sendto(s, &byte, 1, 0, (void *)&sender, length) != 1)
			fprintf(stderr, "netload: sendto: %s\n", strerror(errno));
	}
	return 0;
}

static int serve(int port)
{
	int answers = listen_on(port), sink = listen_on(port + 1), once = listen_on(port + 2), datagrams = bind_to(port, SOCK_DGRAM), one = 1;
	pthread_t thread;

	if (pthread_create(&thread, 0, swallow, &sink) || pthread_create(&thread, 0, answer_once, &once) ||
	    pthread_create(&thread, 0, echo, &datagrams))
		fail("pthread_create");
	puts("ready");
	fflush(stdout);
	for (;;) {
		char byte;
		int s = accept(answers, 0, 0);

		if (s < 0)
			continue;
		setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		while (read(s, &byte, 1) == 1 && write(s, &byte, 1) == 1)
			;
		close(s);
	}
}

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

static struct address address_of(const char *host, int port)
{
	struct address a = { .v4 = { .sin_family = AF_INET, .sin_port = htons(port) }, .length = sizeof(a.v4) };

	if (inet_pton(AF_INET, host, &a.v4.sin_addr) == 1)
		return a;
	a = (struct address){ .v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) }, .length = sizeof(a.v6) };
	if (inet_pton(AF_INET6, host, &a.v6.sin6_addr) != 1)
		fail("address");
	return a;
}

static void connect_to(int s, const struct address *to)
{
	if (connect(s, &to->any, to->length))
		fail("connect");
}

static int dial(const char *host, int port, int type)
{
	struct address to = address_of(host, port);
	int s = socket(to.any.sa_family, type, 0), one = 1;

	if (type == SOCK_STREAM)
		setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	connect_to(s, &to);
	return s;
}

/* Calls are too short to look at the clock after each. */
#define BATCH 64

/* Calls per second. */
static double call(const char *mode, const char *host, int port, double seconds)
{
	struct address to = address_of(host, port);
	int s = socket(to.any.sa_family, SOCK_DGRAM, 0), i;
	double start = now(), count = 0;

	for (; now() - start < seconds; count += BATCH) {
		for (i = 0; i < BATCH; i++) {
			if (!strcmp(mode, "connect")) {
				close(s);
				s = socket(to.any.sa_family, SOCK_DGRAM, 0);
			}
			if (strcmp(mode, "send"))
				connect_to(s, &to);
			else if (sendto(s, "x", 1, 0, &to.any, to.length) != 1)
				fail("sendto");
		}
	}
	return count / (now() - start);
}

static void exchange(int s)
{
	char byte = 'x';

	if (write(s, &byte, 1) != 1 || read(s, &byte, 1) != 1)
		fail("exchange");
}

int main(int argc, char **argv)
{
	double start, seconds, count = 0;
	const char *mode, *host;
	int s, port;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 1)
		settle_on(argv[1]);
	if (argc == 4 && !strcmp(argv[2], "serve"))
		return serve(atoi(argv[3]));
	if (argc != 6) {
		fprintf(stderr, "usage: netload CPU serve PORT | netload CPU rr|crr|udprr|stream|connect|reconnect|send ADDRESS PORT SECONDS\n");
		return 2;
	}
	mode = argv[2];
	host = argv[3];
	port = atoi(argv[4]);
	seconds = atof(argv[5]);
	start = now();
	if (!strcmp(mode, "rr")) {
		s = dial(host, port, SOCK_STREAM);
		for (; now() - start < seconds; count++)
			exchange(s);
	} else if (!strcmp(mode, "udprr")) {
		/* A datagram that is lost ends the measurement instead of stopping it. */
		struct timeval patience = { .tv_sec = 2 };

		s = dial(host, port, SOCK_DGRAM);
		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		for (; now() - start < seconds; count++)
			exchange(s);
	} else if (!strcmp(mode, "crr")) {
		for (; now() - start < seconds; count++) {
			char end;

			s = dial(host, port + 2, SOCK_STREAM);
			exchange(s);
			if (read(s, &end, 1) != 0)
				fail("close");
			close(s);
		}
	} else if (!strcmp(mode, "stream")) {
		static char buffer[1 << 17];

		s = dial(host, port + 1, SOCK_STREAM);
		while (now() - start < seconds) {
			ssize_t n = write(s, buffer, sizeof(buffer));

			if (n < 0)
				fail("write");
			count += n * 8 / 1e6;
		}
	} else if (!strcmp(mode, "connect") || !strcmp(mode, "reconnect") || !strcmp(mode, "send")) {
		printf("%.1f\n", call(mode, host, port, seconds));
		return 0;
	} else {
		fprintf(stderr, "netload: no mode \"%s\"\n", mode);
		return 2;
	}
	printf("%.1f\n", count / (now() - start));
	return 0;
}
