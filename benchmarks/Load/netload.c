// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The smallest load generator that measures what netperf's TCP_RR, TCP_CRR and TCP_STREAM measure, so that what is
 * compared is the path and not the tool.
 *
 *   netload serve PORT             answers on PORT (rr), PORT+1 (stream) and PORT+2 (crr) until killed
 *   netload rr|crr ADDRESS PORT S  transactions per second over S seconds
 *   netload stream ADDRESS PORT S  Mbit per second over S seconds 
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
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

static int listen_on(int port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int one = 1, zero = 0, s = socket(AF_INET6, SOCK_STREAM, 0);

	if (s < 0)
		fail("socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(s, (void *)&address, sizeof(address)) || listen(s, 1024))
		fail("bind");
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

static int serve(int port)
{
	int answers = listen_on(port), sink = listen_on(port + 1), once = listen_on(port + 2), one = 1;
	pthread_t thread;

	if (pthread_create(&thread, 0, swallow, &sink) || pthread_create(&thread, 0, answer_once, &once))
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

static int dial(const char *host, int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int is4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1, one = 1;
	int s = socket(is4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);

	if (!is4 && inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
		fail("address");
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(s, is4 ? (void *)&v4 : (void *)&v6, is4 ? sizeof(v4) : sizeof(v6)))
		fail("connect");
	return s;
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
	int s;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(atoi(argv[2]));
	if (argc != 5) {
		fprintf(stderr, "usage: netload serve PORT | netload rr|crr|stream ADDRESS PORT SECONDS\n");
		return 2;
	}
	seconds = atof(argv[4]);
	start = now();
	if (!strcmp(argv[1], "rr")) {
		s = dial(argv[2], atoi(argv[3]));
		for (; now() - start < seconds; count++)
			exchange(s);
	} else if (!strcmp(argv[1], "crr")) {
		for (; now() - start < seconds; count++) {
			char end;

			s = dial(argv[2], atoi(argv[3]) + 2);
			exchange(s);
			if (read(s, &end, 1) != 0)
				fail("close");
			close(s);
		}
	} else {
		static char buffer[1 << 17];

		s = dial(argv[2], atoi(argv[3]) + 1);
		while (now() - start < seconds) {
			ssize_t n = write(s, buffer, sizeof(buffer));

			if (n < 0)
				fail("write");
			count += n * 8 / 1e6;
		}
	}
	printf("%.1f\n", count / (now() - start));
	return 0;
}
