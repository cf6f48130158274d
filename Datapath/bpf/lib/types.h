/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's own types, from its installed headers. */
#ifndef AXONEME_TYPES_H
#define AXONEME_TYPES_H

#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>

/*
 * A function of its own to the verifier: looked at once, whatever its callers do, so that what a program costs to verify is the
 * sum of its parts and not their product (Linux 5.6; pointers to memory 5.12). It may be given any memory, or none.
 */
#define APART __attribute__((noinline))

#endif
