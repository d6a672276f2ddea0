// Copyright 2024 Lanqiao Pumps 蓝桥泵业
// SPDX-License-Identifier: Apache-2.0

/**
 * Classify vibration readings and warn about a trend before a limit is reached.
 *
 * A table of limits says only whether a machine is bad today. The slope of the
 * readings says when it will be bad, so both are used here.
 */

const LIMITS = {
  small: { good: 1.4, fair: 2.8, alarm: 4.5 },
  large: { good: 2.3, fair: 4.5, alarm: 7.1 },
};

/** Return the zone letter for a velocity in mm/s and a motor power in kW. */
export function zone(velocity, kilowatts) {
  const limit = kilowatts > 15 ? LIMITS.large : LIMITS.small;
  if (velocity < limit.good) return "A";
  if (velocity < limit.fair) return "B";
  if (velocity < limit.alarm) return "C";
  return "D";
}

/**
 * Fit a straight line through the readings by least squares.
 * Each reading is {day, velocity}; the result is in mm/s per day.
 */
export function slope(readings) {
  const n = readings.length;
  if (n < 2) return 0;
  const meanDay = readings.reduce((sum, r) => sum + r.day, 0) / n;
  const meanVelocity = readings.reduce((sum, r) => sum + r.velocity, 0) / n;
  let above = 0;
  let below = 0;
  for (const { day, velocity } of readings) {
    above += (day - meanDay) * (velocity - meanVelocity);
    below += (day - meanDay) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

/**
 * Days until the alarm limit is crossed, or null when the readings do not rise.
 * 预测天数仅供参考：轴承损坏的后期发展远快于直线。
 */
export function daysUntilAlarm(readings, kilowatts) {
  const rise = slope(readings);
  if (rise <= 0 || readings.length < 4) return null;
  const limit = (kilowatts > 15 ? LIMITS.large : LIMITS.small).alarm;
  const last = readings[readings.length - 1].velocity;
  return Math.max(0, Math.ceil((limit - last) / rise));
}
