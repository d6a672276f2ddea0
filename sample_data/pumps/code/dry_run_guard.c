/*
 * Copyright 2024 Lanqiao Pumps 蓝桥泵业
 * SPDX-License-Identifier: Apache-2.0
 *
 * dry_run_guard.c - underload (dry-running) protection for LQ-Control firmware
 *
 * Power, not current, is compared with the learned value: the current of a
 * lightly loaded motor is mostly magnetising current and hardly falls when the
 * water is gone.
 */
#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_PERIOD_MS   100u
#define DRY_RUN_DELAY_MS   10000u   /* rides through an air bubble, saves the seal */
#define START_BLANKING_MS  5000u    /* power is meaningless while the set runs up */
#define DRY_RUN_PERCENT    55u

typedef enum { GUARD_IDLE, GUARD_BLANKING, GUARD_WATCHING, GUARD_TRIPPED } guard_state_t;

typedef struct {
    guard_state_t state;
    uint32_t elapsed_ms;      /* time in the current state, or below the limit */
    uint32_t learned_watts;   /* shaft power measured at commissioning */
} dry_run_guard_t;

void guard_init(dry_run_guard_t *guard, uint32_t learned_watts)
{
    guard->state = GUARD_IDLE;
    guard->elapsed_ms = 0;
    guard->learned_watts = learned_watts;
}

/* Below the limit? Multiply instead of dividing so that no fraction is lost. */
static bool is_underloaded(const dry_run_guard_t *guard, uint32_t watts)
{
    return (uint64_t)watts * 100u < (uint64_t)guard->learned_watts * DRY_RUN_PERCENT;
}

/*
 * Call once per SAMPLE_PERIOD_MS. Returns true while the motor may run.
 * A trip is latched: only guard_reset() clears it, because an automatic restart
 * would send a hot seal straight into cold water and crack it.
 */
bool guard_step(dry_run_guard_t *guard, bool motor_on, uint32_t watts)
{
    if (guard->state == GUARD_TRIPPED) {
        return false;
    }
    if (!motor_on) {
        guard->state = GUARD_IDLE;
        guard->elapsed_ms = 0;
        return true;
    }
    switch (guard->state) {
    case GUARD_IDLE:
        guard->state = GUARD_BLANKING;
        guard->elapsed_ms = 0;
        break;
    case GUARD_BLANKING:
        guard->elapsed_ms += SAMPLE_PERIOD_MS;
        if (guard->elapsed_ms >= START_BLANKING_MS) {
            guard->state = GUARD_WATCHING;
            guard->elapsed_ms = 0;
        }
        break;
    case GUARD_WATCHING:
        /* 由于气泡会使功率短时下降，因此必须连续低于限值才跳闸 */
        guard->elapsed_ms = is_underloaded(guard, watts) ? guard->elapsed_ms + SAMPLE_PERIOD_MS : 0;
        if (guard->elapsed_ms >= DRY_RUN_DELAY_MS) {
            guard->state = GUARD_TRIPPED;
            return false;
        }
        break;
    default:
        break;
    }
    return true;
}

void guard_reset(dry_run_guard_t *guard)
{
    guard_init(guard, guard->learned_watts);
}
