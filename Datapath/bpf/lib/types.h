/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's own types, from its installed headers. */
#ifndef AXONEME_TYPES_H
#define AXONEME_TYPES_H

#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>

#endif
