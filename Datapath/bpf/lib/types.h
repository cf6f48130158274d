/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's own types, from its installed headers; nothing here is ours. */
#ifndef AXONEME_TYPES_H
#define AXONEME_TYPES_H

#include <linux/types.h>
#include <linux/bpf.h>

#endif
